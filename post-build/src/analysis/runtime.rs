//! What is known of parts of the standard library, and of rayon, by their names.
//!
//! | part | rule |
//! | --- | --- |
//! | `core::fmt::write` | what it loads from the arguments is a `fmt`, for only `format_args!` makes them; the address that it takes from there is in a table or taken by code |
//! | `main` | only `lang_start` calls it, through its closure and `__rust_begin_short_backtrace` |
//! | `thread_start` | only `pthread_create` calls it, for only that is given its address |
//! | `Job::execute` of rayon | only `JobRef::execute` calls it, the one call of a function in `rayon-core/src/job.rs` |
//! | panic and allocation hooks, `Backtrace` | they never suspend: who calls them need not, and the guard watches |

use super::linked::{Function, Linked, Target};
use crate::transform::rust_path;
use std::collections::BTreeSet;
use std::path::Path;

/// Who calls.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Caller {
    /// `core::fmt::write`.
    Formats,
    /// What calls `main`.
    StartsProgram,
    /// What calls the first function of a thread.
    StartsThread,
    /// What may be rayon's call that runs a job; all are where the places of calls are not known.
    RunsJob,
    #[default]
    Other,
}

/// The functions that one part alone calls.
#[derive(Default)]
pub struct Reserved {
    mains: BTreeSet<u32>,
    threads: BTreeSet<u32>,
    jobs: BTreeSet<u32>,
}

impl Caller {
    pub fn of(name: &str) -> Caller {
        let path = rust_path(name);
        if path == "core::fmt::write" {
            Caller::Formats
        } else if is_start(name) {
            Caller::StartsProgram
        } else if is_thread_start(name) {
            Caller::StartsThread
        } else {
            Caller::Other
        }
    }
}

/// Whether a function is part of how a program begins: what calls `main`, and takes its address.
fn is_start(name: &str) -> bool {
    if ["main", "__main_void", "__main_argc_argv", "__original_main"].contains(&name) {
        return true;
    }
    let path = rust_path(name);
    let parts = ["std::rt::lang_start", "std::sys::backtrace::__rust_begin_short_backtrace"];
    parts.iter().any(|part| path.contains(part))
        || path.contains("FnOnce<()>>::call_once")
        || path.starts_with("core::ops::function::FnOnce::call_once")
}

/// Whether a file is that of rayon's in which it runs jobs.
pub fn runs_jobs(file: &Path) -> bool {
    let folder = file.parent().and_then(Path::parent).and_then(Path::file_name);
    file.ends_with("src/job.rs")
        && folder.is_some_and(|folder| folder.to_string_lossy().starts_with("rayon-core"))
}

/// Whether a function is a job of rayon's, under all of its names.
fn is_job(function: &Function) -> bool {
    let names = function.symbols.iter().copied().chain([function.name.as_str()]);
    names.map(rust_path).all(|path| {
        path.starts_with("<rayon_core::job::")
            && path.ends_with(" as rayon_core::job::Job>::execute")
    })
}

/// Those of wasi-libc.
fn is_thread_start(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    ["pthread_create", "wasi_thread_start_C", "start"].contains(&name)
}

/// Whether what a function does never suspends, though its code could: to be called by nobody of the set.
pub fn never_suspends(path: &str) -> bool {
    const PREFIXES: [&str; 4] = [
        "std::backtrace::",
        "<std::backtrace::",
        "std::alloc::default_alloc_error_hook",
        "std::panicking::default_hook",
    ];
    PREFIXES.iter().any(|prefix| path.starts_with(prefix))
}

impl Reserved {
    /// `is_called_by_start` says whether who starts the program has an indirect call with the function's signature.
    pub fn of(linked: &Linked, is_called_by_start: impl Fn(u32) -> bool) -> Reserved {
        let Some(relocations) = &linked.relocations else {
            return Reserved::default();
        };
        let mut taken = BTreeSet::new();
        let mut elsewhere: BTreeSet<u32> = BTreeSet::new();
        let mut bodies = linked
            .functions
            .iter()
            .filter_map(|function| Some((function.body.as_ref()?.range(), &function.name[..])))
            .peekable();
        for &(offset, target) in &relocations.code {
            while bodies.next_if(|(range, _)| range.end <= offset).is_some() {}
            let Target::Function(function) = target else {
                continue;
            };
            match bodies.peek() {
                Some((range, name)) if range.contains(&offset) && is_start(name) => {
                    taken.insert(function);
                }
                _ => {
                    elsewhere.insert(function);
                }
            }
        }
        let in_data = relocations.data.iter().filter_map(|(_, target)| match target {
            Target::Function(function) => Some(*function),
            Target::Object { .. } => None,
        });
        let in_data: BTreeSet<u32> = in_data.collect();
        let mains = taken.into_iter().filter(|function| {
            !elsewhere.contains(function)
                && !in_data.contains(function)
                && is_called_by_start(*function)
        });
        let is_thread = |function: &u32| {
            let path = rust_path(&linked.functions[*function as usize].name);
            path.starts_with("<std::sys::thread::") && path.ends_with("::thread_start")
                || path.starts_with("std::sys::") && path.ends_with("::thread_start")
        };
        Reserved {
            mains: mains.collect(),
            jobs: elsewhere
                .iter()
                .copied()
                .filter(|function| {
                    !in_data.contains(function) && is_job(&linked.functions[*function as usize])
                })
                .collect(),
            threads: elsewhere
                .iter()
                .copied()
                .filter(|function| !in_data.contains(function) && is_thread(function))
                .collect(),
        }
    }

    /// Whether `caller` can call `function`.
    pub fn allows(&self, caller: Caller, function: u32) -> bool {
        let is = |those: &BTreeSet<u32>| those.contains(&function);
        match caller {
            Caller::StartsProgram => !is(&self.threads) && !is(&self.jobs),
            Caller::StartsThread => !is(&self.mains) && !is(&self.jobs),
            Caller::RunsJob => !is(&self.mains) && !is(&self.threads),
            _ => !is(&self.mains) && !is(&self.threads) && !is(&self.jobs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::runs_jobs;
    use std::path::Path;

    #[test]
    fn jobs_are_run_in_one_file() {
        assert!(runs_jobs(Path::new("/registry/src/index/rayon-core-1.13.0/src/job.rs")));
        assert!(runs_jobs(Path::new("/mine/rayon-core/src/job.rs")));
        assert!(!runs_jobs(Path::new("/registry/src/index/rayon-core-1.13.0/src/registry.rs")));
        assert!(!runs_jobs(Path::new("/registry/src/index/anyhow-1.0.0/src/job.rs")));
    }
}
