//! std's printing macros, over the streams of this crate.

/// As [`std::print`], to [`io::stdout`](crate::io::stdout).
#[macro_export]
macro_rules! print {
    ($($text:tt)*) => { $crate::__private::print(::core::format_args!($($text)*)) };
}

/// As [`std::println`], to [`io::stdout`](crate::io::stdout).
#[macro_export]
macro_rules! println {
    () => { $crate::print!("\n") };
    ($($text:tt)*) => { $crate::print!("{}\n", ::core::format_args!($($text)*)) };
}

/// As [`std::eprint`], to [`io::stderr`](crate::io::stderr).
#[macro_export]
macro_rules! eprint {
    ($($text:tt)*) => { $crate::__private::eprint(::core::format_args!($($text)*)) };
}

/// As [`std::eprintln`], to [`io::stderr`](crate::io::stderr).
#[macro_export]
macro_rules! eprintln {
    () => { $crate::eprint!("\n") };
    ($($text:tt)*) => { $crate::eprint!("{}\n", ::core::format_args!($($text)*)) };
}
