//! Threads without shared memory: what a program of `wasm32-wasip1-threads` becomes before anything else is done.
//!
//! All threads run on one thread of the engine's, one at a time, as fibers. So
//!
//! - the shared memory, which was imported, becomes an ordinary one of the program's own;
//! - atomic instructions become plain ones: nobody runs between two instructions. As they do, they trap where the
//!   address is not a multiple of the width;
//! - `memory.atomic.wait` and `notify` become calls: who waits there is the host's to know (js/wait.js);
//! - a thread's stack, which is somewhere in the heap, ends with an error and not in what lies below it.
//!
//! ```wat
//! (memory.atomic.wait32 offset=K …address… …expected… …timeout…)
//! (call $wait32 …address… …expected… …timeout… (i32.const K))       ;; an import that can wait: program.rs
//!
//! (func $notify (param $address i32) (param $count i32) (param $offset i32) (result i32)
//!   …effective address…
//!   (call $import.notify_at (local.get $address) (local.get $count)))
//! ```
//!
//! What else a thread has of its own are the two globals that `wasi_thread_start` begins with: they and the end of
//! its stack are kept by whoever waits, and put back behind.

mod library;
#[cfg(test)]
mod tests;

use super::frames::Frame;
use super::seam::{NAMESPACE, add_variable, import};
use anyhow::{Context, Result};
pub use library::{LIBRARY_WAIT, unshare_library};
use std::collections::HashMap;
use walrus::ir::{
    AtomicNotify, AtomicOp, AtomicRmw, AtomicWait, AtomicWidth, BinaryOp, Cmpxchg, ExtendedLoad,
    GlobalSet, Instr, InstrSeq, InstrSeqId, Load, LoadKind, MemArg, Store, StoreKind, UnaryOp,
    Visitor, dfs_in_order,
};
use walrus::{
    FunctionBuilder, FunctionId, GlobalId, InstrSeqBuilder, LocalFunction, LocalId, MemoryId,
    Module, ModuleLocals, ValType,
};

/// The export that begins a thread.
pub const THREAD_START: &str = "wasi_thread_start";

/// The imports that the instructions which wait become.
pub const WAIT: &str = "wait32";
const WAIT_64: &str = "wait64";

/// The globals that each thread has its own values of.
const OWN: [&str; 3] = ["suspendable.stack_pointer", "suspendable.tls_base", LIMIT];
/// What the stack pointer must not go below.
const LIMIT: &str = "suspendable.limit";

/// LLVM's functions that call nobody use that many bytes below the pointer without moving it.
const RED_ZONE: i32 = 128;
/// A memory may grow to so many pages at least. A shared one has to say where it ends, and linkers say one gigabyte:
/// for a thousand threads that is less than a megabyte each. Addresses of so many are positive, if they are signed: then
/// a frame that is larger than all that is below the pointer is below its limit too.
const SIGNED_PAGES: u64 = 1 << 15;

/// Whether an import is one of those above.
pub fn waits_at_address(module: &str, name: &str) -> bool {
    module == NAMESPACE && (name == WAIT || name == WAIT_64)
}

/// Takes the shared memory out of a program. Without one nothing happens.
pub fn unshare(module: &mut Module) -> Result<()> {
    let Some(memory) = module.memories.iter_mut().find(|memory| memory.shared) else {
        return Ok(());
    };
    memory.shared = false;
    memory.maximum = memory.maximum.map(|pages| pages.max(SIGNED_PAGES));
    let is_signed = memory.maximum.is_some_and(|pages| pages <= SIGNED_PAGES);
    let (id, imported) = (memory.id(), memory.import.take());
    if let Some(imported) = imported {
        module.imports.delete(imported);
    }
    if let Ok(start) = module.exports.get_func(THREAD_START) {
        let own = name_own(module, start)?;
        check_stacks(module, start, own[0], own[2], is_signed);
    }
    let calls = Calls::of(module, id);
    let Module { funcs, locals, .. } = module;
    for (function, body) in funcs.iter_local_mut() {
        if function != calls.notify {
            Plain::of(id, &calls, &mut *locals, true).rewrite(body);
        }
    }
    // What does not wait at an address of that width has no such import.
    walrus::passes::gc::run(module);
    Ok(())
}

/// What of the globals each thread has for itself, in a program that starts any.
pub fn own(module: &Module) -> Vec<GlobalId> {
    let called = |name: &&str| {
        let global = module.globals.iter().find(|global| global.name.as_deref() == Some(name));
        global.map(|global| global.id())
    };
    OWN.iter().filter_map(called).collect()
}

/// `wasi_thread_start` sets the stack pointer and the base of the thread-locals, from what it is given, and then calls.
fn name_own(module: &mut Module, start: FunctionId) -> Result<[GlobalId; 3]> {
    let body = module.funcs.get(start).kind.unwrap_local();
    let mut sets =
        body.block(body.entry_block()).instrs.iter().filter_map(
            |(instruction, _)| match instruction {
                Instr::GlobalSet(GlobalSet { global }) => Some(*global),
                _ => None,
            },
        );
    let mut next = || {
        sets.next().with_context(|| {
        format!("`{THREAD_START}` does not set a stack pointer and a base of thread-locals: is it wasi-libc's?")
    })
    };
    let (stack_pointer, tls_base) = (next()?, next()?);
    let own = [stack_pointer, tls_base, add_variable(module, LIMIT, RED_ZONE)];
    for (global, name) in own.into_iter().zip(OWN) {
        module.globals.get_mut(global).name = Some(name.to_owned());
    }
    Ok(own)
}

/// The function that begins a thread, for the host: with the end of its stack, which lies `RED_ZONE` below the limit.
///
/// ```wat
/// (func $begin (param $id i32) (param $argument i32) (param $end i32)
///   (global.set $limit (i32.add (local.get $end) (i32.const RED-ZONE)))
///   (call $wasi_thread_start (local.get $id) (local.get $argument)))
/// ```
pub fn begin(
    body: &mut InstrSeqBuilder,
    start: FunctionId,
    limit: GlobalId,
    [id, argument, end]: [LocalId; 3],
) {
    body.local_get(end).i32_const(RED_ZONE).binop(BinaryOp::I32Add).global_set(limit);
    body.local_get(id).local_get(argument).call(start);
}

// Stacks

/// Behind each place where a function takes room on the stack:
///
/// ```wat
/// (if (i32.lt_s (global.get $stack_pointer) (global.get $limit))
///   (then (call $import.overflowed) (unreachable)))
/// ```
///
/// A function whose use of the pointer is not understood is checked wherever it sets it.
fn check_stacks(
    module: &mut Module,
    start: FunctionId,
    pointer: GlobalId,
    limit: GlobalId,
    is_signed: bool,
) {
    let overflowed = import(module, "overflowed", &[], &[]);
    let less = if is_signed { BinaryOp::I32LtS } else { BinaryOp::I32LtU };
    for (function, body) in module.funcs.iter_local_mut() {
        if function == start {
            continue;
        }
        let mut taken = match Frame::read(body, pointer) {
            Ok(None) => continue,
            Ok(Some(frame)) => frame.taken,
            Err(_) => sets(body, pointer),
        };
        // From the ends of the sequences, so that the places in front stay where they are.
        taken.sort_by_key(|(_, index)| std::cmp::Reverse(*index));
        for (sequence, index) in taken {
            let mut check = body.builder_mut().dangling_instr_seq(None);
            check.global_get(pointer).global_get(limit).binop(less).if_else(
                None,
                |then| {
                    then.call(overflowed).unreachable();
                },
                |_| {},
            );
            let check = std::mem::take(check.instrs_mut());
            body.block_mut(sequence).instrs.splice(index + 1..index + 1, check);
        }
    }
}

/// Where a function sets a global.
fn sets(body: &LocalFunction, global: GlobalId) -> Vec<(InstrSeqId, usize)> {
    struct Sets(GlobalId, Vec<(InstrSeqId, usize)>);
    impl<'a> Visitor<'a> for Sets {
        fn start_instr_seq(&mut self, sequence: &'a InstrSeq) {
            for (index, (instruction, _)) in sequence.instrs.iter().enumerate() {
                if matches!(instruction, Instr::GlobalSet(set) if set.global == self.0) {
                    self.1.push((sequence.id(), index));
                }
            }
        }
    }
    let mut sets = Sets(global, Vec::new());
    dfs_in_order(&mut sets, body, body.entry_block());
    sets.1
}

// Atomic instructions

/// What is called in the place of those that wait and notify.
struct Calls {
    wait_32: FunctionId,
    wait_64: FunctionId,
    notify: FunctionId,
}

impl Calls {
    fn of(module: &mut Module, memory: MemoryId) -> Calls {
        use ValType::{I32, I64};
        Calls {
            wait_32: import(module, WAIT, &[I32, I32, I64, I32], &[I32]),
            wait_64: import(module, WAIT_64, &[I32, I64, I64, I32], &[I32]),
            notify: add_notify(module, memory),
        }
    }
}

fn add_notify(module: &mut Module, memory: MemoryId) -> FunctionId {
    let notify_at = import(module, "notify_at", &[ValType::I32; 2], &[ValType::I32]);
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32; 3], &[ValType::I32]);
    function.name("suspendable.notify".into());
    let arguments = [(); 3].map(|()| module.locals.add(ValType::I32));
    let [address, count, offset] = arguments;
    let body = &mut function.func_body();
    make_effective(body, address, offset, AtomicWidth::I32);
    // An address that is not there traps.
    body.local_get(address).load(memory, LoadKind::I32 { atomic: false }, NOWHERE).drop();
    body.local_get(address).local_get(count).call(notify_at);
    function.finish(arguments.to_vec(), &mut module.funcs)
}

const NOWHERE: MemArg = MemArg { align: 1, offset: 0 };

/// What a thread does before it waits: returns if what is there is not what was expected, and leaves the address and
/// the time-out, in nanoseconds, or negative, on the stack.
///
/// ```wat
/// …effective address…
/// (if (i32.ne (i32.load (local.get $address)) (local.get $expected)) (then (return (i32.const NOT-EQUAL))))
/// (local.get $address) (f64.convert_i64_s (local.get $timeout))
/// ```
pub fn push_wait(body: &mut InstrSeqBuilder, name: &str, memory: MemoryId, arguments: &[LocalId]) {
    let [address, expected, timeout, offset] = arguments[..] else {
        unreachable!("our own import")
    };
    let (width, load, differs) = match name {
        WAIT => (AtomicWidth::I32, LoadKind::I32 { atomic: false }, BinaryOp::I32Ne),
        _ => (AtomicWidth::I64, LoadKind::I64 { atomic: false }, BinaryOp::I64Ne),
    };
    make_effective(body, address, offset, width);
    body.local_get(address).load(memory, load, NOWHERE).local_get(expected).binop(differs).if_else(
        None,
        |then| {
            then.i32_const(NOT_EQUAL).return_();
        },
        |_| {},
    );
    body.local_get(address).local_get(timeout).unop(UnaryOp::F64ConvertSI64);
}

/// What waiting returns then.
const NOT_EQUAL: i32 = 1;

/// The host's function for that: the address and the time-out to the outcome.
pub fn import_wait(module: &mut Module) -> FunctionId {
    import(module, "wait_at", &[ValType::I32, ValType::F64], &[ValType::I32])
}

/// ```wat
/// (local.set $address (i32.add (local.get $address) (local.get $offset)))
/// (if (i32.lt_u (local.get $address) (local.get $offset)) (then (unreachable)))
/// …aligned…
/// ```
fn make_effective(
    body: &mut InstrSeqBuilder,
    address: LocalId,
    offset: LocalId,
    width: AtomicWidth,
) {
    body.local_get(address).local_get(offset).binop(BinaryOp::I32Add).local_tee(address);
    body.local_get(offset).binop(BinaryOp::I32LtU);
    trap_if(body);
    body.local_get(address).i32_const(width.bytes() as i32 - 1).binop(BinaryOp::I32And);
    trap_if(body);
}

fn trap_if(body: &mut InstrSeqBuilder) {
    body.if_else(
        None,
        |then| {
            then.unreachable();
        },
        |_| {},
    );
}

/// Puts plain instructions in the place of a function's atomic ones.
struct Plain<'a> {
    memory: MemoryId,
    calls: &'a Calls,
    locals: &'a mut ModuleLocals,
    /// Whether they trap as the atomic ones do.
    traps: bool,
    /// Locals of the function's for operands, once there are any.
    operands: HashMap<(Operand, ValType), LocalId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Operand {
    Address,
    Value,
    Expected,
    Old,
}

impl<'a> Plain<'a> {
    fn of(memory: MemoryId, calls: &'a Calls, locals: &'a mut ModuleLocals, traps: bool) -> Self {
        Plain { memory, calls, locals, traps, operands: HashMap::new() }
    }

    fn rewrite(&mut self, body: &mut LocalFunction) {
        for sequence in sequences(body) {
            let instructions = std::mem::take(&mut body.block_mut(sequence).instrs);
            let mut plain = body.builder_mut().instr_seq(sequence);
            for (instruction, place) in instructions {
                if !self.replace(&instruction, &mut plain) {
                    plain.instrs_mut().push((instruction, place));
                }
            }
        }
    }

    /// Whether it was an atomic one.
    fn replace(&mut self, instruction: &Instr, plain: &mut InstrSeqBuilder) -> bool {
        match *instruction {
            Instr::Load(Load { kind, arg, .. }) if kind.atomic() => {
                if self.traps && kind.width() > 1 {
                    let address = self.local(Operand::Address, ValType::I32);
                    plain.local_set(address);
                    self.check(plain, address, kind.width(), arg.offset);
                    plain.local_get(address);
                }
                plain.load(self.memory, plain_load(kind), arg);
            }
            Instr::Store(Store { kind, arg, .. }) if kind.atomic() => {
                let (ty, plain_kind) = plain_store(kind);
                if self.traps && kind.width() > 1 {
                    let address = self.local(Operand::Address, ValType::I32);
                    let value = self.local(Operand::Value, ty);
                    plain.local_set(value).local_set(address);
                    self.check(plain, address, kind.width(), arg.offset);
                    plain.local_get(address).local_get(value);
                }
                plain.store(self.memory, plain_kind, arg);
            }
            Instr::AtomicRmw(AtomicRmw { op, width, arg, .. }) => {
                self.modify(plain, op, width, arg)
            }
            Instr::Cmpxchg(Cmpxchg { width, arg, .. }) => self.exchange(plain, width, arg),
            Instr::AtomicNotify(AtomicNotify { arg, .. }) => {
                plain.i32_const(arg.offset as i32).call(self.calls.notify);
            }
            Instr::AtomicWait(AtomicWait { arg, sixty_four, .. }) => {
                let wait = if sixty_four { self.calls.wait_64 } else { self.calls.wait_32 };
                plain.i32_const(arg.offset as i32).call(wait);
            }
            Instr::AtomicFence(_) => {}
            _ => return false,
        }
        true
    }

    fn local(&mut self, operand: Operand, ty: ValType) -> LocalId {
        *self.operands.entry((operand, ty)).or_insert_with(|| self.locals.add(ty))
    }

    /// ```wat
    /// (local.set $value) (local.set $address)
    /// (local.get $address)
    /// (i32.add (local.tee $old (i32.load (local.get $address))) (local.get $value))
    /// (i32.store)
    /// (local.get $old)
    /// ```
    fn modify(
        &mut self,
        plain: &mut InstrSeqBuilder,
        op: AtomicOp,
        width: AtomicWidth,
        arg: MemArg,
    ) {
        let (ty, load, store) = access(width);
        let address = self.local(Operand::Address, ValType::I32);
        let [value, old] = [Operand::Value, Operand::Old].map(|operand| self.local(operand, ty));
        plain.local_set(value).local_set(address);
        self.check(plain, address, width.bytes(), arg.offset);
        plain.local_get(address).local_get(address).load(self.memory, load, arg);
        let is_64 = ty == ValType::I64;
        let op = match op {
            AtomicOp::Add if is_64 => Some(BinaryOp::I64Add),
            AtomicOp::Sub if is_64 => Some(BinaryOp::I64Sub),
            AtomicOp::And if is_64 => Some(BinaryOp::I64And),
            AtomicOp::Or if is_64 => Some(BinaryOp::I64Or),
            AtomicOp::Xor if is_64 => Some(BinaryOp::I64Xor),
            AtomicOp::Add => Some(BinaryOp::I32Add),
            AtomicOp::Sub => Some(BinaryOp::I32Sub),
            AtomicOp::And => Some(BinaryOp::I32And),
            AtomicOp::Or => Some(BinaryOp::I32Or),
            AtomicOp::Xor => Some(BinaryOp::I32Xor),
            AtomicOp::Xchg => None,
        };
        match op {
            Some(op) => plain.local_tee(old).local_get(value).binop(op),
            None => plain.local_set(old).local_get(value),
        };
        plain.store(self.memory, store, arg).local_get(old);
    }

    /// ```wat
    /// (local.set $value) (local.set $expected) (local.set $address)
    /// (if (i32.eq (local.tee $old (i32.load (local.get $address))) (local.get $expected))
    ///   (then (i32.store (local.get $address) (local.get $value))))
    /// (local.get $old)
    /// ```
    fn exchange(&mut self, plain: &mut InstrSeqBuilder, width: AtomicWidth, arg: MemArg) {
        let (ty, load, store) = access(width);
        let memory = self.memory;
        let address = self.local(Operand::Address, ValType::I32);
        let [expected, value, old] = [Operand::Expected, Operand::Value, Operand::Old]
            .map(|operand| self.local(operand, ty));
        plain.local_set(value).local_set(expected).local_set(address);
        self.check(plain, address, width.bytes(), arg.offset);
        plain.local_get(address).load(memory, load, arg).local_tee(old).local_get(expected);
        plain.binop(if ty == ValType::I64 { BinaryOp::I64Eq } else { BinaryOp::I32Eq }).if_else(
            None,
            |then| {
                then.local_get(address).local_get(value).store(memory, store, arg);
            },
            |_| {},
        );
        plain.local_get(old);
    }

    fn check(&self, plain: &mut InstrSeqBuilder, address: LocalId, bytes: u32, offset: u64) {
        if bytes == 1 || !self.traps {
            return;
        }
        plain.local_get(address);
        let mask = bytes as i32 - 1;
        if offset as i32 & mask != 0 {
            plain.i32_const(offset as i32).binop(BinaryOp::I32Add);
        }
        plain.i32_const(mask).binop(BinaryOp::I32And);
        trap_if(plain);
    }
}

/// The sequences of instructions that a function is made of.
fn sequences(body: &LocalFunction) -> Vec<InstrSeqId> {
    struct Sequences(Vec<InstrSeqId>);
    impl<'a> Visitor<'a> for Sequences {
        fn start_instr_seq(&mut self, sequence: &'a InstrSeq) {
            self.0.push(sequence.id());
        }
    }
    let mut sequences = Sequences(Vec::new());
    dfs_in_order(&mut sequences, body, body.entry_block());
    sequences.0
}

/// How a value of some width is read and written.
fn access(width: AtomicWidth) -> (ValType, LoadKind, StoreKind) {
    let kind = ExtendedLoad::ZeroExtend;
    let (load, store) = match width {
        AtomicWidth::I32 => (LoadKind::I32 { atomic: false }, StoreKind::I32 { atomic: false }),
        AtomicWidth::I32_8 => (LoadKind::I32_8 { kind }, StoreKind::I32_8 { atomic: false }),
        AtomicWidth::I32_16 => (LoadKind::I32_16 { kind }, StoreKind::I32_16 { atomic: false }),
        AtomicWidth::I64 => (LoadKind::I64 { atomic: false }, StoreKind::I64 { atomic: false }),
        AtomicWidth::I64_8 => (LoadKind::I64_8 { kind }, StoreKind::I64_8 { atomic: false }),
        AtomicWidth::I64_16 => (LoadKind::I64_16 { kind }, StoreKind::I64_16 { atomic: false }),
        AtomicWidth::I64_32 => (LoadKind::I64_32 { kind }, StoreKind::I64_32 { atomic: false }),
    };
    (plain_store(store).0, load, store)
}

fn plain_load(kind: LoadKind) -> LoadKind {
    let kind_of = ExtendedLoad::ZeroExtend;
    match kind {
        LoadKind::I32 { .. } => LoadKind::I32 { atomic: false },
        LoadKind::I64 { .. } => LoadKind::I64 { atomic: false },
        LoadKind::I32_8 { .. } => LoadKind::I32_8 { kind: kind_of },
        LoadKind::I32_16 { .. } => LoadKind::I32_16 { kind: kind_of },
        LoadKind::I64_8 { .. } => LoadKind::I64_8 { kind: kind_of },
        LoadKind::I64_16 { .. } => LoadKind::I64_16 { kind: kind_of },
        LoadKind::I64_32 { .. } => LoadKind::I64_32 { kind: kind_of },
        other => other,
    }
}

/// With the type of what is stored.
fn plain_store(kind: StoreKind) -> (ValType, StoreKind) {
    use ValType::{I32, I64};
    match kind {
        StoreKind::I32 { .. } => (I32, StoreKind::I32 { atomic: false }),
        StoreKind::I64 { .. } => (I64, StoreKind::I64 { atomic: false }),
        StoreKind::I32_8 { .. } => (I32, StoreKind::I32_8 { atomic: false }),
        StoreKind::I32_16 { .. } => (I32, StoreKind::I32_16 { atomic: false }),
        StoreKind::I64_8 { .. } => (I64, StoreKind::I64_8 { atomic: false }),
        StoreKind::I64_16 { .. } => (I64, StoreKind::I64_16 { atomic: false }),
        StoreKind::I64_32 { .. } => (I64, StoreKind::I64_32 { atomic: false }),
        StoreKind::F32 | StoreKind::F64 | StoreKind::V128 => unreachable!("no atomic one"),
    }
}
