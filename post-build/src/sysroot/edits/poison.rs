//! Poison without unwinding: the `Mutex` of a thread that panicked is poisoned, and who locks it has it.
//!
//! sources/mutex.rs says who may take a lock away. Here is what guards say of themselves, where they are reached
//! through, and that std has poison at all, which it leaves out where panics do not unwind. A panic's payload, which is
//! dropped there as well, is kept.

use super::Edit;

/// Where std asks whether panics unwind, and how often.
pub const UNWINDS: (Edit, usize) =
    (Edit { file: "sync/poison.rs", find: "panic = \"unwind\"", replace: "all()" }, 22);

pub const EDITS: [Edit; 24] = [
    Edit {
        file: "sync/poison.rs",
        find: "            panicking: thread::panicking(),\n",
        replace: "            maker: crate::sys::sync::Mutex::me(),\n",
    },
    Edit { file: "sync/poison.rs", find: "    panicking: bool,\n", replace: "    maker: u32,\n" },
    Edit {
        file: "sync/poison.rs",
        find: "\
    pub fn done(&self, guard: &Guard) {
        if !guard.panicking && thread::panicking() {
            self.failed.store(true, Ordering::Relaxed);
        }
    }
",
        replace: "\
    pub fn done(&self, _guard: &Guard) {}

    pub fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }
",
    },
    Edit { file: "sync/poison.rs", find: "#[cfg(all())]\nuse crate::thread;\n", replace: "" },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "\
            self.inner.lock();
            MutexGuard::new(self)
",
        replace: "\
            if self.inner.lock() {
                self.poison.fail();
            }
            MutexGuard::new(self)
",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "            if self.inner.try_lock() {\n",
        replace: "            self.look_after();\n            if self.inner.try_lock() {\n",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "\
        self.poison.get()
    }
",
        replace: "\
        self.look_after();
        self.poison.get()
    }

    /// Frees it if the thread that holds it has ended without unlocking it, and is poisoned then.
    fn look_after(&self) {
        if self.inner.take_from_dead() {
            self.poison.fail();
            // SAFETY: this thread has it.
            unsafe { self.inner.unlock() };
        }
    }
",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "        self.poison.clear();\n",
        replace: "        self.look_after();\n        self.poison.clear();\n",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "        let data = self.data.into_inner();\n",
        replace: "        self.look_after();\n        let data = self.data.into_inner();\n",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "        let data = self.data.get_mut();\n",
        replace: "        self.look_after();\n        let data = self.data.get_mut();\n",
    },
    // A guard that is reached through from elsewhere keeps its lock; one that has lost it, reaches nothing.
    Edit {
        file: "sync/poison/mutex.rs",
        find: "\
    fn deref(&self) -> &T {
        unsafe { &*self.lock.data.get() }
",
        replace: "\
    fn deref(&self) -> &T {
        self.lock.inner.reach(self, self.poison.maker);
        unsafe { &*self.lock.data.get() }
",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "\
    fn deref_mut(&mut self) -> &mut T {
        unsafe { &mut *self.lock.data.get() }
",
        replace: "\
    fn deref_mut(&mut self) -> &mut T {
        self.lock.inner.reach(self, self.poison.maker);
        unsafe { &mut *self.lock.data.get() }
",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "\
            self.lock.poison.done(&self.poison);
            self.lock.inner.unlock();
",
        replace: "\
            self.lock.inner.unlock_of(self.poison.maker);
",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "        let data = NonNull::from(f(unsafe { &mut *orig.lock.data.get() }));\n",
        replace: "\
        orig.lock.inner.reach(&orig, orig.poison.maker);
        let data = NonNull::from(f(unsafe { &mut *orig.lock.data.get() }));
",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "        match f(unsafe { &mut *orig.lock.data.get() }) {\n",
        replace: "\
        orig.lock.inner.reach(&orig, orig.poison.maker);
        match f(unsafe { &mut *orig.lock.data.get() }) {
",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "        unsafe { self.data.as_ref() }\n",
        replace: "        self.inner.reach(self, self.poison.maker);\n        unsafe { self.data.as_ref() }\n",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "        unsafe { self.data.as_mut() }\n",
        replace: "        self.inner.reach(self, self.poison.maker);\n        unsafe { self.data.as_mut() }\n",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "\
            self.poison_flag.done(&self.poison);
            self.inner.unlock();
",
        replace: "            self.inner.unlock_of(self.poison.maker);\n",
    },
    Edit {
        file: "sync/poison/mutex.rs",
        find: "\
    &guard.lock.poison
",
        replace: "\
    if guard.lock.inner.was_taken() {
        guard.lock.poison.fail();
    }
    &guard.lock.poison
",
    },
    // Where guards do not say whose they are (in what is not stable), a lock stays with its thread.
    Edit {
        file: "sync/nonpoison/mutex.rs",
        find: "            self.inner.lock();\n",
        replace: "            self.inner.lock_for_good();\n",
    },
    Edit {
        file: "sync/nonpoison/mutex.rs",
        find: "if self.inner.try_lock() { Ok(MutexGuard::new(self)) }",
        replace: "if self.inner.try_lock_for_good() { Ok(MutexGuard::new(self)) }",
    },
    Edit {
        file: "sys/sync/condvar/futex.rs",
        find: "        mutex.unlock();\n",
        replace: "        let for_good = mutex.is_for_good();\n        mutex.unlock();\n",
    },
    Edit {
        file: "sys/sync/condvar/futex.rs",
        find: "        mutex.lock();\n",
        replace: "        if for_good { mutex.lock_for_good() } else { drop(mutex.lock()) };\n",
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
