//! A lock for readers or one writer that knows who holds it: what a thread that has panicked holds is given to who
//! wants it, poisoned if it wrote, and a wait that would never end is an error.
//!
//! Its word is 0 while nobody holds it, and names the one thread that does, in the way of the crate `suspendable`
//! (src/hooks/rwlock.rs), which looks after all else: several readers, those that wait, those that have panicked. A
//! guard says which thread made it, as one of a `Mutex` does (mutex.rs).

use crate::ptr;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::atomic::{Atomic, AtomicPtr, AtomicU32};
use crate::sys::sync::mutex::suspendable::{hold, release};

unsafe extern "C" {
    safe fn __suspendable_std_me() -> u32;
    fn __suspendable_std_rwlock(lock: *const RwLock, kind: u32);
    fn __suspendable_std_rwlock_try(lock: *const RwLock, kind: u32) -> u32;
    fn __suspendable_std_rwlock_look_after(lock: *const RwLock);
    fn __suspendable_std_rwlock_unlock(lock: *const RwLock, kind: u32, maker: u32);
    fn __suspendable_std_rwlock_downgrade(lock: *const RwLock, maker: u32);
    fn __suspendable_std_rwlock_reach(lock: *const RwLock, guard: *const (), maker: u32);
    fn __suspendable_std_rwlock_drop(lock: *const RwLock);
}

/// Who holds it, writes.
const WRITE: u32 = 2;
/// A thread has panicked that wrote, and the poison does not say so yet.
const TAKEN: u32 = 4;
/// Whatever is not the thread.
const BITS: u32 = 15;
/// It is no thread's.
const SEVERAL: u32 = 16;

/// What is asked for.
const READER: u32 = 0;
const WRITER: u32 = 1;

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

    #[inline]
    pub fn read(&self) {
        if !self.take(0) {
            // SAFETY: borrowed until it returns, as below.
            unsafe { __suspendable_std_rwlock(self, READER) }
        }
    }

    #[inline]
    pub fn write(&self) {
        if !self.take(WRITE) {
            // SAFETY: as above.
            unsafe { __suspendable_std_rwlock(self, WRITER) }
        }
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

    /// Frees it of those that have panicked.
    #[inline]
    pub fn look_after(&self) {
        if self.word.load(Relaxed) != 0 {
            // SAFETY: as above.
            unsafe { __suspendable_std_rwlock_look_after(self) }
        }
    }

    /// Whether it was a writer's who has panicked. It is told once.
    #[inline]
    pub fn was_taken(&self) -> bool {
        let word = self.word.load(Relaxed);
        let taken = word & TAKEN != 0;
        if taken {
            self.word.store(word & !TAKEN, Relaxed);
        }
        taken
    }

    /// Unlocks what that thread writes, if it still does.
    #[inline]
    pub unsafe fn write_unlock_of(&self, maker: u32) {
        self.unlock_of(WRITE, WRITER, maker);
    }

    #[inline]
    fn unlock_of(&self, bits: u32, kind: u32, maker: u32) {
        if self.word.load(Relaxed) == maker | bits {
            self.word.store(0, Relaxed);
            // SAFETY: it was locked.
            unsafe { release(maker) };
        } else {
            // SAFETY: as above.
            unsafe { __suspendable_std_rwlock_unlock(self, kind, maker) }
        }
    }

    /// Makes a reader, which is the thread that runs, of a writer.
    #[inline]
    pub unsafe fn downgrade_of(&self, maker: u32) {
        // SAFETY: as above.
        unsafe { __suspendable_std_rwlock_downgrade(self, maker) }
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

/// What a guard has of the lock: which, and which thread made the guard.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    lock: &'a RwLock,
    maker: u32,
}

impl<'a> Held<'a> {
    /// Of the thread that runs, which has just begun to read.
    #[inline]
    pub fn new(lock: &'a RwLock) -> Self {
        let word = lock.word.load(Relaxed);
        // If there is one reader and nothing else, it is this one.
        let is_one = word & BITS == 0 && word != SEVERAL;
        Self { lock, maker: if is_one { word } else { __suspendable_std_me() } }
    }

    #[inline]
    pub fn of(lock: &'a RwLock, maker: u32) -> Self {
        Self { lock, maker }
    }

    /// The guard is used that this is in.
    #[inline]
    pub fn reach<T>(&self, guard: &T) {
        // SAFETY: both are borrowed until it returns.
        unsafe {
            __suspendable_std_rwlock_reach(self.lock, (&raw const *guard).cast(), self.maker)
        }
    }

    #[inline]
    pub unsafe fn read_unlock(&self) {
        self.lock.unlock_of(0, READER, self.maker);
    }

    #[inline]
    pub unsafe fn write_unlock(&self) {
        self.lock.unlock_of(WRITE, WRITER, self.maker);
    }
}
