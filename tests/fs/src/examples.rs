//! The examples of std's documentation, and what std tests itself by.

pub mod directories;
pub mod files;
pub mod links;
pub mod paths;
pub mod permissions;
pub mod times;
