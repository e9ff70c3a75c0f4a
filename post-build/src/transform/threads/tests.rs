//! Programs without shared memory do what those with it do, as the threads proposal has it.

use super::unshare;
use crate::transform::{asyncify_program, jspi_program, name_all};
use wasmi::{Caller, Engine, Extern, Instance, Linker, Module, Store, Val};

/// What JavaScript is told: where threads wait, how long, and who is notified.
#[derive(Default)]
struct Host {
    waits: Vec<(i32, f64)>,
    notified: Vec<(i32, i32)>,
}

/// A program of these functions, ready to run: whoever waits is answered at once.
struct Program {
    store: Store<Host>,
    instance: Instance,
}

impl Program {
    fn new(functions: &str) -> Program {
        let text = format!(
            r#"(module
                (import "env" "memory" (memory 1 16 shared))
                (export "memory" (memory 0))
                (func (export "_start"))
                {functions})"#
        );
        let mut module = walrus::Module::from_buffer(&wat::parse_str(text).unwrap()).unwrap();
        name_all(&mut module);
        unshare(&mut module).unwrap();
        jspi_program(&mut module).unwrap();
        let engine = Engine::default();
        let compiled =
            Module::new(&engine, module.emit_wasm()).expect("no atomic instruction is left");
        let mut store = Store::new(&engine, Host::default());
        let mut linker = Linker::new(&engine);
        let wait = |mut caller: Caller<'_, Host>, address: i32, time: f64| {
            caller.data_mut().waits.push((address, time));
            0
        };
        let notify = |mut caller: Caller<'_, Host>, address: i32, count: i32| {
            caller.data_mut().notified.push((address, count));
            5
        };
        linker.func_wrap("suspendable", "wait_at", wait).unwrap();
        linker.func_wrap("suspendable", "notify_at", notify).unwrap();
        linker.func_wrap("suspendable", "wait", || 0).unwrap();
        let instance = linker.instantiate_and_start(&mut store, &compiled).expect("an instance");
        Program { store, instance }
    }

    /// What a function without arguments returns; none if it traps.
    fn call(&mut self, name: &str) -> Option<i64> {
        let function = self.instance.get_func(&self.store, name).expect(name);
        let mut results = [Val::I64(0)];
        let returns = function.ty(&self.store).results().len();
        function.call(&mut self.store, &[], &mut results[..returns]).ok()?;
        Some(match results[0] {
            Val::I32(value) => value.into(),
            Val::I64(value) => value,
            _ => unreachable!("numbers"),
        })
    }

    fn bytes(&self, at: usize) -> [u8; 16] {
        let memory =
            self.instance.get_export(&self.store, "memory").and_then(Extern::into_memory).unwrap();
        memory.data(&self.store)[at..at + 16].try_into().unwrap()
    }
}

/// `(instruction, what is in memory before, operands, what is there after, what is returned)`, at address 16.
#[test]
fn instructions_that_read_and_write() {
    const ALL: i64 = 0x1122_3344_5566_7788;
    let cases: &[(&str, i64, &[i64], i64, i64)] = &[
        ("i32.atomic.load", ALL, &[], ALL, 0x5566_7788),
        ("i64.atomic.load", ALL, &[], ALL, ALL),
        ("i32.atomic.load8_u", 0xff, &[], 0xff, 0xff),
        ("i32.atomic.load16_u", 0xffff, &[], 0xffff, 0xffff),
        ("i64.atomic.load8_u", 0xff, &[], 0xff, 0xff),
        ("i64.atomic.load16_u", 0xffff, &[], 0xffff, 0xffff),
        ("i64.atomic.load32_u", 0xffff_ffff, &[], 0xffff_ffff, 0xffff_ffff),
        ("i32.atomic.store", ALL, &[-1], 0x1122_3344_ffff_ffff, 0),
        ("i64.atomic.store", ALL, &[-2], -2, 0),
        ("i32.atomic.store8", ALL, &[0x1ff], 0x1122_3344_5566_77ff, 0),
        ("i32.atomic.store16", ALL, &[0x1_0001], 0x1122_3344_5566_0001, 0),
        ("i64.atomic.store8", ALL, &[0x1ff], 0x1122_3344_5566_77ff, 0),
        ("i64.atomic.store16", ALL, &[0x1_0001], 0x1122_3344_5566_0001, 0),
        ("i64.atomic.store32", ALL, &[0x1_0000_0001], 0x1122_3344_0000_0001, 0),
        ("i32.atomic.rmw.add", ALL, &[0x7fff_ffff], 0x1122_3344_d566_7787, 0x5566_7788),
        ("i64.atomic.rmw.add", ALL, &[1], ALL + 1, ALL),
        ("i32.atomic.rmw8.add_u", ALL, &[0x178], 0x1122_3344_5566_7700, 0x88),
        ("i32.atomic.rmw16.sub_u", ALL, &[0x7789], 0x1122_3344_5566_ffff, 0x7788),
        ("i64.atomic.rmw32.sub_u", 0, &[1], 0xffff_ffff, 0),
        ("i32.atomic.rmw.and", -1, &[0x0f0f], 0xffff_ffff_0000_0f0fu64 as i64, -1),
        ("i64.atomic.rmw.or", 0x10, &[0x01], 0x11, 0x10),
        ("i64.atomic.rmw8.xor_u", 0xff, &[0x0f], 0xf0, 0xff),
        ("i32.atomic.rmw.xchg", ALL, &[7], 0x1122_3344_0000_0007, 0x5566_7788),
        ("i64.atomic.rmw16.xchg_u", ALL, &[0xf_0007], 0x1122_3344_5566_0007, 0x7788),
        ("i32.atomic.rmw.cmpxchg", ALL, &[0x5566_7788, 9], 0x1122_3344_0000_0009, 0x5566_7788),
        ("i32.atomic.rmw.cmpxchg", ALL, &[1, 9], ALL, 0x5566_7788),
        ("i64.atomic.rmw.cmpxchg", ALL, &[ALL, 9], 9, ALL),
        ("i32.atomic.rmw8.cmpxchg_u", ALL, &[0x88, 0x101], 0x1122_3344_5566_7701, 0x88),
        ("i64.atomic.rmw32.cmpxchg_u", ALL, &[0x5566_7788, -1], 0x1122_3344_ffff_ffff, 0x5566_7788),
        // What is expected is as wide as the type, and so it is never there.
        ("i32.atomic.rmw8.cmpxchg_u", ALL, &[0x188, 1], ALL, 0x88),
    ];
    for (instruction, before, operands, after, returned) in cases {
        let ty = &instruction[..3];
        let operands: String = operands.iter().map(|operand| constant(ty, *operand)).collect();
        let stores = instruction.contains("store");
        let result = if stores { String::new() } else { format!("(result {ty})") };
        let mut program = Program::new(&format!(
            r#"(func (export "f") {result}
                (i64.store (i32.const 16) (i64.const {before}))
                ({instruction} offset=8 (i32.const 8) {operands}))"#
        ));
        let got = program.call("f");
        assert_eq!(got, Some(*returned), "{instruction}");
        assert_eq!(program.bytes(16)[..8], after.to_le_bytes(), "{instruction}");
        assert_eq!(program.bytes(24), [0; 16], "{instruction}");
    }
}

fn constant(ty: &str, value: i64) -> String {
    match ty {
        "i32" => format!("(i32.const {}) ", value as i32),
        _ => format!("(i64.const {value}) "),
    }
}

/// The address is what an instruction adds up to, and no multiple of four.
#[test]
fn an_address_that_is_not_aligned_traps() {
    for (address, offset) in [(1, 0), (0, 2), (3, 4)] {
        let mut program = Program::new(&format!(
            r#"(func (export "load") (drop (i32.atomic.load offset={offset} (i32.const {address}))))
               (func (export "store") (i32.atomic.store offset={offset} (i32.const {address}) (i32.const 1)))
               (func (export "add") (drop (i32.atomic.rmw.add offset={offset} (i32.const {address}) (i32.const 1))))
               (func (export "exchange") (drop (i32.atomic.rmw.cmpxchg offset={offset}
                 (i32.const {address}) (i32.const 0) (i32.const 1))))
               (func (export "wait") (drop (memory.atomic.wait32 offset={offset}
                 (i32.const {address}) (i32.const 0) (i64.const -1))))
               (func (export "notify") (drop (memory.atomic.notify offset={offset}
                 (i32.const {address}) (i32.const 1))))
               (func (export "byte") (i32.atomic.store8 offset={offset} (i32.const {address}) (i32.const 1)))"#
        ));
        for name in ["load", "store", "add", "exchange", "wait", "notify"] {
            assert_eq!(program.call(name), None, "{name} at {address} + {offset}");
        }
        assert_eq!(program.bytes(0), [0; 16]);
        assert_eq!(program.call("byte"), Some(0));
    }
    // Together they are aligned.
    let load = r#"(func (export "f") (result i32) (i32.atomic.load offset=1 (i32.const 3)))"#;
    assert_eq!(Program::new(load).call("f"), Some(0));
}

#[test]
fn waiting_compares_first() {
    let mut program = Program::new(
        r#"(func (export "equal") (result i32)
             (memory.atomic.wait32 offset=12 (i32.const 4) (i32.const 0) (i64.const 1500)))
           (func (export "equal 64") (result i32)
             (memory.atomic.wait64 (i32.const 24) (i64.const 0) (i64.const -1)))
           (func (export "another") (result i32)
             (memory.atomic.wait32 (i32.const 16) (i32.const 1) (i64.const -1)))
           (func (export "another 64") (result i32)
             (memory.atomic.wait64 (i32.const 24) (i64.const 0x100000000) (i64.const -1)))"#,
    );
    assert_eq!(["another", "another 64"].map(|name| program.call(name)), [Some(1); 2]);
    assert!(program.store.data().waits.is_empty());
    assert_eq!(["equal", "equal 64"].map(|name| program.call(name)), [Some(0); 2]);
    assert_eq!(program.store.data().waits, [(16, 1500.0), (24, -1.0)]);
}

#[test]
fn addresses_that_are_not_there_trap() {
    let mut program = Program::new(
        r#"(func (export "wait") (drop
             (memory.atomic.wait32 (i32.const 0x10000) (i32.const 0) (i64.const -1))))
           (func (export "notify") (drop (memory.atomic.notify (i32.const 0x10000) (i32.const 1))))
           (func (export "wraps") (drop (memory.atomic.notify offset=0xfffffffc (i32.const 8) (i32.const 1))))
           (func (export "last") (result i32) (memory.atomic.notify offset=4 (i32.const 0xfff8) (i32.const -1)))"#,
    );
    assert_eq!(["wait", "notify", "wraps"].map(|name| program.call(name)), [None; 3]);
    assert_eq!(program.call("last"), Some(5));
    assert_eq!(program.store.data().notified, [(0xfffc, -1)]);
}

/// A thread whose stack begins at 4096 and ends at 1024, as wasi-libc begins one.
const THREAD: &str = r#"
    (global $stack (mut i32) (i32.const 65536))
    (global $tls (mut i32) (i32.const 0))
    (func (export "wasi_thread_start") (param i32 i32)
      (global.set $stack (i32.const 4096))
      (global.set $tls (i32.const 4096))
      (call $deep (local.get 1)))
    (func $deep (param $levels i32) (local $frame i32)
      (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 512))))
      (i32.store (local.get $frame) (local.get $levels))
      (if (local.get $levels) (then (call $deep (i32.sub (local.get $levels) (i32.const 1)))))
      (global.set $stack (i32.add (local.get $frame) (i32.const 512))))"#;

/// Beside what is above, wasi-libc's function is not there any more.
#[test]
fn a_stack_ends_where_it_ends() {
    let text = format!(
        r#"(module (import "env" "memory" (memory 1 16 shared)) (export "memory" (memory 0))
             (func (export "_start")) {THREAD})"#
    );
    let make = |complete: fn(&mut walrus::Module)| {
        let mut module = walrus::Module::from_buffer(&wat::parse_str(&text).unwrap()).unwrap();
        name_all(&mut module);
        unshare(&mut module).unwrap();
        complete(&mut module);
        module.emit_wasm()
    };
    for wasm in [
        make(|module| jspi_program(module).unwrap()),
        make(|module| drop(asyncify_program(module, &[], &[]).unwrap())),
    ] {
        let engine = Engine::default();
        let module = Module::new(&engine, &wasm).unwrap();
        assert!(module.exports().all(|export| export.name() != "wasi_thread_start"));
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        let overflowed = || -> Result<(), wasmi::Error> { Err(wasmi::Error::new("overflowed")) };
        linker.func_wrap("suspendable", "overflowed", overflowed).unwrap();
        let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
        let thread = instance.get_func(&store, "suspendable_thread").unwrap();
        let returns = thread.ty(&store).results().len();
        let mut begin = |levels: i32| {
            let arguments = [Val::I32(1), Val::I32(levels), Val::I32(1024)];
            let mut results = [Val::I32(0)];
            thread
                .call(&mut store, &arguments, &mut results[..returns])
                .map_err(|error| error.to_string())
        };
        // 128 bytes at the end are for functions that move no pointer.
        assert_eq!(begin(4), Ok(()));
        assert!(begin(5).unwrap_err().contains("overflowed"));
        let memory = instance.get_memory(&store, "memory").unwrap();
        assert_eq!(memory.data(&store)[..1536], [0; 1536]);
    }
}
