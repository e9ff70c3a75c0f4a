//! Threads, locks, channels and clocks: std's own examples, and what is ours alone.
//!
//! ```text
//! examples   std's, one function each; `cargo test` runs them with std itself
//! schedules  many threads under random schedules, against models
//! calls      what JavaScript's calls do with locks; faults
//! exclusive  calls that wait for each other
//! cancel     calls that are cancelled, and time-outs
//! cancelled  calls that are cancelled under random schedules, against a model
//! queue      who runs when
//! ```

pub mod examples;

#[cfg(target_arch = "wasm32")]
mod calls;
#[cfg(target_arch = "wasm32")]
mod cancel;
#[cfg(target_arch = "wasm32")]
mod cancelled;
#[cfg(target_arch = "wasm32")]
mod exclusive;
#[cfg(target_arch = "wasm32")]
mod queue;
#[cfg(target_arch = "wasm32")]
mod schedules;

/// Whose locks, channels and threads `cancelled` is about.
#[cfg(target_arch = "wasm32")]
mod waiting {
    pub use suspendable::{sync, thread};
}

macro_rules! examples {
    ($($module:ident: $($name:ident)*;)*) => {
        /// The names of all examples.
        #[cfg(target_arch = "wasm32")]
        #[wasm_bindgen::prelude::wasm_bindgen(js_name = exampleNames)]
        pub fn example_names() -> Vec<String> {
            vec![$($(concat!(stringify!($module), "::", stringify!($name)).to_owned(),)*)*]
        }

        /// Runs an example, which panics if it fails.
        #[cfg(target_arch = "wasm32")]
        #[suspendable::suspendable(js_name = runExample)]
        pub fn run_example(name: &str) -> Result<(), String> {
            $($(
                if name == concat!(stringify!($module), "::", stringify!($name)) {
                    examples::$module::$name();
                    return Ok(());
                }
            )*)*
            Err(format!("no example {name}"))
        }

        #[cfg(test)]
        mod tests {
            $(mod $module {
                $(#[test] fn $name() { crate::examples::$module::$name() })*
            })*
        }
    };
}

examples! {
    threads: spawn_channel spawn_join spawn_panics builder current_ids scope scope_returns
        scope_nested scope_panics scope_joined_panic scope_named sleep yields parks park_timeouts
        unpark_first finished payloads parallelism shared_by_reference;
    mutex: count lock try_lock poison clear_poison into_inner get_mut shows trait_object;
    rwlock: readers_and_writer try_read try_write poison reader_panics downgrade shows get_mut;
    condvar: pair wait_while wait_timeout wait_timeout_while notify_all times_out;
    once: barrier call_once poison call_once_force waits once_lock once_lock_values
        once_lock_panics lazy lazy_poison lazy_static;
    mpsc: simple shared propagates_panic synchronous rendezvous disconnect_receiver
        disconnect_sender try_send try_recv recv_timeout iterators gives_back errors drops;
    time: clocks durations;
}
