//! Random programs that suspend at random places, and what makes one go wrong visible.
//!
//! ```text
//! program   one program: what it sees, what it asks, how it ends
//! shapes    the functions that programs are made of, of every kind of control flow
//! words     addresses of locals, in a list that everybody uses
//! ```
//!
//! A seed decides all that a program does. It does the same outside of a fiber, where every answer comes
//! at once: what it has seen there is what it has to have seen on a fiber, among others.

mod program;
mod shapes;
mod words;

use js_sys::Promise;
use program::Program;
use std::rc::Rc;
use suspendable::suspendable;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/host.js")]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = driver)]
    static DRIVER: JsValue;
    fn ask(question: u32) -> Promise;
    fn answer(question: u32) -> u32;
    fn call(world: u32, seed: u32, generation: u32, on_fiber: bool) -> u32;
    fn fail();
}

/// The functions that the driver sets.
#[wasm_bindgen(js_name = driverFunctions)]
pub fn driver_functions() -> JsValue {
    DRIVER.with(JsValue::clone)
}

/// A program, for JavaScript to run once.
#[wasm_bindgen]
pub struct Run(Rc<Program>);

#[suspendable]
impl Run {
    /// The program with this seed. `world` is given back with each of its calls, and `generation` counts
    /// the programs that have led to it.
    #[wasm_bindgen(constructor)]
    pub fn new(seed: u32, generation: u32, world: u32) -> Run {
        Run(Rc::new(Program::new(seed, generation, world)))
    }

    /// Runs it on a fiber.
    #[suspendable]
    pub fn start(&self) -> u64 {
        self.0.run(true)
    }

    /// Runs it outside of every fiber.
    #[wasm_bindgen(js_name = runNow)]
    pub fn run_now(&self) -> u64 {
        self.0.run(false)
    }

    /// A hash of all that it has seen so far.
    #[wasm_bindgen(getter)]
    pub fn seen(&self) -> u64 {
        self.0.seen.get()
    }

    /// The fault that it has come to.
    #[wasm_bindgen(getter)]
    pub fn fault(&self) -> Option<String> {
        self.0.fault.get().map(|fault| fault.into())
    }
}

/// Checks and changes words on the stacks of programs.
#[wasm_bindgen]
pub fn meddle(count: u32) {
    words::meddle(count);
}

/// What somebody has found in a word that should not have been there.
#[wasm_bindgen]
pub fn damage() -> Option<String> {
    words::damage()
}
