//! What drives the instrumented functions (`instrument/`), whoever it is that runs them: a few globals, and a
//! function that rewinds one frame.

use super::instrument::Names;
use super::seam::add_variable;
use super::twice;
use std::collections::HashMap;
use walrus::ir::{Block, Value};
use walrus::{
    ConstExpr, FunctionBuilder, FunctionId, FunctionKind, GlobalId, InstrSeqBuilder, Module,
    ValType,
};

/// The names of the globals.
const PHASE: &str = "suspendable.phase";
const CURSOR: &str = "suspendable.cursor";
const REWIND: &str = "suspendable.rewind";
const RESULTS: [&str; 4] = [
    "suspendable.result.i32",
    "suspendable.result.i64",
    "suspendable.result.f32",
    "suspendable.result.f64",
];

pub const RUNNING: i32 = 0;
pub const SUSPENDING: i32 = 1;
pub const RESUMING: i32 = 2;

/// What the instrumentation has to know: the members, and the functions in which every unwinding begins.
pub fn parts<'a>(members: &'a [String], suspend: &'a [&'a str]) -> Names<'a> {
    Names {
        members,
        going_on: twice::GOING_ON,
        suspend,
        phase: PHASE,
        cursor: CURSOR,
        rewind: REWIND,
        results: [
            (wasmparser::ValType::I32, RESULTS[0]),
            (wasmparser::ValType::I64, RESULTS[1]),
            (wasmparser::ValType::F32, RESULTS[2]),
            (wasmparser::ValType::F64, RESULTS[3]),
        ],
    }
}

/// The globals.
pub struct Rewinding {
    pub phase: GlobalId,
    /// Where the next frame goes.
    pub cursor: GlobalId,
    /// Where the next frame is that is rewound.
    pub rewind: GlobalId,
    /// For the result of the call behind which the next frame goes on, by its type.
    pub results: [(ValType, GlobalId); 4],
}

/// Rewinds the frame of a function by its number: see `add_go_on`.
pub struct GoOn {
    pub function: FunctionId,
    /// The number of the function that is called first.
    pub outermost: i32,
}

impl Rewinding {
    pub fn introduce(module: &mut Module) -> Rewinding {
        Rewinding {
            phase: add_variable(module, PHASE, RUNNING),
            cursor: add_variable(module, CURSOR, 0),
            rewind: add_variable(module, REWIND, 0),
            results: add_results(module),
        }
    }

    /// Rewinds the frame of the function with that number, runs it until it returns or suspends, and
    /// keeps what it returns.
    ///
    /// ```wat
    /// (func $go_on (param $number i32)
    ///   (block $f1 (block $f0 (br_table $f0 $f1 (local.get $number)))
    ///     (global.set $result.i32 (call $f0 (i32.const 0)))
    ///     (return))
    ///   (call $f1 (i64.const 0))
    ///   (return)
    ///   …)
    /// ```
    pub fn add_go_on(&self, module: &mut Module, set: &[String], outermost: &str) -> GoOn {
        let by_name: HashMap<&str, FunctionId> = module
            .funcs
            .iter()
            .filter(|function| matches!(function.kind, FunctionKind::Local(_)))
            .filter_map(|function| Some((function.name.as_deref()?, function.id())))
            .collect();
        let members: Vec<_> = set.iter().map(|name| by_name[name.as_str()]).collect();
        let others = twice::add_others(module, &members);
        let signatures: Vec<_> = members
            .iter()
            .map(|member| {
                let ty = module.types.get(module.funcs.get(*member).ty());
                (ty.params().to_vec(), ty.results().to_vec())
            })
            .collect();
        let number = module.locals.add(ValType::I32);
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
        function.name("suspendable.go_on".into());
        let cases: Vec<_> =
            members.iter().map(|_| function.dangling_instr_seq(None).id()).collect();
        if let Some(&first) = cases.first() {
            let last = cases[cases.len() - 1];
            function.instr_seq(first).local_get(number).br_table(cases.clone().into(), last);
        }
        for (index, (member, (params, results))) in members.iter().zip(signatures).enumerate() {
            // What comes behind the end of its block is the beginning of the next one.
            let mut outer = match cases.get(index + 1) {
                Some(next) => function.instr_seq(*next),
                None => function.func_body(),
            };
            outer.instr(Block { seq: cases[index] });
            params.iter().for_each(|ty| push_zero(&mut outer, *ty));
            outer.call(*others.get(member).unwrap_or(member));
            for result in results {
                match self.results.iter().find(|(ty, _)| *ty == result) {
                    Some((_, global)) => outer.global_set(*global),
                    // No call that can suspend may return it: the instrumentation says so.
                    None => outer.drop(),
                };
            }
            outer.return_();
        }
        let outermost = set.iter().position(|member| member == outermost);
        // Without it in the set nothing suspends, and nothing is resumed.
        let outermost = outermost.map_or(0, |number| number as i32);
        GoOn { function: function.finish(vec![number], &mut module.funcs), outermost }
    }
}

fn add_results(module: &mut Module) -> [(ValType, GlobalId); 4] {
    let zeros = [
        (ValType::I32, Value::I32(0)),
        (ValType::I64, Value::I64(0)),
        (ValType::F32, Value::F32(0.0)),
        (ValType::F64, Value::F64(0.0)),
    ];
    let mut names = RESULTS.iter();
    zeros.map(|(ty, zero)| {
        let global = module.globals.add_local(ty, true, false, ConstExpr::Value(zero));
        module.globals.get_mut(global).name = names.next().map(|name| (*name).to_owned());
        (ty, global)
    })
}

fn push_zero(body: &mut InstrSeqBuilder, ty: ValType) {
    match ty {
        ValType::I32 => body.i32_const(0),
        ValType::I64 => body.i64_const(0),
        ValType::F32 => body.f32_const(0.0),
        ValType::F64 => body.f64_const(0.0),
        ValType::V128 => body.const_(Value::V128(0)),
        ValType::Ref(reference) => body.ref_null(reference),
    };
}
