//! Writes random programs in which a local that comes back wrong is seen.
//!
//! wasm-smith's programs hardly ever look at a local again: they compute, and drop what they have computed.
//! These look at one local here and at another there, the arms of a branch at different ones, so that what
//! is needed behind a call differs with the way that is taken from it.

use wasmparser::ValType::{self, F32, F64, I32, I64, V128};

const TYPES: [ValType; 5] = [I32, I64, F32, F64, V128];

/// A program that calls `suspend`, as text, with the names of its functions.
pub fn write(seed: u64) -> (String, Vec<String>) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let signatures: Vec<Signature> = (0..2 + random.below(4))
        .map(|_| Signature {
            params: (0..random.below(4)).map(|_| TYPES[random.below(4)]).collect(),
            result: Some(TYPES[random.below(4)]).filter(|_| random.below(6) > 0),
        })
        .collect();
    let functions: Vec<String> = (0..signatures.len()).map(|n| format!("f{n}")).collect();
    let mut text = String::from(HEAD);
    for (name, signature) in functions.iter().zip(&signatures) {
        text += &Writer::new(&mut random, &signatures).function(name, signature);
    }
    (text + ")", functions)
}

/// What the programs have beside their functions. `fuel` bounds how many functions are entered, and how
/// many rounds all loops take together.
const HEAD: &str = r#"(module
  (import "" "suspend" (func $suspend (param i32) (result i32)))
  (memory (export "the memory") 33)
  (global $phase (export "phase") (mut i32) (i32.const 0))
  (global $cursor (export "cursor") (mut i32) (i32.const 0))
  (global $rewind (export "rewind") (mut i32) (i32.const 0))
  (global $i32 (export "i32") (mut i32) (i32.const 0))
  (global $i64 (export "i64") (mut i64) (i64.const 0))
  (global $f32 (export "f32") (mut f32) (f32.const 0))
  (global $f64 (export "f64") (mut f64) (f64.const 0))
  (global $seen (export "seen") (mut i64) (i64.const 0))
  (global $fuel (export "fuel") (mut i32) (i32.const 200))
  (func $step (result i32)
    (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
    (i32.gt_s (global.get $fuel) (i32.const 0)))
  (func $see (param i64)
    (global.set $seen
      (i64.rotl (i64.mul (i64.add (global.get $seen) (local.get 0)) (i64.const 0x9e3779b97f4a7c15)) (i64.const 9))))
"#;

struct Signature {
    params: Vec<ValType>,
    result: Option<ValType>,
}

/// Numbers without a pattern: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 16) % end as u64) as usize
    }
}

/// Writes a function: folded expressions, each with the value of its type, and statements without one.
struct Writer<'a> {
    random: &'a mut Random,
    signatures: &'a [Signature],
    locals: Vec<ValType>,
    /// What a branch to each of the labels round here has to bring.
    labels: Vec<Option<ValType>>,
    result: Option<ValType>,
    /// How many more instructions it may have, about.
    room: usize,
}

impl<'a> Writer<'a> {
    fn new(random: &'a mut Random, signatures: &'a [Signature]) -> Writer<'a> {
        let room = 100 + random.below(200);
        Writer { random, signatures, locals: Vec::new(), labels: Vec::new(), result: None, room }
    }

    fn function(&mut self, name: &str, Signature { params, result }: &Signature) -> String {
        self.result = *result;
        self.locals = params.clone();
        // Sometimes more than a word of a set has bits.
        let more = if self.random.below(8) == 0 { 90 } else { 3 + self.random.below(9) };
        let more: Vec<ValType> = (0..more).map(|_| TYPES[self.random.below(5)]).collect();
        self.locals.extend(&more);
        let list = |kind: &str, types: &[ValType]| {
            types.iter().map(|ty| format!(" ({kind} {ty})")).collect::<String>()
        };
        let head =
            list("param", params) + &list("result", result.as_slice()) + &list("local", &more);
        let body = self.out_of_fuel() + &self.statements(5) + &self.looks(3);
        let last = self.value_or_nothing(*result, 3);
        format!("(func ${name} (export \"{name}\"){head}\n{body}{last})\n")
    }

    fn value_or_nothing(&mut self, ty: Option<ValType>, depth: usize) -> String {
        ty.map_or_else(String::new, |ty| self.value(ty, depth))
    }

    fn statements(&mut self, depth: usize) -> String {
        (0..2 + self.random.below(4)).map(|_| self.statement(depth) + "\n").collect()
    }

    /// Looks at some locals, and at no others.
    fn looks(&mut self, count: usize) -> String {
        (0..count).map(|_| self.look() + "\n").collect()
    }

    fn look(&mut self) -> String {
        let local = self.random.below(self.locals.len());
        let bits = match self.locals[local] {
            I32 => format!("(i64.extend_i32_u (local.get {local}))"),
            I64 => format!("(local.get {local})"),
            F32 => format!("(i64.extend_i32_u (i32.reinterpret_f32 (local.get {local})))"),
            F64 => format!("(i64.reinterpret_f64 (local.get {local}))"),
            _ => {
                let lane = self.random.below(2);
                format!("(i64x2.extract_lane {lane} (local.get {local}))")
            }
        };
        format!("(call $see {bits})")
    }

    fn statement(&mut self, depth: usize) -> String {
        self.room = self.room.saturating_sub(4);
        let kinds = if depth == 0 || self.room == 0 { 6 } else { 14 };
        match self.random.below(kinds) {
            0 | 1 => self.look(),
            2 | 3 => {
                let local = self.random.below(self.locals.len());
                format!("(local.set {local} {})", self.value(self.locals[local], depth.min(3)))
            }
            4 => format!("(drop (call $suspend {}))", self.value(I32, 0)),
            5 => self.branch_if(),
            6 => format!("(block {})", self.inside(None, depth)),
            7 => {
                let end = self.out_of_fuel();
                self.labels.push(None);
                let (body, condition) = (self.statements(depth - 1), self.condition());
                self.labels.pop();
                format!("(loop {end}{body}(br_if 0 {condition}))")
            }
            8 | 9 => {
                let (condition, then) = (self.condition(), self.inside(None, depth));
                let otherwise = match self.random.below(2) {
                    0 => String::new(),
                    _ => format!("(else {})", self.inside(None, depth)),
                };
                format!("(if {condition} (then {then}) {otherwise})")
            }
            10 => self.table(depth),
            11 => {
                // In an arm: what comes behind it never runs.
                let condition = self.condition();
                self.labels.push(None);
                let (looks, end) = (self.looks(1), self.end());
                self.labels.pop();
                format!("(if {condition} (then {looks}{end}))")
            }
            _ => {
                let ty = TYPES[self.random.below(5)];
                format!("(drop {})", self.value(ty, depth.min(4)))
            }
        }
    }

    /// What is in a block, with its label; at its end the value that it has to have.
    fn inside(&mut self, ty: Option<ValType>, depth: usize) -> String {
        self.labels.push(ty);
        let body = self.statements(depth - 1) + &self.value_or_nothing(ty, depth - 1);
        self.labels.pop();
        body
    }

    /// A `br_table` with an arm for each of its targets, and one behind all of them.
    fn table(&mut self, depth: usize) -> String {
        let arms = 2 + self.random.below(4);
        let mut targets: Vec<String> =
            (0..1 + self.random.below(6)).map(|_| self.random.below(arms).to_string()).collect();
        targets.push(self.random.below(arms).to_string());
        self.labels.extend(vec![None; arms]);
        let mut text = format!("(br_table {} {})", targets.join(" "), self.value(I32, 1));
        for arm in 0..arms {
            self.labels.pop();
            let looks = self.random.below(2);
            let body = self.looks(looks) + &self.statements(depth.min(2) - 1);
            // To the end of all of them; or on, into the next one.
            let leaves = arm + 1 < arms && self.random.below(3) > 0;
            let end = if leaves { format!("(br {})", arms - arm - 2) } else { String::new() };
            text = format!("(block {text})\n{body}{end}");
        }
        // The last arm is outside of the blocks, and what leaves goes there.
        text
    }

    /// Leaves for good.
    fn end(&mut self) -> String {
        let label = self.random.below(self.labels.len() + 1);
        match self.labels.iter().rev().nth(label).copied() {
            Some(ty) => format!("(br {label} {})", self.value_or_nothing(ty, 1)),
            None => format!("(return {})", self.value_or_nothing(self.result, 1)),
        }
    }

    /// Returns if the program has gone on for long enough.
    fn out_of_fuel(&mut self) -> String {
        let result = self.value_or_nothing(self.result, 0);
        format!("(if (i32.eqz (call $step)) (then (return {result})))\n")
    }

    fn branch_if(&mut self) -> String {
        if self.labels.is_empty() {
            return self.look();
        }
        let label = self.random.below(self.labels.len());
        let condition = self.condition();
        match self.labels[self.labels.len() - 1 - label] {
            None => format!("(br_if {label} {condition})"),
            Some(ty) => format!("(drop (br_if {label} {} {condition}))", self.value(ty, 1)),
        }
    }

    /// True or false, by what JavaScript says, or by a local.
    fn condition(&mut self) -> String {
        let bit = self.random.below(4);
        format!("(i32.and (i32.shr_u {} (i32.const {bit})) (i32.const 1))", self.value(I32, 1))
    }

    fn local(&mut self, ty: ValType) -> Option<usize> {
        let some: Vec<usize> = (0..self.locals.len()).filter(|n| self.locals[*n] == ty).collect();
        (!some.is_empty()).then(|| some[self.random.below(some.len())])
    }

    fn value(&mut self, ty: ValType, depth: usize) -> String {
        self.room = self.room.saturating_sub(1);
        let kinds = if depth == 0 || self.room == 0 { 2 } else { 12 };
        match self.random.below(kinds) {
            0 => self.constant(ty),
            1 => self.get(ty),
            2 if self.local(ty).is_some() => {
                let local = self.local(ty).expect("there is one");
                format!("(local.tee {local} {})", self.value(ty, depth - 1))
            }
            3 | 4 => {
                let operator = match ty {
                    I32 => ["i32.add", "i32.xor", "i32.sub"],
                    I64 => ["i64.add", "i64.xor", "i64.sub"],
                    F32 => ["f32.add", "f32.mul", "f32.sub"],
                    F64 => ["f64.add", "f64.mul", "f64.sub"],
                    _ => ["v128.xor", "i64x2.add", "i64x2.sub"],
                }[self.random.below(3)];
                let (left, right) = (self.value(ty, depth - 1), self.value(ty, depth - 1));
                format!("({operator} {left} {right})")
            }
            5 | 6 => convert(format!("(call $suspend {})", self.value(I32, depth - 1)), I32, ty),
            7 => {
                let from = TYPES[self.random.below(4)];
                convert(self.value(from, depth - 1), from, ty)
            }
            8 => self.call(ty, depth),
            9 => format!("(block (result {ty}) {})", self.inside(Some(ty), depth.min(2))),
            10 => {
                let (condition, then) = (self.condition(), self.inside(Some(ty), depth.min(2)));
                let otherwise = self.inside(Some(ty), depth.min(2));
                format!("(if (result {ty}) {condition} (then {then}) (else {otherwise}))")
            }
            _ => {
                let (left, right) = (self.value(ty, depth - 1), self.value(ty, depth - 1));
                format!("(select {left} {right} {})", self.condition())
            }
        }
    }

    fn constant(&mut self, ty: ValType) -> String {
        let value = self.random.below(100);
        match ty {
            V128 => format!("(v128.const i64x2 {value} {})", value + 1),
            _ => format!("({ty}.const {value})"),
        }
    }

    fn get(&mut self, ty: ValType) -> String {
        match self.local(ty) {
            Some(local) => format!("(local.get {local})"),
            None => self.constant(ty),
        }
    }

    /// A call of another function of the program.
    fn call(&mut self, ty: ValType, depth: usize) -> String {
        let callee = self.random.below(self.signatures.len());
        let Signature { params, result } = &self.signatures[callee];
        // One without a result is in a block that has one.
        let has_block = result.is_none();
        self.labels.extend(has_block.then_some(Some(ty)));
        let arguments: String = params.iter().map(|ty| self.value(*ty, depth - 1) + " ").collect();
        self.labels.truncate(self.labels.len() - has_block as usize);
        let call = format!("(call $f{callee} {arguments})");
        match result {
            Some(result) => convert(call, *result, ty),
            None => format!("(block (result {ty}) {call} {})", self.get(ty)),
        }
    }
}

/// An expression with a value of another type, some of whose bits are those of `value`.
fn convert(value: String, from: ValType, to: ValType) -> String {
    let operator = match (from, to) {
        _ if from == to => return value,
        (I64, I32) => "i32.wrap_i64",
        (F32, I32) => "i32.reinterpret_f32",
        (I32, I64) => "i64.extend_i32_s",
        (F64, I64) => "i64.reinterpret_f64",
        (V128, I64) => "i64x2.extract_lane 1",
        (I32, F32) => "f32.convert_i32_s",
        (F64, F32) => "f32.demote_f64",
        (I32, F64) => "f64.convert_i32_s",
        (I64, F64) => "f64.convert_i64_s",
        (F32, F64) => "f64.promote_f32",
        (I64, V128) => "i64x2.splat",
        // The rest through a type that both have something with.
        (F32, _) => return convert(convert(value, F32, I32), I32, to),
        (_, F32) => return convert(convert(value, from, F64), F64, F32),
        _ => return convert(convert(value, from, I64), I64, to),
    };
    format!("({operator} {value})")
}
