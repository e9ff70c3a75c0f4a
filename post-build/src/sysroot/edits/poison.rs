//! Poison without unwinding: the `Mutex` of a thread that panicked is lost, and so is what it guards.
//!
//! No destructor has put that in order (`src/sync/lost.rs`). So who wants the lock gets a `PoisonError`, of which std lets
//! none be made where panics do not unwind, and the guard in there says that it reaches nothing. A panic's payload, which
//! is dropped there as well, is kept.

use super::Edit;

const fn errors(find: &'static str, replace: &'static str) -> Edit {
    Edit { file: "sync/poison.rs", find, replace }
}

const fn mutex(find: &'static str, replace: &'static str) -> Edit {
    Edit { file: "sync/poison/mutex.rs", find, replace }
}

/// With how often each finds its text.
pub const REPEATED: [(Edit, usize); 4] = [
    (
        errors(
            "#[cfg(panic = \"unwind\")]\n            TryLockError",
            "#[cfg(all())]\n            TryLockError",
        ),
        3,
    ),
    (
        errors(
            "#[cfg(not(panic = \"unwind\"))]\n            TryLockError",
            "#[cfg(any())]\n            TryLockError",
        ),
        3,
    ),
    // Who waits for a condition may find that the lock is lost.
    (
        Edit {
            file: "sync/poison/condvar.rs",
            find: "mutex::guard_poison(&guard).get()",
            replace: "mutex::is_lost(&mut guard)",
        },
        2,
    ),
    // Where there is no poison (in what is not stable) there is no error either.
    (
        Edit {
            file: "sync/nonpoison/condvar.rs",
            find: "let lock = mutex::guard_lock(guard);\n",
            replace: "let lock = mutex::guard_lock(guard);\n            let _checked = mutex::Checked(lock);\n",
        },
        2,
    ),
];

pub const EDITS: [Edit; 27] = [
    errors("#![cfg_attr(not(panic = \"unwind\"), expect(unreachable_code))]\n", ""),
    errors("    #[cfg(not(panic = \"unwind\"))]\n    _never: !,\n", ""),
    errors("#[cfg(panic = \"unwind\")]\n    #[stable", "#[cfg(all())]\n    #[stable"),
    errors("#[cfg(not(panic = \"unwind\"))]\n    #[stable", "#[cfg(any())]\n    #[stable"),
    errors(
        "#[cfg(panic = \"unwind\")]\n        Err(PoisonError",
        "#[cfg(all())]\n        Err(PoisonError",
    ),
    errors(
        "            #[cfg(panic = \"unwind\")]\n            panicking: thread::panicking(),\n",
        "            lost: false,\n",
    ),
    errors(
        "\
    #[cfg(panic = \"unwind\")]
    panicking: bool,
}
",
        "\
    /// Whether it reaches nothing.
    pub lost: bool,
}

impl Guard {
    #[inline]
    pub fn reach(&self) {
        crate::sys::sync::mutex::suspendable::refuse_if(self.lost);
    }
}
",
    ),
    mutex(
        "\
            self.inner.lock();
            MutexGuard::new(self)
",
        "\
            if self.inner.lock_unless_lost() { MutexGuard::new(self) } else { Err(self.lost()) }
",
    ),
    mutex(
        "\
                Ok(MutexGuard::new(self)?)
            } else {
",
        "\
                Ok(MutexGuard::new(self)?)
            } else if self.inner.is_lost() {
                Err(self.lost().into())
            } else {
",
    ),
    mutex(
        "\
        self.poison.get()
    }
",
        "\
        self.inner.is_lost()
    }

    fn lost(&self) -> PoisonError<MutexGuard<'_, T>> {
        PoisonError::new(MutexGuard { lock: self, poison: poison::Guard { lost: true } })
    }
",
    ),
    mutex(
        "        let data = self.data.into_inner();\n",
        "        sys::mutex::suspendable::refuse_if(self.inner.is_lost());\n        let data = self.data.into_inner();\n",
    ),
    mutex(
        "        let data = self.data.get_mut();\n",
        "        sys::mutex::suspendable::refuse_if(self.inner.is_lost());\n        let data = self.data.get_mut();\n",
    ),
    mutex(
        "\
            Err(TryLockError::Poisoned(err)) => {
                d.field(\"data\", &&**err.get_ref());
",
        "\
            Err(TryLockError::Poisoned(_)) => {
                d.field(\"data\", &\"<lost>\");
",
    ),
    mutex("&self.poison.get());", "&self.is_poisoned());"),
    mutex(
        "        unsafe { &*self.lock.data.get() }\n",
        "        self.poison.reach();\n        unsafe { &*self.lock.data.get() }\n",
    ),
    mutex(
        "        unsafe { &mut *self.lock.data.get() }\n",
        "        self.poison.reach();\n        unsafe { &mut *self.lock.data.get() }\n",
    ),
    mutex(
        "\
            self.lock.poison.done(&self.poison);
            self.lock.inner.unlock();
",
        "\
            if !self.poison.lost {
                self.lock.inner.unlock();
            }
",
    ),
    // A guard that is a part of another one is never of a lost lock.
    mutex(
        "        let data = NonNull::from(f(unsafe { &mut *orig.lock.data.get() }));\n",
        "        orig.poison.reach();\n        let data = NonNull::from(f(unsafe { &mut *orig.lock.data.get() }));\n",
    ),
    mutex(
        "        match f(unsafe { &mut *orig.lock.data.get() }) {\n",
        "        orig.poison.reach();\n        match f(unsafe { &mut *orig.lock.data.get() }) {\n",
    ),
    mutex("    &guard.lock.inner\n", "    guard.poison.reach();\n    &guard.lock.inner\n"),
    mutex(
        "\
pub(super) fn guard_poison<'a, T: ?Sized>(guard: &MutexGuard<'a, T>) -> &'a poison::Flag {
    &guard.lock.poison
}
",
        "\
/// After it was unlocked and locked again.
pub(super) fn is_lost<T: ?Sized>(guard: &mut MutexGuard<'_, T>) -> bool {
    guard.poison.lost = guard.lock.inner.is_lost();
    guard.poison.lost
}
",
    ),
    Edit {
        file: "sync/nonpoison/mutex.rs",
        find: "            self.inner.lock();\n            MutexGuard::new(self)\n",
        replace: "\
            sys::mutex::suspendable::refuse_if(!self.inner.lock_unless_lost());
            MutexGuard::new(self)
",
    },
    Edit {
        file: "sync/nonpoison/mutex.rs",
        find: "pub(super) fn guard_lock",
        replace: "\
/// Asks at its end whether a lock is lost that was unlocked and locked again.
pub(super) struct Checked<'a>(pub &'a sys::Mutex);

impl Drop for Checked<'_> {
    fn drop(&mut self) {
        sys::mutex::suspendable::refuse_if(self.0.is_lost());
    }
}

pub(super) fn guard_lock",
    },
    Edit {
        file: "sync/poison/condvar.rs",
        find: "        let poisoned = unsafe {\n",
        replace: "        let mut guard = guard;\n        let poisoned = unsafe {\n",
    },
    Edit {
        file: "sync/poison/condvar.rs",
        find: "        let (poisoned, result) = unsafe {\n",
        replace: "        let mut guard = guard;\n        let (poisoned, result) = unsafe {\n",
    },
    Edit {
        file: "sys/sync/condvar/futex.rs",
        find: "        mutex.lock();\n",
        replace: "        mutex.lock_unless_lost();\n",
    },
    // What a panic was given is `join`'s, whatever it is. Calls that come later have the count of this one, and do not panic.
    Edit {
        file: "panicking.rs",
        find: "    let code = unsafe { __rust_start_panic(msg) };\n",
        replace: "\
    crate::sys::thread::keep_payload(unsafe { Box::from_raw(msg.take_box()) });
    panic_count::decrease();
    let code = unsafe { __rust_start_panic(msg) };
",
    },
];
