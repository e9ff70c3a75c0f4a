//! The `RwLock` of a thread that panicked: one that wrote is lost, one that read is nobody's to write (poison.rs).
//!
//! A reader's guard says which thread reads (sources/rwlock.rs), where it had the lock. The hook that panics call is in a
//! `RwLock` without poison, which stays as it is.

use super::Edit;

const fn edit(find: &'static str, replace: &'static str) -> Edit {
    Edit { file: "sync/poison/rwlock.rs", find, replace }
}

/// With how often each finds its text. A guard that is a part of another one is never of a lost lock.
pub const REPEATED: [(Edit, usize); 4] = [
    (
        edit(
            "read-locked.\n    inner_lock: &'rwlock sys::RwLock,",
            "read-locked.\n    inner_lock: sys::Held<'rwlock>,",
        ),
        2,
    ),
    (edit("inner_lock: &orig.inner_lock", "inner_lock: orig.inner_lock"), 4),
    (
        edit(
            "f(unsafe { orig.data.as_ref() })",
            "f(unsafe { orig.inner_lock.reach(); orig.data.as_ref() })",
        ),
        4,
    ),
    (
        edit(
            "f(unsafe { &mut *orig.lock.data.get() })",
            "f(unsafe { orig.poison.reach(); &mut *orig.lock.data.get() })",
        ),
        2,
    ),
];

pub const EDITS: [Edit; 19] = [
    Edit { file: "sys/sync/mod.rs", find: "mod mutex;\n", replace: "pub mod mutex;\n" },
    Edit { file: "sys/sync/mod.rs", find: "mod rwlock;\n", replace: "pub mod rwlock;\n" },
    Edit {
        file: "sys/sync/rwlock/mod.rs",
        find: "cfg_select! {\n",
        replace: "pub mod suspendable;\n\ncfg_select! {\n",
    },
    edit("use crate::sys::sync as sys;\n", "use crate::sys::sync::rwlock::suspendable as sys;\n"),
    edit("inner_lock: &lock.inner,\n", "inner_lock: sys::Held::new(&lock.inner),\n"),
    edit(
        "\
            self.inner.read();
            RwLockReadGuard::new(self)
",
        "\
            if self.inner.read() { RwLockReadGuard::new(self) } else { Err(self.lost_to_read()) }
",
    ),
    edit(
        "\
                Ok(RwLockReadGuard::new(self)?)
            } else {
",
        "\
                Ok(RwLockReadGuard::new(self)?)
            } else if self.is_poisoned() {
                Err(self.lost_to_read().into())
            } else {
",
    ),
    edit(
        "\
            self.inner.write();
            RwLockWriteGuard::new(self)
",
        "\
            if self.inner.write() { RwLockWriteGuard::new(self) } else { Err(self.lost_to_write()) }
",
    ),
    edit(
        "\
                Ok(RwLockWriteGuard::new(self)?)
            } else {
",
        "\
                Ok(RwLockWriteGuard::new(self)?)
            } else if self.inner.is_lost_for(sys::WRITER) {
                Err(self.lost_to_write().into())
            } else {
",
    ),
    edit(
        "\
        self.poison.get()
    }
",
        "\
        self.inner.is_lost_for(sys::READER)
    }

    fn lost_to_read(&self) -> PoisonError<RwLockReadGuard<'_, T>> {
        let data = unsafe { NonNull::new_unchecked(self.data.get()) };
        PoisonError::new(RwLockReadGuard { data, inner_lock: sys::Held::lost(&self.inner) })
    }

    fn lost_to_write(&self) -> PoisonError<RwLockWriteGuard<'_, T>> {
        PoisonError::new(RwLockWriteGuard { lock: self, poison: poison::Guard { lost: true } })
    }
",
    ),
    edit(
        "        let data = self.data.into_inner();\n",
        "        sys::refuse_if(self.inner.is_lost_for(sys::WRITER));\n        let data = self.data.into_inner();\n",
    ),
    edit(
        "        let data = self.data.get_mut();\n",
        "        sys::refuse_if(self.inner.is_lost_for(sys::WRITER));\n        let data = self.data.get_mut();\n",
    ),
    edit(
        "\
            Err(TryLockError::Poisoned(err)) => {
                d.field(\"data\", &&**err.get_ref());
",
        "\
            Err(TryLockError::Poisoned(_)) => {
                d.field(\"data\", &format_args!(\"<lost>\"));
",
    ),
    edit("&self.poison.get());", "&self.is_poisoned());"),
    edit("        forget(s);\n", "        s.poison.reach();\n        forget(s);\n"),
    edit(
        "\
        self.lock.poison.done(&self.poison);
",
        "\
        if self.poison.lost {
            return;
        }
",
    ),
    edit(
        "\
impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
",
        "\
impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner_lock.reach();
",
    ),
    edit(
        "        unsafe { &*self.lock.data.get() }\n",
        "        self.poison.reach();\n        unsafe { &*self.lock.data.get() }\n",
    ),
    edit(
        "        unsafe { &mut *self.lock.data.get() }\n",
        "        self.poison.reach();\n        unsafe { &mut *self.lock.data.get() }\n",
    ),
];
