//! The pages, rendered natively.
//!
//! `expected.txt` is what `main.mjs` has to print. `UPDATE=1 cargo test` writes it anew.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::{fs, io};
use templates::pages::{Site, render};

/// The files of this folder, and what has been written.
#[derive(Debug, Default)]
struct Folder(Mutex<String>);

impl Site for Folder {
    fn load(&self, path: &str) -> io::Result<Option<String>> {
        match fs::read_to_string(Path::new("site").join(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, _page: &str, html: &str) -> io::Result<()> {
        self.0.lock().unwrap().push_str(html);
        Ok(())
    }
}

fn page(name: &str) -> String {
    let site = Arc::new(Folder::default());
    render(name, site.clone()).unwrap();
    site.0.lock().unwrap().clone() + "\n"
}

#[test]
fn the_expected_output_is_that_of_the_native_program() {
    let output = ["shop", "categories"].map(page).concat();
    if std::env::var_os("UPDATE").is_some() {
        fs::write("expected.txt", &output).unwrap();
    }
    assert_eq!(output, fs::read_to_string("expected.txt").unwrap());
}

#[test]
fn a_page_that_is_not_there_is_an_error() {
    let error = render("nowhere", Arc::new(Folder::default())).unwrap_err();
    assert_eq!(error.kind(), minijinja::ErrorKind::TemplateNotFound);
}
