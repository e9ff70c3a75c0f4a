//! Small functions, run without a suspension, and with one in every call of `suspend`: the results
//! have to be the same.
//!
//! ```text
//! driver      unwinds and rewinds what was instrumented
//! random      the same of random programs
//! programs    those of them that use their locals
//! ```

mod driver;
mod programs;
mod random;

use super::{Names, instrument};
use driver::{Driver, Ran, names, with_others};
use wasmi::{Engine, Global, Instance, Linker, Module, Store, Val};

/// What every module here has: `suspend`, which returns three times its argument, and the globals.
///
/// Where it is `enabled`, it suspends: the value that it returns is the one for after the rewind.
const COMMON: &str = r#"
    (memory (export "memory") 1)
    (global $phase (export "phase") (mut i32) (i32.const 0))
    (global $cursor (export "cursor") (mut i32) (i32.const 0))
    (global $rewind (export "rewind") (mut i32) (i32.const 0))
    (global $i32 (export "i32") (mut i32) (i32.const 0))
    (global $i64 (export "i64") (mut i64) (i64.const 0))
    (global $f32 (export "f32") (mut f32) (f32.const 0))
    (global $f64 (export "f64") (mut f64) (f64.const 0))
    (global $enabled (export "enabled") (mut i32) (i32.const 0))
    (global $value (export "value") (mut i32) (i32.const 0))
    (func $suspend (param i32) (result i32)
      (if (i32.eqz (global.get $enabled))
        (then (return (i32.mul (local.get 0) (i32.const 3)))))
      (global.set $value (i32.mul (local.get 0) (i32.const 3)))
      (memory.fill (i32.const 0) (i32.const 2) (i32.const 64))
      (global.set $phase (i32.const 1))
      (global.set $cursor (i32.const 1024))
      (i32.const 0))
"#;

/// Bytes that are 1 whenever a program runs, and something else while it is unwound or rewound.
const VOLATILE: std::ops::Range<usize> = 0..64;

/// Where frames go.
const BUFFER: i32 = 1024;

struct Program {
    store: Store<()>,
    instance: Instance,
    driver: Driver,
}

impl Program {
    fn new(wasm: &[u8], members: &[String]) -> Program {
        let engine = Engine::default();
        let module = Module::new(&engine, wasm).expect("a valid module");
        let mut store = Store::new(&engine, ());
        let instance =
            Linker::new(&engine).instantiate_and_start(&mut store, &module).expect("an instance");
        let driver = Driver::new(&store, instance, "memory", members, BUFFER);
        Program { store, instance, driver }
    }

    fn global(&self, name: &str) -> Global {
        self.instance.get_global(&self.store, name).expect(name)
    }

    fn enable(&mut self) {
        self.global("enabled").set(&mut self.store, Val::I32(1)).expect("a variable");
    }

    fn set_volatile(&mut self, byte: u8) {
        let memory = self.instance.get_memory(&self.store, "memory").expect("a memory");
        memory.data_mut(&mut self.store)[VOLATILE].fill(byte);
    }

    /// The result of `main`, and the bytes of frames at each of its suspensions.
    fn run(&mut self, argument: i32) -> (i64, Vec<usize>) {
        self.set_volatile(1);
        let main = self.instance.get_func(&self.store, "main").expect("main");
        let mut depths = Vec::new();
        let mut ran = self.driver.start(&mut self.store, main, &[Val::I32(argument)]);
        loop {
            match ran.expect("no trap") {
                Ran::Returned(results) => return (results[0].i64().expect("a number"), depths),
                Ran::Suspended => {
                    depths.push(self.driver.depth());
                    self.set_volatile(1);
                    let value = self.global("value").get(&self.store);
                    ran = self.driver.resume(&mut self.store, value);
                }
            }
        }
    }
}

/// The module with these functions, all of them exported.
fn module(functions: &str) -> Vec<u8> {
    let wasm = wat::parse_str(format!("(module {COMMON} {functions})")).expect("valid text");
    let mut module = walrus::Module::from_buffer(&wasm).expect("a valid module");
    let named: Vec<_> = module
        .funcs
        .iter()
        .filter_map(|function| Some((function.id(), function.name.clone()?)))
        .filter(|(_, name)| name != "main")
        .collect();
    for (function, name) in named {
        module.exports.add(&name, function);
    }
    module.emit_wasm()
}

/// Checks that `functions`, of which `members` are instrumented and `main` is one, give the same
/// with suspensions as without, be they there once or twice. Returns the bytes of frames at each suspension.
fn check(members: &[&str], functions: &str, suspensions: usize) -> Vec<usize> {
    let wasm = module(functions);
    let members: Vec<String> = members.iter().map(|name| (*name).to_owned()).collect();
    let once = check_module(&wasm, &members, suspensions);
    assert_eq!(check_module(&with_others(&wasm, &members), &members, suspensions), once);
    once
}

fn check_module(wasm: &[u8], members: &[String], suspensions: usize) -> Vec<usize> {
    let instrumented = instrument(wasm, &names(members), true).expect("it can be instrumented");
    let mut depths = Vec::new();
    for argument in [0, 1, 5] {
        let (expected, none) = Program::new(wasm, members).run(argument);
        assert!(none.is_empty());
        let mut program = Program::new(&instrumented, members);
        assert_eq!(program.run(argument), (expected, none), "instrumented, argument {argument}");
        program.enable();
        let result;
        (result, depths) = program.run(argument);
        assert_eq!(result, expected, "suspended, argument {argument}");
    }
    assert_eq!(depths.len(), suspensions);
    depths
}

#[test]
fn locals_of_every_type_in_a_loop() {
    let main = r#"
        (func $main (export "main") (param $n i32) (result i64)
          (local $i i32) (local $sum i64) (local $f f32) (local $d f64)
          (local.set $f (f32.const 0.5))
          (loop $again
            (local.set $sum (i64.add (local.get $sum)
              (i64.extend_i32_s (call $suspend (local.get $i)))))
            (local.set $f (f32.add (local.get $f) (f32.const 1.5)))
            (local.set $d (f64.add (local.get $d) (f64.promote_f32 (local.get $f))))
            (br_if $again (i32.lt_s
              (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
          (i64.add (local.get $sum) (i64.trunc_f64_s (local.get $d))))"#;
    check(&["main"], main, 5);
}

#[test]
fn a_frame_is_without_what_only_other_calls_need() {
    let main = r#"
        (func $main (export "main") (param $n i32) (result i64)
          (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $sum i64)
          (local.set $a (i32.mul (local.get $n) (i32.const 2)))
          (local.set $b (i32.mul (local.get $n) (i32.const 3)))
          (local.set $c (i32.mul (local.get $n) (i32.const 5)))
          (local.set $d (i32.mul (local.get $n) (i32.const 7)))
          (local.set $sum (i64.extend_i32_s (i32.add (call $suspend (local.get $n))
            (i32.add (i32.add (local.get $a) (local.get $b))
                     (i32.mul (local.get $c) (local.get $d))))))
          (local.set $sum (i64.add (local.get $sum)
            (i64.extend_i32_s (call $suspend (i32.wrap_i64 (local.get $sum))))))
          (i64.add (local.get $sum)
            (i64.extend_i32_s (call $suspend (i32.const 3)))))"#;
    let (head, sum, operands) = (8, 8, 4 * 4);
    assert_eq!(check(&["main"], main, 3), [head + sum + operands, head + sum, head + sum]);
}

#[test]
fn results_of_every_type() {
    let functions = r#"
        (func $long (param $n i32) (result i64)
          (i64.mul (i64.extend_i32_s (call $suspend (local.get $n))) (i64.const 5000000000)))
        (func $single (param $n i32) (result f32)
          (f32.mul (f32.convert_i32_s (call $suspend (local.get $n))) (f32.const 0.5)))
        (func $double (param $n i32) (result f64)
          (f64.mul (f64.convert_i32_s (call $suspend (local.get $n))) (f64.const 0.25)))
        (func $none (param $n i32) (drop (call $suspend (local.get $n))))
        (func $main (export "main") (param $n i32) (result i64)
          (call $none (local.get $n))
          (i64.add
            (call $long (local.get $n))
            (i64.add
              (i64.trunc_f32_s (call $single (i32.const 100)))
              (i64.trunc_f64_s (f64.add (call $double (i32.const 1000)) (call $double (local.get $n)))))))"#;
    check(&["long", "single", "double", "none", "main"], functions, 5);
}

#[test]
fn only_what_was_entered_since_is_unwound_again() {
    let functions = r#"
        (func $deep (param $n i32) (result i32)
          (if (local.get $n)
            (then (return (i32.add (local.get $n)
              (call $deep (i32.sub (local.get $n) (i32.const 1)))))))
          (i32.add (call $suspend (i32.const 1)) (call $suspend (i32.const 2))))
        (func $main (export "main") (param $n i32) (result i64)
          (i64.extend_i32_s (call $deep (local.get $n))))"#;
    check(&["main", "deep"], functions, 2);

    let members = ["main", "deep"].map(str::to_owned);
    let instrumented = instrument(&module(functions), &names(&members), true);
    let mut program = Program::new(&instrumented.expect("instrumented"), &members);
    program.enable();
    let main = program.instance.get_func(&program.store, "main").expect("main");
    let ran = program.driver.start(&mut program.store, main, &[Val::I32(5)]);
    assert!(matches!(ran, Ok(Ran::Suspended)));
    let (all, head, number) = (program.driver.unwound, 8, 4);
    assert_eq!(all, head + 5 * (head + number) + head);
    let ran = program.driver.resume(&mut program.store, Val::I32(3));
    assert!(matches!(ran, Ok(Ran::Suspended)));
    assert_eq!(program.driver.unwound, head + number, "the innermost, with an operand");
    assert_eq!(program.driver.depth(), all + number);
}

#[test]
fn vectors() {
    let main = r#"
        (func $main (export "main") (param $n i32) (result i64)
          (local $v v128)
          (local.set $v (i64x2.splat (i64.extend_i32_s (local.get $n))))
          (drop (call $suspend (local.get $n)))
          (i64x2.extract_lane 1 (local.get $v)))"#;
    check(&["main"], main, 1);
}

#[test]
fn operands_below_a_call() {
    // What was loaded before the call is not loaded again.
    let main = r#"
        (func $main (export "main") (param $n i32) (result i64)
          (i64.add
            (i64.mul (i64.load8_u (i32.const 8)) (i64.extend_i32_u (local.get $n)))
            (i64.extend_i32_u (i32.sub (i32.load8_u (local.get $n))
              (call $suspend (i32.add (call $suspend (local.get $n)) (i32.load8_u (i32.const 3))))))))"#;
    check(&["main"], main, 2);
}

#[test]
fn operands_below_a_block_that_changes_their_local() {
    let main = r#"
        (func $main (export "main") (param $n i32) (result i64)
          (i64.extend_i32_u (i32.sub
            (local.get $n)
            (block $out (result i32)
              (local.set $n (i32.const 100))
              (br_if $out (call $suspend (local.get $n)) (i32.const 1))
              (drop)
              (i32.const 0)))))"#;
    check(&["main"], main, 1);
}

#[test]
fn arms_and_a_condition_that_changes() {
    let main = r#"
        (func $main (export "main") (param $n i32) (result i64)
          (local $i i32) (local $sum i32)
          (loop $again
            (local.set $sum (i32.add (local.get $sum)
              (if (result i32) (i32.and (local.get $i) (i32.const 1))
                (then
                  (local.set $i (i32.add (local.get $i) (i32.const 3)))
                  (call $suspend (local.get $i)))
                (else
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (i32.mul (call $suspend (i32.const 7)) (call $suspend (local.get $i)))))))
            (if (i32.eqz (local.get $sum)) (then) (else
              (local.set $sum (i32.add (local.get $sum) (call $suspend (i32.const 2))))))
            (if (i32.load8_u (i32.const 5)) (then
              (local.set $sum (i32.add (local.get $sum) (call $suspend (i32.const 1))))))
            (br_if $again (i32.lt_s (local.get $i) (local.get $n))))
          (i64.extend_i32_s (local.get $sum)))"#;
    check(&["main"], main, 11);
}

#[test]
fn a_switch_and_early_exits() {
    let main = r#"
        (func $main (export "main") (param $n i32) (result i64)
          (local $i i32) (local $sum i32)
          (block $done
            (loop $again
              (block $default
                (block $two
                  (block $one
                    (block $zero
                      (br_table $zero $one $two $default (local.get $i)))
                    (local.set $sum (call $suspend (i32.const 1)))
                    (br $default)
                    (local.set $sum (call $suspend (i32.const 1000))))
                  (local.set $sum (i32.add (local.get $sum) (call $suspend (i32.const 10)))))
                (local.set $sum (i32.add (call $suspend (i32.const 100)) (local.get $sum)))
                (br_if $done (i32.eqz (local.get $n))))
              (if (i32.gt_u (local.get $i) (i32.const 4))
                (then (return (i64.extend_i32_s (call $suspend (local.get $sum))))
                      (unreachable)))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br $again)))
          (br 0 (i64.extend_i32_s (call $suspend (local.get $sum)))))"#;
    check(&["main"], main, 5);
}

#[test]
fn blocks_that_begin_with_blocks() {
    let main = r#"
        (func $main (export "main") (param $n i32) (result i64)
          (local $sum i32)
          (block $a
            (loop $b
              (block $c
                (block $d
                  (local.set $sum (i32.add (local.get $sum) (call $suspend (i32.const 1))))
                  (br_if $c (i32.and (local.get $n) (i32.const 1))))
                (local.set $sum (i32.add (local.get $sum) (call $suspend (i32.const 10)))))
              (local.set $sum (i32.add (local.get $sum) (call $suspend (i32.const 100))))
              (br_if $b (i32.gt_s
                (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
            (local.set $sum (i32.add (local.get $sum) (call $suspend (i32.const 1000)))))
          (i64.extend_i32_s (i32.add (local.get $sum) (call $suspend (i32.const 10000)))))"#;
    check(&["main"], main, 14);
}

#[test]
fn callees_that_were_loaded() {
    // While it is suspended, the place which the callee was loaded from names another.
    let functions = r#"
        (table funcref (elem $wrong $right $wrong))
        (type $method (func (param i32 i32) (result i32)))
        (func $right (type $method) (i32.sub (call $suspend (local.get 0)) (local.get 1)))
        (func $wrong (type $method) (i32.const -1))
        (func $main (export "main") (param $n i32) (result i64)
          (local $place i32)
          (i64.extend_i32_s (i32.add
            (call_indirect (type $method) (local.get $n) (i32.const 4)
              (i32.load8_u (i32.const 9)))
            (i32.add
              (call_indirect (type $method)
                (local.get $place) (local.get $n)
                (i32.load8_u (local.tee $place (i32.const 11))))
              (call_indirect (type $method)
                (call $suspend (i32.const 6)) (local.get $n)
                (i32.load8_u (local.tee $place (i32.const 11))))))))"#;
    check(&["main", "right"], functions, 4);
}

#[test]
fn recursion() {
    let functions = r#"
        (func $fib (param $n i32) (result i32)
          (if (i32.lt_s (local.get $n) (i32.const 2))
            (then (return (call $suspend (local.get $n)))))
          (i32.add
            (call $fib (i32.sub (local.get $n) (i32.const 1)))
            (call $fib (i32.sub (local.get $n) (i32.const 2)))))
        (func $main (export "main") (param $n i32) (result i64)
          (i64.extend_i32_s (call $fib (local.get $n))))"#;
    check(&["main", "fib"], functions, 8);
}

#[test]
fn functions_outside_of_the_set_stay_as_they_are() {
    let functions = r#"
        (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
        (func $main (export "main") (param $n i32) (result i64)
          (i64.extend_i32_s (call $double (call $suspend (call $double (local.get $n))))))"#;
    check(&["main"], functions, 1);
}

#[test]
fn references_cannot_be_saved() {
    let functions = r#"
        (func $main (export "main") (param $n i32) (result i64) (local $function funcref)
          (drop (call $suspend (local.get $n)))
          (i64.extend_i32_s (ref.is_null (local.get $function))))"#;
    let members = ["main".to_owned()];
    let error = instrument(&module(functions), &names(&members), true).unwrap_err();
    let error = format!("{error:#}");
    assert_eq!(
        error,
        "function `main`: it holds a JavaScript reference during a call that can suspend"
    );
}

/// Where no function calls `suspend`, it has been collected.
#[test]
fn there_need_be_nothing_that_suspends() {
    let wasm = wat::parse_str(format!("(module {COMMON} (func $f (export \"f\")))")).unwrap();
    let members = ["f".to_owned()];
    let names = Names { suspend: &["gone"], ..names(&members) };
    Module::new(&Engine::default(), instrument(&wasm, &names, true).unwrap()).unwrap();
}
