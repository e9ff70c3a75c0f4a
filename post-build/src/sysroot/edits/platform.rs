//! What std has not for this target at all: threads, clocks, streams; and `Mutex`, which has to know who holds it.

use super::Edit;

pub const EDITS: [Edit; 19] = [
    Edit {
        file: "sys/thread/mod.rs",
        find: "\
        mod wasm;
        pub use wasm::sleep;

        #[expect(dead_code)]
        mod unsupported;
        pub use unsupported::{Thread, available_parallelism, current_os_id, set_name, yield_now, DEFAULT_MIN_STACK_SIZE};
",
        replace: "\
        mod wasm;
        pub use wasm::sleep;
        mod suspendable;
        pub use suspendable::{Begun, Thread, available_parallelism, begins, keep_payload, returns, yield_now};

        #[expect(dead_code)]
        mod unsupported;
        pub use unsupported::{current_os_id, set_name, DEFAULT_MIN_STACK_SIZE};
",
    },
    Edit {
        file: "sys/sync/mutex/mod.rs",
        find: "\
cfg_select! {
",
        replace: "\
cfg_select! {
    all(target_family = \"wasm\", target_feature = \"atomics\") => {
        pub mod suspendable;
        pub use suspendable::Mutex;
    }
",
    },
    Edit {
        file: "sys/time/unsupported.rs",
        find: "\
    pub fn now() -> Instant {
        panic!(\"time not implemented on this platform\")
",
        replace: "\
    pub fn now() -> Instant {
        unsafe extern \"C\" {
            safe fn __suspendable_std_now() -> f64;
        }
        Instant(Duration::from_secs_f64(__suspendable_std_now()))
",
    },
    Edit {
        file: "sys/time/unsupported.rs",
        find: "\
    pub fn now() -> SystemTime {
        panic!(\"time not implemented on this platform\")
",
        replace: "\
    pub fn now() -> SystemTime {
        unsafe extern \"C\" {
            safe fn __suspendable_std_date() -> f64;
        }
        SystemTime(Duration::from_secs_f64(__suspendable_std_date()))
",
    },
    Edit {
        file: "sys/stdio/mod.rs",
        find: "\
cfg_select! {
",
        replace: "\
cfg_select! {
    all(target_family = \"wasm\", target_feature = \"atomics\") => {
        mod suspendable;
        pub use suspendable::*;
    }
",
    },
    // Who the current thread is can be exchanged.
    Edit {
        file: "thread/current.rs",
        find: "\
                ID.set(Some(id))
            }
",
        replace: "\
                ID.set(Some(id))
            }

            pub(super) fn exchange(id: Option<ThreadId>) -> Option<ThreadId> {
                ID.replace(id)
            }
",
    },
    Edit {
        file: "thread/current.rs",
        find: "\
pub(crate) fn drop_current() {
",
        replace: "\
#[repr(C)]
struct Identity {
    current: *mut (),
    id: Option<ThreadId>,
}

#[unsafe(no_mangle)]
unsafe extern \"C\" fn __suspendable_std_exchange(identity: *mut Identity) {
    let Identity { current, id } = unsafe { &mut *identity };
    let before = CURRENT.get();
    CURRENT.set(*current);
    *current = before;
    *id = id::exchange(*id);
}

pub(crate) fn drop_current() {
",
    },
    // Calls have one thread-local for all of them, and each is a thread to channels.
    Edit {
        file: "sync/mpmc/context.rs",
        find: "\
                    cell.set(Some(cx));
",
        replace: "",
    },
    Edit {
        file: "sync/mpmc/waker.rs",
        find: "\
    thread_local! { static DUMMY: u8 = const { 0 } }
    DUMMY.with(|x| (x as *const u8).addr())
",
        replace: "\
    crate::thread::current_id().as_u64().get() as usize
",
    },
    // A thread that faults has a packet that is finished for it.
    Edit {
        file: "thread/lifecycle.rs",
        find: "\
        let f = f.into_inner();
",
        replace: "\
        let f = f.into_inner();
        let scope = their_packet.scope.as_deref().map(|scope| scope.running());
        imp::begins(Arc::as_ptr(&their_packet).cast(), faulted::<T>, scope);
",
    },
    Edit {
        file: "thread/lifecycle.rs",
        find: "\
        // Here `their_packet` gets dropped, and if this is the last `Arc` for that packet that
",
        replace: "\
        imp::returns();
        // Here `their_packet` gets dropped, and if this is the last `Arc` for that packet that
",
    },
    Edit {
        file: "thread/lifecycle.rs",
        find: "\
/// The data passed to the spawned thread for thread initialization. Any thread
",
        replace: "\
/// Finishes the packet of a thread which has faulted, with the payload in a box.
unsafe extern \"C\" fn faulted<T>(packet: *const (), payload: *mut (), _: f32, _: i64, _: f32) {
    let packet: *const Packet<'_, T> = packet.cast();
    // SAFETY: the thread had the packet, and its frames are never used again.
    unsafe {
        let payload = Box::from_raw(payload.cast::<Box<dyn crate::any::Any + Send>>());
        *(*packet).result.get() = Some(Err(*payload));
        if let Some(scope) = &(*packet).scope {
            scope.panicked();
        }
        drop(Arc::from_raw(packet));
    }
}

/// The data passed to the spawned thread for thread initialization. Any thread
",
    },
    // What a thread lends to those of a scope, it lends until they have ended, also if it faults. If one of those faults,
    // what it borrowed may be half changed, and the scope does not return, though it was joined.
    Edit {
        file: "thread/scoped.rs",
        find: "\
    // Run `f`, but catch panics so we can make sure to wait for all the threads to join.
",
        replace: "\
    let begun = crate::sys::thread::Begun::scope(&scope.data.num_running_threads);
    begun.enter();

    // Run `f`, but catch panics so we can make sure to wait for all the threads to join.
",
    },
    Edit {
        file: "thread/scoped.rs",
        find: "\
    // Wait until all the threads are finished.
",
        replace: "\
    begun.ends();

    // Wait until all the threads are finished.
",
    },
    Edit {
        file: "thread/scoped.rs",
        find: "\
impl ScopeData {
",
        replace: "\
impl ScopeData {
    pub(super) fn running(&self) -> &Atomic<usize> {
        &self.num_running_threads
    }

    pub(super) fn panicked(&self) {
        self.a_thread_panicked.store(true, Ordering::Relaxed);
    }

",
    },
    Edit {
        file: "thread/scoped.rs",
        find: "\
    // Throw any panic from `f`, or the return value of `f` if no thread panicked.
",
        replace: "\
    begun.leave();

    // Throw any panic from `f`, or the return value of `f` if no thread panicked.
",
    },
    Edit {
        file: "thread/scoped.rs",
        find: "panic!(\"a scoped thread panicked\")",
        replace: "\
panic!(
                \"a scoped thread panicked, and what it borrowed may be half changed: the scope cannot go on\"
            )",
    },
    // A `Once` whose thread faults is poisoned.
    Edit {
        file: "sys/sync/once/futex.rs",
        find: "\
                    // Run the function, letting it know if we're poisoned or not.
",
        replace: "\
                    let begun = crate::sys::thread::Begun::once(&self.state_and_queued, POISONED);
                    begun.enter();
                    // Run the function, letting it know if we're poisoned or not.
",
    },
    Edit {
        file: "sys/sync/once/futex.rs",
        find: "\
                    waiter_queue.set_state_on_drop_to = f_state.inner.set_state_to.get();
",
        replace: "\
                    begun.leave();
                    waiter_queue.set_state_on_drop_to = f_state.inner.set_state_to.get();
",
    },
];
