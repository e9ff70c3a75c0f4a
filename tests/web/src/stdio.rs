//! Programs over the standard streams.

use crate::reason;
use suspendable::io::{self, BufRead, IsTerminal, Read, Write};
use suspendable::{block_on, eprint, eprintln, print, println, suspendable};
use wasm_bindgen::prelude::*;

/// Copies.
#[suspendable]
pub fn cat() -> Result<u64, JsValue> {
    let copied = io::copy(&mut io::stdin(), &mut io::stdout());
    copied.map_err(reason)
}

/// Numbers the lines, and says how many there were.
#[suspendable]
pub fn number() -> Result<(), JsValue> {
    let mut count = 0;
    for line in io::stdin().lines() {
        count += 1;
        println!("{count}: {}", line.map_err(reason)?);
    }
    eprint!("{count} lines");
    eprintln!();
    Ok(())
}

/// Asks, and answers.
#[suspendable]
pub fn ask() -> Result<(), JsValue> {
    print!("name? ");
    io::stdout().flush().map_err(reason)?;
    let mut name = String::new();
    io::stdin().read_line(&mut name).map_err(reason)?;
    println!("hello {}", name.trim_end());
    Ok(())
}

/// Writes until that fails.
#[suspendable]
pub fn endless() -> JsValue {
    let mut out = io::stdout().lock();
    loop {
        if let Err(error) = out.write_all(&[b'\n'; 1000]) {
            eprintln!("{:?}", error.kind());
            return reason(error);
        }
    }
}

/// Reads a byte of the locked input, and then all that is left of it.
#[suspendable(js_name = byteAndRest)]
pub fn byte_and_rest() -> Result<String, JsValue> {
    let read = || {
        let mut input = io::stdin().lock();
        let mut byte = [0];
        input.read_exact(&mut byte)?;
        assert!(input.fill_buf()?.len() < 1000);
        drop(input);
        Ok(format!("{} {:?}", byte[0], io::read_to_string(io::stdin())?))
    };
    read().map_err(reason)
}

/// Writes to both streams, and waits between.
#[suspendable]
pub fn talk(name: &str, wait: &js_sys::Promise) -> Result<(), JsValue> {
    {
        let mut out = io::stdout().lock();
        write!(out, "{name}: ").map_err(reason)?;
        block_on(wait)?;
        // The same thread can take it again.
        println!("one");
        writeln!(out, "{name}: two").map_err(reason)?;
    }
    eprintln!("{name}: three");
    Ok(())
}

/// Takes the lock, and panics.
#[suspendable(js_name = panicLocked)]
pub fn panic_locked() {
    let mut out = io::stdout().lock();
    writeln!(out, "locked").unwrap();
    panic!("with the lock");
}

/// Prints outside of every fiber.
#[wasm_bindgen(js_name = printOutside)]
pub fn print_outside(text: &str) {
    print!("{text}");
    io::stdout().flush().unwrap();
    eprint!("{text}");
}

/// Prints, and waits for room.
#[suspendable(js_name = printAll)]
pub fn print_all(texts: Vec<String>) -> Result<(), JsValue> {
    for text in texts {
        io::stdout().write_all(text.as_bytes()).map_err(reason)?;
    }
    io::stdout().flush().map_err(reason)
}

/// Prints without waiting for anything but room.
#[suspendable(js_name = printText)]
pub fn print_text(text: &str) {
    print!("{text}");
}

/// Which of the streams are terminals.
#[wasm_bindgen]
pub fn terminals() -> Vec<u8> {
    let all =
        [io::stdin().is_terminal(), io::stdout().lock().is_terminal(), io::stderr().is_terminal()];
    all.map(u8::from).to_vec()
}
