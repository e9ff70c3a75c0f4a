//! The lines of a file behind `dyn Iterator`, each read when it is asked for; beside crates that iterate over what they
//! have.

use regex::Regex;
use std::fs::File;
use std::io::{BufRead, BufReader};

fn lines(path: &str) -> Box<dyn Iterator<Item = String>> {
    let file = BufReader::new(File::open(path).expect("a file that is there"));
    Box::new(file.lines().map_while(Result::ok))
}

fn main() {
    let [_, path, pattern] = &std::env::args().collect::<Vec<_>>()[..] else {
        panic!("usage: iterator FILE.csv PATTERN");
    };
    let pattern = Regex::new(pattern).expect("a regular expression");
    let mut found = 0;
    for line in lines(path) {
        let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
        for row in rows.records().map_while(Result::ok) {
            found += row.iter().filter(|field| pattern.is_match(field)).count();
        }
    }
    println!("{found}");
}
