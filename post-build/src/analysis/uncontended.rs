//! Locks that nobody waits for: their holders cannot suspend, so no other thread ever finds them taken.
//!
//! Threads are fibers, of which one runs until it suspends. A lock that is always given back before its holder
//! calls anything that can suspend is free whenever another thread runs. To wait for it is code that never runs, and
//! what leads there alone is not in the set. Without this, whoever allocates could suspend.
//!
//! | lock | its holder, meanwhile |
//! | --- | --- |
//! | wasi-libc's allocator | looks for memory, and grows it |
//! | its list of threads | puts one in or takes one out, allocates, starts one |
//! | its working directory and what is mounted | compares paths, allocates |
//! | std's environment | asks libc for a variable, allocates |
//! | std's backtraces | walks the stack, of which there is nothing to see here |
//! | that standard input and output are made once | allocates their buffers |
//! | with `--std`, standard output and error, and what captures them | writes, which does not wait there |
//!
//! A panic, with its hook and its message, cannot suspend anyway. In programs, the locks *around* standard input and
//! output are not among these: their holders write and read. Where this is wrong, the guard finds out that somebody outside of
//! the set is on the stack.

use crate::transform::rust_path;

/// Who takes a lock, and what it calls if that is not free. Of Rust, by the paths.
const NEVER: [(&[&str], &str); 7] = [
    (&["dlmalloc", "dlfree", "dlrealloc", "realloc", "internal_memalign"], "sched_yield"),
    (&["__tl_lock", "__tl_sync", "__pthread_create", "__wasi_thread_start_C"], "__wait"),
    (
        &[
            "getcwd",
            "__wasilibc_cwd_lock",
            "__wasilibc_find_abspath",
            "__wasilibc_populate_preopens",
        ],
        "__lock",
    ),
    (
        &[
            "std::env::_var_os",
            "std::sys::helpers::small_c_string::run_with_cstr_allocating::<core::option::Option<std::ffi::os_str::\
             OsString>>",
        ],
        "<std::sys::sync::rwlock::futex::RwLock>::read_contended",
    ),
    (
        &[
            "std::io::stdio::",
            "<std::io::stdio::Stdout>::",
            "<std::io::stdio::Stderr>::",
            "<&std::io::stdio::Stdout as std::io::Write>::",
            "<&std::io::stdio::Stderr as std::io::Write>::",
            "std::sys::backtrace::lock",
        ],
        "__suspendable_std_lock",
    ),
    (&["std::sys::backtrace::lock"], "<std::sys::sync::mutex::futex::Mutex>::lock_contended"),
    (
        &[
            "<std::sync::once_lock::OnceLock<std::sync::reentrant_lock::ReentrantLock<core::cell::RefCell<std::io::\
             buffered::linewriter::LineWriter<std::io::stdio::StdoutRaw>>>>>::initialize::<",
            "<std::sync::once_lock::OnceLock<std::sync::poison::mutex::Mutex<std::io::buffered::bufreader::BufReader<\
             std::io::stdio::StdinRaw>>>>::initialize::<",
        ],
        "<std::sys::sync::once::futex::Once>::call",
    ),
];

/// Which functions of a program are called only to wait for such a lock, by whom.
pub struct Uncontended {
    /// For each function those that take such a lock and then call it.
    takers: Vec<Option<&'static [&'static str]>>,
}

impl Uncontended {
    /// Among functions with these mangled names.
    pub fn among(names: &[String]) -> Uncontended {
        let takers = names.iter().map(|name| {
            let path = rust_path(name);
            NEVER.iter().find(|(_, waits)| path == *waits).map(|(takers, _)| *takers)
        });
        Uncontended { takers: takers.collect() }
    }

    /// Whether a function, with this mangled name, calls another one only to wait for such a lock.
    pub fn never_calls(&self, caller: &str, callee: usize) -> bool {
        self.takers[callee].is_some_and(|takers| {
            let path = rust_path(caller);
            takers.iter().any(|taker| match taker.ends_with("::<") || taker.ends_with("::") {
                true => path.starts_with(taker),
                false => path == *taker,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Uncontended;

    #[test]
    fn who_allocates_does_not_wait_and_who_yields_does() {
        let names = ["sched_yield", "dlmalloc"].map(str::to_owned);
        let uncontended = Uncontended::among(&names);
        assert!(uncontended.never_calls("dlmalloc", 0));
        assert!(!uncontended.never_calls("main", 0));
        assert!(!uncontended.never_calls("main", 1));
    }
}
