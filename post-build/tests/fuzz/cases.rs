//! What is done to linked modules, and what is generated.

use crate::inputs::{Input, Inputs};
use crate::sections::{self, CUSTOM, Section};
use arbitrary::Unstructured;
use fastrand::Rng;
use std::ops::Range;
use wasm_mutate::WasmMutate;
use wasm_smith::Config;

/// What a case is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Bits,
    Bytes,
    Truncated,
    Custom,
    Sections,
    Mutated,
    Equivalent,
    Generated,
    GeneratedProgram,
    Grafted,
}

/// How many of so many cases are of each kind.
const SHARES: [(Kind, usize); 10] = [
    (Kind::Bits, 12),
    (Kind::Bytes, 8),
    (Kind::Truncated, 3),
    (Kind::Custom, 30),
    (Kind::Sections, 5),
    (Kind::Mutated, 20),
    (Kind::Equivalent, 4),
    (Kind::Generated, 6),
    (Kind::GeneratedProgram, 8),
    (Kind::Grafted, 4),
];

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bits => "bits flipped",
            Kind::Bytes => "bytes replaced",
            Kind::Truncated => "cut short",
            Kind::Custom => "custom section damaged",
            Kind::Sections => "sections moved",
            Kind::Mutated => "mutated",
            Kind::Equivalent => "mutated, does the same",
            Kind::Generated => "generated",
            Kind::GeneratedProgram => "generated program",
            Kind::Grafted => "generated, with our sections",
        }
    }
}

/// Which of the tool's commands a case is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    PostBuild,
    /// With a Node.js that has JSPI or not.
    Run {
        has_jspi: bool,
    },
}

impl Way {
    /// Where the package goes that is made of `made.wasm`.
    pub fn folder(self) -> &'static str {
        match self {
            Way::PostBuild => "pkg",
            Way::Run { .. } => "suspendable/made",
        }
    }
}

pub struct Case {
    pub kind: Kind,
    pub way: Way,
    pub wasm: Vec<u8>,
    /// What `--profile` is given.
    pub profile: Option<Vec<u8>>,
    pub options: Vec<&'static str>,
    /// What a package of it prints, if that is known; or what the module itself does, where a mutation was none that
    /// does the same.
    pub expected: Option<&'static str>,
}

/// What the program prints that [`Kind::Equivalent`] runs, and with which arguments.
pub const ARGUMENTS: [&str; 3] = ["args", "one", "two"];
const PRINTED: &str = "one\ntwo\n";

/// A case; none if what was to be generated or mutated cannot be.
pub fn case(inputs: &Inputs, random: &mut Rng) -> Option<Case> {
    let mut at = random.usize(..SHARES.iter().map(|(_, share)| share).sum::<usize>());
    let mut shares = SHARES.iter();
    let kind = loop {
        let (kind, share) = shares.next().expect("one of them");
        match at.checked_sub(*share) {
            Some(rest) => at = rest,
            None => break *kind,
        }
    };
    // The first ones are small.
    let input = &inputs.0[random.usize(..inputs.0.len()).min(random.usize(..inputs.0.len()))];
    // The whole takes ten times as long.
    let wasm = if random.u8(..20) == 0 { &input.wasm } else { &input.slim };
    let mut options = Vec::new();
    let wasm = match kind {
        Kind::Bits => flip(wasm, random),
        Kind::Bytes => {
            let mut wasm = wasm.clone();
            replace(&mut wasm, random);
            wasm
        }
        Kind::Truncated => wasm[..random.usize(..wasm.len())].to_vec(),
        Kind::Custom => damage_custom(wasm, random),
        Kind::Sections => move_sections(wasm, inputs, random),
        Kind::Mutated => mutate(&input.slim, random, false)?,
        Kind::Equivalent => mutate(&program(inputs).plain, random, true)?,
        Kind::Generated => generate(anything(), random)?,
        Kind::GeneratedProgram => generate(a_program(random.u8(..4) == 0), random)?,
        Kind::Grafted => graft(&input.slim, random)?,
    };
    for option in [&["--keep-names"][..], &["--true-names"], &["--graph", "graph.svg"]] {
        if random.u8(..4) == 0 {
            options.extend(option);
        }
    }
    let is_program = match kind {
        Kind::GeneratedProgram | Kind::Equivalent => true,
        Kind::Generated => false,
        _ => input.is_program,
    };
    let way = match random.u8(..8) {
        0 if is_program => Way::Run { has_jspi: true },
        1 if is_program => Way::Run { has_jspi: false },
        _ => Way::PostBuild,
    };
    let profile = (way == Way::PostBuild && random.u8(..8) == 0).then(|| profile(random));
    match (&way, &profile) {
        (Way::Run { .. }, _) => options.clear(),
        (_, Some(_)) if random.bool() => options.push("--profile-full"),
        _ => {}
    }
    // What the profile has not is not instrumented, and without Asyncify it cannot be run here.
    let is_run =
        kind == Kind::Equivalent && way != Way::Run { has_jspi: true } && profile.is_none();
    Some(Case { kind, way, wasm, profile, options, expected: is_run.then_some(PRINTED) })
}

/// A profile: of others, empty, damaged, or no text at all.
fn profile(random: &mut Rng) -> Vec<u8> {
    let mut text = match random.u8(..3) {
        0 => b"[]".to_vec(),
        1 => br#"["_start", "main", "std::rt::lang_start", "program::wait", "no::such", "<a as b>::{}", ""]"#.to_vec(),
        _ => b"[".repeat(random.usize(..1000)),
    };
    match random.u8(..3) {
        0 => {}
        1 => replace(&mut text, random),
        _ if text.is_empty() => {}
        _ => text = flip(&text, random),
    }
    text
}

fn program(inputs: &Inputs) -> &Input {
    inputs.0.iter().find(|input| input.is_program).expect("one of the inputs")
}

fn flip(wasm: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut wasm = wasm.to_vec();
    for _ in 0..1 << random.u8(..7) {
        let at = random.usize(..wasm.len());
        wasm[at] ^= 1 << random.u8(..8);
    }
    wasm
}

/// Some bytes, or none, in the place of some, or none.
fn replace(bytes: &mut Vec<u8>, random: &mut Rng) {
    let start = random.usize(..=bytes.len());
    let end = (start + small(random)).min(bytes.len());
    // Much in the format is a number, and large ones promise much.
    let new: Vec<u8> = match random.u8(..4) {
        0 => vec![0xff; small(random)],
        1 => b"\xff\xff\xff\xff\x0f".to_vec(),
        2 => vec![0; small(random)],
        _ => (0..small(random)).map(|_| random.u8(..)).collect(),
    };
    bytes.splice(start..end, new);
}

/// A length: most are small.
fn small(random: &mut Rng) -> usize {
    let bits = random.u8(1..12);
    random.usize(..1 << bits)
}

/// The file around the section stays as it is: what reads it is what has to find out.
fn damage_custom(wasm: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut sections = sections::read(wasm);
    let customs: Vec<_> = (0..sections.len()).filter(|at| sections[*at].id == CUSTOM).collect();
    for _ in 0..1 + random.usize(..2) {
        let at = customs[random.usize(..customs.len())];
        let data = &mut sections[at].data;
        if data.is_empty() {
            continue;
        }
        match random.u8(..8) {
            0 => data.truncate(random.usize(..data.len())),
            1 => *data = (0..small(random)).map(|_| random.u8(..)).collect(),
            2 => data.clear(),
            3 | 4 => replace(data, random),
            5 => data.extend_from_within(part(data.len(), random)),
            _ => *data = flip(data, random),
        }
    }
    sections::write(&sections)
}

/// Sections that are missing, there twice, of another module, or elsewhere.
fn move_sections(wasm: &[u8], inputs: &Inputs, random: &mut Rng) -> Vec<u8> {
    let mut sections = sections::read(wasm);
    for _ in 0..1 + random.usize(..3) {
        let at = random.usize(..sections.len());
        match random.u8(..4) {
            0 => drop(sections.remove(at)),
            1 => sections.insert(at, sections[at].clone()),
            2 => {
                let others = sections::read(&inputs.0[random.usize(..inputs.0.len())].slim);
                let is_like = |other: &&Section| {
                    other.id == sections[at].id && other.name == sections[at].name
                };
                if let Some(other) = others.iter().find(is_like) {
                    sections[at] = other.clone();
                }
            }
            _ => {
                let to = random.usize(..sections.len());
                sections.swap(at, to);
            }
        }
    }
    sections::write(&sections)
}

fn part(length: usize, random: &mut Rng) -> Range<usize> {
    let start = random.usize(..length);
    start..start + random.usize(..=length - start)
}

/// Valid modules, but of those that are not to do the same some are not.
fn mutate(wasm: &[u8], random: &mut Rng, does_the_same: bool) -> Option<Vec<u8>> {
    let mut wasm = wasm.to_vec();
    let mut changes = 0;
    for _ in 0..1 + random.usize(..3) {
        let mut mutate = WasmMutate::default();
        mutate.seed(random.u64(..)).preserve_semantics(does_the_same).fuel(300);
        let Ok(mut mutated) = mutate.run(&wasm) else { continue };
        let Some(Ok(next)) = mutated.next() else { continue };
        drop(mutated);
        wasm = next;
        changes += 1;
    }
    (changes > 0).then_some(wasm)
}

fn generate(config: Config, random: &mut Rng) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = (0..2000 + random.usize(..8000)).map(|_| random.u8(..)).collect();
    let module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    Some(module.to_bytes())
}

/// All that there is in WebAssembly.
fn anything() -> Config {
    Config {
        max_memories: 3,
        max_tables: 3,
        max_imports: 10,
        custom_page_sizes_enabled: true,
        custom_descriptors_enabled: true,
        generate_custom_sections: true,
        shared_everything_threads_enabled: true,
        wide_arithmetic_enabled: true,
        ..Config::default()
    }
}

/// What the tool takes for a program, unless it has what programs may not have.
fn a_program(has_more: bool) -> Config {
    let shape = |text| Some(wat::parse_str(text).expect("a module"));
    Config {
        available_imports: shape(
            r#"(module
                (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
                (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))))"#,
        ),
        exports: shape(r#"(module (memory (export "memory") 1) (func (export "_start")))"#),
        gc_enabled: false,
        memory64_enabled: false,
        max_memories: 1,
        max_imports: 10,
        generate_custom_sections: true,
        exceptions_enabled: has_more,
        extended_const_enabled: has_more,
        relaxed_simd_enabled: has_more,
        tail_call_enabled: has_more,
        threads_enabled: has_more,
        ..Config::default()
    }
}

/// A generated module that says it has been through lld and wasm-bindgen's macros.
fn graft(wasm: &[u8], random: &mut Rng) -> Option<Vec<u8>> {
    let mut sections = sections::read(&generate(anything(), random)?);
    sections.extend(sections::read(wasm).into_iter().filter(|section| section.id == CUSTOM));
    Some(sections::write(&sections))
}
