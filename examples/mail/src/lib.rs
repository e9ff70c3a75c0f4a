//! A mailbox, read by imap, which knows nothing of JavaScript: it takes any stream that is read and
//! written, and blocks on it.

use std::borrow::Cow;
use std::io;
use suspendable::net::TcpStream;
use suspendable::{Error, suspendable};

/// imap's errors as ours; one that began in JavaScript comes out as it was.
fn failed(error: imap::Error) -> Error {
    match error {
        imap::Error::Io(error) => error.into(),
        error => io::Error::other(error).into(),
    }
}

/// The messages of the inbox: of each who wrote it, and what its subject is.
#[suspendable]
pub fn inbox(server: &str, user: &str, password: &str) -> Result<Vec<String>, Error> {
    let mut client = imap::Client::new(TcpStream::connect(server)?);
    client.read_greeting().map_err(failed)?;
    let mut session = client.login(user, password).map_err(|(error, _)| failed(error))?;
    let count = session.select("INBOX").map_err(failed)?.exists;
    let mut found = Vec::new();
    for message in session.fetch(format!("1:{count}"), "ENVELOPE").map_err(failed)?.iter() {
        let Some(envelope) = message.envelope() else { continue };
        let text = |of: &Option<Cow<[u8]>>| {
            of.as_deref()
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
                .unwrap_or_default()
        };
        let from = envelope.from.iter().flatten().next();
        let name = from.map(|from| text(&from.name)).unwrap_or_default();
        found.push(format!("{name}: {}", text(&envelope.subject)));
    }
    session.logout().map_err(failed)?;
    Ok(found)
}
