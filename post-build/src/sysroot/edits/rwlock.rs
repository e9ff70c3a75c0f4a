//! The `RwLock` of a thread that panicked: it is told what a `Mutex` is told in poison.rs.
//!
//! Its guards have a `Held` (sources/rwlock.rs) where they had the lock. The hook that panics call is in a `RwLock` without
//! poison, which stays as it is: its guards do not say whose they are.

use super::Edit;

const fn edit(find: &'static str, replace: &'static str) -> Edit {
    Edit { file: "sync/poison/rwlock.rs", find, replace }
}

/// With how often each finds its text. Who holds the lock; and a guard that is reached through from elsewhere keeps
/// it, or reaches nothing if it has lost it.
pub const REPEATED: [(Edit, usize); 7] = [
    (edit("inner_lock: &'rwlock sys::RwLock,", "inner_lock: sys::Held<'rwlock>,"), 3),
    (edit("inner_lock: &orig.inner_lock", "inner_lock: orig.inner_lock"), 4),
    (
        edit(
            "inner_lock: &orig.lock.inner,",
            "inner_lock: sys::Held::of(&orig.lock.inner, orig.poison.maker),",
        ),
        2,
    ),
    (
        edit(
            "        unsafe { self.data.as_ref() }\n",
            "        self.inner_lock.reach(self);\n        unsafe { self.data.as_ref() }\n",
        ),
        3,
    ),
    (
        edit(
            "f(unsafe { orig.data.as_ref() })",
            "f(unsafe { orig.inner_lock.reach(&orig); orig.data.as_ref() })",
        ),
        4,
    ),
    (
        edit(
            "f(unsafe { orig.data.as_mut() })",
            "f(unsafe { orig.inner_lock.reach(&orig); orig.data.as_mut() })",
        ),
        2,
    ),
    (
        edit(
            "f(unsafe { &mut *orig.lock.data.get() })",
            "f(unsafe { orig.reach(); &mut *orig.lock.data.get() })",
        ),
        2,
    ),
];

pub const EDITS: [Edit; 17] = [
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
        "        unsafe { self.data.as_mut() }\n",
        "        self.inner_lock.reach(self);\n        unsafe { self.data.as_mut() }\n",
    ),
    edit(
        "        unsafe { &*self.lock.data.get() }\n",
        "        self.reach();\n        unsafe { &*self.lock.data.get() }\n",
    ),
    edit(
        "        unsafe { &mut *self.lock.data.get() }\n",
        "        self.reach();\n        unsafe { &mut *self.lock.data.get() }\n",
    ),
    edit("self.lock.inner.write_unlock();", "self.lock.inner.write_unlock_of(self.poison.maker);"),
    edit("        forget(s);\n", "        let maker = s.poison.maker;\n        forget(s);\n"),
    edit("unsafe { lock.inner.downgrade() }", "unsafe { lock.inner.downgrade_of(maker) }"),
    // Its poison.
    edit(
        "        poison::map_result(lock.poison.borrow(),",
        "        lock.see_poison();\n        poison::map_result(lock.poison.borrow(),",
    ),
    edit(
        "\
        poison::map_result(lock.poison.guard(), |guard| RwLockWriteGuard { lock, poison: guard })
    }
",
        "\
        lock.see_poison();
        poison::map_result(lock.poison.guard(), |guard| RwLockWriteGuard { lock, poison: guard })
    }

    #[inline]
    fn reach(&self) {
        sys::Held::of(&self.lock.inner, self.poison.maker).reach(self);
    }
",
    ),
    edit(
        "\
        self.poison.get()
    }
",
        "\
        self.look_after();
        self.poison.get()
    }

    /// Frees it of the threads that have ended without unlocking it, and is poisoned if one wrote.
    fn look_after(&self) {
        self.inner.look_after();
        self.see_poison();
    }

    #[inline]
    fn see_poison(&self) {
        if self.inner.was_taken() {
            self.poison.fail();
        }
    }
",
    ),
    edit(
        "        self.poison.clear();\n",
        "        self.look_after();\n        self.poison.clear();\n",
    ),
    edit(
        "        let data = self.data.into_inner();\n",
        "        self.look_after();\n        let data = self.data.into_inner();\n",
    ),
    edit(
        "        let data = self.data.get_mut();\n",
        "        self.look_after();\n        let data = self.data.get_mut();\n",
    ),
];
