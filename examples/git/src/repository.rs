//! What git says of a repository: its history, its files, and what is in them.

use gix::revision::walk::Sorting;
use gix::traverse::commit::simple::CommitTimeOrder;
use gix::{Repository, Result, Tree};

/// The last so many commits, the newest first: hash, author, seconds since 1970, and subject.
pub fn log(repository: &Repository, revision: &str, limit: usize) -> Result<Vec<String>> {
    let commit = repository.rev_parse_single(revision)?.object()?.peel_to_commit()?;
    let newest_first = Sorting::ByCommitTime(CommitTimeOrder::NewestFirst);
    let mut lines = Vec::new();
    for info in commit.ancestors().sorting(newest_first).all()?.take(limit) {
        let commit = info?.object()?;
        let author = commit.author()?;
        let subject = commit.message()?.summary();
        lines.push(format!("{} {} {} {subject}", commit.id, author.name, author.seconds()));
    }
    Ok(lines)
}

/// The paths of all files, in order.
pub fn files(repository: &Repository, revision: &str) -> Result<Vec<String>> {
    let found = tree(repository, revision)?.traverse().breadthfirst.files()?;
    let files = found.into_iter().filter(|entry| !entry.mode.is_tree());
    let mut paths: Vec<String> = files.map(|entry| entry.filepath.to_string()).collect();
    paths.sort_unstable();
    Ok(paths)
}

/// What is in a file, if there is one.
pub fn read(repository: &Repository, revision: &str, path: &str) -> Result<Option<Vec<u8>>> {
    let Some(entry) = tree(repository, revision)?.lookup_entry_by_path(path)? else {
        return Ok(None);
    };
    Ok(Some(entry.object()?.detach().data))
}

fn tree<'r>(repository: &'r Repository, revision: &str) -> Result<Tree<'r>> {
    repository.rev_parse_single(revision)?.object()?.peel_to_tree()
}
