//! `cargo suspendable test`: the functions that `#[suspendable_test]` is on, with Node.js or in a browser.
//!
//! They are compiled as cargo compiles tests, for wasm32-unknown-unknown, and so there is libtest's `main` in the file,
//! which has no use there: nothing in it could wait. What runs them is JavaScript (`tests.mjs`), which prints what libtest
//! would. The package of a test file goes beside what was linked, and is not optimised.
//!
//! ```text
//! tests      which tests, one after the other, and what is printed
//! node       an engine: a process in which they run; process
//! browser    an engine: a page of a browser; driver, drivers, serve, page
//! judge      one test, in any of them
//! ```

use crate::about::About;
use crate::build::{self, Tests};
use crate::fresh;
use crate::input::Input;
use crate::options::{Output, Selection};
use crate::post_build;
use crate::progress::Progress;
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportSection, RawSection};
use wasmparser::{Parser, Payload};

/// What runs the tests, beside their package.
const RUNNER: [(&str, &str); 9] = [
    ("tests.mjs", include_str!("tests.mjs")),
    ("judge.mjs", include_str!("judge.mjs")),
    ("node.mjs", include_str!("node.mjs")),
    ("process.mjs", include_str!("process.mjs")),
    ("browser.mjs", include_str!("browser.mjs")),
    ("driver.mjs", include_str!("driver.mjs")),
    ("drivers.mjs", include_str!("drivers.mjs")),
    ("serve.mjs", include_str!("serve.mjs")),
    ("page.mjs", include_str!("page.mjs")),
];

/// Which tests, where, and how long.
#[derive(Args)]
pub struct Choice {
    /// Run those that are `#[ignore]`d, and only those
    #[arg(long)]
    ignored: bool,
    /// A test that has not ended after that time has failed
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    time_limit: f64,
    /// How they suspend
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
    /// Run them in a browser, headless, with its WebDriver: chromedriver, geckodriver, safaridriver or WebKitWebDriver on
    /// the PATH, or what CHROMEDRIVER, GECKODRIVER or SAFARIDRIVER say
    #[arg(long, value_enum)]
    browser: Vec<Browser>,
}

#[derive(Clone, Copy, Default, clap::ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Backend {
    /// As packages do where nothing else is said
    #[default]
    Asyncify,
    /// On stacks of the engine's
    Jspi,
    /// Through one after the other, as far as the engine has them
    All,
}

#[derive(Clone, Copy, clap::ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Browser {
    /// Chromium or Chrome
    Chromium,
    Firefox,
    /// Safari, or WebKitGTK
    Webkit,
}

/// What JavaScript is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    /// Where the tests begin, as cargo says it.
    at: &'a str,
    seconds: f64,
    only_ignored: bool,
    filters: &'a [String],
    backend: Backend,
    /// None is Node.js.
    browser: Option<Browser>,
}

/// One test, as JavaScript is told.
#[derive(Serialize)]
struct Test<'a> {
    /// The function of the package.
    export: &'a str,
    /// Its path in the crate.
    name: &'a str,
    /// Empty, or `ignore`, or `ignore REASON`.
    ignore: &'a str,
    /// Empty, or `should_panic`, or `should_panic EXPECTED`.
    panics: &'a str,
}

/// Compiles the tests of the selected library, and runs those whose paths have one of `filters` in them.
pub fn test(
    selection: &Selection,
    filters: &[String],
    choice: &Choice,
    verbose: bool,
) -> Result<ExitCode> {
    let progress = Progress::quiet(verbose);
    let browsers = choice.browser.iter().copied().map(Some);
    let engines: Vec<_> = if choice.browser.is_empty() { vec![None] } else { browsers.collect() };
    for tests in build::compile_tests(&progress, selection)? {
        let Tests { at, folder, .. } = &tests;
        let runner = package(&tests, verbose)?;
        for &browser in &engines {
            let asked = Asked {
                at,
                seconds: choice.time_limit,
                only_ignored: choice.ignored,
                filters,
                backend: choice.backend,
                browser,
            };
            let mut node = Command::new("node");
            node.current_dir(folder).arg(&runner).arg(serde_json::to_string(&asked)?);
            progress.show(&node);
            let status = node
                .status()
                .context("cannot run `node`: install Node.js 20 or later, which runs the tests")?;
            if !status.success() {
                return Ok(ExitCode::from(status.code().unwrap_or(1) as u8));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The module that runs the tests of a file, in its package, which is made if need be.
fn package(Tests { file, sources, .. }: &Tests, verbose: bool) -> Result<PathBuf> {
    let linked = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let texts = texts(&linked)?;
    let all = all(&texts)?;
    let stem = file.file_stem().context("the file has no name")?;
    let folder = file.parent().context("the file is in no folder")?.join("suspendable").join(stem);
    fresh::make_once(&folder, &linked, || {
        fs::create_dir_all(&folder)?;
        if !all.is_empty() {
            let about = About::only("tested".to_owned());
            let wasm = without_main(&linked)?;
            let input = Input {
                file,
                wasm,
                about,
                keep_names: true,
                sources: *sources,
                is_optimised: false,
                tells_unsupported: false,
            };
            let output = Output { out_dir: folder.clone(), verbose, ..Output::default() };
            post_build::run(&Progress::quiet(verbose), input, &output)?;
        }
        fs::write(folder.join("tests.json"), serde_json::to_string(&all)?)?;
        RUNNER.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text))?;
        Ok(())
    })?;
    Ok(folder.join("tests.mjs"))
}

/// What the attribute has left in the module: four texts a test.
fn texts(wasm: &[u8]) -> Result<String> {
    let mut texts = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CustomSection(section) = payload?
            && section.name() == "suspendable.tests"
        {
            texts.extend_from_slice(section.data());
        }
    }
    String::from_utf8(texts).context("the paths of tests are text")
}

/// The tests, by their paths, which begin behind the name of the crate.
fn all(texts: &str) -> Result<Vec<Test<'_>>> {
    let fields: Vec<_> = texts.split_terminator('\0').collect();
    let (tests, rest) = fields.as_chunks();
    ensure!(rest.is_empty(), "the crate `suspendable` is of another version than this tool");
    let mut tests: Vec<_> = tests
        .iter()
        .map(|[export, path, ignore, panics]| {
            let name = path.split_once("::").map_or(*path, |(_, name)| name);
            Test { export, name, ignore, panics }
        })
        .collect();
    tests.sort_by_key(|test| test.name);
    Ok(tests)
}

/// The module without its export `main`, which wasm-bindgen would have run when it begins.
fn without_main(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::ExportSection(section) = &payload {
            let mut exports = ExportSection::new();
            for export in section.clone() {
                let export = export?;
                if export.name != "main" {
                    RoundtripReencoder.parse_export(&mut exports, export)?;
                }
            }
            module.section(&exports);
        } else if let Some((id, range)) = payload.as_section() {
            module.section(&RawSection { id, data: &wasm[range] });
        }
    }
    Ok(module.finish())
}

#[cfg(test)]
mod tests {
    use super::{all, without_main};

    #[test]
    fn tests_come_by_their_paths_without_the_crates_name() {
        let texts = "e1\0krate::tests::writes\0\0\0e0\0krate::reads\0ignore slow\0should_panic\0";
        let all = all(texts).unwrap();
        let seen: Vec<_> =
            all.iter().map(|test| (test.export, test.name, test.ignore, test.panics)).collect();
        let expected =
            [("e0", "reads", "ignore slow", "should_panic"), ("e1", "tests::writes", "", "")];
        assert_eq!(seen, expected);
        assert!(super::all("e\0path\0").is_err());
    }

    #[test]
    fn nothing_but_main_goes() {
        let module = |exports| {
            let wat =
                format!("(module (memory 1) (func $main) {exports} (data (i32.const 0) \"x\"))");
            wat::parse_str(wat).unwrap()
        };
        let with =
            module(r#"(export "a" (func 0)) (export "main" (func 0)) (export "m" (memory 0))"#);
        let without = module(r#"(export "a" (func 0)) (export "m" (memory 0))"#);
        assert_eq!(without_main(&with).unwrap(), without);
    }
}
