//! zero-postgres, as it is: a client of PostgreSQL that knows `std::net::TcpStream`, and waits for the server.
//!
//! Its pool is one for threads of the machine: who finds no connection free waits for a `Condvar` of std's. Here those
//! are calls of JavaScript's. Nothing below knows where it runs; only what waits for a `Promise`, in the midst of a
//! transaction, could not be done elsewhere.

use std::sync::Arc;
use suspendable::{block_on, suspendable};
use wasm_bindgen::prelude::*;
use zero_postgres::sync::{Conn, Pool, PooledConn};
use zero_postgres::{Error, Opts};

/// Accounts, in a table of a database.
#[wasm_bindgen]
pub struct Bank(Arc<Pool>);

#[suspendable]
impl Bank {
    /// Connects to `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with no more than so many connections at once.
    #[suspendable]
    pub fn open(url: &str, connections: usize) -> Result<Bank, JsError> {
        let mut options = Opts::try_from(url)?;
        options.pool_max_concurrency = Some(connections);
        let bank = Bank(Arc::new(Pool::new(options)));
        bank.connection()?.query_drop(
            "CREATE TABLE IF NOT EXISTS accounts \
             (name text PRIMARY KEY, balance integer NOT NULL CHECK (balance >= 0))",
        )?;
        Ok(bank)
    }

    /// Makes a further database.
    #[suspendable]
    pub fn create(&self, database: &str) -> Result<(), JsError> {
        self.connection()?.query_drop(&format!("CREATE DATABASE \"{database}\""))?;
        Ok(())
    }

    /// What the server says that it is.
    #[suspendable]
    pub fn server(&self) -> Result<Option<String>, JsError> {
        let version: Option<(String,)> = self.connection()?.query_first("SHOW server_version")?;
        Ok(version.map(|(version,)| version))
    }

    /// Opens an account. Nobody has two.
    #[suspendable]
    pub fn add(&self, name: &str, balance: i32) -> Result<(), JsError> {
        self.connection()?.exec_drop("INSERT INTO accounts VALUES ($1, $2)", (name, balance))?;
        Ok(())
    }

    /// The accounts, in order: "Ada 100".
    #[suspendable]
    pub fn list(&self) -> Result<Vec<String>, JsError> {
        let accounts: Vec<(String, i32)> = self
            .connection()?
            .exec_collect("SELECT name, balance FROM accounts ORDER BY name", ())?;
        Ok(accounts.into_iter().map(|(name, balance)| format!("{name} {balance}")).collect())
    }

    /// Moves money, all or nothing, as soon as `approval` is there. Until then both accounts are locked.
    #[suspendable]
    pub fn transfer(
        &self,
        from: &str,
        to: &str,
        amount: i32,
        approval: Option<js_sys::Promise>,
    ) -> Result<(), JsError> {
        self.connection()?.transaction(|connection, transaction| {
            lock(connection, from, to)?;
            if approval.is_some_and(|approval| block_on(&approval).is_err()) {
                return transaction.rollback(connection);
            }
            let change =
                connection.prepare("UPDATE accounts SET balance = balance + $2 WHERE name = $1")?;
            connection.exec_drop(&change, (to, amount))?;
            connection.exec_drop(&change, (from, -amount))?;
            transaction.commit(connection)
        })?;
        Ok(())
    }

    /// Whether a transfer from or to this account is under way.
    #[suspendable(js_name = isLocked)]
    pub fn is_locked(&self, name: &str) -> Result<bool, JsError> {
        let free = "SELECT name FROM accounts WHERE name = $1 FOR UPDATE SKIP LOCKED";
        let free: Option<(String,)> = self.connection()?.exec_first(free, (name,))?;
        Ok(free.is_none())
    }

    /// How many transfers wait in the server for an account that is locked.
    #[suspendable]
    pub fn waiting(&self) -> Result<i32, JsError> {
        let waiting = "SELECT count(*)::integer FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let waiting: Option<(i32,)> = self.connection()?.query_first(waiting)?;
        Ok(waiting.map_or(0, |(count,)| count))
    }
}

impl Bank {
    fn connection(&self) -> Result<PooledConn, Error> {
        self.0.get()
    }
}

/// Locks two accounts, always in the same order: of two transfers, each waits for the other in no case.
fn lock(connection: &mut Conn, from: &str, to: &str) -> Result<(), Error> {
    let ordered = "SELECT name FROM accounts WHERE name IN ($1, $2) ORDER BY name FOR UPDATE";
    connection.exec_drop(ordered, (from, to))?;
    Ok(())
}
