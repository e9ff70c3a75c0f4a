//! A module as a list of sections: taken apart and put together again, whatever is in them.

use wasmparser::{Parser, Payload};

/// The number of custom sections.
pub const CUSTOM: u8 = 0;

#[derive(Clone)]
pub struct Section {
    pub id: u8,
    /// Of custom sections.
    pub name: String,
    /// What is behind the name.
    pub data: Vec<u8>,
}

/// The sections of a module that is whole.
pub fn read(wasm: &[u8]) -> Vec<Section> {
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.expect("a module that is whole");
        if let Payload::CustomSection(custom) = &payload {
            let (name, data) = (custom.name().to_owned(), custom.data().to_vec());
            sections.push(Section { id: CUSTOM, name, data });
        } else if let Some((id, range)) = payload.as_section() {
            sections.push(Section { id, name: String::new(), data: wasm[range].to_vec() });
        }
    }
    sections
}

pub fn write(sections: &[Section]) -> Vec<u8> {
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    for section in sections {
        let mut content = Vec::new();
        if section.id == CUSTOM {
            number(&mut content, section.name.len());
            content.extend(section.name.as_bytes());
        }
        content.extend(&section.data);
        wasm.push(section.id);
        number(&mut wasm, content.len());
        wasm.extend(content);
    }
    wasm
}

/// LEB128.
fn number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
