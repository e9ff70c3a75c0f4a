//! Programs for the comparison, beside those of `examples/proving-ground`.

mod computation;
mod files;
mod json;
mod threads;
