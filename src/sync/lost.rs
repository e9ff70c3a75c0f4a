//! What becomes of a lock whose thread has faulted: it is lost, and so is what it guards.
//!
//! After a fault no destructor runs. Safe code counts on them: a `sort` whose comparison panics has an element twice until
//! one of them puts the other back, and what a library has lent to other threads, it takes back in one. So whatever the
//! thread could change is never seen again, and whatever it could see is never changed again: nobody locks what it has
//! locked, and nobody writes what it reads. Who asks for that gets a [`PoisonError`](super::PoisonError) at once, with a
//! guard that reaches nothing.
//!
//! It is not lost for good if the thread had moved its guard to where others can drop it.

/// What a lock guards is reached for.
#[inline]
pub(crate) fn refuse_if(is_lost: bool) {
    if is_lost {
        lost();
    }
}

#[cold]
#[inline(never)]
pub(crate) fn lost() -> ! {
    panic!(
        "the thread that held this lock has panicked, and nothing was put in order after it: what the lock guards may be \
         half changed, and cannot be had any more. Take a PoisonError for an error"
    )
}
