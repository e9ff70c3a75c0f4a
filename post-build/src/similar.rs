//! What somebody may have meant who gave a name with a slip in it.

use std::collections::BTreeSet;

/// How many paths a name could stand for, and from which similarity on: 1 is equal.
const MOST: usize = 3;
const SIMILAR: f64 = 0.75;

/// The question whether one of these paths was meant, if some end almost like `name`: the most similar first.
pub fn did_you_mean(paths: &BTreeSet<String>, name: &str) -> Option<String> {
    let segments = name.split("::").count();
    let similarity = |path: &str| {
        let mut end: Vec<_> = path.rsplit("::").take(segments).collect();
        end.reverse();
        strsim::normalized_damerau_levenshtein(&end.join("::"), name)
    };
    let mut near: Vec<_> = paths.iter().map(|path| (similarity(path), path)).collect();
    near.retain(|(similarity, _)| *similarity >= SIMILAR);
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    let near: Vec<_> = near.into_iter().take(MOST).map(|(_, path)| format!("`{path}`")).collect();
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(", ")))
}
