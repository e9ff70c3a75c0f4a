//! The work of the comparison, without wasm-bindgen: JavaScript values are numbers that JavaScript
//! gives out.
//!
//! What waits is whatever stands behind the imports: an unwinding stack (`asyncify-wasm`), or a
//! thread that does not go on (`synckit`).

use std::cell::UnsafeCell;
use std::hint::black_box;

mod imports {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        /// The value of a promise.
        #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
        pub safe fn wait(promise: u32) -> u32;
        /// The `value` of a module.
        pub safe fn load(specifier: *const u8, length: usize) -> u32;
    }
}

/// Waits `times` times, `frames` frames below the caller.
#[unsafe(no_mangle)]
pub extern "C" fn suspend(frames: u32, times: u32, promise: u32) -> u32 {
    if frames == 1 { wait(times, promise) } else { descend(frames - 2, times, promise) }
}

#[inline(never)]
fn descend(frames: u32, times: u32, promise: u32) -> u32 {
    if frames > 0 {
        return descend(black_box(frames) - 1, times, promise) + 1;
    }
    wait(times, promise)
}

#[inline(always)]
fn wait(times: u32, promise: u32) -> u32 {
    for _ in 0..times {
        imports::wait(promise);
    }
    times
}

/// The same with half a kilobyte in every frame.
#[unsafe(no_mangle)]
pub extern "C" fn suspend_large(frames: u32, times: u32, promise: u32) -> u32 {
    if frames == 1 { wait(times, promise) } else { descend_large(frames - 2, times, promise) }
}

#[inline(never)]
fn descend_large(frames: u32, times: u32, promise: u32) -> u32 {
    let mut block = [frames; 128];
    black_box(&mut block);
    let result = if frames > 0 {
        descend_large(black_box(frames) - 1, times, promise) + 1
    } else {
        wait(times, promise)
    };
    assert!(block.iter().all(|word| *word == frames), "the frame has changed");
    result
}

/// Never waits.
#[unsafe(no_mangle)]
pub extern "C" fn immediate(number: u32) -> u32 {
    number + 1
}

/// Waits once.
#[unsafe(no_mangle)]
pub extern "C" fn once(promise: u32) -> u32 {
    imports::wait(promise)
}

struct Specifier(UnsafeCell<[u8; 4096]>);
// SAFETY: there is one thread.
unsafe impl Sync for Specifier {}
static SPECIFIER: Specifier = Specifier(UnsafeCell::new([0; 4096]));

/// Where JavaScript puts the specifier of the module to import.
#[unsafe(no_mangle)]
pub extern "C" fn specifier() -> *const u8 {
    SPECIFIER.0.get().cast_const().cast()
}

/// Imports the same module `times` times, and returns its `value`.
#[unsafe(no_mangle)]
pub extern "C" fn import_again(length: usize, times: u32) -> u32 {
    let mut value = 0;
    for _ in 0..times {
        value = imports::load(specifier(), length);
    }
    value
}
