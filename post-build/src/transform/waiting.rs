//! Which imports can wait: of libraries the one that suspends, of programs those of WASI, and of threads the wait for
//! an address. The suspension set begins with them.

use super::seam::{NAMESPACE, SUSPEND};
use super::threads::waits_at_address;

/// The module name of WASI preview 1.
pub const WASI: &str = "wasi_snapshot_preview1";

/// The functions of WASI that can wait: the list of js/wasi/index.js.
///
/// To close a file is not among them: that goes on behind the program. Otherwise whoever drops a `File` could
/// wait, be it in the middle of a panic.
const WAITING: [&str; 27] = [
    "fd_allocate",
    "fd_datasync",
    "fd_filestat_get",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pread",
    "fd_pwrite",
    "fd_read",
    "fd_readdir",
    "fd_seek",
    "fd_sync",
    "fd_write",
    "path_create_directory",
    "path_filestat_get",
    "path_filestat_set_times",
    "path_link",
    "path_open",
    "path_readlink",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
    "poll_oneoff",
    "sched_yield",
    "sock_accept",
    "sock_recv",
    "sock_send",
];

/// Whether an import of a program is one that can wait.
pub fn waits(module: &str, name: &str) -> bool {
    module == WASI && WAITING.contains(&name) || waits_at_address(module, name)
}

/// Whether an import is one that suspends the fiber which calls it.
pub fn suspends(module: &str, name: &str) -> bool {
    (module, name) == (NAMESPACE, SUSPEND) || waits(module, name)
}

#[cfg(test)]
mod tests {
    use super::WAITING;

    /// A function that waits and is not in this list would hand its promise to WebAssembly as a number.
    #[test]
    fn the_host_has_the_same_list() {
        let host = include_str!("../../runtime/wasi/index.js");
        let (_, list) = host.split_once("export const WAITING = [").unwrap();
        let (list, _) = list.split_once(']').unwrap();
        let names: Vec<_> = list.split('\'').skip(1).step_by(2).collect();
        assert_eq!(names, WAITING);
    }
}
