//! Sockets: std's own examples, and what is ours alone.
//!
//! ```text
//! examples   std's, one function each; `cargo test` runs them with std itself
//! calls      what JavaScript's tests call: strange peers, many connections, checksums
//! websocket  the same for those
//! ```

pub mod examples;

#[cfg(target_arch = "wasm32")]
mod calls;
#[cfg(target_arch = "wasm32")]
mod websocket;

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
    streams: connects connects_to_the_first addresses shuts_down clones times_out zero_timeouts
        connect_timeouts peeks no_delay nonblocking no_error smoke reads_the_end partial_reads
        vectored closed_while_reading shut_for_reading reads_and_writes_at_once reads_twice_at_once
        writes_to_nobody shows refused;
    listeners: binds binds_to_the_first picks_a_port accepts incoming nonblocking accepts_twice_at_once
        in_use elsewhere shows;
    datagrams: sends_and_receives connects peeks_and_cuts times_out nonblocking clones settings in_use
        too_large refused;
    names: from_texts from_tuples from_slices invalid unknown;
}
