//! Pages of templates, where everything that a template uses can block.
//!
//! | in a template | what blocks |
//! | --- | --- |
//! | `{% extends %}`, `{% include %}`, `{% import %}` | the loader |
//! | `{{ "hello"\|translate }}` | a filter, called by the virtual machine |
//! | `{{ inline("style.css") }}` | a function |
//! | `{% if product is available %}` | a test |
//! | `{% for product in products %}` | the iterator of an object, in each step |
//! | `{{ product.price }}`, `products\|sort(attribute="price")` | an attribute of an object |
//! | `{{ product }}` | `Display` |
//! | everything that is written | `std::io::Write` |

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Environment, Error, ErrorKind, State, Value, context};
use std::fmt;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

/// Where the files of a site come from, and where its pages go.
pub trait Site: fmt::Debug + Send + Sync + 'static {
    /// The text of a file, if there is one.
    ///
    /// # Errors
    ///
    /// If nobody knows whether there is one.
    fn load(&self, path: &str) -> io::Result<Option<String>>;

    /// Takes a piece of a page.
    ///
    /// # Errors
    ///
    /// If nobody takes it.
    fn write(&self, page: &str, html: &str) -> io::Result<()>;
}

/// Renders a page, and writes it piece by piece.
///
/// # Errors
///
/// Those of the site, and of its templates.
pub fn render(page: &str, site: Arc<dyn Site>) -> Result<(), Error> {
    let environment = environment(&site);
    let template = environment.get_template(&format!("{page}.html"))?;
    let first = |folder: &str| Value::from_object(Chain::new(&site, folder));
    let context = context! {
        page,
        products => first("products"),
        categories => first("categories"),
    };
    let mut output = BufWriter::with_capacity(256, Output { site: site.clone(), page });
    template.render_captured_to(context, &mut output)?;
    output.flush().map_err(failed)
}

fn environment(site: &Arc<dyn Site>) -> Environment<'static> {
    let mut environment = Environment::new();
    let files = site.clone();
    environment.set_loader(move |name| files.load(name).map_err(failed));
    let files = site.clone();
    environment.add_filter("translate", move |state: &State, text: &str| {
        let language = state.lookup("language").unwrap_or_default();
        let translated = files.load(&format!("locale/{language}/{text}.txt")).map_err(failed)?;
        Ok::<_, Error>(translated.unwrap_or_else(|| text.to_owned()))
    });
    let files = site.clone();
    environment.add_function("inline", move |path: &str| {
        Ok::<_, Error>(Value::from_safe_string(required(&*files, path)?))
    });
    environment.add_test("available", |record: &Value| {
        let stock = record.get_attr("stock")?;
        Ok::<_, Error>(stock > Value::from(0))
    });
    environment
}

/// A file of lines `key: value`, read again for each value that a template asks for.
#[derive(Debug)]
struct Record {
    site: Arc<dyn Site>,
    path: String,
}

impl Record {
    fn new(site: &Arc<dyn Site>, path: &str) -> Record {
        Record { site: site.clone(), path: path.to_owned() }
    }

    fn get(&self, key: &str) -> Result<Option<String>, Error> {
        let text = required(&*self.site, &format!("{}.txt", self.path))?;
        let mut pairs = text.lines().filter_map(|line| line.split_once(": "));
        Ok(pairs.find(|(found, _)| *found == key).map(|(_, value)| value.to_owned()))
    }
}

impl Object for Record {
    /// The value of `key`; of `children`, the records that it names.
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let value = match self.get(key) {
            Ok(value) => value?,
            Err(error) => return Some(error.into()),
        };
        if key == "children" {
            let child = |path| Value::from_object(Record::new(&self.site, path));
            return Some(value.split(", ").map(child).collect());
        }
        Some(value.parse::<i64>().map_or_else(|_| value.into(), Value::from))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.get("name").map_err(|_| fmt::Error)?;
        f.write_str(&name.unwrap_or_default())
    }
}

/// The records of a folder: `first`, and after each the one that it names as its `next`.
#[derive(Debug, Clone)]
struct Chain {
    folder: String,
    next: Option<Arc<Record>>,
}

impl Chain {
    fn new(site: &Arc<dyn Site>, folder: &str) -> Chain {
        let first = Record::new(site, &format!("{folder}/first"));
        Chain { folder: folder.to_owned(), next: Some(Arc::new(first)) }
    }
}

impl Object for Chain {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Iter(Box::new(Chain::clone(self)))
    }
}

impl Iterator for Chain {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let record = self.next.take()?;
        match record.get("next") {
            Ok(next) => {
                let path = |name| format!("{}/{name}", self.folder);
                self.next = next.map(|name| Arc::new(Record::new(&record.site, &path(name))));
                Some(Value::from_dyn_object(record))
            }
            Err(error) => Some(error.into()),
        }
    }
}

/// Where a page is written to.
struct Output<'a> {
    site: Arc<dyn Site>,
    page: &'a str,
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A piece ends where the buffer was full, which can be inside of a character.
        let whole = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => str::from_utf8(&bytes[..error.valid_up_to()]).expect("valid up to there"),
        };
        self.site.write(self.page, whole)?;
        Ok(whole.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that has to be there.
fn required(site: &dyn Site, path: &str) -> Result<String, Error> {
    site.load(path).map_err(failed)?.ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, format!("there is no file {path:?}"))
    })
}

/// The site's own error stays inside.
fn failed(error: io::Error) -> Error {
    Error::new(ErrorKind::InvalidOperation, "the site failed").with_source(error)
}
