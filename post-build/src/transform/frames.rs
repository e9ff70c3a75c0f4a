//! How a function uses the stack pointer, as LLVM wrote it: how much room it takes, and where.
//!
//! What is computed from the pointer is followed through the function's locals: `pointer - 16`, or
//! `(pointer - 100) & -64` where something is over-aligned, in one expression or through many locals, as
//! code that was not optimised has it. The pointer is read once, moved down, and moved back to where it
//! was. A function that does anything else with it is refused: it has a frame of a size that is only
//! known when it runs, which rustc does not write, but C has (`alloca`).

use anyhow::{Result, bail, ensure};
use std::collections::HashMap;
use walrus::ir::{
    BinaryOp, Binop, Block, Br, BrIf, BrTable, Const, GlobalGet, GlobalSet, IfElse, Instr,
    InstrSeqId, LocalGet, LocalSet, LocalTee, Loop, Value, Visitor, dfs_in_order,
};
use walrus::{GlobalId, LocalFunction, LocalId};

/// An instruction: its place in a sequence.
pub type Place = (InstrSeqId, usize);

/// How a function uses the stack pointer.
#[derive(Debug, PartialEq)]
pub struct Frame {
    /// How far below the pointer that it finds it goes at the most, in bytes.
    pub room: u32,
    /// Where it reads the pointer.
    pub read: Place,
    /// Where it moves the pointer down …
    pub taken: Vec<Place>,
    /// … and back to where it was.
    pub given_back: Vec<Place>,
}

const UNREADABLE: &str = "it uses the stack pointer in a way that is not understood: in C, a frame must not \
                          have a size that is only known at run time (`alloca`, arrays of variable \
                          length)";

impl Frame {
    /// None, if it does not use the pointer.
    pub fn read(body: &LocalFunction, pointer: GlobalId) -> Result<Option<Frame>> {
        let mut uses = Uses { pointer, found: false };
        dfs_in_order(&mut uses, body, body.entry_block());
        if !uses.found {
            return Ok(None);
        }
        let mut reader = Reader {
            body,
            pointer,
            room: 0,
            reads: Vec::new(),
            taken: Vec::new(),
            given_back: Vec::new(),
            at_ends: HashMap::new(),
            loops: 0,
        };
        reader.sequence(body.entry_block(), Some(Known::new()))?;
        let Reader { room, reads, taken, given_back, .. } = reader;
        let [read] = reads[..] else { bail!(UNREADABLE) };
        Ok(Some(Frame { room, read, taken, given_back }))
    }

    /// The local that holds the address of the frame, where the prologue is the usual one:
    ///
    /// ```wat
    /// (global.set $pointer (local.tee $frame (i32.sub (global.get $pointer) (i32.const ROOM))))
    /// ```
    pub fn prologue(&self, body: &LocalFunction) -> Option<LocalId> {
        let (sequence, index) = self.read;
        let instructions = body.block(sequence).instrs.get(index + 1..index + 5)?;
        match [0, 1, 2, 3].map(|place: usize| &instructions[place].0) {
            [
                Instr::Const(Const { value: Value::I32(room) }),
                Instr::Binop(Binop { op: BinaryOp::I32Sub }),
                Instr::LocalTee(LocalTee { local }),
                Instr::GlobalSet(_),
            ] if *room as u32 == self.room && self.taken == [(sequence, index + 4)] => Some(*local),
            _ => None,
        }
    }
}

/// What is known of a value.
#[derive(Clone, Copy, PartialEq)]
enum Tracked {
    Number(i32),
    /// An address at most that many bytes below the pointer that the function found, or just so many.
    Below {
        bytes: u32,
        is_exact: bool,
    },
}

use Tracked::{Below, Number};

type Known = HashMap<LocalId, Tracked>;

struct Reader<'a> {
    body: &'a LocalFunction,
    pointer: GlobalId,
    room: u32,
    reads: Vec<Place>,
    taken: Vec<Place>,
    given_back: Vec<Place>,
    /// What is known where branches arrive: at the ends of blocks.
    at_ends: HashMap<InstrSeqId, Known>,
    /// How many loops the code is in.
    loops: u32,
}

impl Reader<'_> {
    /// Follows a sequence from what is known in front of it to what is known behind it; none where the
    /// code is never reached.
    fn sequence(&mut self, id: InstrSeqId, known: Option<Known>) -> Result<Option<Known>> {
        let Some(mut known) = known else { return Ok(None) };
        // The upper end of the operand stack, as far as it is known.
        let mut operands: Vec<Option<Tracked>> = Vec::new();
        let body = self.body;
        for (index, (instruction, _)) in body.block(id).instrs.iter().enumerate() {
            match instruction {
                Instr::GlobalGet(GlobalGet { global }) if *global == self.pointer => {
                    // Once more round a loop, it would be another one.
                    ensure!(self.loops == 0, UNREADABLE);
                    self.reads.push((id, index));
                    operands.push(Some(Below { bytes: 0, is_exact: true }));
                }
                Instr::GlobalSet(GlobalSet { global }) if *global == self.pointer => match operands
                    .pop()
                    .flatten()
                {
                    Some(Below { bytes: 0, is_exact: true }) => self.given_back.push((id, index)),
                    Some(Below { .. }) => self.taken.push((id, index)),
                    _ => bail!(UNREADABLE),
                },
                Instr::Const(Const { value: Value::I32(number) }) => {
                    operands.push(Some(Number(*number)))
                }
                Instr::LocalGet(LocalGet { local }) => operands.push(known.get(local).copied()),
                Instr::LocalSet(LocalSet { local }) => {
                    let value = operands.pop().flatten();
                    learn(&mut known, *local, value);
                }
                Instr::LocalTee(LocalTee { local }) => {
                    let value = operands.pop().flatten();
                    learn(&mut known, *local, value);
                    operands.push(value);
                }
                Instr::Binop(Binop { op }) => {
                    let (right, left) = (operands.pop().flatten(), operands.pop().flatten());
                    let value = combine(*op, left, right);
                    if let Some(Below { bytes, .. }) = value {
                        self.room = self.room.max(bytes);
                    }
                    operands.push(value);
                }
                Instr::Block(Block { seq }) => {
                    operands.clear();
                    let end = self.sequence(*seq, Some(known))?;
                    match self.meet(*seq, end) {
                        Some(end) => known = end,
                        None => return Ok(None),
                    }
                }
                Instr::Loop(Loop { seq }) => {
                    operands.clear();
                    self.loops += 1;
                    // Until what is known at its head is what comes back to it, too. A local that is
                    // assigned where nothing comes back, as in front of a panic, is still what it was.
                    let end = loop {
                        let places = (self.reads.len(), self.taken.len(), self.given_back.len());
                        let end = self.sequence(*seq, Some(known.clone()))?;
                        let head = both(self.at_ends.remove(seq), Some(known.clone()));
                        if head.as_ref() == Some(&known) {
                            break end;
                        }
                        known = head.unwrap_or_default();
                        self.reads.truncate(places.0);
                        self.taken.truncate(places.1);
                        self.given_back.truncate(places.2);
                    };
                    self.loops -= 1;
                    match end {
                        Some(end) => known = end,
                        None => return Ok(None),
                    }
                }
                Instr::IfElse(IfElse { consequent, alternative }) => {
                    operands.clear();
                    let then = self.sequence(*consequent, Some(known.clone()))?;
                    let then = self.meet(*consequent, then);
                    let otherwise = self.sequence(*alternative, Some(known))?;
                    let otherwise = self.meet(*alternative, otherwise);
                    match both(then, otherwise) {
                        Some(end) => known = end,
                        None => return Ok(None),
                    }
                }
                Instr::Br(Br { block }) => {
                    self.arrive(*block, known);
                    return Ok(None);
                }
                Instr::BrIf(BrIf { block }) => {
                    operands.clear();
                    self.arrive(*block, known.clone());
                }
                Instr::BrTable(BrTable { blocks, default }) => {
                    for block in blocks.iter().chain([default]) {
                        self.arrive(*block, known.clone());
                    }
                    return Ok(None);
                }
                Instr::Return(_) | Instr::Unreachable(_) => return Ok(None),
                Instr::Try(_) | Instr::TryTable(_) => bail!(
                    "it catches exceptions, and what it puts back then is not understood: build with \
                     `panic = \"abort\"`, the default of this target"
                ),
                // Nothing is known of the results; what is below them is forgotten.
                _ => operands.clear(),
            }
        }
        Ok(Some(known))
    }

    fn arrive(&mut self, block: InstrSeqId, known: Known) {
        let before = self.at_ends.remove(&block);
        self.at_ends.extend(both(before, Some(known)).map(|known| (block, known)));
    }

    /// What is known behind a block: what holds at its end, and wherever branches come from.
    fn meet(&mut self, block: InstrSeqId, end: Option<Known>) -> Option<Known> {
        both(self.at_ends.remove(&block), end)
    }
}

fn learn(known: &mut Known, local: LocalId, value: Option<Tracked>) {
    match value {
        Some(value) => known.insert(local, value),
        None => known.remove(&local),
    };
}

/// What is known on either way; a way that is never taken does not count.
fn both(one: Option<Known>, other: Option<Known>) -> Option<Known> {
    match (one, other) {
        (Some(mut one), Some(other)) => {
            one.retain(|local, value| other.get(local) == Some(value));
            Some(one)
        }
        (one, other) => one.or(other),
    }
}

fn combine(op: BinaryOp, left: Option<Tracked>, right: Option<Tracked>) -> Option<Tracked> {
    let (left, right) = (left?, right?);
    match (op, left, right) {
        (BinaryOp::I32Sub, Below { bytes, is_exact }, Number(number)) => {
            moved(bytes, number, is_exact)
        }
        (BinaryOp::I32Add, Below { bytes, is_exact }, Number(number))
        | (BinaryOp::I32Add, Number(number), Below { bytes, is_exact }) => {
            moved(bytes, number.checked_neg()?, is_exact)
        }
        // To align: down to a multiple of a power of two.
        (BinaryOp::I32And, Below { bytes, .. }, Number(mask))
        | (BinaryOp::I32And, Number(mask), Below { bytes, .. }) => {
            let alignment = mask.checked_neg().filter(|alignment| *alignment > 0)? as u32;
            let bytes = bytes.checked_add(alignment.is_power_of_two().then(|| alignment - 1)?)?;
            Some(Below { bytes, is_exact: false })
        }
        _ => None,
    }
}

/// An address `by` bytes further down. One that is in a frame is no further up than where it began, and
/// what is only known not to be below some place is not known any more when it is moved up.
fn moved(bytes: u32, by: i32, is_exact: bool) -> Option<Tracked> {
    if by < 0 && !is_exact {
        return None;
    }
    Some(Below { bytes: bytes.checked_add_signed(by)?, is_exact })
}

/// Whether a function uses a global.
struct Uses {
    pointer: GlobalId,
    found: bool,
}

impl Visitor<'_> for Uses {
    fn visit_global_id(&mut self, global: &GlobalId) {
        self.found |= *global == self.pointer;
    }
}

#[cfg(test)]
mod tests {
    use super::Frame;
    use walrus::{FunctionKind, Module};

    /// What is read of a function with this body: the room, and how often the pointer is moved down and
    /// back.
    fn read(body: &str) -> Result<Option<(u32, usize, usize)>, String> {
        let wat = format!(
            r#"(module
                (memory 1)
                (global $pointer (mut i32) (i32.const 65536))
                (func $use (param i32))
                (func $f (param $x i32) (result i32)
                  (local $frame i32) (local $a i32) (local $b i32) (local $c i32)
                  {body}))"#
        );
        let module = Module::from_buffer(&wat::parse_str(wat).unwrap()).unwrap();
        let pointer = module.globals.iter().next().unwrap().id();
        let function = module.funcs.iter().find(|it| it.name.as_deref() == Some("f")).unwrap();
        let FunctionKind::Local(body) = &function.kind else { unreachable!("a function") };
        let frame = Frame::read(body, pointer).map_err(|error| format!("{error:#}"))?;
        Ok(frame.map(|frame| (frame.room, frame.taken.len(), frame.given_back.len())))
    }

    const TAKE: &str = "(global.set $pointer
        (local.tee $frame (i32.sub (global.get $pointer) (i32.const 48))))";
    const GIVE_BACK: &str = "(global.set $pointer (i32.add (local.get $frame) (i32.const 48)))";

    #[test]
    fn a_local_is_known_in_a_loop_unless_something_else_comes_back_to_its_head() {
        // LLVM uses the frame's local for something else in front of a panic.
        let panics = "(if (local.get $x) (then (local.set $frame (local.get $x)) (unreachable)))";
        let changes = "(local.set $frame (local.get $x))";
        let in_a_loop = |what: &str| {
            read(&format!(
                "{TAKE}
                (loop $again
                  {what}
                  (call $use (local.get $frame))
                  (br_if $again (local.get $x)))
                {GIVE_BACK} (i32.const 0)"
            ))
        };
        assert_eq!(in_a_loop(panics), Ok(Some((48, 1, 1))));
        assert!(in_a_loop(changes).unwrap_err().contains("not understood"));
        let late = format!(
            "{TAKE}
            (local.set $a (local.get $frame))
            (loop $outer
              (loop $inner
                (local.set $b (local.get $a))
                (br_if $inner (local.get $x)))
              (local.set $a (local.get $x))
              (br_if $outer (local.get $x)))
            (global.set $pointer (i32.add (local.get $b) (i32.const 48))) (i32.const 0)"
        );
        assert!(read(&late).unwrap_err().contains("not understood"));
    }

    #[test]
    fn a_function_without_a_frame_has_none() {
        assert_eq!(read("(call $use (local.get $x)) (i32.const 0)"), Ok(None));
    }

    #[test]
    fn a_frame_of_optimised_code() {
        let body = format!("{TAKE} (call $use (local.get $frame)) {GIVE_BACK} (i32.const 0)");
        assert_eq!(read(&body), Ok(Some((48, 1, 1))));
    }

    #[test]
    fn several_ends_and_none() {
        let body = format!(
            "{TAKE}
             (block $out
               (br_if $out (local.get $x))
               (loop $again
                 (call $use (i32.add (local.get $frame) (i32.const 8)))
                 (br_if $again (local.get $x)))
               {GIVE_BACK} (return (i32.const 1)))
             (if (local.get $x) (then (unreachable)))
             {GIVE_BACK} (i32.const 0)"
        );
        assert_eq!(read(&body), Ok(Some((48, 1, 2))));
        assert_eq!(read(&format!("{TAKE} (unreachable)")), Ok(Some((48, 1, 0))));
    }

    #[test]
    fn a_leaf_that_leaves_the_pointer_where_it_is() {
        let body = "(i32.load offset=8 (i32.sub (global.get $pointer) (i32.const 16)))";
        assert_eq!(read(body), Ok(Some((16, 0, 0))));
    }

    #[test]
    fn something_over_aligned() {
        let body = "(local.set $a (global.get $pointer))
            (global.set $pointer (local.tee $frame
              (i32.and (i32.sub (local.get $a) (i32.const 192)) (i32.const -64))))
            (call $use (local.get $frame))
            (global.set $pointer (local.get $a)) (i32.const 0)";
        assert_eq!(read(body), Ok(Some((192 + 63, 1, 1))));
    }

    #[test]
    fn code_that_was_not_optimised() {
        let body = "(local.set $a (global.get $pointer)) (local.set $b (i32.const 32))
            (local.set $c (i32.sub (local.get $a) (local.get $b)))
            (global.set $pointer (local.get $c))
            (if (local.get $x) (then (call $use (local.get $c))) (else (local.set $b (local.get $x))))
            (local.set $a (i32.const 32))
            (local.set $b (i32.add (local.get $c) (local.get $a)))
            (global.set $pointer (local.get $b)) (i32.const 0)";
        assert_eq!(read(body), Ok(Some((32, 1, 1))));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let alloca = format!(
            "{TAKE}
             (global.set $pointer (local.tee $a (i32.sub (local.get $frame) (local.get $x))))
             {GIVE_BACK} (i32.const 0)"
        );
        let reused = format!("{TAKE} (local.set $frame (local.get $x)) {GIVE_BACK} (i32.const 0)");
        let one_way = format!(
            "{TAKE} (if (local.get $x) (then (local.set $frame (local.get $x)))) {GIVE_BACK} (i32.const 0)"
        );
        let in_a_loop = format!("(loop $again {TAKE} (br_if $again (local.get $x))) (i32.const 0)");
        let round_a_loop = format!(
            "{TAKE} (loop $again {GIVE_BACK} (local.set $frame (local.get $x)) (br_if $again (local.get $x)))
             (i32.const 0)"
        );
        for body in [alloca, reused, one_way, in_a_loop, round_a_loop] {
            let error = read(&body).expect_err(&body);
            assert!(error.contains("alloca"), "{error}");
        }
    }

    #[test]
    fn exceptions_are_refused() {
        let body =
            format!("{TAKE} (try_table (call $use (local.get $frame))) {GIVE_BACK} (i32.const 0)");
        assert!(read(&body).unwrap_err().contains("panic = \"abort\""));
    }
}
