//! Where the data holds addresses of functions: in a slot of a vtable, or elsewhere.
//!
//! A vtable of rustc is an anonymous constant with this layout:
//!
//! ```text
//! +0   drop glue, or 0
//! +4   size of the type
//! +8   alignment of the type: a power of two
//! +12  methods; or the address of a supertrait's vtable; or 0, for a method that no `dyn` has
//! ```
//!
//! Nothing else that rustc emits has a function or 0, then two such numbers, then functions. A
//! `static` or a C object may look like it, so only anonymous constants count. Whatever is not
//! recognised is *another table*: an indirect call through any memory reaches it, which costs
//! precision only.

use super::linked::{Object, Relocations, Target};
use std::collections::{BTreeMap, BTreeSet};

/// The functions whose addresses stand in the data.
#[derive(Default)]
pub struct DataFunctions {
    /// By the offset in the vtable.
    pub slots: BTreeMap<u32, BTreeSet<u32>>,
    /// The functions of each vtable, by the offset in it.
    pub vtables: Vec<Vec<(u32, u32)>>,
    /// Those in anything but a vtable.
    pub others: BTreeSet<u32>,
    /// By object, then by the offset in it.
    pub objects: BTreeMap<u32, BTreeMap<u32, u32>>,
}

impl DataFunctions {
    pub fn of(relocations: &Relocations) -> Self {
        let mut functions = DataFunctions::default();
        let mut in_vtables = BTreeSet::new();
        for (index, object) in relocations.objects.iter().enumerate() {
            let is_vtable = is_vtable(relocations, object);
            let mut vtable = Vec::new();
            for &(place, target) in relocations.inside(object) {
                let Target::Function(function) = target else {
                    continue;
                };
                let offset = place.1 - object.place.1;
                if is_vtable {
                    functions.slots.entry(offset).or_default().insert(function);
                    vtable.push((offset, function));
                    in_vtables.insert(place);
                }
                let of_object = functions.objects.entry(index as u32).or_default();
                of_object.insert(offset, function);
            }
            functions.vtables.extend((!vtable.is_empty()).then_some(vtable));
        }
        for &(place, target) in &relocations.data {
            if let Target::Function(function) = target
                && !in_vtables.contains(&place)
            {
                functions.others.insert(function);
            }
        }
        functions
    }
}

/// What a word of the data is.
enum Word {
    Number(u32),
    Function,
    Address,
}

fn is_vtable(relocations: &Relocations, object: &Object) -> bool {
    if !is_anonymous(object.name) {
        return false;
    }
    let words = words(relocations, object);
    let [drop, Word::Number(size), Word::Number(align), methods @ ..] = &words[..] else {
        return false;
    };
    matches!(drop, Word::Function | Word::Number(0))
        && align.is_power_of_two()
        && size.is_multiple_of(*align)
        && methods
            .iter()
            .all(|word| matches!(word, Word::Function | Word::Address | Word::Number(0)))
}

/// Whether rustc calls its vtables so: `vtable.N`, or what LLVM makes of a constant without a name.
fn is_anonymous(name: &str) -> bool {
    let name = name.strip_prefix(".L").unwrap_or(name);
    ["vtable.", "anon.", "__unnamed_"].iter().any(|prefix| name.starts_with(prefix))
}

/// The words of an object; empty if it is not made of aligned words.
fn words(relocations: &Relocations, object: &Object) -> Vec<Word> {
    let bytes = relocations.bytes(object);
    if !object.place.1.is_multiple_of(4) || !bytes.len().is_multiple_of(4) {
        return Vec::new();
    }
    let mut words: Vec<Word> = bytes
        .chunks_exact(4)
        .map(|word| Word::Number(u32::from_le_bytes([word[0], word[1], word[2], word[3]])))
        .collect();
    for (place, target) in relocations.inside(object) {
        let offset = place.1 - object.place.1;
        if !offset.is_multiple_of(4) {
            return Vec::new();
        }
        // An object that says it is longer than what is stored has no bytes.
        let Some(word) = words.get_mut(offset as usize / 4) else { return Vec::new() };
        *word = match target {
            Target::Function(_) => Word::Function,
            Target::Object { .. } => Word::Address,
        };
    }
    words
}
