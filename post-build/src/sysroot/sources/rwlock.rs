//! A lock for readers or one writer that knows who holds it: after a thread has panicked that wrote it is lost, after one
//! that read nobody writes any more, and a wait that would never end is an error.
//!
//! Its word is 0 while nobody holds it, and names the one thread that does, in the way of the crate `suspendable`
//! (src/hooks/rwlock.rs), which looks after all else: several readers, those that wait. A guard of a reader says which
//! thread that is.

use crate::ptr;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::atomic::{Atomic, AtomicPtr, AtomicU32};
pub use crate::sys::sync::mutex::suspendable::refuse_if;
use crate::sys::sync::mutex::suspendable::{hold, release};

unsafe extern "C" {
    safe fn __suspendable_std_me() -> u32;
    fn __suspendable_std_rwlock(lock: *const RwLock, kind: u32) -> u32;
    fn __suspendable_std_rwlock_try(lock: *const RwLock, kind: u32) -> u32;
    fn __suspendable_std_rwlock_is_lost(lock: *const RwLock, kind: u32) -> u32;
    fn __suspendable_std_rwlock_unlock(lock: *const RwLock, kind: u32, reader: u32);
    fn __suspendable_std_rwlock_downgrade(lock: *const RwLock);
    fn __suspendable_std_rwlock_drop(lock: *const RwLock);
}

/// Who holds it, writes.
const WRITE: u32 = 2;
/// Whatever is not the thread.
const BITS: u32 = 15;
/// It is no thread's.
const SEVERAL: u32 = 16;

/// What is asked for.
pub const READER: u32 = 0;
pub const WRITER: u32 = 1;

#[repr(C)]
pub struct RwLock {
    word: Atomic<u32>,
    /// Several readers.
    readers: Atomic<*mut ()>,
}

impl RwLock {
    #[inline]
    pub const fn new() -> Self {
        Self { word: AtomicU32::new(0), readers: AtomicPtr::new(ptr::null_mut()) }
    }

    #[inline]
    fn take(&self, bits: u32) -> bool {
        let is_free = self.word.load(Relaxed) == 0;
        if is_free {
            self.word.store(hold() | bits, Relaxed);
        }
        is_free
    }

    /// Waits until the thread that runs reads, or it is lost, and returns whether it does.
    #[inline]
    pub fn read(&self) -> bool {
        // SAFETY: borrowed until it returns, as below.
        self.take(0) || unsafe { __suspendable_std_rwlock(self, READER) } != 0
    }

    /// The same to write.
    #[inline]
    pub fn write(&self) -> bool {
        // SAFETY: as above.
        self.take(WRITE) || unsafe { __suspendable_std_rwlock(self, WRITER) } != 0
    }

    #[inline]
    pub fn try_read(&self) -> bool {
        // SAFETY: as above.
        self.take(0) || unsafe { __suspendable_std_rwlock_try(self, READER) != 0 }
    }

    #[inline]
    pub fn try_write(&self) -> bool {
        // SAFETY: as above.
        self.take(WRITE) || unsafe { __suspendable_std_rwlock_try(self, WRITER) != 0 }
    }

    /// Whether nobody will ever have it for that.
    #[inline]
    pub fn is_lost_for(&self, kind: u32) -> bool {
        // SAFETY: as above.
        self.word.load(Relaxed) != 0 && unsafe { __suspendable_std_rwlock_is_lost(self, kind) != 0 }
    }

    #[inline]
    fn unlock_of(&self, bits: u32, kind: u32, holder: u32) {
        if self.word.load(Relaxed) == holder | bits {
            self.word.store(0, Relaxed);
            // SAFETY: it was locked.
            unsafe { release(holder) };
        } else {
            // SAFETY: as above.
            unsafe { __suspendable_std_rwlock_unlock(self, kind, holder) }
        }
    }

    #[inline]
    pub unsafe fn write_unlock(&self) {
        self.unlock_of(WRITE, WRITER, self.word.load(Relaxed) & !BITS);
    }

    /// Makes a reader, which is the thread that runs, of a writer.
    #[inline]
    pub unsafe fn downgrade(&self) {
        // SAFETY: as above.
        unsafe { __suspendable_std_rwlock_downgrade(self) }
    }
}

impl Drop for RwLock {
    #[inline]
    fn drop(&mut self) {
        if !self.readers.load(Relaxed).is_null() {
            // SAFETY: nobody has it any more.
            unsafe { __suspendable_std_rwlock_drop(self) }
        }
    }
}

/// What a guard of a reader has of the lock: which, and who reads. Nobody does if the lock was lost.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    lock: &'a RwLock,
    reader: u32,
}

impl<'a> Held<'a> {
    /// Of the thread that runs, which has just begun to read.
    #[inline]
    pub fn new(lock: &'a RwLock) -> Self {
        let word = lock.word.load(Relaxed);
        // If there is one reader and nothing else, it is this one.
        let is_one = word & BITS == 0 && word != SEVERAL;
        Self { lock, reader: if is_one { word } else { __suspendable_std_me() } }
    }

    #[inline]
    pub fn lost(lock: &'a RwLock) -> Self {
        Self { lock, reader: 0 }
    }

    /// The guard is used that this is in.
    #[inline]
    pub fn reach(&self) {
        refuse_if(self.reader == 0);
    }

    #[inline]
    pub unsafe fn read_unlock(&self) {
        if self.reader != 0 {
            self.lock.unlock_of(0, READER, self.reader);
        }
    }
}
