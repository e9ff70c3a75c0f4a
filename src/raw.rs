//! The seam between this library and the tool.
//!
//! The library is ordinary Rust and cannot read `__stack_pointer`, nor leave the engine's stack.
//! `cargo suspendable` puts code in the place of the imports below, another for each backend,
//! and calls the exports from it. Only numbers cross, so that every frame which can be on a
//! suspended stack holds numbers: `post-build/src/transform/` has the other half, and its
//! `layout.rs` the offsets of the fields that a fiber's record begins with.
//!
//! | name | direction | meaning |
//! | --- | --- | --- |
//! | `suspend` | import | leave the stack until the promise in an externref slot settles; with no slot, until `ready` |
//! | `ready` | import | let a fiber go on that has left its stack without a promise |
//! | `begin` | import | let a fiber begin, in the same order |
//! | `current` | import | the fiber that runs and can suspend now, or null |
//! | `segment` | import | the further segment that members run on, or null |
//! | `main_locals`, `locals_size`, `copy_locals` | import | with `--std`: the instance's thread-locals, their size, and what they begin with |
//! | `faulted` | import | the fiber that was running when the panic in progress began, or null |
//! | `__suspendable_run` | export | the body of a fiber, from its first instruction to its last |
//! | `__suspendable_take` | export | a further segment for a stack |
//! | `__suspendable_give_back` | export | a segment that is no longer used |
//! | `__suspendable_make_room` | export | room for what Asyncify's functions save |
//! | `__suspendable_finish` | export | free a fiber whose outcome has been read |
//! | `__suspendable_fault` | export | the message of the panic that ended a fiber |
//! | `__suspendable_release` | export | drop a value that was handed out |

#[cfg(target_arch = "wasm32")]
mod imports {
    #[link(wasm_import_module = "suspendable")]
    unsafe extern "C" {
        pub fn suspend(slot: u32) -> u32;
        pub fn ready(fiber: *mut u8);
        pub fn begin(fiber: *mut u8);
        pub safe fn current() -> *mut u8;
        pub safe fn faulted() -> *mut u8;
        #[cfg(suspendable_std)]
        pub safe fn main_locals() -> usize;
        #[cfg(suspendable_std)]
        pub safe fn locals_size() -> usize;
        #[cfg(suspendable_std)]
        pub fn copy_locals(block: *mut u8);
    }
}

/// Outside WebAssembly there is no JavaScript to wait for: no fiber ever runs.
#[cfg(not(target_arch = "wasm32"))]
mod imports {
    pub unsafe fn suspend(_slot: u32) -> u32 {
        unreachable!("nothing suspends where no fiber runs")
    }
    pub fn current() -> *mut u8 {
        std::ptr::null_mut()
    }
    pub fn faulted() -> *mut u8 {
        std::ptr::null_mut()
    }
}

#[cfg(suspendable_std)]
pub(crate) use imports::{copy_locals, locals_size, main_locals};
pub(crate) use imports::{current, faulted, suspend};

/// Lets a fiber go on that has parked: after all others that were made ready before, and not
/// before the one that runs suspends or ends. Of no effect the second time.
///
/// # Safety
///
/// The fiber has parked, and has not gone on since.
#[cfg(target_arch = "wasm32")]
pub(crate) unsafe fn ready(fiber: *mut u8) {
    // SAFETY: as the caller says.
    unsafe { imports::ready(fiber) };
}

/// Lets a fiber begin that nobody in JavaScript waits for, in the order of these calls and of those of
/// [`ready`].
///
/// # Safety
///
/// It is a fiber that has not begun; called once.
#[cfg(target_arch = "wasm32")]
pub(crate) unsafe fn begin(fiber: *mut u8) {
    // SAFETY: as the caller says.
    unsafe { imports::begin(fiber) };
}
