//! The types of `Serde<T>` in a `.d.ts`: where the author has given a type of `T`'s name, that one, and `any` elsewhere.
//!
//! The macro leaves `suspendable_type_NAME` where the name of a type stands.

use std::collections::HashSet;

const UNKNOWN: &str = "suspendable_type_";

/// The text with those names that it has.
pub fn resolve(types: &str) -> String {
    let declared = declared(types);
    let mut parts = types.split(UNKNOWN);
    let mut resolved = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c| !is_of_name(c)).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        resolved.push_str(if declared.contains(name) { name } else { "any" });
        resolved.push_str(rest);
    }
    resolved
}

/// The names that are declared or imported.
fn declared(types: &str) -> HashSet<&str> {
    let is_code = |line: &&str| !["*", "/*", "//"].iter().any(|begin| line.starts_with(begin));
    let mut declared = HashSet::new();
    for line in types.lines().map(str::trim_start).filter(is_code) {
        let words: Vec<_> =
            line.split(|c| !is_of_name(c)).filter(|word| !word.is_empty()).collect();
        if words.first() == Some(&"import") {
            declared.extend(&words);
        }
        let names = words
            .windows(2)
            .filter(|pair| ["interface", "type", "class", "enum"].contains(&pair[0]));
        declared.extend(names.map(|pair| pair[1]));
    }
    declared
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn what_is_declared_stays_and_the_rest_is_any() {
        let given = "\
import type { Far } from './far.js';
/** The type Said is only said. */
export interface Point { x: number }
type Shade = 'light' | 'dark'; export class Canvas {}";
        for (name, resolved) in [
            ("Far", "Far"),
            ("Point", "Point"),
            ("Shade", "Shade"),
            ("Canvas", "Canvas"),
            ("Said", "any"),
            ("Poin", "any"),
        ] {
            let with =
                |name: &str| format!("{given}\nexport function f(all: {name}[]): Promise<{name}>;");
            assert_eq!(resolve(&with(&format!("suspendable_type_{name}"))), with(resolved));
        }
    }
}
