//! What a package says of itself: its `package.json`.

use serde::Serialize;
use serde_json::json;

/// Whose package it is.
pub struct About {
    /// Of the package, and of its files.
    pub name: String,
    pub version: String,
    pub description: Option<String>,
    pub license: Option<String>,
}

impl About {
    /// Of a file, of which nothing else is known.
    pub fn only(name: String) -> About {
        About { name, version: "0.0.0".into(), description: None, license: None }
    }

    /// The `package.json` of a library.
    pub fn of_library(&self) -> String {
        let side_effects = Some(["./snippets/*"]);
        self.manifest(Kind { bin: None, side_effects, folders: &["runtime", "snippets"] })
    }

    /// The `package.json` of a program, whose main module is a command.
    pub fn of_program(&self) -> String {
        let bin = Some(format!("./{}.js", self.name));
        self.manifest(Kind { bin, side_effects: None, folders: &["runtime"] })
    }

    fn manifest(&self, Kind { bin, side_effects, folders }: Kind) -> String {
        let name = &self.name;
        let (main, types) = (format!("./{name}.js"), format!("./{name}.d.ts"));
        let files = ["*.js", "*.json", "*.d.ts", "*.wasm"].iter().chain(folders);
        let manifest = Manifest {
            name,
            version: &self.version,
            description: self.description.as_deref(),
            license: self.license.as_deref(),
            r#type: "module",
            bin,
            main: &main,
            types: &types,
            // The types first: the conditions are tried in their order.
            exports: json!({ ".": { "types": types, "default": main }, "./*": "./*" }),
            files: files.copied().collect(),
            side_effects,
        };
        serde_json::to_string_pretty(&manifest).expect("strings and lists") + "\n"
    }
}

/// What differs.
struct Kind {
    bin: Option<String>,
    side_effects: Option<[&'static str; 1]>,
    folders: &'static [&'static str],
}

/// What goes into `package.json`, in this order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    name: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<&'a str>,
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bin: Option<String>,
    main: &'a str,
    types: &'a str,
    exports: serde_json::Value,
    files: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    side_effects: Option<[&'a str; 1]>,
}
