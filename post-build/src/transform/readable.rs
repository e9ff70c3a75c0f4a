//! The names of functions in a file that keeps them, as stack traces should have them.

use super::names::readable;
use anyhow::Result;
use wasm_encoder::{Module, NameMap, NameSection, RawSection};
use wasmparser::{KnownCustom, Name, NameSectionReader, Parser, Payload};

/// The module with demangled names, if it has any.
pub fn with_readable_names(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut output = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        let known = match &payload {
            Payload::CustomSection(section) => Some(section.as_known()),
            _ => None,
        };
        if let Some(KnownCustom::Name(names)) = known {
            output.section(&demangled(names)?);
        } else if let Some((id, range)) = payload.as_section() {
            output.section(&RawSection { id, data: &wasm[range] });
        }
    }
    Ok(output.finish())
}

/// The names of the module and of its functions: nobody shows others.
fn demangled(names: NameSectionReader) -> Result<NameSection> {
    let mut section = NameSection::new();
    for subsection in names {
        match subsection? {
            Name::Module { name, .. } => section.module(name),
            Name::Function(functions) => {
                let mut map = NameMap::new();
                for naming in functions {
                    let naming = naming?;
                    map.append(naming.index, &readable(naming.name));
                }
                section.functions(&map);
            }
            _ => {}
        }
    }
    Ok(section)
}
