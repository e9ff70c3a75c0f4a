//! What is changed in the sources of std, and what is added to them.
//!
//! An edit finds its text exactly once, or nothing is built: a std that is half ours would fail at run time, far from
//! the reason. Most of std stays as it is. With the target feature `atomics` it waits by instructions, which the tool
//! replaces, so that `Condvar`, `RwLock`, `Once`, channels and parking need no edit. What has one is what std has not
//! for this target at all, and `Mutex`, which has to know who holds it. Files and sockets are in host.rs, and what
//! becomes of a thread's locks that panics, in poison.rs.

use super::{host, poison};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

/// A text in a file, below `library/std/src`, and what is put in its place.
#[derive(Hash)]
pub struct Edit {
    pub file: &'static str,
    pub find: &'static str,
    pub replace: &'static str,
}

/// New files, below the same folder.
pub const NEW: [(&str, &str); 3] = [
    ("sys/thread/suspendable.rs", include_str!("sources/thread.rs")),
    ("sys/stdio/suspendable.rs", include_str!("sources/stdio.rs")),
    ("sys/sync/mutex/suspendable.rs", include_str!("sources/mutex.rs")),
];

/// All edits, in the order in which they are made, with how often each finds its text: once, but for one.
fn all() -> impl Iterator<Item = (Edit, usize)> {
    let (file, find, times) = poison::UNWINDS;
    let unwinds = (Edit { file, find, replace: "all()" }, times);
    let others = ALL.into_iter().chain(host::ALL).chain(poison::ALL);
    std::iter::once(unwinds).chain(others.map(|edit| (edit, 1)))
}

pub const ALL: [Edit; 16] = [
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
        mod suspendable;
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
        imp::begins(Arc::as_ptr(&their_packet).cast(), faulted::<T>);
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
        drop(Arc::from_raw(packet));
    }
}

/// The data passed to the spawned thread for thread initialization. Any thread
",
    },
    // What a thread lends to those of a scope, it lends until they have ended, also if it faults.
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
    // Throw any panic from `f`, or the return value of `f` if no thread panicked.
",
        replace: "\
    begun.leave();

    // Throw any panic from `f`, or the return value of `f` if no thread panicked.
",
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

/// Edits the sources in a folder `library` of this release.
pub fn apply(library: &Path, release: &str) -> Result<()> {
    let folder = library.join("std/src");
    for (file, text) in NEW.into_iter().chain(host::NEW) {
        let path = folder.join(file);
        if path.exists() {
            bail!("std of Rust {release} has a file {file} of its own: {}", remedy());
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for (Edit { file, find, replace }, times) in all() {
        let path = folder.join(file);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let count = text.matches(find).count();
        if count != times {
            bail!(
                "std of Rust {release} is not as `--std` knows it: {file} has {count} times, and not {times}:\n{find}{}",
                remedy()
            );
        }
        let text = text.replace(find, replace);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn remedy() -> String {
    format!(
        "build with a Rust that this tool ({}) was made for, or without `--std`",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::{all, apply, poison};
    use std::collections::BTreeMap;
    use std::fs;
    use std::process::Command;

    #[test]
    fn a_std_that_is_not_known_is_an_error_that_says_where() {
        let library = tempfile::tempdir().unwrap();
        for folder in ["sys/thread", "sys/stdio", "sys/sync/mutex", "sys/fs", "sys/net/connection"]
        {
            fs::create_dir_all(library.path().join("std/src").join(folder)).unwrap();
        }
        fs::write(library.path().join("std/src/sys/thread/mod.rs"), "cfg_select! {}").unwrap();
        let (file, find, times) = poison::UNWINDS;
        fs::create_dir_all(library.path().join("std/src/sync")).unwrap();
        fs::write(library.path().join("std/src").join(file), find.repeat(times)).unwrap();
        let error = apply(library.path(), "1.999.0").unwrap_err().to_string();
        assert!(error.contains("std of Rust 1.999.0"), "{error}");
        assert!(error.contains("sys/thread/mod.rs has 0 times"), "{error}");
        assert!(error.contains("mod wasm;"), "{error}");
    }

    /// Of the compiler that this is tested with, if its sources are here.
    #[test]
    fn each_edit_finds_its_text() {
        let sources = rustc_build_sysroot::rustc_sysroot_src(Command::new("rustc")).unwrap();
        let sources = sources.join("std/src");
        if !sources.exists() {
            return;
        }
        let mut texts = BTreeMap::new();
        for (edit, times) in all() {
            let text = texts
                .entry(edit.file)
                .or_insert_with(|| fs::read_to_string(sources.join(edit.file)).unwrap());
            assert_eq!(text.matches(edit.find).count(), times, "{}: {}", edit.file, edit.find);
            *text = text.replace(edit.find, edit.replace);
        }
    }
}
