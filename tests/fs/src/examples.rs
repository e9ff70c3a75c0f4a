//! The examples of std's documentation, and what std tests itself by.

#![allow(
    clippy::suspicious_open_options,
    clippy::permissions_set_readonly_false,
    reason = "what they do is what is asked here"
)]

pub mod directories;
pub mod files;
pub mod links;
pub mod paths;
pub mod permissions;
pub mod times;
