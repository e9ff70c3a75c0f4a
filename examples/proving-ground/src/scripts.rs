//! Scripts that block from anywhere inside the interpreter.
//!
//! | in a script | what blocks |
//! | --- | --- |
//! | `read(path)` | a function, called in closures, in script functions, in comparisons of a sort |
//! | `files[path]` | an indexer |
//! | `say(value)` | a function that takes any type |

use rhai::{Dynamic, Engine, EvalAltResult, Scope};
use std::io;
use std::rc::Rc;

/// What scripts have of the world.
pub trait Host: 'static {
    /// The text of a file.
    ///
    /// # Errors
    ///
    /// If there is no such file.
    fn read_text(&self, path: &str) -> io::Result<String>;

    /// Takes a line of what the script prints.
    ///
    /// # Errors
    ///
    /// If nobody takes it.
    fn print(&self, line: &str) -> io::Result<()>;
}

type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// Runs a script, and returns the text of its value.
///
/// # Errors
///
/// Those of the script, with their place in it.
pub fn run(source: &str, host: impl Host) -> Result<String> {
    let value: Dynamic = engine(Rc::new(host)).eval(source)?;
    Ok(value.to_string())
}

/// The number of primes below `limit`, by a sieve in a script.
///
/// # Errors
///
/// None, if the script is right.
pub fn count_primes(limit: i64) -> Result<i64> {
    let mut scope = Scope::new();
    scope.push("limit", limit);
    Engine::new().eval_with_scope(&mut scope, include_str!("../scripts/primes.rhai"))
}

fn engine(host: Rc<dyn Host>) -> Engine {
    let mut engine = Engine::new();
    let read = {
        let host = host.clone();
        move |path: &str| thrown(host.read_text(path))
    };
    let files = {
        let host = host.clone();
        move || Files(host.clone())
    };
    engine
        .register_fn("read", read)
        .register_type_with_name::<Files>("Files")
        .register_fn("files", files)
        .register_indexer_get(|files: &mut Files, path: &str| thrown(files.0.read_text(path)))
        .register_fn("say", move |value: Dynamic| thrown(host.print(&value.to_string())));
    engine
}

/// As an exception that a script can catch.
fn thrown<T>(result: io::Result<T>) -> Result<T> {
    result.map_err(|error| error.to_string().into())
}

/// All files of the host, by their paths.
#[derive(Clone)]
struct Files(Rc<dyn Host>);
