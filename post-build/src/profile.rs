//! Profiles: which functions were on the stacks of a package's calls when they suspended.
//!
//! The runtime records them (js/profile.js), as a JSON array of Rust paths. Of the functions that can suspend, only
//! those that a profile names are instrumented; the guard watches the others (`transform/guard.rs`). Everything
//! else is made as without a profile, above all what is inlined into what: so the functions are those which the
//! profile was recorded with.
//!
//! A path stands for all functions that have it, which a hash or the number of a copy tells apart.

use crate::transform::{is_called, rust_path, without_copy};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What several profiles name together.
pub struct Profile {
    seen: BTreeSet<String>,
    /// What the author adds.
    included: Vec<String>,
}

impl Profile {
    /// Reads profiles, which add up; none if there are none.
    pub fn read(files: &[PathBuf], include: &[String]) -> Result<Option<Profile>> {
        let mut seen = BTreeSet::new();
        for file in files {
            let file_name = file.display();
            let text = std::fs::read_to_string(file).with_context(|| {
                format!(
                    "cannot read the profile {file_name}: `--profile` takes a file that `init` or `run` has \
                     recorded (Cargo's own profile is chosen with `--release`)"
                )
            })?;
            let names: Vec<String> = serde_json::from_str(&text).with_context(|| {
                format!("{file_name} is no profile, which is a JSON array of functions' names")
            })?;
            seen.extend(names.iter().map(|name| path(name)));
        }
        Ok((!files.is_empty()).then_some(Profile { seen, included: include.to_vec() }))
    }

    /// Those of the members that are instrumented.
    pub fn of(&self, members: &[String]) -> Vec<String> {
        let is_included = |name: &str| self.included.iter().any(|wanted| is_called(name, wanted));
        let is_named = |name: &&String| self.seen.contains(&path(name)) || is_included(name);
        members.iter().filter(is_named).cloned().collect()
    }

    /// What is said of it.
    pub fn note(&self, members: &[String]) -> String {
        let paths: BTreeSet<String> = members.iter().map(|name| path(name)).collect();
        let known = self.seen.intersection(&paths).count();
        let mut note =
            format!("by profile: {} of {} members", self.of(members).len(), members.len());
        if known < self.seen.len() {
            note += &format!(
                "; of the {} names in it, {} are of no member here: has the source changed since?",
                self.seen.len(),
                self.seen.len() - known
            );
        }
        note
    }
}

/// The Rust path of a function, whichever copy of it is meant.
fn path(name: &str) -> String {
    rust_path(without_copy(name).0)
}

#[cfg(test)]
mod tests {
    use super::Profile;
    use std::path::PathBuf;

    const MEMBERS: [&str; 5] = [
        "_ZN4site4load17h0123456789abcdefE",
        "_ZN4site4load17hfedcba9876543210E",
        "_ZN4site5write17h0123456789abcdefE, copy 2",
        "_ZN4site6render17h0123456789abcdefE",
        "_ZN4site5error17h0123456789abcdefE",
    ];

    fn members() -> Vec<String> {
        MEMBERS.map(str::to_owned).to_vec()
    }

    fn profile(files: &[&str], include: &[&str]) -> anyhow::Result<Option<Profile>> {
        let folder = tempfile::tempdir()?;
        let write = |(index, text): (usize, &&str)| {
            let file = folder.path().join(index.to_string());
            std::fs::write(&file, text).map(|()| file)
        };
        let files: Vec<PathBuf> = files.iter().enumerate().map(write).collect::<Result<_, _>>()?;
        let include: Vec<String> = include.iter().map(|name| (*name).to_owned()).collect();
        Profile::read(&files, &include)
    }

    #[test]
    fn profiles_add_up_and_a_path_stands_for_all_that_have_it() {
        let files = [r#"["site::load"]"#, r#"["site::gone", "site::write"]"#];
        let profile = profile(&files, &["site::render"]).unwrap().unwrap();
        assert_eq!(profile.of(&members()), MEMBERS[..4]);
        assert_eq!(
            profile.note(&members()),
            "by profile: 4 of 5 members; of the 3 names in it, 1 are of no member here: has the source \
             changed since?"
        );
    }

    #[test]
    fn without_a_profile_there_is_none_whatever_is_included() {
        assert!(profile(&[], &["site::render"]).unwrap().is_none());
    }

    #[test]
    fn what_is_no_profile() {
        let error = profile(&[r#"{ "site::load": 1 }"#], &[]).err().unwrap();
        assert!(
            error.to_string().ends_with("is no profile, which is a JSON array of functions' names")
        );
    }
}
