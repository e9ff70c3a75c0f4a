//! What crosses the edge to JavaScript.
//!
//! ```text
//! errors  those of other crates, of std and of one's own
//! types   what TypeScript sees of `Serde<T>`
//! ```

mod errors;
mod types;
