//! What of std never works, in small programs that call it.

use super::super::{Unsupported, unsupported};
use super::by_name::OPTIONS;
use super::{Linked, compile};
use std::path::Path;

/// The functions of std with the lines of the program that call them.
fn found(program: &str) -> Vec<(&'static str, String, Vec<usize>)> {
    let wasm = compile(program, OPTIONS);
    let first = super::PRELUDE.lines().count() + 1;
    let found = unsupported(&Linked::read(&wasm).unwrap()).into_iter();
    let of = |Unsupported { module, function, places }| {
        assert!(places.iter().all(|(file, _): &(_, _)| Path::new(file).ends_with("src/lib.rs")));
        let lines = places.into_iter().map(|(_, line)| line as usize - first).collect();
        (module, function, lines)
    };
    found.map(of).collect()
}

#[test]
fn what_never_works_is_found_with_who_calls_it() {
    let program = r#"
        fn inner(path: &str) -> bool { std::path::Path::new(path).exists() }
        #[inline(never)] fn removes(path: String) -> u32 {
            match std::fs::remove_file(path) { Ok(()) => 1, Err(error) => error.to_string().len() as u32 }
        }
        #[inline(never)] fn starts() -> u32 { std::thread::spawn(|| wait(3)).join().unwrap() }
        // What panics is the last that is compiled.
        fn entry(n: u32) -> u32 {
            match n {
                0 => std::thread::sleep(std::time::Duration::from_millis(3)),
                1 => return starts(),
                2 => return std::time::Instant::now().elapsed().as_secs() as u32,
                _ => {}
            }
            let files = [black_box("a"), black_box("b")].into_iter().filter(|path| inner(path)).count();
            removes("a".into()) + files as u32
        }
        "#;
    let now = |name: &str, lines: &[usize]| ("std::time", name.to_owned(), lines.to_vec());
    assert_eq!(
        found(program),
        [
            ("std::fs", "remove_file".into(), vec![4]),
            ("std::path", "exists".into(), vec![2]),
            ("std::thread", "sleep".into(), vec![10]),
            ("std::thread", "spawn".into(), vec![6]),
            now("elapsed", &[12]),
            now("now", &[12]),
        ]
    );
}

#[test]
fn what_works_is_not_told() {
    let program = r#"
        use std::{collections::HashMap, sync::Mutex, time::Duration};
        thread_local!(static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });
        static TEXT: Mutex<String> = Mutex::new(String::new());
        fn entry(n: u32) -> u32 {
            COUNT.set(COUNT.get() + n);
            TEXT.lock().unwrap().push_str(&format!("{n} {:?}", Duration::from_millis(n.into())));
            let map: HashMap<u32, String> = (0..n).map(|n| (n, n.to_string())).collect();
            let file = std::path::Path::new(&map[&1]).file_name().map_or(0, |name| name.len());
            assert!(file > 0, "{:?}", std::thread::current().id());
            println!("{}", TEXT.lock().unwrap());
            wait(file as u32) + COUNT.get()
        }
        "#;
    assert_eq!(found(program), []);
}
