//! Whole programs: commands of `wasm32-wasip1`, in which imports wait.
//!
//! A program is one fiber in an instance of its own, and nobody calls back into it: its shadow stack stays where
//! it is without more, and there is nothing to keep true about who runs. What is left:
//!
//! ```text
//! linked
//!   └─ name_all      members are known by their names
//!        └─ tell_panics   the host hears of a panic, behind which nothing can wait
//!             └─ wasm-opt, once (marks)
//!                  ├─ jspi_program       imports that wait call a WebAssembly.Suspending import
//!                  └─ asyncify_program   imports that wait unwind; then instrument
//! ```
//!
//! An import of WASI that can wait returns what it is an error or 0, or [`PENDING`]: then the host has a
//! promise for it. It mostly need not, so that what waits is a matter of each call:
//!
//! ```wat
//! (func $path_open (param …) (result i32) (local $errno i32)
//!   (if (result i32) (i32.ne (local.tee $errno (call $import.path_open (local.get …))) (i32.const PENDING))
//!     (then (local.get $errno))
//!     (else …wait…)))
//! ```
//!
//! **Frames** unwind into the reserve (`reserve.rs`), and the host keeps them, one piece for each suspension
//! that is not over, the innermost last. It puts the last one back to be rewound. If the program suspends
//! again before the piece is used up, the host keeps the rest of it, as it was, below the new one.

use super::guard::guard_with;
use super::marks::called;
use super::names::{is_abort, is_panic_entry};
use super::reserve::Reserve;
use super::rewinding::{RESUMING, RUNNING, Rewinding, SUSPENDING};
use super::seam::{add_variable, define, import, subtract};
use anyhow::{Context, Result, ensure};
use walrus::ir::{BinaryOp, LoadKind, MemArg};
use walrus::{
    FunctionBuilder, FunctionId, FunctionKind, ImportKind, InstrSeqBuilder, LocalId, Module,
    ValType,
};

/// The module name of WASI preview 1.
pub const WASI: &str = "wasi_snapshot_preview1";
/// The export that is a program's `main`.
const START: &str = "_start";
/// What an import returns when the program has to wait: no error has that number.
const PENDING: i32 = -1;

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

/// Whether an import is one that can wait.
pub fn waits(module: &str, name: &str) -> bool {
    module == WASI && WAITING.contains(&name)
}

/// Gives every function a name: `#INDEX`, as the analysis calls those that have none.
pub fn name_all(module: &mut Module) {
    for (index, function) in module.funcs.iter_mut().enumerate() {
        function.name.get_or_insert_with(|| format!("#{index}"));
    }
}

/// At the start of every function through which a panic leaves ordinary code:
///
/// ```wat
/// (call $import.panicked (i32.const IS-PANIC))
/// ```
///
/// It is 0 if the program aborts without one. The suspension set is cut at these functions; from there on the
/// host has nobody wait.
pub fn tell_panics(module: &mut Module) {
    let entries: Vec<(FunctionId, bool)> = module
        .funcs
        .iter_local()
        .filter_map(|(id, _)| {
            let name = module.funcs.get(id).name.as_deref()?;
            is_panic_entry(name).then(|| (id, !is_abort(name)))
        })
        .collect();
    if entries.is_empty() {
        return;
    }
    let panicked = import(module, "panicked", &[ValType::I32], &[]);
    for (entry, is_panic) in entries {
        let FunctionKind::Local(local) = &mut module.funcs.get_mut(entry).kind else {
            unreachable!("a local function")
        };
        let mut rest = std::mem::take(&mut local.block_mut(local.entry_block()).instrs);
        let mut body = local.builder_mut().func_body();
        body.i32_const(is_panic.into()).call(panicked);
        body.instrs_mut().append(&mut rest);
    }
}

/// Completes a program for JSPI: whoever waits calls an import that suspends.
///
/// ```wat
/// (call $import.wait)                                                     ;; the error, or 0
/// ```
pub fn jspi_program(module: &mut Module) -> Result<()> {
    let wait = import(module, "wait", &[], &[ValType::I32]);
    define_waiting(module, |body| {
        body.call(wait);
    })?;
    walrus::passes::gc::run(module);
    Ok(())
}

/// What Asyncify made of a program, but for its members, which are instrumented next.
pub struct Unwinding {
    /// The functions in which it begins.
    pub suspend: Vec<String>,
    /// Those that the guard watches, by their numbers.
    pub guarded: Vec<String>,
}

/// Completes a program for Asyncify, but for the functions of `members`.
pub fn asyncify_program(module: &mut Module, members: &[String]) -> Result<Unwinding> {
    let memory = module.memories.iter().next().context("the program has no memory")?.id();
    let rewinding = Rewinding::introduce(module);
    let buffer = Reserve::make(module, memory, Some(rewinding.rewind));
    let outside = add_variable(module, "suspendable.outside", 0);
    let members_called = called(module, members);
    let guarded = guard_with(module, &members_called, outside);
    let escaped = import(module, "escaped", &[ValType::I32], &[]);
    let suspend = define_waiting(module, |body| {
        let escape = |then: &mut InstrSeqBuilder| {
            then.global_get(outside).i32_const(1);
            subtract(then);
            then.call(escaped);
        };
        body.global_get(outside).if_else(None, escape, |_| {});
        body.i32_const(SUSPENDING).global_set(rewinding.phase);
        buffer.push_address(body);
        body.global_set(rewinding.cursor).i32_const(0);
    })?;
    let start = module.exports.get_func(START)?;
    let name = module.funcs.get(start).name.clone().unwrap_or_default();
    let go_on = rewinding.add_go_on(module, members, &name);
    let fiber = Fiber { rewinding, buffer };

    let mut function = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
    let body = &mut function.func_body();
    body.call(start);
    fiber.leave(body);
    export(module, "suspendable_start", function, vec![]);

    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
    let [piece, number] = [(); 2].map(|()| module.locals.add(ValType::I32));
    let body = &mut function.func_body();
    body.local_get(piece);
    fiber.buffer.set_used(body);
    fiber.buffer.push_address(body);
    body.global_set(fiber.rewinding.rewind);
    body.loop_(None, |next| {
        let again = next.id();
        next.global_get(fiber.rewinding.rewind);
        let number_at = MemArg { align: 4, offset: 0 };
        next.load(memory, LoadKind::I32 { atomic: false }, number_at).local_set(number);
        next.i32_const(RESUMING).global_set(fiber.rewinding.phase);
        next.local_get(number).call(go_on.function);
        next.global_get(fiber.rewinding.phase);
        next.local_get(number).i32_const(go_on.outermost).binop(BinaryOp::I32Eq);
        next.binop(BinaryOp::I32Or).if_else(
            None,
            |then| {
                fiber.leave(then);
                then.return_();
            },
            |_| {},
        );
        fiber.push_rewound(next);
        next.local_get(piece).binop(BinaryOp::I32Ne).br_if(again);
    });
    body.i32_const(USED_UP);
    export(module, "suspendable_resume", function, vec![piece]);

    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
    let errno = module.locals.add(ValType::I32);
    function.func_body().local_get(errno).global_set(fiber.rewinding.results[0].1);
    export(module, "suspendable_deliver", function, vec![errno]);

    let mut function = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
    fiber.buffer.push_address(&mut function.func_body());
    export(module, "suspendable_frames", function, vec![]);

    let mut function = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
    fiber.push_rewound(&mut function.func_body());
    export(module, "suspendable_rewound", function, vec![]);

    module.exports.remove(START)?;
    walrus::passes::gc::run(module);
    Ok(Unwinding { suspend, guarded })
}

/// What `resume` returns when all frames of its piece have been rewound and have returned.
const USED_UP: i32 = -1;

struct Fiber {
    rewinding: Rewinding,
    buffer: Reserve,
}

impl Fiber {
    /// How many bytes of frames there are in the buffer, if the program has suspended; 0 if it has ended.
    ///
    /// ```wat
    /// (if (result i32) (global.get $phase)
    ///   (then
    ///     (global.set $phase (i32.const RUNNING))
    ///     …used = cursor - BUFFER…
    ///     …used…)
    ///   (else (i32.const 0)))
    /// ```
    fn leave(&self, body: &mut InstrSeqBuilder) {
        body.global_get(self.rewinding.phase).if_else(
            ValType::I32,
            |suspended| {
                suspended.i32_const(RUNNING).global_set(self.rewinding.phase);
                suspended.global_get(self.rewinding.cursor);
                self.buffer.push_address(suspended);
                subtract(suspended);
                self.buffer.set_used(suspended);
                self.buffer.push_used(suspended);
            },
            |ended| {
                ended.i32_const(0);
            },
        );
    }

    /// How many bytes of the piece have been rewound: it may have moved since.
    fn push_rewound(&self, body: &mut InstrSeqBuilder) {
        body.global_get(self.rewinding.rewind);
        self.buffer.push_address(body);
        subtract(body);
    }
}

fn export(module: &mut Module, name: &str, mut function: FunctionBuilder, arguments: Vec<LocalId>) {
    function.name(name.to_owned());
    let function = function.finish(arguments, &mut module.funcs);
    module.exports.add(name, function);
}

/// Puts functions of ours in the place of the imports that can wait, with `wait` as what they do then, and
/// returns their names.
fn define_waiting(module: &mut Module, wait: impl Fn(&mut InstrSeqBuilder)) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for (function, name) in waiting(module) {
        let ty = module.funcs.get(function).ty();
        ensure!(
            module.types.get(ty).results() == [ValType::I32],
            "the import {WASI}.{name} does not return an error's number: it is not that of preview 1"
        );
        let (own, _) = module.add_import_func(WASI, &name, ty);
        let errno = module.locals.add(ValType::I32);
        let defined = format!("suspendable.{name}");
        define(module, function, defined.clone(), |body, arguments| {
            arguments.iter().for_each(|argument| {
                body.local_get(*argument);
            });
            body.call(own).local_tee(errno).i32_const(PENDING).binop(BinaryOp::I32Ne).if_else(
                ValType::I32,
                |then| {
                    then.local_get(errno);
                },
                &wait,
            );
        })?;
        names.push(defined);
    }
    Ok(names)
}

/// The imports that can wait, and their names.
fn waiting(module: &Module) -> Vec<(FunctionId, String)> {
    let imports = module.imports.iter().filter(|import| waits(&import.module, &import.name));
    imports
        .filter_map(|import| match import.kind {
            ImportKind::Function(function) => Some((function, import.name.clone())),
            _ => None,
        })
        .collect()
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
