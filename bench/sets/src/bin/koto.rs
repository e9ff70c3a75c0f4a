//! A scripting language, whose scripts read files: its own module `io` does.

use koto::Koto;

fn main() {
    let script = std::env::args().nth(1).expect("usage: koto SCRIPT");
    let mut koto = Koto::new();
    match koto.compile_and_run(script.as_str()).and_then(|value| koto.value_to_string(value)) {
        Ok(text) => println!("{text}"),
        Err(error) => println!("{error}"),
    }
}
