//! The same arithmetic in a function that can block and in one that cannot.

use js_sys::Promise;
use std::hint::black_box;
use suspendable::block_on;
use wasm_bindgen::prelude::*;

/// Could block in every round, and never does.
///
/// # Errors
///
/// None: nothing is waited for.
#[wasm_bindgen(js_name = computeInside)]
pub fn compute_inside(rounds: u32, promise: &Promise) -> Result<u32, JsValue> {
    inside(rounds, promise)
}

#[inline(never)]
fn inside(rounds: u32, promise: &Promise) -> Result<u32, JsValue> {
    let (mut state, mut sum) = (1, 0_u32);
    for round in 0..rounds {
        state = mix(state);
        if state == 0 {
            block_on(promise)?;
        }
        sum = sum.wrapping_add(state ^ round);
    }
    Ok(sum)
}

/// Cannot block.
#[wasm_bindgen(js_name = computeOutside)]
pub fn compute_outside(rounds: u32) -> u32 {
    outside(black_box(rounds))
}

#[inline(never)]
fn outside(rounds: u32) -> u32 {
    let (mut state, mut sum) = (1, 0_u32);
    for round in 0..rounds {
        state = mix(state);
        sum = sum.wrapping_add(state ^ round);
    }
    sum
}

/// Never zero, if it is given no zero.
fn mix(mut state: u32) -> u32 {
    state ^= state << 13;
    state ^= state >> 17;
    state ^ (state << 5)
}
