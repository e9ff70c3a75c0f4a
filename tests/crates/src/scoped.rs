//! `scoped-tls`: the address of a local is everybody's for the time of a call.

use crate::pause;
use scoped_tls::scoped_thread_local;
use std::cell::Cell;
use suspendable::{block_on, suspendable};
use wasm_bindgen::prelude::*;

/// What calls read and write while another one has it on its stack.
struct Board {
    words: [Cell<u64>; 8],
}

scoped_thread_local!(static BOARD: Board);

/// Publishes a board with these words until `end` settles; what is on it then.
#[suspendable]
pub fn publish(words: &[u64], end: js_sys::Promise) -> Result<Vec<u64>, JsValue> {
    let board = Board { words: std::array::from_fn(|n| Cell::new(words[n])) };
    BOARD.set(&board, || block_on(&end))?;
    Ok(board.words.iter().map(Cell::get).collect())
}

/// Adds `by` to a word of the board, `times` times, with pauses in between; what was on it.
#[suspendable(js_name = addToBoard)]
pub fn add_to_board(word: usize, by: u32, times: u32) -> Result<u64, JsValue> {
    let before = read_board(word);
    for _ in 0..times {
        let by = pause(by)?;
        BOARD.with(|board| board.words[word].update(|value| value + u64::from(by)));
    }
    Ok(before)
}

/// What is on the board.
#[wasm_bindgen(js_name = readBoard)]
pub fn read_board(word: usize) -> u64 {
    BOARD.with(|board| board.words[word].get())
}

/// Whether there is a board.
#[wasm_bindgen(js_name = hasBoard)]
pub fn has_board() -> bool {
    BOARD.is_set()
}
