//! One program: what it sees, what it asks, how it ends.

use crate::words::{Entry, meddle};
use crate::{answer, ask, call, fail, shapes};
use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::rc::Rc;
use suspendable::block_on;
use wasm_bindgen::JsValue;

/// Numbers without a pattern: xorshift.
pub struct Random(Cell<u64>);

impl Random {
    pub const fn new(seed: u32) -> Random {
        Random(Cell::new((seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    pub fn next(&self) -> u64 {
        let mut state = self.0.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.0.set(state);
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&self, end: u32) -> u32 {
        (((self.next() >> 32) * u64::from(end)) >> 32) as u32
    }
}

/// Another number from a number.
pub fn mix(value: u64) -> u64 {
    let value = (value ^ value >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value ^ value >> 32
}

/// The ways in which a program faults on purpose.
const FAULTS: [&str; 6] = ["panic", "unreachable", "out of bounds", "throw", "overflow", "deep"];

pub struct Program {
    pub seen: Cell<u64>,
    pub fault: Cell<Option<&'static str>>,
    pub random: Random,
    suspends: Cell<bool>,
    /// How many steps are left.
    fuel: Cell<u32>,
    /// With how many steps left it faults.
    faults_at: u32,
    /// How many bytes of frames it may still take.
    room: Cell<u32>,
    /// The words on its stack that it has published.
    words: RefCell<Vec<Rc<Entry>>>,
    world: u32,
    generation: u32,
}

impl Program {
    pub fn new(seed: u32, generation: u32, world: u32) -> Program {
        let random = Random::new(seed);
        let fuel = (20 + random.below(200)) >> generation.min(4);
        let is_faulty = random.below(16) == 0;
        Program {
            seen: Cell::new(0),
            fault: Cell::new(None),
            suspends: Cell::new(false),
            faults_at: if is_faulty { random.below(fuel) } else { u32::MAX },
            fuel: Cell::new(fuel),
            room: Cell::new(1 << (10 + random.below(10))),
            random,
            words: RefCell::default(),
            world,
            generation,
        }
    }

    pub fn run(&self, suspends: bool) -> u64 {
        self.suspends.set(suspends);
        let mut value = 1;
        while self.fuel.get() > 0 {
            value = self.call(value);
        }
        self.seen.get()
    }

    /// Remembers that it has seen a value.
    pub fn see(&self, value: u64) {
        self.seen.set(mix(self.seen.get().rotate_left(5) ^ value));
    }

    /// Takes a step, if there is one left.
    fn step(&self) -> bool {
        let Some(left) = self.fuel.get().checked_sub(1) else { return false };
        self.fuel.set(left);
        if left == self.faults_at {
            self.go_wrong();
        }
        true
    }

    /// Asks JavaScript, and suspends until there is an answer: another number.
    #[inline(never)]
    pub fn pause(&self, value: u64) -> u64 {
        let question = (value ^ value >> 32) as u32;
        if !self.step() || question.is_multiple_of(5) {
            // A call that could have suspended, and did not.
            return mix(value);
        }
        let answered = if self.suspends.get() {
            meddle(2);
            let outcome = block_on(&ask(question));
            meddle(1);
            outcome.map_err(number).map(number)
        } else if is_rejected(question) {
            Err(answer(question))
        } else {
            Ok(answer(question))
        };
        let answered = match answered {
            Ok(value) => u64::from(value),
            Err(reason) => !u64::from(reason),
        };
        self.see(answered);
        mix(value ^ answered)
    }

    /// Goes on in another function.
    #[inline(never)]
    pub fn call(&self, value: u64) -> u64 {
        if !self.step() {
            return mix(value);
        }
        let result = shapes::go_on(self, value);
        self.see(result);
        result
    }

    /// Calls JavaScript, which runs another program.
    #[inline(never)]
    pub fn call_back(&self, value: u64) -> u64 {
        if self.generation > 2 {
            return mix(value);
        }
        let on_fiber = value.is_multiple_of(2);
        u64::from(call(self.world, mix(value) as u32, self.generation + 1, on_fiber))
    }

    /// Whether there is room for a frame of that many bytes. It is given back by `leave`.
    pub fn enter(&self, bytes: u32) -> bool {
        let left = self.room.get().checked_sub(bytes);
        left.inspect(|left| self.room.set(*left)).is_some()
    }

    pub fn leave(&self, bytes: u32) {
        self.room.update(|room| room + bytes);
    }

    /// Puts the address of a word on the stack into its own list, and into everybody's.
    ///
    /// # Safety
    ///
    /// `withdraw` comes before the end of the function that has the word.
    pub unsafe fn publish(&self, word: &Cell<u64>) {
        // SAFETY: the entry is withdrawn before.
        let entry = unsafe { Entry::new(word) };
        // The stack of a call outside of every fiber is used again when it has faulted.
        if self.suspends.get() {
            entry.publish();
        }
        self.words.borrow_mut().push(entry);
    }

    /// Takes the last `count` words from the lists.
    pub fn withdraw(&self, count: usize) {
        let mut words = self.words.borrow_mut();
        let rest = words.len() - count;
        words.drain(rest..).for_each(|entry| entry.withdraw());
    }

    /// Uses one of the words on its stack, through the list.
    pub fn use_word(&self, value: u64) {
        let words = self.words.borrow();
        if let Some(place) = (self.random.next() as usize).checked_rem(words.len()) {
            self.see(words[place].get());
            words[place].add(value);
        }
    }

    /// What is in the word that was published last but `back`.
    pub fn word(&self, back: usize) -> u64 {
        let words = self.words.borrow();
        words[words.len() - 1 - back].get()
    }

    #[cold]
    #[inline(never)]
    fn go_wrong(&self) {
        let fault = FAULTS[self.random.below(FAULTS.len() as u32) as usize];
        self.fault.set(Some(fault));
        match fault {
            "panic" => panic!("a panic on purpose"),
            "unreachable" => core::arch::wasm32::unreachable(),
            // SAFETY: not safe, and the point of it: the address is behind the end of the memory.
            "out of bounds" => drop(unsafe { (0xffff_fff0 as *const u32).read_volatile() }),
            "throw" => fail(),
            "overflow" => drop(without_end(self, 1)),
            _ => drop(without_frame(self, 1)),
        }
        unreachable!("it has gone wrong");
    }
}

/// Recursion that fills the shadow stack. It could suspend at the bottom.
#[inline(never)]
fn without_end(program: &Program, n: u64) -> u64 {
    let mut bytes = [n as u8; 10_000];
    black_box(&mut bytes);
    if black_box(n) == 0 {
        return program.pause(n);
    }
    without_end(program, n + 1) + u64::from(bytes[n as usize % 10_000])
}

/// Recursion that uses the engine's stack alone.
#[inline(never)]
fn without_frame(program: &Program, n: u64) -> u64 {
    static END: u64 = 0;
    // SAFETY: a reference is valid. `black_box` would keep `n` in memory, on the shadow stack.
    let end = unsafe { (&raw const END).read_volatile() };
    if n == end { program.pause(n) } else { without_frame(program, n + 1).rotate_left(1) ^ n }
}

/// Whether the answer is the reason of a rejection, as the driver has it.
fn is_rejected(question: u32) -> bool {
    question % 7 == 3
}

fn number(value: JsValue) -> u32 {
    value.as_f64().expect("a number") as u32
}
