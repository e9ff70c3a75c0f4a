//! SQLite, through unmodified `rusqlite`, with its database in a file that blocks.
//!
//! SQLite asks for files through a table of C functions, its VFS. `vfs` has them over `suspendable::fs`:
//! each is ordinary blocking Rust, and while one waits, the call of JavaScript that it belongs to is put
//! aside. `pieces` puts small writes together, `locks` is what connections agree by. What is exported is one object:
//!
//! ```js
//! const database = await Database.open('notes.db');
//! await database.execute('INSERT INTO notes (text) VALUES (?)', ['first']);
//! const rows = await database.query('SELECT * FROM notes', []);
//! ```
//!
//! One connection cannot be entered twice: a call waits until the one before it has ended. Several
//! connections of this instance, to one file, wait for each other as SQLite prescribes it. Another process,
//! or another instance, has locks of its own: a database is for one of them at a time.

mod locks;
mod pieces;
mod values;
mod vfs;

use js_sys::Array;
use rusqlite::{Connection, params_from_iter};
use suspendable::suspendable;
use suspendable::sync::{Mutex, MutexGuard, PoisonError};
use wasm_bindgen::prelude::*;

/// A connection.
#[wasm_bindgen]
pub struct Database {
    connection: Mutex<Option<Connection>>,
}

#[suspendable]
impl Database {
    /// Opens a database, and makes one that is not there.
    #[suspendable]
    pub fn open(path: &str) -> Result<Database, JsValue> {
        vfs::register();
        let mut connection = Connection::open(path).map_err(error)?;
        // What others have locked is waited for.
        connection.busy_handler(Some(locks::wait)).map_err(error)?;
        // What was committed stays, even if power is lost at the next moment.
        connection.pragma_update(None, "synchronous", "EXTRA").map_err(error)?;
        Ok(Database { connection: Mutex::new(Some(connection)) })
    }

    /// Runs one statement, and returns how many rows it has changed.
    #[suspendable]
    pub fn execute(&self, sql: &str, parameters: Vec<JsValue>) -> Result<usize, JsValue> {
        let connection = self.lock();
        let mut statement = open(&connection)?.prepare_cached(sql).map_err(error)?;
        let parameters = parameters.iter().map(values::from_js).collect::<Result<Vec<_>, _>>()?;
        statement.execute(params_from_iter(parameters)).map_err(error)
    }

    /// Runs several statements, with nothing in between.
    #[suspendable(js_name = executeAll)]
    pub fn execute_all(&self, sql: &str) -> Result<(), JsValue> {
        open(&self.lock())?.execute_batch(sql).map_err(error)
    }

    /// The rows of a query, each an array of its values.
    #[suspendable]
    pub fn query(&self, sql: &str, parameters: Vec<JsValue>) -> Result<Array, JsValue> {
        let connection = self.lock();
        let mut statement = open(&connection)?.prepare_cached(sql).map_err(error)?;
        let width = statement.column_count();
        let parameters = parameters.iter().map(values::from_js).collect::<Result<Vec<_>, _>>()?;
        let mut rows = statement.query(params_from_iter(parameters)).map_err(error)?;
        let all = Array::new();
        while let Some(row) = rows.next().map_err(error)? {
            let values = Array::new();
            for column in 0..width {
                values.push(&values::to_js(row.get_ref(column).map_err(error)?));
            }
            all.push(&values);
        }
        Ok(all)
    }

    /// Closes the connection. Its file has been written then.
    #[suspendable]
    pub fn close(&self) -> Result<(), JsValue> {
        match self.lock().take() {
            Some(connection) => connection.close().map_err(|(_, why)| error(why)),
            None => Ok(()),
        }
    }
}

impl Database {
    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(connection: &Option<Connection>) -> Result<&Connection, JsValue> {
    connection.as_ref().ok_or_else(|| JsError::new("the database is closed").into())
}

fn error(error: rusqlite::Error) -> JsValue {
    JsError::new(&error.to_string()).into()
}
