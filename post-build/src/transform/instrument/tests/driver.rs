//! Unwinds and rewinds instrumented functions as the code of `asyncify.rs` does, for the tests.

use super::super::Names;
use crate::transform::twice;
use wasmi::{AsContextMut, Error, Extern, Func, Global, Instance, Memory, Store, Val};

const GOING_ON: &str = "going on: ";

/// The module, in which each of `members` is there twice.
pub fn with_others(wasm: &[u8], members: &[String]) -> Vec<u8> {
    let mut module = walrus::Module::from_buffer(wasm).expect("a valid module");
    for name in members {
        let member = module.exports.get_func(name).expect("an export");
        // Instrumented functions are found by their names.
        module.funcs.get_mut(member).name = Some(name.clone());
        let other = twice::add_other(&mut module, member, GOING_ON);
        module.exports.add(&format!("{GOING_ON}{name}"), other);
    }
    module.emit_wasm()
}

/// What the globals and the function are called in the modules of the tests.
pub fn names(members: &[String]) -> Names<'_> {
    use wasmparser::ValType::{F32, F64, I32, I64};
    Names {
        members,
        going_on: GOING_ON,
        suspend: &["suspend"],
        phase: "phase",
        cursor: "cursor",
        rewind: "rewind",
        results: [(I32, "i32"), (I64, "i64"), (F32, "f32"), (F64, "f64")],
    }
}

pub const RUNNING: i32 = 0;
pub const SUSPENDING: i32 = 1;
const RESUMING: i32 = 2;

pub struct Driver {
    memory: Memory,
    phase: Global,
    cursor: Global,
    rewind: Global,
    results: [Global; 4],
    members: Vec<Func>,
    /// Where frames are written, and read from.
    buffer: i32,
    /// The innermost first.
    frames: Vec<u8>,
    /// How many bytes the last unwinding took.
    pub unwound: usize,
}

/// How far a call has come.
pub enum Ran {
    Returned(Vec<Val>),
    Suspended,
}

impl Driver {
    /// `memory` is the name of the memory; the members are exported under their names.
    pub fn new<T>(
        store: &Store<T>,
        instance: Instance,
        memory: &str,
        members: &[String],
        buffer: i32,
    ) -> Driver {
        let export = |name: &str| instance.get_export(store, name).expect(name);
        let global = |name: &str| export(name).into_global().expect(name);
        Driver {
            memory: export(memory).into_memory().expect(memory),
            phase: global("phase"),
            cursor: global("cursor"),
            rewind: global("rewind"),
            results: ["i32", "i64", "f32", "f64"].map(global),
            members: members
                .iter()
                .map(|name| {
                    let other = instance.get_export(store, &format!("{GOING_ON}{name}"));
                    Extern::into_func(other.unwrap_or_else(|| export(name))).expect(name)
                })
                .collect(),
            buffer,
            frames: Vec::new(),
            unwound: 0,
        }
    }

    /// How many bytes the frames take.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    pub fn start(
        &mut self,
        store: impl AsContextMut,
        function: Func,
        arguments: &[Val],
    ) -> Result<Ran, Error> {
        self.call(store, function, arguments, 0)
    }

    /// Goes on behind the call of `suspend`, which gives `value`.
    pub fn resume(&mut self, mut store: impl AsContextMut, value: Val) -> Result<Ran, Error> {
        let mut results = vec![value];
        while !self.frames.is_empty() {
            for value in results {
                let place = match value {
                    Val::I32(_) => 0,
                    Val::I64(_) => 1,
                    Val::F32(_) => 2,
                    Val::F64(_) => 3,
                    other => panic!("{other:?} is no number"),
                };
                self.results[place].set(&mut store, value).expect("a variable");
            }
            self.memory.write(&mut store, self.buffer as usize, &self.frames)?;
            self.rewind.set(&mut store, Val::I32(self.buffer)).expect("a variable");
            self.phase.set(&mut store, Val::I32(RESUMING)).expect("a variable");
            let number = u32::from_le_bytes(self.frames[..4].try_into().expect("four bytes"));
            let function = self.members[number as usize];
            let zeros: Vec<Val> =
                function.ty(&store).params().iter().map(|ty| Val::default(*ty)).collect();
            match self.call(&mut store, function, &zeros, 1)? {
                Ran::Suspended => return Ok(Ran::Suspended),
                Ran::Returned(values) => results = values,
            }
        }
        Ok(Ran::Returned(results))
    }

    /// Calls a function, which takes that many frames.
    fn call(
        &mut self,
        mut store: impl AsContextMut,
        function: Func,
        arguments: &[Val],
        takes: usize,
    ) -> Result<Ran, Error> {
        let ty = function.ty(&store);
        let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default(*ty)).collect();
        function.call(&mut store, arguments, &mut results)?;
        let value = |global: Global, store: &_| global.get(store).i32().expect("a number");
        let taken = if takes == 0 { 0 } else { value(self.rewind, &store) - self.buffer };
        assert_eq!(taken > 0, takes > 0, "a frame was not taken");
        self.frames.drain(..taken as usize);
        if value(self.phase, &store) == RUNNING {
            return Ok(Ran::Returned(results));
        }
        let end = value(self.cursor, &store);
        let new = &self.memory.data(&store)[self.buffer as usize..end as usize];
        self.unwound = new.len();
        self.frames.splice(..0, new.iter().copied());
        self.phase.set(&mut store, Val::I32(RUNNING)).expect("a variable");
        Ok(Ran::Suspended)
    }
}
