//! A sheet of a workbook, read from a file.

use calamine::{Reader, Xlsx, open_workbook};
use std::fs::File;
use std::io::BufReader;

fn main() {
    let path = std::env::args().nth(1).expect("usage: calamine FILE.xlsx");
    let mut workbook: Xlsx<BufReader<File>> = open_workbook(path).expect("a workbook");
    for (name, sheet) in workbook.worksheets() {
        println!("{name}: {} rows", sheet.rows().count());
        for row in sheet.rows() {
            println!("{}", row.iter().map(|cell| cell.to_string()).collect::<Vec<_>>().join("\t"));
        }
    }
}
