//! A function's instructions, with what stands on the operand stack in front of each.

use anyhow::{Context, Result};
use std::collections::HashSet;
use wasmparser::{
    FuncType, FuncValidator, FunctionBody, Operator, ValType, ValidatorResources,
    WasmModuleResources,
};

/// Which calls can suspend.
pub struct Callees {
    functions: HashSet<u32>,
    /// The signatures of suspending functions that stand in tables.
    signatures: HashSet<FuncType>,
}

impl Callees {
    pub fn new(
        module: &ValidatorResources,
        suspending: &HashSet<u32>,
        in_tables: &HashSet<u32>,
    ) -> Callees {
        let signature = |function: &u32| {
            let ty = module.type_id_of_function(*function).expect("a valid index");
            module.sub_type_at_id(ty).unwrap_func().clone()
        };
        Callees {
            functions: suspending.clone(),
            signatures: suspending.intersection(in_tables).map(signature).collect(),
        }
    }

    pub fn can_suspend(&self, module: &ValidatorResources, call: &Operator) -> bool {
        match call {
            Operator::Call { function_index } => self.functions.contains(function_index),
            Operator::CallIndirect { type_index, .. } => {
                self.signatures.contains(signature(module, *type_index))
            }
            _ => false,
        }
    }
}

/// The signature of what a call calls.
pub fn callee_signature<'a>(module: &'a ValidatorResources, call: &Operator) -> &'a FuncType {
    match call {
        Operator::Call { function_index } => {
            let ty = module.type_id_of_function(*function_index).expect("a valid index");
            module.sub_type_at_id(ty).unwrap_func()
        }
        Operator::CallIndirect { type_index, .. } => signature(module, *type_index),
        other => unreachable!("{other:?} is no call"),
    }
}

pub fn signature(module: &ValidatorResources, ty: u32) -> &FuncType {
    module.sub_type_at(ty).expect("a valid index").unwrap_func()
}

/// An instruction.
pub struct Op<'a> {
    pub operator: Operator<'a>,
    /// The height of the operand stack in front of it.
    pub height: usize,
    /// How many operands it takes.
    pub takes: usize,
    /// The types of the operand stack, of calls and of what begins a block.
    pub operands: Vec<ValType>,
    /// Of an `else` and an `end`: where the block begins; none for the function's own.
    pub begin: Option<usize>,
}

/// The instructions of a body without those that can never run, so that the operand stack is known
/// everywhere.
pub fn reachable<'a>(body: &FunctionBody<'a>) -> Result<Vec<Operator<'a>>> {
    let mut operators = Vec::new();
    // In dead code: how many blocks have begun in it and not ended.
    let mut dead = None;
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        match (&mut dead, &operator) {
            (None, _) => {}
            (Some(depth), Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. }) => {
                *depth += 1;
                continue;
            }
            (Some(0), Operator::Else | Operator::End) => dead = None,
            (Some(depth), Operator::End) => {
                *depth -= 1;
                continue;
            }
            (Some(_), _) => continue,
        }
        if matches!(
            operator,
            Operator::Br { .. }
                | Operator::BrTable { .. }
                | Operator::Return
                | Operator::Unreachable
        ) {
            dead = Some(0);
        }
        operators.push(operator);
    }
    Ok(operators)
}

/// Says of every instruction what stands on the operand stack in front of it.
pub fn measure<'a>(
    function: &mut FuncValidator<ValidatorResources>,
    operators: Vec<Operator<'a>>,
) -> Result<Vec<Op<'a>>> {
    let mut ops = Vec::with_capacity(operators.len());
    let mut open = Vec::new();
    for operator in operators {
        let begin = match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                open.push(ops.len());
                None
            }
            Operator::Else => open.last().copied(),
            Operator::End => open.pop(),
            _ => None,
        };
        let height = function.operand_stack_height() as usize;
        let arity = operator.operator_arity(&function.visitor(0));
        let takes = arity.map_or(0, |(takes, _)| takes as usize);
        let operands = match operator {
            Operator::Call { .. }
            | Operator::CallIndirect { .. }
            | Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. } => (0..height)
                .rev()
                .map(|depth| function.get_operand_type(depth).flatten())
                .collect::<Option<_>>()
                .context("an operand has no type")?,
            _ => Vec::new(),
        };
        // The offset is for messages, and 0 is not one.
        function.op(1, &operator)?;
        ops.push(Op { operator, height, takes, operands, begin });
    }
    Ok(ops)
}
