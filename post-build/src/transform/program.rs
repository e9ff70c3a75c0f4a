//! Whole programs: commands of `wasm32-wasip1`, in which imports wait.
//!
//! A program is one fiber in an instance of its own, or one for each of its threads, and nobody calls back into it:
//! its shadow stacks stay where they are without more, and there is nothing to keep true about who runs. What is left:
//!
//! ```text
//! linked
//!   └─ name_all      members are known by their names
//!        └─ unshare       a program with threads has ordinary memory, and waits by calls (threads)
//!             └─ tell_panics   the host hears of a panic, behind which nothing can wait
//!                  └─ wasm-opt, once (marks)
//!                       ├─ jspi_program       imports that wait call a WebAssembly.Suspending import
//!                       └─ asyncify_program   imports that wait unwind; then instrument
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
//!
//! **Threads** begin at `suspendable_thread`. Globals that each of them has its own values of are kept round what
//! waits: through JSPI in locals, through Asyncify by the host, which gives them back with the outcome.

use super::guard::{Guarded, guard_with};
use super::marks::called;
use super::names::{is_abort, is_panic_entry};
use super::reserve::Reserve;
use super::rewinding::{RESUMING, RUNNING, Rewinding, SUSPENDING};
use super::seam::{NAMESPACE, add_variable, define, import, subtract};
use super::threads::{self, THREAD_START};
use super::waiting::waits;
use anyhow::{Context, Result, bail, ensure};
use walrus::ir::{BinaryOp, LoadKind, MemArg};
use walrus::{
    FunctionBuilder, FunctionId, FunctionKind, GlobalId, ImportKind, InstrSeqBuilder, LocalId,
    Module, ValType,
};

/// The export that is a program's `main`.
const START: &str = "_start";
/// What an import returns when the program has to wait: no error has that number.
const PENDING: i32 = -1;

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
/// (local.set $kept (global.get $own)) …                                   ;; of threads
/// (call $import.wait)                                                     ;; the error, or 0
/// (global.set $own (local.get $kept)) …
/// (if (i32.eq (local.tee $outcome) (i32.const PENDING)) (then (call $import.stuck)))
/// (local.get $outcome)
/// ```
///
/// Nobody's outcome is `PENDING` but that of threads of which none can ever go on: there, where each of them waits,
/// they are asked for their stacks.
pub fn jspi_program(module: &mut Module) -> Result<()> {
    let wait = import(module, "wait", &[], &[ValType::I32]);
    let start = module.exports.get_func(THREAD_START).ok();
    let stuck = start.map(|_| import(module, "stuck", &[], &[]));
    define_waiting(module, |body, Locals { outcome, kept }| {
        for (global, local) in kept {
            body.global_get(*global).local_set(*local);
        }
        body.call(wait);
        for (global, local) in kept {
            body.local_get(*local).global_set(*global);
        }
        if let Some(stuck) = stuck {
            let ask = |then: &mut InstrSeqBuilder| {
                then.call(stuck);
            };
            body.local_tee(*outcome).i32_const(PENDING).binop(BinaryOp::I32Eq).if_else(
                None,
                ask,
                |_| {},
            );
            body.local_get(*outcome);
        }
    })?;
    if let Some(start) = start {
        export_thread(module, start, &[], |_| {})?;
    }
    walrus::passes::gc::run(module);
    Ok(())
}

/// The function that begins a thread, in the place of wasi-libc's own: see [`threads::begin`].
fn export_thread(
    module: &mut Module,
    start: FunctionId,
    results: &[ValType],
    then: impl FnOnce(&mut InstrSeqBuilder),
) -> Result<()> {
    let [.., limit] = threads::own(module)[..] else {
        bail!("the globals of threads have lost their names")
    };
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32; 3], results);
    let arguments = [(); 3].map(|()| module.locals.add(ValType::I32));
    let body = &mut function.func_body();
    threads::begin(body, start, limit, arguments);
    then(body);
    export(module, "suspendable_thread", function, arguments.to_vec());
    module.exports.remove(THREAD_START)
}

/// What Asyncify made of a program, but for its members, which are instrumented next.
pub struct Unwinding {
    /// The functions in which it begins.
    pub suspend: Vec<String>,
    /// Those that the guard watches.
    pub guarded: Guarded,
}

/// Completes a program for Asyncify, but for those of its `members` that are `instrumented` next.
pub fn asyncify_program(
    module: &mut Module,
    members: &[String],
    instrumented: &[String],
) -> Result<Unwinding> {
    let memory = module.memories.iter().next().context("the program has no memory")?.id();
    let rewinding = Rewinding::introduce(module);
    let buffer = Reserve::make(module, memory, Some(rewinding.rewind));
    let outside = add_variable(module, "suspendable.outside", 0);
    let (members, called_so) = (called(module, members), called(module, instrumented));
    let guarded = guard_with(module, &members, &called_so, outside);
    let escaped = import(module, "escaped", &[ValType::I32], &[]);
    let suspend = define_waiting(module, |body, _| {
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
    let go_on = rewinding.add_go_on(module, instrumented, &name);
    let thread = module.exports.get_func(THREAD_START).ok();
    let of_thread = thread.and_then(|thread| {
        let name = module.funcs.get(thread).name.clone()?;
        instrumented.iter().position(|member| *member == name)
    });
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
        next.binop(BinaryOp::I32Or);
        if let Some(outermost) = of_thread {
            next.local_get(number)
                .i32_const(outermost as i32)
                .binop(BinaryOp::I32Eq)
                .binop(BinaryOp::I32Or);
        }
        next.if_else(
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

    // What the call returns, and what is the thread's own.
    let own = threads::own(module);
    let delivered: Vec<_> =
        std::iter::once(fiber.rewinding.results[0].1).chain(own.iter().copied()).collect();
    let types = vec![ValType::I32; delivered.len()];
    let mut function = FunctionBuilder::new(&mut module.types, &types, &[]);
    let arguments: Vec<_> = types.iter().map(|ty| module.locals.add(*ty)).collect();
    for (global, argument) in delivered.iter().zip(&arguments) {
        function.func_body().local_get(*argument).global_set(*global);
    }
    export(module, "suspendable_deliver", function, arguments);
    for (global, name) in own.into_iter().zip(OWN) {
        let mut function = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
        function.func_body().global_get(global);
        export(module, name, function, vec![]);
    }
    if let Some(thread) = thread {
        export_thread(module, thread, &[ValType::I32], |body| fiber.leave(body))?;
    }

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

/// Under these names the host reads what is a thread's own.
const OWN: [&str; 3] = ["suspendable_stack_pointer", "suspendable_tls_base", "suspendable_limit"];

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

/// The locals of a function that waits: for the outcome, and for each global that is a thread's own.
struct Locals {
    outcome: LocalId,
    kept: Vec<(GlobalId, LocalId)>,
}

/// Puts functions of ours in the place of the imports that can wait, with `wait` as what they do then, and
/// returns their names.
fn define_waiting(
    module: &mut Module,
    wait: impl Fn(&mut InstrSeqBuilder, &Locals),
) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let globals = threads::own(module);
    for (function, from, name) in waiting(module) {
        let ty = module.funcs.get(function).ty();
        ensure!(
            module.types.get(ty).results() == [ValType::I32],
            "the import {from}.{name} does not return an error's number: it is not that of preview 1"
        );
        let is_ours = from == NAMESPACE;
        let own = if is_ours {
            threads::import_wait(module)
        } else {
            module.add_import_func(&from, &name, ty).0
        };
        let outcome = module.locals.add(ValType::I32);
        let kept =
            globals.iter().map(|global| (*global, module.locals.add(ValType::I32))).collect();
        let locals = Locals { outcome, kept };
        let memory = module.memories.iter().next().context("the program has no memory")?.id();
        let defined = format!("suspendable.{name}");
        define(module, function, defined.clone(), |body, arguments| {
            if is_ours {
                threads::push_wait(body, &name, memory, arguments);
            } else {
                arguments.iter().for_each(|argument| {
                    body.local_get(*argument);
                });
            }
            body.call(own).local_tee(outcome).i32_const(PENDING).binop(BinaryOp::I32Ne).if_else(
                ValType::I32,
                |then| {
                    then.local_get(outcome);
                },
                |otherwise| wait(otherwise, &locals),
            );
        })?;
        names.push(defined);
    }
    Ok(names)
}

/// The imports that can wait, with the modules and names that they have.
fn waiting(module: &Module) -> Vec<(FunctionId, String, String)> {
    let imports = module.imports.iter().filter(|import| waits(&import.module, &import.name));
    imports
        .filter_map(|import| match import.kind {
            ImportKind::Function(function) => {
                Some((function, import.module.clone(), import.name.clone()))
            }
            _ => None,
        })
        .collect()
}
