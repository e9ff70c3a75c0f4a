//! Files.
//!
//! ```text
//! examples   std's own, one function each; `cargo test` runs them with std itself
//! random     random operations against a model, which `cargo test` compares with std
//! calls      what the tests of hosts ask for, one thing at a time
//! ```
//!
//! Each is given a directory that is empty.

pub mod examples;
pub mod random;

#[cfg(target_arch = "wasm32")]
mod calls;

macro_rules! examples {
    ($($module:ident: $($name:ident)*;)*) => {
        /// The names of all examples.
        #[cfg(target_arch = "wasm32")]
        #[wasm_bindgen::prelude::wasm_bindgen(js_name = exampleNames)]
        pub fn example_names() -> Vec<String> {
            vec![$($(concat!(stringify!($module), "::", stringify!($name)).to_owned(),)*)*]
        }

        /// Runs an example in an empty directory; it panics if it fails.
        #[cfg(target_arch = "wasm32")]
        #[suspendable::suspendable(js_name = runExample)]
        pub fn run_example(name: &str, directory: &str) -> Result<(), suspendable::Error> {
            let directory = std::path::Path::new(directory);
            $($(
                if name == concat!(stringify!($module), "::", stringify!($name)) {
                    return Ok(examples::$module::$name(directory)?);
                }
            )*)*
            Err(suspendable::Error::Io(format!("no example {name}")))
        }

        #[cfg(test)]
        mod tests {
            $(mod $module {
                $(#[test] fn $name() {
                    let directory = tempfile::tempdir().unwrap();
                    crate::examples::$module::$name(directory.path()).unwrap();
                })*
            })*
        }
    };
}

examples! {
    files: smoke non_positional_read seek_and_tell seek_and_write seek_shakedown create_new
        open_flavors invalid_options binary truncates clones appends buffered lines strings sync
        large zero_length many_at_once threads_share shown;
    directories: before_and_after read_entries entry_methods visit builder recursive
        recursive_failure recursive_at_once removes_all removes_all_fails many_entries trailing_slash
        unicode canonical;
    paths: missing copies copy_errors renames rename_directory removes exists unlinked_while_open
        renamed_while_open invalid;
    permissions: read_only bits_are_copied;
    times: modified set_times;
    links: hard symbolic not_a_link;
}

#[cfg(test)]
mod model {
    #[test]
    fn is_std() {
        for seed in 0..200 {
            let directory = tempfile::tempdir().unwrap();
            crate::random::run(directory.path(), seed, 400, true).unwrap();
        }
    }
}
