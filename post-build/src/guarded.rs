//! What the guard's errors say, of each function that it watches: `NAME.functions.json`.
//!
//! ```json
//! {
//!   "functions": [["fixture::stacks::scribble", 0], …],
//!   "errors": ["`{}` was on the stack of a call that suspended, and …", …]
//! }
//! ```
//!
//! It is read when such an error is thrown, so that no page fetches these texts with its scripts.

use crate::analysis::Watched;
use crate::transform::rust_path;
use serde::Serialize;

/// How the package was built, as far as these errors go.
#[derive(Default)]
pub struct Built<'a> {
    /// From which of the guard's numbers on functions are members that no profile has seen, if there is a profile.
    pub first_unseen: Option<usize>,
    /// Whether there is a file in which they are instrumented.
    pub has_full: bool,
    /// The functions of which the author says that they never block.
    pub cut: &'a [String],
}

#[derive(Serialize)]
struct Guarded {
    functions: Vec<(String, usize)>,
    errors: Vec<String>,
}

impl Built<'_> {
    /// The file.
    pub fn describe<'a>(&self, watched: impl IntoIterator<Item = &'a Watched>) -> String {
        let mut guarded = Guarded { functions: vec![], errors: vec![] };
        for (number, (name, rule)) in watched.into_iter().enumerate() {
            let name = rust_path(name);
            let error = match self.first_unseen {
                Some(first) if number >= first => self.missed(),
                _ if self.cut.contains(&name) => CUT.replace("CUT", &name),
                _ => self.unexpected(*rule),
            };
            let known = guarded.errors.iter().position(|known| *known == error);
            let index = known.unwrap_or_else(|| {
                guarded.errors.push(error);
                guarded.errors.len() - 1
            });
            guarded.functions.push((name, index));
        }
        serde_json::to_string(&guarded).expect("strings and lists")
    }

    fn missed(&self) -> String {
        let (next, carry) = match self.has_full {
            true => (
                "The next instance of this package takes the file in which everything is instrumented. ",
                "",
            ),
            false => (
                "",
                ", or with `--profile-full`: the package then carries the file in which everything is instrumented",
            ),
        };
        format!(
            "`{{}}` was on the stack of a call that suspended, which no profile of the build has seen. {next}To have it \
             instrumented, record a profile of such a call and build with it too, or with `--include '{{}}'`{carry}"
        )
    }

    fn unexpected(&self, rule: Option<&str>) -> String {
        let why = rule.map_or_else(String::new, |rule| format!(": it was left out {rule}"));
        let said = self.cut.iter().map(|name| {
            format!(
                " The package was built with `--cut '{name}'`: if that led here, build without."
            )
        });
        let said: String = said.collect();
        format!(
            "`{{}}` was on the stack of a call that suspended, and is not in the suspension set{why}.{said} Build with \
             `--include '{{}}'`, and please report it: the set should be complete"
        )
    }
}

const CUT: &str = "`{}` was on the stack of a call that suspended, and the package was built with `--cut 'CUT'`: build \
                   without, for it does block";

#[cfg(test)]
mod tests {
    use super::Built;

    #[test]
    fn each_function_has_the_error_that_says_what_to_do() {
        let cut = ["a::cut".to_owned()];
        let built = Built { first_unseen: Some(3), has_full: true, cut: &cut };
        let watched =
            [("a::f", None), ("a::cut", None), ("a::g", Some("by a rule")), ("a::unseen", None)];
        let watched: Vec<_> = watched.map(|(name, rule)| (name.to_owned(), rule)).into();
        let described: serde_json::Value = serde_json::from_str(&built.describe(&watched)).unwrap();
        let error = |number: usize| {
            let error = &described["functions"][number][1];
            described["errors"][error.as_u64().unwrap() as usize].as_str().unwrap().to_owned()
        };
        assert_eq!(described["functions"][0][0], "a::f");
        assert!(
            error(0)
                .contains("suspension set. The package was built with `--cut 'a::cut'`: if that")
        );
        assert!(error(1).contains("built with `--cut 'a::cut'`: build without"));
        assert!(error(2).contains("the suspension set: it was left out by a rule. The package"));
        assert!(
            error(3).contains("seen. The next instance") && !error(3).contains("--profile-full")
        );
        assert_eq!(described["errors"].as_array().unwrap().len(), 4);
    }
}
