//! What all fibers share: a `static` that need not be [`Sync`].

/// A value of the only thread that there is. std's `thread_local!` would be the same, and a call each time.
pub(crate) struct OneThread<T>(pub T);

// SAFETY: there is one thread of the machine's: the tool refuses modules with shared memory.
unsafe impl<T> Sync for OneThread<T> {}
