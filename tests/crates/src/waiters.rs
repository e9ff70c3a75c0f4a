//! `futures::lock::Mutex`, `event-listener` and `async-channel`.

use crate::{pause, thrown};
use event_listener::{Event, listener};
use futures_util::lock::Mutex;
use std::cell::{Cell, RefCell};
use suspendable::{block_on_future, suspendable};
use wasm_bindgen::prelude::*;

/// A number behind a `futures::lock::Mutex`, which does not say who is next.
#[wasm_bindgen]
#[derive(Default)]
pub struct Purse(Mutex<u32>);

#[suspendable]
impl Purse {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Purse {
        Purse::default()
    }

    /// Adds `by`, `times` times: what it was is read before a pause, and written behind it.
    #[suspendable]
    pub fn deposit(&self, by: u32, times: u32) -> Result<(), JsValue> {
        for _ in 0..times {
            let mut balance = block_on_future(self.0.lock())?;
            let before = *balance;
            *balance = before + pause(by)?;
        }
        Ok(())
    }

    /// What is in it.
    #[suspendable]
    pub fn balance(&self) -> Result<u32, suspendable::Error> {
        Ok(*block_on_future(self.0.lock())?)
    }
}

/// An `Event`, whose listeners are on the stack: alone, and as the queue of a lock.
#[wasm_bindgen]
#[derive(Default)]
pub struct Gate {
    event: Event,
    is_taken: Cell<bool>,
    passed: Cell<u32>,
    order: RefCell<Vec<u32>>,
}

#[suspendable]
impl Gate {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Gate {
        Gate::default()
    }

    /// Waits for one notification.
    #[suspendable]
    pub fn wait(&self, who: u32) -> Result<u32, JsValue> {
        listener!(self.event => listener);
        block_on_future(listener)?;
        self.order.borrow_mut().push(who);
        pause(who)
    }

    /// Notifies `times` listeners more, one after the other.
    #[suspendable]
    pub fn notify(&self, times: u32) -> Result<(), JsValue> {
        for n in 0..times {
            self.event.notify_additional(1);
            pause(n)?;
        }
        Ok(())
    }

    /// Who was notified, one after the other.
    #[wasm_bindgen(getter)]
    pub fn order(&self) -> Vec<u32> {
        self.order.borrow().clone()
    }

    /// Passes `times` times, alone each time: the lock of the crate's own documentation.
    #[suspendable]
    pub fn pass(&self, times: u32) -> Result<(), JsValue> {
        for _ in 0..times {
            while self.is_taken.replace(true) {
                listener!(self.event => listener);
                if !self.is_taken.replace(true) {
                    break;
                }
                block_on_future(listener)?;
            }
            let before = self.passed.get();
            self.passed.set(pause(before)? + 1);
            self.is_taken.set(false);
            self.event.notify(1);
        }
        Ok(())
    }

    /// How often somebody has passed.
    #[wasm_bindgen(getter)]
    pub fn passed(&self) -> u32 {
        self.passed.get()
    }
}

/// An `async_channel` with room for two.
#[wasm_bindgen]
pub struct Belt {
    sender: async_channel::Sender<u32>,
    receiver: async_channel::Receiver<u32>,
}

#[suspendable]
impl Belt {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Belt {
        let (sender, receiver) = async_channel::bounded(2);
        Belt { sender, receiver }
    }

    /// Sends `times` numbers from `first` on.
    #[suspendable]
    pub fn send(&self, first: u32, times: u32) -> Result<(), JsValue> {
        for number in first..first + times {
            block_on_future(self.sender.send(number))?.map_err(thrown)?;
            pause(number)?;
        }
        Ok(())
    }

    /// No further number is sent.
    pub fn close(&self) {
        self.sender.close();
    }

    /// What this call gets, until it is closed.
    #[suspendable]
    pub fn receive(&self) -> Result<Vec<u32>, JsValue> {
        let mut received = Vec::new();
        while let Ok(number) = block_on_future(self.receiver.recv())? {
            received.push(pause(number)?);
        }
        Ok(received)
    }
}
