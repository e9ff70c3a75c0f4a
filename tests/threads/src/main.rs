//! A program with threads that knows nothing of JavaScript: each of its commands does one thing of std's. The suite
//! runs it on every engine, and natively. What it prints does not depend on who runs first.

mod ends;
mod locks;
mod spawning;
mod waits;

use std::env;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        ["spawn"] => spawning::spawn(),
        ["locals"] => spawning::locals(),
        ["scope", depth] => println!("{}", spawning::scope(number(depth) as u32, &mut [0; 4])),
        ["builder"] => spawning::builder(),
        ["thousand"] => spawning::barrier(1000),
        ["barrier", count] => spawning::barrier(number(count)),
        ["too", "many"] => spawning::too_many(),
        ["stack", "overflow"] => spawning::overflow(),
        ["stack", "main"] => println!("{}", spawning::deep(u32::MAX)),
        ["stack", "large"] => spawning::large(),
        ["stack", "frame"] => spawning::large_frame(),
        ["channel"] => waits::channel(),
        ["order"] => waits::order(),
        ["race", rounds] => waits::race(number(rounds)),
        ["timeouts"] => waits::timeouts(),
        ["park"] => waits::park(),
        ["sleep"] => waits::sleep(),
        ["yield"] => waits::yields(),
        ["input"] => waits::input(),
        ["file", path] => waits::file(path),
        ["forever"] => waits::forever(),
        ["wakes", rounds] => waits::wakes(number(rounds)),
        ["mutex"] => locks::mutex(),
        ["rwlock"] => locks::rwlock(),
        ["condvar"] => locks::condvar(),
        ["once"] => locks::once(),
        ["print"] => locks::print(),
        ["random", seed] => locks::random(number(seed) as u64),
        ["detached"] => ends::detached(),
        ["exit", code] => ends::exit(number(code) as i32),
        ["return"] => ends::main_returns(),
        ["panic"] => ends::panic(),
        ["panic", "printing"] => ends::panic_while_another_prints(),
        ["deadlock"] => ends::deadlock(),
        ["deadlock", "two"] => ends::deadlock_of_two(),
        ["parallelism"] => {
            println!("{:?}", std::thread::available_parallelism().map(usize::from).ok())
        }
        _ => panic!("no such command: {arguments:?}"),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}
