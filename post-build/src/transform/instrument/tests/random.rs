//! Random programs give the same whether their calls return at once, or unwind them every time.
//!
//! wasm-smith writes some of the programs, of every shape that is valid, and `programs.rs` others, which
//! use their locals. Each is run by an interpreter twice: as it is, and instrumented, when every call of the
//! import `suspend` leaves through all frames and comes back through them. Results, globals and memory have
//! to be equal at the end, bit by bit. In two of three programs all functions, or some, are there twice.

use super::driver::{Driver, RUNNING, Ran, SUSPENDING, names, with_others};
use super::{instrument, programs};
use arbitrary::Unstructured;
use wasm_smith::Config;
use wasmi::{Caller, Engine, Extern, Instance, Linker, Module, Store, Val, ValType};

/// So many of wasm-smith's, and so many of those that use their locals.
const PROGRAMS: [u64; 2] = [2000, 600];

/// Frames go behind the memory that programs are likely to touch.
const BUFFER: i32 = 17 << 16;
const PAGES: u64 = 33;

/// More than a program needs: one that has come back wrong may never end.
const FUEL: u64 = 50_000_000;

#[test]
fn programs_come_back_as_they_were() {
    let (suspensions, deepest) = compare(PROGRAMS[0], any_program);
    assert!(suspensions > 20_000, "only {suspensions} suspensions");
    assert!(deepest > 100, "only {deepest} bytes of frames");
}

#[test]
fn programs_that_use_their_locals_come_back_as_they_were() {
    let (suspensions, deepest) = compare(PROGRAMS[1], |seed| {
        let (text, functions) = programs::write(seed);
        let program = wat::parse_str(&text);
        Some((program.unwrap_or_else(|error| panic!("program {seed}: {error}")), functions))
    });
    assert!(suspensions > 200_000, "only {suspensions} suspensions");
    assert!(deepest > 1000, "only {deepest} bytes of frames");
}

/// Runs programs with both ends; how many suspensions there were, and the most bytes of frames.
fn compare(count: u64, program: impl Fn(u64) -> Option<(Vec<u8>, Vec<String>)>) -> (u32, usize) {
    let (mut suspensions, mut deepest) = (0, 0);
    for seed in 0..count {
        let Some((program, functions)) = program(seed) else { continue };
        let twice = match seed % 3 {
            0 => &functions[..0],
            1 => &functions[..functions.len() / 2],
            _ => &functions[..],
        };
        let doubled = with_others(&program, twice);
        let instrumented = instrument(&doubled, &names(&functions), true)
            .unwrap_or_else(|error| panic!("program {seed}: {error:#}"));
        for function in &functions {
            let expected = run(&program, &functions, function);
            if expected.end.result.as_ref().is_err_and(|trap| trap.contains("stack exhausted")) {
                // Behind a suspension, a stack begins anew: the other one does not get so far.
                continue;
            }
            let outcome = run(&instrumented, &functions, function);
            assert!(outcome.end == expected.end, "program {seed}, function {function}");
            suspensions += outcome.suspensions;
            deepest = deepest.max(outcome.deepest);
        }
    }
    (suspensions, deepest)
}

/// A program of wasm-smith's that calls `suspend`, with the names of its functions.
fn any_program(seed: u64) -> Option<(Vec<u8>, Vec<String>)> {
    let config = Config {
        available_imports: Some(
            wat::parse_str(r#"(module (import "" "suspend" (func (param i32) (result i32))))"#)
                .unwrap(),
        ),
        min_imports: 1,
        max_imports: 1,
        min_funcs: 2,
        max_funcs: 6,
        max_instructions: 150,
        min_memories: 1,
        max_memories: 1,
        max_memory32_bytes: 1 << 16,
        min_globals: 1,
        max_globals: 4,
        max_tables: 0,
        allow_start_export: false,
        export_everything: true,
        disallow_traps: true,
        canonicalize_nans: true,
        bulk_memory_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        multi_value_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        extended_const_enabled: false,
        ..Config::default()
    };
    let bytes = noise(seed, 6000);
    let mut module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    module.ensure_termination(5_000).ok()?;
    let mut module = walrus::Module::from_buffer(&module.to_bytes()).unwrap();
    module.imports.iter().next()?;
    use walrus::ValType::{F32, F64, I32, I64};
    use walrus::ir::Value;
    for (name, ty, zero) in [
        ("phase", I32, Value::I32(0)),
        ("cursor", I32, Value::I32(0)),
        ("rewind", I32, Value::I32(0)),
        ("i32", I32, Value::I32(0)),
        ("i64", I64, Value::I64(0)),
        ("f32", F32, Value::F32(0.0)),
        ("f64", F64, Value::F64(0.0)),
    ] {
        let zero = walrus::ConstExpr::Value(zero);
        let global = module.globals.add_local(ty, true, false, zero);
        module.globals.get_mut(global).name = Some(name.into());
        module.exports.add(name, global);
    }
    let memory = module.memories.iter_mut().next()?;
    (memory.initial, memory.maximum) = (PAGES, Some(PAGES));
    let memory = memory.id();
    module.exports.add("the memory", memory);
    let mut functions = Vec::new();
    for (index, function) in module.funcs.iter_mut().enumerate() {
        let is_import = matches!(function.kind, walrus::FunctionKind::Import(_));
        let name = if is_import { "suspend".into() } else { format!("f{index}") };
        function.name = Some(name.clone());
        if !is_import {
            functions.push((function.id(), name));
        }
    }
    for (function, name) in &functions {
        module.exports.add(name, *function);
    }
    let names = functions.into_iter().map(|(_, name)| name).collect();
    Some((module.emit_wasm(), names))
}

/// How a run ended.
#[derive(PartialEq)]
struct End {
    /// The result, as bits, or the trap.
    result: Result<Vec<u64>, String>,
    globals: Vec<u64>,
    memory: Vec<u8>,
}

struct Outcome {
    end: End,
    suspensions: u32,
    deepest: usize,
}

/// What the import sees.
#[derive(Default)]
struct Host {
    calls: u32,
    /// Of the instrumented program.
    controls: Option<[wasmi::Global; 2]>,
    awaited: i32,
}

/// Runs a function; if the program is instrumented, every `suspend` unwinds it.
fn run(program: &[u8], functions: &[String], function: &str) -> Outcome {
    let mut config = wasmi::Config::default();
    config.consume_fuel(true);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, program).unwrap();
    let mut store = Store::new(&engine, Host::default());
    store.set_fuel(FUEL).expect("it is consumed");
    let mut linker = Linker::new(&engine);
    linker.func_wrap("", "suspend", suspend).unwrap();
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let global = |name| instance.get_global(&store, name).unwrap();
    let controls = ["phase", "cursor"].map(global);
    let added = ["rewind", "i32", "i64", "f32", "f64"].map(global);
    // Only the instrumented one looks at them.
    let is_instrumented = is_instrumented(program);
    store.data_mut().controls = is_instrumented.then_some(controls);
    let mut driver = Driver::new(&store, instance, "the memory", functions, BUFFER);
    let entry = instance.get_func(&store, function).unwrap();
    let arguments: Vec<Val> = entry.ty(&store).params().iter().map(|ty| number(*ty)).collect();
    let (mut suspensions, mut deepest) = (0, 0);
    let mut ran = driver.start(&mut store, entry, &arguments);
    let result = loop {
        match ran {
            Err(trap) => break Err(trap.to_string()),
            Ok(Ran::Returned(results)) => break Ok(results.iter().map(bits).collect()),
            Ok(Ran::Suspended) => {
                suspensions += 1;
                deepest = deepest.max(driver.depth());
                let awaited = Val::I32(store.data().awaited);
                ran = driver.resume(&mut store, awaited);
            }
        }
    };
    for control in controls.into_iter().chain(added) {
        let zero = Val::default(control.ty(&store).content());
        control.set(&mut store, zero).unwrap();
    }
    Outcome { end: end(&store, instance, result), suspensions, deepest }
}

fn end(store: &Store<Host>, instance: Instance, result: Result<Vec<u64>, String>) -> End {
    let memory = instance.get_memory(store, "the memory").unwrap();
    let globals = instance.exports(store).filter_map(|export| match export.into_extern() {
        Extern::Global(global) => Some(bits(&global.get(store))),
        _ => None,
    });
    let globals = globals.collect();
    End { result, globals, memory: memory.data(store)[..BUFFER as usize].to_vec() }
}

/// The import: its value depends on all that was asked before.
fn suspend(mut caller: Caller<Host>, asked: i32) -> i32 {
    if let Some([phase, cursor]) = caller.data().controls {
        assert_eq!(phase.get(&caller).i32(), Some(RUNNING));
        phase.set(&mut caller, Val::I32(SUSPENDING)).unwrap();
        cursor.set(&mut caller, Val::I32(BUFFER)).unwrap();
    }
    let host = caller.data_mut();
    host.calls += 1;
    host.awaited = asked.wrapping_mul(31).wrapping_add(host.calls as i32);
    if host.controls.is_some() { 0 } else { host.awaited }
}

/// Whether a function reads `phase`: in the plain program it is only exported.
fn is_instrumented(program: &[u8]) -> bool {
    let module = walrus::Module::from_buffer(program).unwrap();
    let phase = module.globals.iter().find(|global| global.name.as_deref() == Some("phase"));
    let phase = phase.expect("the global").id();
    struct Reads(walrus::GlobalId, bool);
    impl walrus::ir::Visitor<'_> for Reads {
        fn visit_global_get(&mut self, get: &walrus::ir::GlobalGet) {
            self.1 |= get.global == self.0;
        }
    }
    let mut reads = Reads(phase, false);
    for (_, function) in module.funcs.iter_local() {
        walrus::ir::dfs_in_order(&mut reads, function, function.entry_block());
    }
    reads.1
}

fn number(ty: ValType) -> Val {
    match ty {
        ValType::I32 => Val::I32(7),
        ValType::I64 => Val::I64(-7),
        ValType::F32 => Val::F32(1.5.into()),
        ValType::F64 => Val::F64((-2.5).into()),
        other => panic!("a program has numbers only, not {other:?}"),
    }
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(value) => *value as u64,
        Val::I64(value) => *value as u64,
        Val::F32(value) => value.to_bits().into(),
        Val::F64(value) => value.to_bits(),
        other => panic!("a program has numbers only, not {other:?}"),
    }
}

/// Bytes without a pattern: xorshift.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    });
    bytes.take(length).collect()
}
