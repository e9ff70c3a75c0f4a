//! A blocking program behind a page: it imports the module that the visitor chose, reads the rows of
//! a picture as they come, and prints them in a few inks.
//!
//! There is nothing asynchronous in it. Each row is dithered with what the rows above have left, so
//! the work cannot be handed out in pieces: it is one loop, and it waits twice in each round.

mod dither;

use dither::Dither;
use std::io::Read;
use suspendable::{Error, io::StreamReader, js_import, suspendable, suspending};
use wasm_bindgen::prelude::*;

#[suspending]
extern "C" {
    /// What the page gives to the program.
    pub type Page;

    #[wasm_bindgen(method)]
    fn begin(this: &Page, title: &str, width: u32, height: u32) -> Result<(), Error>;

    /// Shows a row; the promise settles with the next frame of the screen.
    #[wasm_bindgen(method)]
    fn show(this: &Page, y: u32, row: &[u8]) -> Result<(), Error>;
}

/// Prints the picture of the module `specifier` on `page`, and says how far it came.
///
/// What goes wrong before the first row is the error. A row that does not come ends the print, and
/// so does the visitor, by whom the promise of the next row is rejected.
#[suspendable]
pub fn print(specifier: &str, page: &Page) -> Result<String, Error> {
    let picture = js_import(specifier)?;
    let title: String = picture.get("title")?;
    let width: u32 = picture.get("width")?;
    let height: u32 = picture.get("height")?;
    let mut dither = Dither::new(width, picture.get("inks")?);

    page.begin(&title, width, height)?;
    let rows: JsValue = picture.call("rows", (JsValue::from(page),))?;
    let mut rows = StreamReader::new(&rows)?;
    let mut row = vec![0; 3 * width as usize];
    for y in 0..height {
        if let Err(error) = rows.read_exact(&mut row) {
            return Ok(format!("stopped before row {y} of {height}: {error}"));
        }
        dither.apply(&mut row);
        page.show(y, &row)?;
    }
    Ok(format!("{title}, {width} × {height} dots in {} inks", dither.inks()))
}
