//! What a build made: how much of the module is instrumented, how large the files are, how long each
//! step took. As a table on the terminal, and as JSON with `--report FILE.json`.

use crate::progress::Progress;
use crate::transform::readable;
use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// The figures of one build.
#[derive(Serialize)]
pub struct Report {
    /// The functions of the optimised module, without imports.
    pub functions: usize,
    pub instrumented_functions: usize,
    /// The bytes of their bodies, before anything is instrumented.
    pub code_bytes: usize,
    pub instrumented_code_bytes: usize,
    pub sizes: Sizes,
    /// The names of the instrumented functions, as `--keep-names` leaves them in the files.
    pub instrumented: Vec<String>,
    /// Seconds, by step.
    pub seconds: serde_json::Map<String, serde_json::Value>,
}

/// Both modules, after the same optimisation.
#[derive(Serialize)]
pub struct Sizes {
    /// `NAME.wasm`: nothing is instrumented.
    pub plain: Size,
    /// `NAME.asyncify.wasm`, unless the package is for engines with JSPI only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asyncify: Option<Size>,
    /// `NAME.full.wasm`, if a package by profile carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<Size>,
}

/// Bytes.
#[derive(Serialize)]
pub struct Size {
    pub raw: usize,
    pub gzip: usize,
}

impl Report {
    /// `optimised` has names, and `instrumented` of its functions will be instrumented.
    pub fn new(
        optimised: &[u8],
        instrumented: &[String],
        plain: &[u8],
        asyncify: Option<&[u8]>,
        full: Option<&[u8]>,
    ) -> Result<Self> {
        let bodies = bodies(optimised)?;
        let set: BTreeSet<&str> = instrumented.iter().map(String::as_str).collect();
        let of_set = bodies.iter().filter(|(name, _)| set.contains(name.as_str()));
        let size = |wasm: Option<&[u8]>| wasm.map(Size::of).transpose();
        let sizes = Sizes { plain: Size::of(plain)?, asyncify: size(asyncify)?, full: size(full)? };
        Ok(Report {
            functions: bodies.len(),
            instrumented_functions: of_set.clone().count(),
            code_bytes: bodies.iter().map(|(_, bytes)| bytes).sum(),
            instrumented_code_bytes: of_set.map(|(_, bytes)| bytes).sum(),
            sizes,
            instrumented: instrumented.iter().map(|name| readable(name)).collect(),
            seconds: serde_json::Map::new(),
        })
    }

    /// The table on the terminal.
    pub fn show(&self, progress: &Progress) {
        let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        let row = |what: &str, part: usize, whole: usize| {
            progress
                .note(&format!("{what:<24}{part:>9} of {whole:>9}  {:>6.2} %", share(part, whole)));
        };
        row("instrumented functions", self.instrumented_functions, self.functions);
        row("instrumented code bytes", self.instrumented_code_bytes, self.code_bytes);
        let Sizes { plain, asyncify: Some(asyncify), .. } = &self.sizes else { return };
        for (what, plain, asyncify) in
            [("raw", plain.raw, asyncify.raw), ("gzip", plain.gzip, asyncify.gzip)]
        {
            progress.note(&format!(
                "{:<24}{plain:>9} →  {asyncify:>9}  {:>+6.2} %",
                format!("bytes, {what}"),
                share(asyncify, plain) - 100.0
            ));
        }
    }

    /// Writes the JSON, into a folder that need not exist.
    pub fn write(&self, file: &Path) -> Result<()> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}

impl Size {
    fn of(bytes: &[u8]) -> Result<Self> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes)?;
        Ok(Size { raw: bytes.len(), gzip: gzip.finish()?.len() })
    }
}

/// The name of every function that is not imported, and the bytes of its body.
fn bodies(wasm: &[u8]) -> Result<Vec<(String, usize)>> {
    let mut imported = 0;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += matches!(import?.ty, wasmparser::TypeRef::Func(_)) as usize;
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push((String::new(), body.range().len())),
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { continue };
                for subsection in names {
                    let Name::Function(map) = subsection? else { continue };
                    for naming in map {
                        let naming = naming?;
                        let index = (naming.index as usize).checked_sub(imported);
                        if let Some(body) = index.and_then(|index| bodies.get_mut(index)) {
                            body.0 = naming.name.to_owned();
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(bodies)
}
