//! Random operations, on a file system and on a model of one, with the same results.
//!
//! The model is a tree of nodes: a name leads to a node, an open file is a node and a position, and a node
//! that has no name any more lives on in those.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use suspendable::fs::{self, File, OpenOptions};

type Modelled<T> = std::result::Result<T, ErrorKind>;

#[derive(Clone)]
enum Node {
    File(Vec<u8>),
    Folder(BTreeMap<String, usize>),
}

/// All nodes there ever were; the first is the root.
struct Model(Vec<Node>);

/// An open file of the model's.
#[derive(Clone)]
struct Handle {
    node: usize,
    position: Rc<Cell<u64>>,
    reads: bool,
    writes: bool,
    appends: bool,
}

/// What a file is opened with: read, write, append, truncate, create, create_new.
type Wanted = [bool; 6];

const NAMES: [&str; 3] = ["a", "b", "ünï"];
type Names = Vec<&'static str>;

impl Model {
    fn find(&self, path: &[&str]) -> Modelled<usize> {
        path.iter().try_fold(0, |node, name| match &self.0[node] {
            Node::File(_) => Err(ErrorKind::NotADirectory),
            Node::Folder(entries) => entries.get(*name).copied().ok_or(ErrorKind::NotFound),
        })
    }

    fn entries(&mut self, node: usize) -> Modelled<&mut BTreeMap<String, usize>> {
        match &mut self.0[node] {
            Node::File(_) => Err(ErrorKind::NotADirectory),
            Node::Folder(entries) => Ok(entries),
        }
    }

    /// The folder that a path ends in, and the node of that name in it.
    fn entry(&mut self, path: &[&'static str]) -> Modelled<(usize, &'static str, Option<usize>)> {
        let (name, folder) = path.split_last().expect("a path has a name");
        let folder = self.find(folder)?;
        let found = self.entries(folder)?.get(*name).copied();
        Ok((folder, name, found))
    }

    fn insert(&mut self, folder: usize, name: &str, node: Node) -> usize {
        self.0.push(node);
        let number = self.0.len() - 1;
        self.entries(folder).expect("a folder").insert(name.to_owned(), number);
        number
    }

    fn bytes(&mut self, node: usize) -> Modelled<&mut Vec<u8>> {
        match &mut self.0[node] {
            Node::File(bytes) => Ok(bytes),
            Node::Folder(_) => Err(ErrorKind::IsADirectory),
        }
    }

    fn is_folder(&self, node: usize) -> bool {
        matches!(self.0[node], Node::Folder(_))
    }

    fn open(&mut self, path: &[&'static str], wanted: Wanted) -> Modelled<Handle> {
        let [read, write, append, truncate, create, new] = wanted;
        let writes = write || append;
        let makes = truncate || create || new;
        if (!writes && (makes || !read)) || (append && truncate && !new) {
            return Err(ErrorKind::InvalidInput);
        }
        let (folder, name, found) = self.entry(path)?;
        let node = match found {
            Some(_) if new => return Err(ErrorKind::AlreadyExists),
            Some(node) => node,
            None if create || new => self.insert(folder, name, Node::File(Vec::new())),
            None => return Err(ErrorKind::NotFound),
        };
        if writes && self.is_folder(node) {
            return Err(ErrorKind::IsADirectory);
        }
        if truncate {
            self.bytes(node)?.clear();
        }
        let position = Rc::default();
        Ok(Handle { node, position, reads: read, writes, appends: append })
    }

    fn read(&mut self, handle: &Handle, length: usize) -> Modelled<Vec<u8>> {
        if !handle.reads {
            return Err(ErrorKind::Other);
        }
        let from = handle.position.get() as usize;
        let bytes = self.bytes(handle.node)?;
        let read = bytes.get(from..bytes.len().min(from + length)).unwrap_or_default().to_vec();
        handle.position.set((from + read.len()) as u64);
        Ok(read)
    }

    fn write(&mut self, handle: &Handle, new: &[u8]) -> Modelled<()> {
        if !handle.writes {
            return Err(ErrorKind::Other);
        }
        let bytes = self.bytes(handle.node)?;
        let from = if handle.appends { bytes.len() } else { handle.position.get() as usize };
        let end = from + new.len();
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[from..end].copy_from_slice(new);
        handle.position.set(end as u64);
        Ok(())
    }

    fn set_len(&mut self, handle: &Handle, length: u64) -> Modelled<()> {
        if !handle.writes {
            return Err(ErrorKind::InvalidInput);
        }
        self.bytes(handle.node)?.resize(length as usize, 0);
        Ok(())
    }

    fn seek(&mut self, handle: &Handle, to: SeekFrom) -> Modelled<u64> {
        let (from, distance) = match to {
            SeekFrom::Start(position) => (position, 0),
            SeekFrom::End(distance) => (self.bytes(handle.node)?.len() as u64, distance),
            SeekFrom::Current(distance) => (handle.position.get(), distance),
        };
        let position = from.checked_add_signed(distance).ok_or(ErrorKind::InvalidInput)?;
        handle.position.set(position);
        Ok(position)
    }

    fn create_dir(&mut self, path: &[&'static str]) -> Modelled<()> {
        match self.entry(path)? {
            (_, _, Some(_)) => Err(ErrorKind::AlreadyExists),
            (folder, name, None) => {
                self.insert(folder, name, Node::Folder(BTreeMap::new()));
                Ok(())
            }
        }
    }

    fn create_dir_all(&mut self, path: &[&'static str]) -> Modelled<()> {
        for length in 1..=path.len() {
            match self.create_dir(&path[..length]) {
                Err(ErrorKind::AlreadyExists) if self.is_folder(self.find(&path[..length])?) => {}
                // The whole path is tried first: what is in the middle is not a directory.
                Err(ErrorKind::AlreadyExists) if length < path.len() => {
                    return Err(ErrorKind::NotADirectory);
                }
                other => other?,
            }
        }
        Ok(())
    }

    fn remove_file(&mut self, path: &[&'static str]) -> Modelled<()> {
        let (folder, name, found) = self.entry(path)?;
        if self.is_folder(found.ok_or(ErrorKind::NotFound)?) {
            return Err(ErrorKind::IsADirectory);
        }
        self.entries(folder)?.remove(name);
        Ok(())
    }

    fn remove_dir(&mut self, path: &[&'static str], all: bool) -> Modelled<()> {
        let (folder, name, found) = self.entry(path)?;
        if !self.entries(found.ok_or(ErrorKind::NotFound)?)?.is_empty() && !all {
            return Err(ErrorKind::DirectoryNotEmpty);
        }
        self.entries(folder)?.remove(name);
        Ok(())
    }

    /// In the order in which Linux looks.
    fn rename(&mut self, from: &[&'static str], to: &[&'static str]) -> Modelled<()> {
        let (from_folder, from_name, moved) = self.entry(from)?;
        let (to_folder, to_name, replaced) = self.entry(to)?;
        let moved = moved.ok_or(ErrorKind::NotFound)?;
        if to.len() > from.len() && to.starts_with(from) {
            return Err(ErrorKind::InvalidInput);
        }
        if from.len() > to.len() && from.starts_with(to) {
            return Err(ErrorKind::DirectoryNotEmpty);
        }
        if let Some(replaced) = replaced {
            match (self.is_folder(moved), self.is_folder(replaced)) {
                _ if moved == replaced => return Ok(()),
                (true, false) => return Err(ErrorKind::NotADirectory),
                (false, true) => return Err(ErrorKind::IsADirectory),
                (true, true) if !self.entries(replaced)?.is_empty() => {
                    return Err(ErrorKind::DirectoryNotEmpty);
                }
                _ => {}
            }
        }
        self.entries(from_folder)?.remove(from_name);
        self.entries(to_folder)?.insert(to_name.to_owned(), moved);
        Ok(())
    }

    fn copy(&mut self, from: &[&'static str], to: &[&'static str]) -> Modelled<u64> {
        let source = self.find(from)?;
        let bytes = match &self.0[source] {
            Node::File(bytes) => bytes.clone(),
            Node::Folder(_) => return Err(ErrorKind::InvalidInput),
        };
        let target = self.open(to, [false, true, false, true, true, false])?;
        self.write(&target, &bytes)?;
        Ok(bytes.len() as u64)
    }

    fn list(&mut self, path: &[&'static str]) -> Modelled<Vec<String>> {
        let node = self.find(path)?;
        Ok(self.entries(node)?.keys().cloned().collect())
    }
}

/// Numbers that a seed determines.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    fn is_one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn path(&mut self) -> Names {
        (0..1 + self.below(3)).map(|_| NAMES[self.below(NAMES.len())]).collect()
    }

    /// Mostly small, and some that are larger than a page or a block.
    fn length(&mut self) -> usize {
        let most = [10, 200, 5000, 40_000][self.below(4)];
        self.below(most)
    }

    fn bytes(&mut self) -> Vec<u8> {
        let (length, first) = (self.length(), self.below(251));
        (0..1 + length).map(|i| ((first + i * 7) % 251) as u8).collect()
    }
}

/// Both results, and whether they are the same.
fn same<T: PartialEq + std::fmt::Debug>(
    own: Result<T>,
    model: Modelled<T>,
    strict: bool,
) -> std::result::Result<(), String> {
    let known = |kind: ErrorKind| match format!("{kind:?}").as_str() {
        "Uncategorized" => ErrorKind::Other,
        _ => kind,
    };
    let is_same = match (&own, &model) {
        (Ok(own), Ok(model)) => own == model,
        (Err(own), Err(model)) => !strict || known(own.kind()) == *model,
        _ => false,
    };
    match is_same {
        true => Ok(()),
        false => Err(short(&format!("{own:?}, and the model {model:?}"))),
    }
}

fn short(text: &str) -> String {
    text.chars().take(400).collect()
}

fn wanted(random: &mut Random) -> Wanted {
    match random.below(8) {
        0 => [true, false, false, false, false, false],
        1 => [false, true, false, true, true, false],
        2 => [true, true, false, false, true, false],
        3 => [true, false, true, false, true, false],
        4 => [true, true, false, false, false, true],
        5 => [false, false, true, false, true, false],
        6 => [true, true, false, false, false, false],
        _ => std::array::from_fn(|_| random.is_one_in(2)),
    }
}

fn options(wanted: Wanted) -> OpenOptions {
    let [read, write, append, truncate, create, new] = wanted;
    let mut options = OpenOptions::new();
    options.read(read).write(write).append(append).truncate(truncate).create(create);
    options.create_new(new).to_owned()
}

fn read_exactly(file: &mut File, length: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// `steps` operations in a directory that is empty. `strict`: errors have to be of the same kind, and
/// what is renamed may replace something, or has to fail.
pub fn run(
    directory: &Path,
    seed: u64,
    steps: u32,
    strict: bool,
) -> std::result::Result<(), String> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut model = Model(vec![Node::Folder(BTreeMap::new())]);
    let mut open: Vec<(File, Handle)> = Vec::new();
    let at = |names: &Names| names.iter().fold(directory.to_owned(), |path, name| path.join(name));
    for step in 0..steps {
        let (path, other) = (random.path(), random.path());
        let what = random.below(24);
        let result = match what {
            0..4 => {
                let wanted = wanted(&mut random);
                let file = options(wanted).open(at(&path));
                let handle = model.open(&path, wanted);
                let is_file = |handle: &Handle| !model.is_folder(handle.node);
                match (file, handle) {
                    (Ok(file), Ok(handle)) => {
                        if is_file(&handle) && open.len() < 6 {
                            open.push((file, handle));
                        }
                        Ok(())
                    }
                    (file, handle) => same(file.map(drop), handle.map(drop), strict),
                }
            }
            4..16 if !open.is_empty() => {
                let index = random.below(open.len());
                let (file, handle) = &mut open[index];
                match what {
                    4 | 5 => {
                        let length = 1 + random.length();
                        same(read_exactly(file, length), model.read(handle, length), strict)
                    }
                    6..9 => {
                        let bytes = random.bytes();
                        same(file.write_all(&bytes), model.write(handle, &bytes), strict)
                    }
                    9 | 10 => {
                        let distance = random.length() as i64 - 3000;
                        let to = match random.below(3) {
                            0 => SeekFrom::Start(distance.unsigned_abs()),
                            1 => SeekFrom::Current(distance),
                            _ => SeekFrom::End(distance),
                        };
                        same(file.seek(to), model.seek(handle, to), strict)
                    }
                    11 => {
                        let length = random.length() as u64;
                        same(file.set_len(length), model.set_len(handle, length), strict)
                    }
                    12 => {
                        let length = file.metadata().map(|metadata| metadata.len());
                        same(
                            length,
                            model.bytes(handle.node).map(|bytes| bytes.len() as u64),
                            strict,
                        )
                    }
                    13 => same(
                        if random.is_one_in(2) { file.sync_all() } else { file.sync_data() },
                        Ok(()),
                        strict,
                    ),
                    14 => {
                        let clone = (file.try_clone().expect("a clone"), handle.clone());
                        open.push(clone);
                        Ok(())
                    }
                    _ => {
                        open.swap_remove(index);
                        Ok(())
                    }
                }
            }
            16 => same(fs::create_dir(at(&path)), model.create_dir(&path), strict),
            17 => same(fs::create_dir_all(at(&path)), model.create_dir_all(&path), strict),
            18 => same(fs::remove_file(at(&path)), model.remove_file(&path), strict),
            19 => match random.is_one_in(3) {
                true => same(fs::remove_dir_all(at(&path)), model.remove_dir(&path, true), strict),
                false => same(fs::remove_dir(at(&path)), model.remove_dir(&path, false), strict),
            },
            20 | 21 if !strict && (model.find(&other).is_ok() || model.find(&path).is_err()) => {
                Ok(())
            }
            20 | 21 if !strict && other.starts_with(&path) => Ok(()),
            20 | 21 => same(fs::rename(at(&path), at(&other)), model.rename(&path, &other), strict),
            22 if path != other => {
                same(fs::copy(at(&path), at(&other)), model.copy(&path, &other), strict)
            }
            23 => {
                let bytes = random.bytes();
                let write = model
                    .open(&path, [false, true, false, true, true, false])
                    .and_then(|handle| model.write(&handle, &bytes));
                same(fs::write(at(&path), &bytes), write, strict)
            }
            _ => same(list(&at(&path)), model.list(&path), strict),
        };
        result.map_err(|what_else| {
            format!("seed {seed}, step {step}, operation {what} {path:?} {other:?}: {what_else}")
        })?;
    }
    drop(open);
    check(&mut model, directory, 0)
}

fn list(path: &Path) -> Result<Vec<String>> {
    let names = fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().into_string().unwrap()));
    let mut names = names.collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Whether everything in `path` is as in a node.
fn check(model: &mut Model, path: &Path, node: usize) -> std::result::Result<(), String> {
    let wrong = |what: String| short(&format!("{} in the end: {what}", path.display()));
    match model.0[node].clone() {
        Node::File(bytes) => same(fs::read(path), Ok(bytes), true).map_err(wrong),
        Node::Folder(entries) => {
            same(list(path), Ok(entries.keys().cloned().collect()), true).map_err(wrong)?;
            entries.iter().try_for_each(|(name, &node)| {
                let path: PathBuf = path.join(name);
                check(model, &path, node)
            })
        }
    }
}
