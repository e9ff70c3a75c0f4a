//! `std::sync::mpsc`: channels with many senders and one receiver.
//!
//! All three kinds are one queue of messages. In a channel with a bound, who sends puts the message
//! into the queue in any case, and returns when it is within the bound: when so many messages have
//! been received that it is one of the first `bound` in the queue, or, with the bound 0, when it has
//! been received itself. So messages are received in the order in which they were sent, and nobody
//! who waits is overtaken.
//!
//! **What blocks:** [`Receiver::recv`] and what is made of it while the channel is empty and has
//! senders, [`SyncSender::send`] while it is full. The errors are std's.
//!
//! A sender that a thread owned which panicked is not dropped, and keeps its channel open: see
//! [`thread`](crate::thread).

use crate::cancel;
use crate::time::{Duration, Instant};
use crate::wait::{self, Wait};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

struct Channel<T> {
    /// How many messages a sender need not wait for; none for ever in a channel without a bound.
    bound: Option<u64>,
    /// Messages with their numbers, which begin with 0.
    messages: RefCell<VecDeque<(u64, T)>>,
    sent: Cell<u64>,
    /// All with smaller numbers have left the queue.
    received: Cell<u64>,
    senders: Cell<usize>,
    has_receiver: Cell<bool>,
    /// Whether the receiver waits: at this address, and the senders at that of `sent`.
    receives: Cell<bool>,
}

/// A channel without a bound: sending never blocks. As [`std::sync::mpsc::channel`].
///
/// ```no_run
/// use suspendable::{sync::mpsc::channel, thread};
///
/// let (sender, receiver) = channel();
/// thread::spawn(move || sender.send(10).unwrap());
/// assert_eq!(receiver.recv().unwrap(), 10);
/// ```
#[must_use]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let channel = new(None);
    (Sender(channel.clone()), Receiver(channel))
}

/// A channel that holds `bound` messages: sending blocks while it is full. With the bound 0 it blocks
/// until the message is received. As [`std::sync::mpsc::sync_channel`].
#[must_use]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let channel = new(Some(bound as u64));
    (SyncSender(channel.clone()), Receiver(channel))
}

fn new<T>(bound: Option<u64>) -> Rc<Channel<T>> {
    Rc::new(Channel {
        bound,
        messages: RefCell::new(VecDeque::new()),
        sent: Cell::new(0),
        received: Cell::new(0),
        senders: Cell::new(1),
        has_receiver: Cell::new(true),
        receives: Cell::new(false),
    })
}

impl<T> Channel<T> {
    /// Puts a message into the queue, and returns its number.
    fn put(&self, message: T) -> Result<u64, SendError<T>> {
        if !self.has_receiver.get() {
            return Err(SendError(message));
        }
        let number = self.sent.get();
        self.sent.set(number + 1);
        self.messages.borrow_mut().push_back((number, message));
        if self.receives.get() {
            wait::notify_one(wait::at(&self.receives));
        }
        Ok(number)
    }

    fn send(&self, message: T) -> Result<(), SendError<T>> {
        if self.has_receiver.get() && !self.is_within_bound(self.sent.get()) {
            wait::require_fiber();
        }
        let number = self.put(message)?;
        let mut again = false;
        while !self.is_within_bound(number) {
            wait::wait(wait::at(&self.sent), Wait { again, ..Wait::default() });
            again = true;
            if !self.has_receiver.get() {
                return self.take_back(number).map_or(Ok(()), |message| Err(SendError(message)));
            }
        }
        Ok(())
    }

    fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        if !self.has_receiver.get() {
            return Err(TrySendError::Disconnected(message));
        }
        // With the bound 0, to a receiver that waits, and has no message yet.
        let is_awaited = self.receives.get() && self.messages.borrow().is_empty();
        if !is_awaited && !self.is_within_bound(self.sent.get()) {
            return Err(TrySendError::Full(message));
        }
        Ok(self.put(message).map(drop)?)
    }

    /// Whether who sent the message with that number need not wait.
    fn is_within_bound(&self, number: u64) -> bool {
        self.bound.is_none_or(|bound| number < self.received.get() + bound)
    }

    /// A message that was not received.
    fn take_back(&self, number: u64) -> Option<T> {
        let mut messages = self.messages.borrow_mut();
        let index = messages.iter().position(|(other, _)| *other == number)?;
        Some(messages.remove(index)?.1)
    }

    fn take(&self) -> Option<T> {
        let (number, message) = self.messages.borrow_mut().pop_front()?;
        self.received.set(number + 1);
        // One message more is within the bound. If it has been sent, its sender is the first that waits.
        if self.bound.is_some_and(|bound| number + bound < self.sent.get()) {
            wait::notify_one(wait::at(&self.sent));
        }
        Some(message)
    }

    fn receive(&self, until: Option<Instant>) -> Result<T, RecvTimeoutError> {
        let mut in_time = true;
        loop {
            if let Some(message) = self.take() {
                return Ok(message);
            }
            if self.senders.get() == 0 {
                return Err(RecvTimeoutError::Disconnected);
            }
            if !in_time {
                return Err(RecvTimeoutError::Timeout);
            }
            wait::require_fiber();
            self.receives.set(true);
            let scope = cancel::current();
            let scope = scope.as_deref();
            in_time =
                wait::wait(wait::at(&self.receives), Wait { until, scope, ..Wait::default() });
            self.receives.set(false);
            if !in_time && scope.is_some_and(|scope| scope.ready().is_err()) {
                return Err(RecvTimeoutError::Disconnected);
            }
        }
    }

    fn one_sender_more(&self) {
        self.senders.set(self.senders.get() + 1);
    }

    fn one_sender_less(&self) {
        self.senders.set(self.senders.get() - 1);
        if self.senders.get() == 0 {
            wait::notify_one(wait::at(&self.receives));
        }
    }

    fn disconnect_receiver(&self) {
        self.has_receiver.set(false);
        // Those within the bound are nobody's; the others are given back to those who sent them.
        let end = self.bound.map_or(u64::MAX, |bound| self.received.get().saturating_add(bound));
        loop {
            // Dropped when the queue is not borrowed: it may use this channel.
            let mut messages = self.messages.borrow_mut();
            let is_nobodys = messages.front().is_some_and(|(number, _)| *number < end);
            let message = if is_nobodys { messages.pop_front() } else { None };
            drop(messages);
            if message.is_none() {
                break;
            }
        }
        wait::notify_all(wait::at(&self.sent));
    }
}

/// The half that sends, as [`std::sync::mpsc::Sender`].
pub struct Sender<T>(Rc<Channel<T>>);

/// The half that sends in a channel with a bound, as [`std::sync::mpsc::SyncSender`].
pub struct SyncSender<T>(Rc<Channel<T>>);

/// The half that receives, as [`std::sync::mpsc::Receiver`].
pub struct Receiver<T>(Rc<Channel<T>>);

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl<T: Send> Send for Sender<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Sender<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for SyncSender<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for SyncSender<T> {}
// SAFETY: as above. It is not `Sync`, as std's is not: one waits at a time.
unsafe impl<T: Send> Send for Receiver<T> {}

impl<T> Sender<T> {
    /// Sends a message, and does not wait.
    ///
    /// # Errors
    ///
    /// The message, if there is no receiver.
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        self.0.put(t).map(drop)
    }
}

impl<T> SyncSender<T> {
    /// Sends a message, and waits until it is within the bound.
    ///
    /// # Errors
    ///
    /// The message, if there is no receiver.
    ///
    /// # Panics
    ///
    /// If it has to wait, and no call can block here.
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        self.0.send(t)
    }

    /// Sends a message, if that needs no waiting.
    ///
    /// # Errors
    ///
    /// The message, if the channel is full, or if there is no receiver.
    pub fn try_send(&self, t: T) -> Result<(), TrySendError<T>> {
        self.0.try_send(t)
    }
}

impl<T> Receiver<T> {
    /// Takes the next message, if there is one.
    ///
    /// # Errors
    ///
    /// If there is none, and whether there can be another.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match self.0.take() {
            Some(message) => Ok(message),
            None if self.0.senders.get() == 0 => Err(TryRecvError::Disconnected),
            None => Err(TryRecvError::Empty),
        }
    }

    /// Waits for the next message.
    ///
    /// # Errors
    ///
    /// If there is none, and all senders have been dropped.
    ///
    /// # Panics
    ///
    /// If it has to wait, and no call can block here.
    pub fn recv(&self) -> Result<T, RecvError> {
        self.0.receive(None).map_err(|_| RecvError)
    }

    /// Waits for the next message, for `timeout` at the most.
    ///
    /// # Errors
    ///
    /// If there is none, and all senders have been dropped, or the time is over.
    ///
    /// # Panics
    ///
    /// If it has to wait, and no call can block here.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.0.receive(Instant::now().checked_add(timeout))
    }

    /// The messages until all senders have been dropped; waits for each.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// The messages that are there.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }
}

/// Of [`Receiver::iter`].
#[derive(Debug)]
pub struct Iter<'a, T: 'a> {
    receiver: &'a Receiver<T>,
}

/// Of [`Receiver::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, T: 'a> {
    receiver: &'a Receiver<T>,
}

/// Of a [`Receiver`] itself.
#[derive(Debug)]
pub struct IntoIter<T> {
    receiver: Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Sender<T> {
        self.0.one_sender_more();
        Sender(self.0.clone())
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> SyncSender<T> {
        self.0.one_sender_more();
        SyncSender(self.0.clone())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.one_sender_less();
    }
}

impl<T> Drop for SyncSender<T> {
    fn drop(&mut self) {
        self.0.one_sender_less();
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.disconnect_receiver();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
