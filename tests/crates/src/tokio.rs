//! `tokio::sync`: waiters are links in lists that run through the futures.

use crate::{pause, thrown};
use std::cell::{Cell, RefCell};
use std::mem::take;
use std::pin::pin;
use suspendable::{block_on_future, suspendable};
use tokio::sync::{Mutex, Notify, RwLock, Semaphore, broadcast, mpsc, oneshot};
use wasm_bindgen::prelude::*;

/// A number behind a `Mutex`.
#[wasm_bindgen]
#[derive(Default)]
pub struct Account {
    balance: Mutex<u32>,
    order: RefCell<Vec<u32>>,
}

#[suspendable]
impl Account {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Account {
        Account::default()
    }

    /// Adds `by`, `times` times: what it was is read before a pause, and written behind it.
    #[suspendable]
    pub fn deposit(&self, by: u32, times: u32) -> Result<(), JsValue> {
        for _ in 0..times {
            let mut balance = block_on_future(self.balance.lock())?;
            self.order.borrow_mut().push(by);
            let before = *balance;
            *balance = before + pause(by)?;
        }
        Ok(())
    }

    /// What is in it.
    #[suspendable]
    pub fn balance(&self) -> Result<u32, suspendable::Error> {
        Ok(*block_on_future(self.balance.lock())?)
    }

    /// What was deposited, in the order in which the lock was taken.
    #[wasm_bindgen(getter)]
    pub fn order(&self) -> Vec<u32> {
        self.order.borrow().clone()
    }
}

/// A number behind an `RwLock`.
#[wasm_bindgen]
#[derive(Default)]
pub struct Page {
    edition: RwLock<u32>,
    readers: Cell<u32>,
    most: Cell<u32>,
}

#[suspendable]
impl Page {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Page {
        Page::default()
    }

    /// The edition, which does not change while it is read.
    #[suspendable]
    pub fn read(&self) -> Result<u32, JsValue> {
        let edition = block_on_future(self.edition.read())?;
        self.readers.update(|readers| readers + 1);
        self.most.set(self.most.get().max(self.readers.get()));
        let before = pause(*edition)?;
        self.readers.update(|readers| readers - 1);
        if before == *edition { Ok(before) } else { Err("it was written while it was read".into()) }
    }

    /// Makes the next edition, alone; what it is.
    #[suspendable]
    pub fn write(&self) -> Result<u32, JsValue> {
        let mut edition = block_on_future(self.edition.write())?;
        let before = *edition;
        *edition = pause(before)? + 1;
        if self.readers.get() == 0 { Ok(*edition) } else { Err("somebody reads".into()) }
    }

    /// As many have read at once.
    #[wasm_bindgen(getter)]
    pub fn most(&self) -> u32 {
        self.most.get()
    }
}

/// A `Notify`.
#[wasm_bindgen]
#[derive(Default)]
pub struct Bell {
    notify: Notify,
    order: RefCell<Vec<u32>>,
    items: RefCell<Vec<u32>>,
}

#[suspendable]
impl Bell {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Bell {
        Bell::default()
    }

    /// Waits for one ring.
    #[suspendable]
    pub fn wait(&self, who: u32) -> Result<u32, JsValue> {
        block_on_future(self.notify.notified())?;
        self.order.borrow_mut().push(who);
        pause(who)
    }

    /// Rings for one, `times` times.
    #[suspendable]
    pub fn ring(&self, times: u32) -> Result<(), JsValue> {
        for n in 0..times {
            self.notify.notify_one();
            pause(n)?;
        }
        Ok(())
    }

    /// Rings for all who wait.
    #[wasm_bindgen(js_name = ringForAll)]
    pub fn ring_for_all(&self) {
        self.notify.notify_waiters();
    }

    /// Who heard it, one after the other.
    #[wasm_bindgen(getter)]
    pub fn order(&self) -> Vec<u32> {
        self.order.borrow().clone()
    }

    /// Puts `item` where one of those that wait for items finds it.
    #[suspendable]
    pub fn put(&self, item: u32) -> Result<(), JsValue> {
        let item = pause(item)?;
        self.items.borrow_mut().push(item);
        self.notify.notify_one();
        Ok(())
    }

    /// Waits for an item: a future that it did not need leaves the list when it is dropped.
    #[suspendable]
    pub fn take(&self) -> Result<u32, JsValue> {
        loop {
            let mut notified = pin!(self.notify.notified());
            notified.as_mut().enable();
            let item = self.items.borrow_mut().pop();
            match item {
                Some(item) => return pause(item),
                None => block_on_future(notified)?,
            }
        }
    }
}

/// A `Semaphore` with three permits.
#[wasm_bindgen]
pub struct Desks {
    permits: Semaphore,
    free: Cell<u32>,
    order: RefCell<Vec<u32>>,
}

#[suspendable]
impl Desks {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Desks {
        Desks { permits: Semaphore::new(3), free: Cell::new(3), order: RefCell::default() }
    }

    /// Takes 1 to 3 of them for a while.
    #[suspendable]
    pub fn work(&self, who: u32) -> Result<(), JsValue> {
        let desks = 1 + who % 3;
        let permits = block_on_future(self.permits.acquire_many(desks))?.map_err(thrown)?;
        self.order.borrow_mut().push(who);
        let free = self.free.get().checked_sub(desks).ok_or("more are taken than there are")?;
        self.free.set(free);
        pause(who)?;
        self.free.update(|free| free + desks);
        drop(permits);
        Ok(())
    }

    /// Who worked, in the order in which they began.
    #[wasm_bindgen(getter)]
    pub fn order(&self) -> Vec<u32> {
        self.order.borrow().clone()
    }
}

/// An `mpsc` channel with room for four.
#[wasm_bindgen]
pub struct Line {
    sender: RefCell<Option<mpsc::Sender<u32>>>,
    receiver: RefCell<Option<mpsc::Receiver<u32>>>,
}

#[suspendable]
impl Line {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Line {
        let (sender, receiver) = mpsc::channel(4);
        Line { sender: Some(sender).into(), receiver: Some(receiver).into() }
    }

    /// Sends `times` numbers from `first` on.
    #[suspendable]
    pub fn send(&self, first: u32, times: u32) -> Result<(), JsValue> {
        let sender = self.sender.borrow().clone().ok_or("it is closed")?;
        for number in first..first + times {
            block_on_future(sender.send(number))?.map_err(thrown)?;
            pause(number)?;
        }
        Ok(())
    }

    /// No further call sends.
    pub fn close(&self) {
        self.sender.take();
    }

    /// All that is sent, until it is closed and the last call has sent its numbers.
    #[suspendable]
    pub fn receive(&self) -> Result<Vec<u32>, JsValue> {
        let mut receiver = self.receiver.take().ok_or("somebody receives already")?;
        let mut received = Vec::new();
        while let Some(number) = block_on_future(receiver.recv())? {
            received.push(pause(number)?);
        }
        Ok(received)
    }
}

/// `oneshot` channels, each from a call to the next.
#[wasm_bindgen]
pub struct Relay {
    senders: RefCell<Vec<Option<oneshot::Sender<u32>>>>,
    receivers: RefCell<Vec<Option<oneshot::Receiver<u32>>>>,
}

#[suspendable]
impl Relay {
    #[wasm_bindgen(constructor)]
    pub fn new(runners: usize) -> Relay {
        let (senders, receivers) = (0..=runners)
            .map(|_| oneshot::channel())
            .map(|(sender, receiver)| (Some(sender), Some(receiver)))
            .unzip();
        Relay { senders: RefCell::new(senders), receivers: RefCell::new(receivers) }
    }

    /// Takes the baton at `place`, and hands it on with one more lap; how many it had.
    #[suspendable]
    pub fn run(&self, place: usize) -> Result<u32, JsValue> {
        let receiver = take(&mut self.receivers.borrow_mut()[place]).ok_or("the place is taken")?;
        let laps = pause(block_on_future(receiver)?.map_err(thrown)?)?;
        self.hand_over(place + 1, laps + 1);
        Ok(laps)
    }

    /// Gives the baton to the runner at `place`.
    #[wasm_bindgen(js_name = handOver)]
    pub fn hand_over(&self, place: usize, laps: u32) {
        let sender = take(&mut self.senders.borrow_mut()[place]).expect("nobody has given it");
        sender.send(laps).expect("behind the last runner is a place too");
    }

    /// Nobody gives the baton to the runner at `place` any more.
    #[wasm_bindgen(js_name = giveUp)]
    pub fn give_up(&self, place: usize) {
        drop(take(&mut self.senders.borrow_mut()[place]));
    }
}

/// A `broadcast` channel.
#[wasm_bindgen]
pub struct Radio(RefCell<Option<broadcast::Sender<u32>>>);

#[suspendable]
impl Radio {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Radio {
        Radio(RefCell::new(Some(broadcast::channel(4).0)))
    }

    /// What is sent from now on, until the end.
    #[suspendable]
    pub fn listen(&self) -> Result<Vec<u32>, JsValue> {
        let mut receiver = self.0.borrow().as_ref().ok_or("it has ended")?.subscribe();
        let mut heard = Vec::new();
        loop {
            match block_on_future(receiver.recv())? {
                Ok(number) => heard.push(number),
                Err(broadcast::error::RecvError::Closed) => return Ok(heard),
                Err(lagged) => return Err(thrown(lagged)),
            }
        }
    }

    /// Sends a number; to how many.
    pub fn send(&self, number: u32) -> Result<usize, JsValue> {
        self.0.borrow().as_ref().ok_or("it has ended")?.send(number).map_err(thrown)
    }

    /// Ends it.
    pub fn end(&self) {
        self.0.take();
    }
}
