//! Values that are made once.

use super::once::Once;
use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

/// A place that is written once, as [`std::sync::OnceLock`].
///
/// ```no_run
/// use suspendable::sync::OnceLock;
///
/// static NAME: OnceLock<String> = OnceLock::new();
/// let name: &str = NAME.get_or_init(|| "made when it is first asked for".to_owned());
/// ```
pub struct OnceLock<T> {
    once: Once,
    /// Written while `once` is being done, and shared afterwards.
    value: UnsafeCell<Option<T>>,
}

// SAFETY: there is one thread of the machine's, and among fibers `once` says who writes.
unsafe impl<T: Sync + Send> Sync for OnceLock<T> {}
impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}
impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}

impl<T> OnceLock<T> {
    /// Nothing yet.
    #[inline]
    #[must_use]
    pub const fn new() -> OnceLock<T> {
        OnceLock { once: Once::new(), value: UnsafeCell::new(None) }
    }

    /// The value, if it is there.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        if !self.once.is_completed() {
            return None;
        }
        // SAFETY: it is done, and nobody writes the value any more.
        unsafe { (*self.value.get()).as_ref() }
    }

    /// The value, if it is there.
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut().as_mut()
    }

    /// Waits until the value is there.
    ///
    /// # Panics
    ///
    /// If it is not, and no call can block here.
    pub fn wait(&self) -> &T {
        self.once.wait_force();
        self.get().expect("it is done")
    }

    /// Puts `value` there, if nothing is.
    ///
    /// # Errors
    ///
    /// `value`, if something is there.
    ///
    /// # Panics
    ///
    /// If somebody makes the value, and no call can block here.
    #[inline]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init(|| value.take().expect("called once"));
        value.map_or(Ok(()), Err)
    }

    /// The value; made by `f` if it is not there. Waits if somebody makes it.
    ///
    /// # Panics
    ///
    /// If somebody makes it, and no call can block here; if this thread does.
    #[inline]
    pub fn get_or_init<F>(&self, f: F) -> &T
    where
        F: FnOnce() -> T,
    {
        self.once.call_once_force(|_| {
            let value = f();
            // SAFETY: nobody reads it before it is done.
            unsafe { *self.value.get() = Some(value) };
        });
        self.get().expect("it is done")
    }

    /// The value, if it is there.
    #[inline]
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// The value, if it is there; and nothing is there then.
    #[inline]
    pub fn take(&mut self) -> Option<T> {
        std::mem::take(self).into_inner()
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> OnceLock<T> {
        OnceLock::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show("OnceLock", self.get(), f)
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    fn clone(&self) -> OnceLock<T> {
        self.get().cloned().map_or_else(OnceLock::new, OnceLock::from)
    }
}

impl<T> From<T> for OnceLock<T> {
    fn from(value: T) -> Self {
        let lock = OnceLock::new();
        lock.get_or_init(|| value);
        lock
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    fn eq(&self, other: &OnceLock<T>) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

/// A value that is made when it is first used, as [`std::sync::LazyLock`].
///
/// ```no_run
/// use suspendable::sync::LazyLock;
///
/// static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| "made when first used".split(' ').collect());
/// assert_eq!(WORDS.len(), 4);
/// ```
pub struct LazyLock<T, F = fn() -> T> {
    once: Once,
    /// Written while `once` is being done, and shared afterwards.
    data: UnsafeCell<Lazy<T, F>>,
}

enum Lazy<T, F> {
    Make(F),
    Made(T),
    /// It is being made, or who made it has panicked.
    Nothing,
}

// SAFETY: there is one thread of the machine's, and among fibers `once` says who writes.
unsafe impl<T: Sync + Send, F: Send> Sync for LazyLock<T, F> {}
impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}
impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// A value that `f` will make.
    #[inline]
    pub const fn new(f: F) -> LazyLock<T, F> {
        LazyLock { once: Once::new(), data: UnsafeCell::new(Lazy::Make(f)) }
    }

    /// The value; made if nobody has. Waits if somebody makes it. The same as `&*this`.
    ///
    /// # Panics
    ///
    /// If the one that made it has panicked; if somebody makes it, and no call can block here; if
    /// this thread does.
    #[inline]
    pub fn force(this: &LazyLock<T, F>) -> &T {
        this.once.call_once_force(|state| {
            if state.is_poisoned() {
                poisoned();
            }
            // SAFETY: nobody else reads or writes it before it is done; and nothing of it is borrowed
            // while `make` runs.
            let data = unsafe { std::mem::replace(&mut *this.data.get(), Lazy::Nothing) };
            let Lazy::Make(make) = data else { unreachable!("it is made once") };
            let value = make();
            // SAFETY: as above.
            unsafe { *this.data.get() = Lazy::Made(value) };
        });
        LazyLock::get(this).expect("it is done")
    }

    /// The value; made if nobody has.
    ///
    /// # Panics
    ///
    /// If the one that made it has panicked.
    #[inline]
    pub fn force_mut(this: &mut LazyLock<T, F>) -> &mut T {
        LazyLock::force(this);
        LazyLock::get_mut(this).expect("it is made")
    }
}

impl<T, F> LazyLock<T, F> {
    /// The value, if it has been made.
    #[inline]
    pub fn get_mut(this: &mut LazyLock<T, F>) -> Option<&mut T> {
        match this.data.get_mut() {
            Lazy::Made(value) => Some(value),
            _ => None,
        }
    }

    /// The value, if it has been made.
    #[inline]
    pub fn get(this: &LazyLock<T, F>) -> Option<&T> {
        if !this.once.is_completed() {
            return None;
        }
        // SAFETY: it is done, and nobody writes it any more.
        match unsafe { &*this.data.get() } {
            Lazy::Made(value) => Some(value),
            _ => None,
        }
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        LazyLock::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    fn default() -> LazyLock<T> {
        LazyLock::new(T::default)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show("LazyLock", LazyLock::get(self), f)
    }
}

fn show<T: fmt::Debug>(name: &str, value: Option<&T>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut d = f.debug_tuple(name);
    match value {
        Some(value) => d.field(value),
        None => d.field(&format_args!("<uninit>")),
    };
    d.finish()
}

#[cold]
#[inline(never)]
fn poisoned() -> ! {
    panic!("LazyLock instance has previously been poisoned")
}
