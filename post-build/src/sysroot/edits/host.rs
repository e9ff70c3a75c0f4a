//! What std has of the host, and does not have on this target: files, sockets, where the program is, and what is random.
//!
//! `Path::is_absolute` goes with them: a path of the host's that begins at the root is one. A backtrace does not ask
//! for the current directory, or whoever can panic would carry the host's files.

use super::Edit;

pub const EDITS: [Edit; 10] = [
    Edit {
        file: "sys/fs/mod.rs",
        find: "\
cfg_select! {
",
        replace: "\
cfg_select! {
    all(target_family = \"wasm\", target_feature = \"atomics\") => {
        mod suspendable;
        use suspendable as imp;
    }
",
    },
    Edit {
        file: "sys/net/connection/mod.rs",
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
    Edit {
        file: "sys/path/unix.rs",
        find: "\
    if cfg!(any(unix, target_os = \"hermit\", target_os = \"wasi\", target_os = \"motor\")) {
",
        replace: "\
    if cfg!(any(unix, target_family = \"wasm\", target_os = \"hermit\", target_os = \"motor\")) {
",
    },
    Edit {
        file: "sys/pal/unsupported/os.rs",
        find: "\
pub fn getcwd() -> io::Result<PathBuf> {
    unsupported()
",
        replace: "\
pub fn getcwd() -> io::Result<PathBuf> {
    unsafe extern \"Rust\" {
        safe fn __suspendable_std_fs_current_dir() -> io::Result<PathBuf>;
    }
    __suspendable_std_fs_current_dir()
",
    },
    Edit {
        file: "sys/pal/unsupported/os.rs",
        find: "\
    panic!(\"no filesystem on this platform\")
",
        replace: "\
    unsafe extern \"Rust\" {
        safe fn __suspendable_std_fs_temp_dir() -> PathBuf;
    }
    __suspendable_std_fs_temp_dir()
",
    },
    Edit {
        file: "sys/backtrace.rs",
        find: "\
    let cwd = if !cfg!(miri) { env::current_dir().ok() } else { None };
",
        replace: "\
    let cwd = if !cfg!(target_family = \"wasm\") { env::current_dir().ok() } else { None };
",
    },
    Edit {
        file: "backtrace.rs",
        find: "\
            crate::env::current_dir().as_ref().ok(),
",
        replace: "\
            None,
",
    },
    Edit {
        file: "backtrace.rs",
        find: "\
        let cwd = crate::env::current_dir();
        let mut print_path = move |fmt: &mut fmt::Formatter<'_>, path: BytesOrWideString<'_>| {
            output_filename(fmt, path, style, cwd.as_ref().ok())
",
        replace: "\
        let mut print_path = move |fmt: &mut fmt::Formatter<'_>, path: BytesOrWideString<'_>| {
            output_filename(fmt, path, style, None)
",
    },
    Edit {
        file: "sys/random/unsupported.rs",
        find: "\
pub fn fill_bytes(_: &mut [u8]) {
    panic!(\"this target does not support random data generation\");
}
",
        replace: "\
pub fn fill_bytes(bytes: &mut [u8]) {
    assert!(random(bytes), \"the host has no random numbers: it has no `crypto.getRandomValues`\");
}

/// Whether the host had some.
fn random(bytes: &mut [u8]) -> bool {
    unsafe extern \"C\" {
        fn __suspendable_std_random(bytes: *mut u8, length: usize) -> bool;
    }
    unsafe { __suspendable_std_random(bytes.as_mut_ptr(), bytes.len()) }
}
",
    },
    // Two hash maps are in different orders, and who chooses the keys cannot choose how they collide.
    Edit {
        file: "sys/random/unsupported.rs",
        find: "\
    // Use allocation addresses for a bit of randomness.",
        replace: "\
    let mut keys = [[0; 8]; 2];
    if random(keys.as_flattened_mut()) {
        return (u64::from_ne_bytes(keys[0]), u64::from_ne_bytes(keys[1]));
    }
    // Use allocation addresses for a bit of randomness.",
    },
];
