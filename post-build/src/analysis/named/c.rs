//! What a source of C calls at a place, and where its names stand.
//!
//! A call has the place of where its callee begins: of `pPage` in `pPage->xCellSize(pPage, cell)`. The last name before
//! the arguments is that of a field, of a variable or of a parameter. Macros are not expanded: what is called by the name
//! of one is not known, and a name among the arguments of one can be anywhere.

use std::collections::{HashMap, HashSet};

/// The tokens of a file.
pub struct Source<'a> {
    text: &'a str,
    tokens: Vec<&'a str>,
    places: Vec<usize>,
    /// By where they begin.
    at: HashMap<usize, usize>,
}

impl<'a> Source<'a> {
    pub fn read(text: &'a str) -> Source<'a> {
        let mut source =
            Source { text, tokens: Vec::new(), places: Vec::new(), at: HashMap::new() };
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let length = match rest.as_bytes() {
                [b'/', b'*', ..] => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
                [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
                [quote @ (b'"' | b'\''), ..] => {
                    let length = literal(rest, *quote);
                    source.add(at, &rest[..length]);
                    length
                }
                [first, ..] if is_word(*first) => {
                    let end = rest.bytes().position(|byte| !is_word(byte)).unwrap_or(rest.len());
                    source.add(at, &rest[..end]);
                    end
                }
                [b'-', b'>', ..] => {
                    source.add(at, &rest[..2]);
                    2
                }
                [b'\\', ..] => 1,
                [first, ..] if first.is_ascii_punctuation() => {
                    source.add(at, &rest[..1]);
                    1
                }
                _ => rest.chars().next().map_or(1, char::len_utf8),
            };
            at += length;
        }
        source
    }

    fn add(&mut self, at: usize, token: &'a str) {
        self.at.insert(at, self.tokens.len());
        self.tokens.push(token);
        self.places.push(at);
    }

    /// The name behind which the arguments stand of the call that begins here, and whether it is that of a field. None
    /// if it has none.
    pub fn called(&self, at: usize) -> Option<(&'a str, bool)> {
        let start = *self.at.get(&at)?;
        let (at, next) = match self.token(start)? {
            "(" => {
                let stars = self.tokens[start + 1..].iter().take_while(|token| **token == "*");
                let (at, next) = self.path(start + 1 + stars.count())?;
                (at, (self.token(next)? == ")").then_some(next + 1)?)
            }
            _ => self.path(start)?,
        };
        // What its result is used for begins at the same place: `get(1)(2)`, `get(1)->run(2)`.
        let behind = self.token(self.behind(next)?).unwrap_or_default();
        let is_only = !["(", "[", "->", "."].contains(&behind);
        (self.token(next)? == "(" && is_only).then_some((self.tokens[at], self.is_field(at)))
    }

    /// Where the last name of `a->b[i].c` is, and what comes behind it.
    fn path(&self, start: usize) -> Option<(usize, usize)> {
        let name = |at: usize| self.token(at).filter(|token| is_name(token)).map(|_| at);
        let mut last = name(start)?;
        let mut next = start + 1;
        loop {
            match self.token(next)? {
                "->" | "." => {
                    last = name(next + 1)?;
                    next += 2;
                }
                "[" => next = self.behind(next)?,
                _ => return Some((last, next)),
            }
        }
    }

    /// What comes behind the brackets that open here.
    fn behind(&self, open: usize) -> Option<usize> {
        let mut depth = 0;
        let closes = self.tokens[open..].iter().position(|token| {
            match *token {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        Some(open + closes? + 1)
    }

    fn token(&self, index: usize) -> Option<&'a str> {
        self.tokens.get(index).copied()
    }

    /// Whether the name there is that of a field: `a->b`, `a.b`.
    fn is_field(&self, at: usize) -> bool {
        at > 0 && ["->", "."].contains(&self.tokens[at - 1])
    }

    /// The macros that are defined here: their names, and what they are made of.
    fn macros(&self) -> impl Iterator<Item = Macro<'a, '_>> {
        let starts = self.tokens.windows(3).enumerate();
        starts.filter(|(_, tokens)| tokens[..2] == ["#", "define"]).map(|(at, tokens)| {
            let mut end = self.places[at];
            for line in self.text[end..].split_inclusive('\n') {
                end += line.len();
                if !line.trim_end().ends_with('\\') {
                    break;
                }
            }
            let behind = self.places.partition_point(|place| *place < end);
            let first = (at + 3).min(behind);
            let has_parameters = self.tokens[first..behind].first() == Some(&"(")
                && self.places[first] == self.places[at + 2] + tokens[2].len();
            let body = &self.tokens[first..behind];
            let (parameters, body) = body.split_at(match has_parameters {
                true => body.iter().position(|token| *token == ")").unwrap_or_default(),
                false => 0,
            });
            Macro { name: tokens[2], parameters, body, has_parameters }
        })
    }

    /// Adds what this file does with names.
    pub fn add_to(&self, uses: &mut Uses<'a>, macros: &Macros) {
        // The brackets that are open: each with whether it is one of a macro's arguments, or in them, and what is in front.
        let mut open: Vec<(&str, bool, &str)> = Vec::new();
        for (at, &token) in self.tokens.iter().enumerate() {
            let before = |by: usize| at.checked_sub(by).map_or("", |at| self.tokens[at]);
            let (bracket, in_macro, called) = open.last().copied().unwrap_or_default();
            match token {
                "(" | "[" | "{" => {
                    let of_macro = token == "(" && macros.may_keep(before(1));
                    open.push((token, in_macro || of_macro, before(1)));
                }
                // Of a bracket that is not closed in all that `#if` can leave, `}` is the end.
                "}" => {
                    let last = open.iter().rposition(|(bracket, ..)| *bracket == "{");
                    open.truncate(last.unwrap_or_default());
                }
                ")" | "]" if bracket != "{" => drop(open.pop()),
                _ => {}
            }
            if !is_name(token) {
                continue;
            }
            let next = self.token(at + 1).unwrap_or_default();
            let is_pasted = next == "#" && self.token(at + 2) == Some("#");
            if self.is_field(at) {
                uses.pastes |= is_pasted;
                let is_designator = before(1) == "." && ["{", ","].contains(&before(2));
                if !is_designator && (self.is_assigned(at + 1) || self.is_address_of(at)) {
                    uses.assigned.insert(token);
                }
                continue;
            }
            if in_macro {
                uses.assigned.insert(token);
                uses.initial.insert(token);
            }
            if bracket == "(" && macros.casting.contains(called) {
                uses.any(token);
            }
            if next == "(" {
                continue;
            }
            // `(T)(f)`, but `(*g)(f)` too.
            if before(1) == "(" && before(2) == ")" && before(3) != "void" && next == ")" {
                uses.any(token);
            }
            match before(1) {
                // What is `(void)` is not used.
                ")" if next != "=" && before(2) != "void" => {
                    uses.cast.entry(token).or_default().push(self.cast(at - 1));
                    if bracket == "{" {
                        uses.initial.insert(token);
                    }
                }
                "&" if before(2) != "&" => uses.any(token),
                "?" | ":" if bracket == "{" && !self.is_chosen_for_one(at) => {
                    uses.initial.insert(token);
                }
                "{" | "," if bracket == "{" && [",", "}"].contains(&next) => {
                    uses.initial.insert(token);
                }
                "=" if before(2) == "]" => drop(uses.initial.insert(token)),
                "=" if before(3) == "." && ["{", ","].contains(&before(4)) => {
                    uses.initial.insert(token);
                }
                _ => {}
            }
        }
    }

    /// The result and the parameters of the type of function that a cast, which is closed there, says.
    fn cast(&self, close: usize) -> Option<Vec<Vec<&'a str>>> {
        let open = self.open(close)?;
        let list = close.checked_sub(1).filter(|at| self.tokens[*at] == ")")?;
        let first = self.open(list)?;
        let is_pointer = first > open + 3 && self.tokens[first - 3..first] == ["(", "*", ")"];
        let parameters = &self.tokens[first + 1..list];
        (is_pointer && !parameters.contains(&"(")).then(|| {
            let result = &self.tokens[open + 1..first - 3];
            let parameters = parameters.split(|token| *token == ",");
            [result].into_iter().chain(parameters).map(<[_]>::to_vec).collect()
        })
    }

    /// Where the bracket opens that is closed there.
    fn open(&self, close: usize) -> Option<usize> {
        let mut depth = 0;
        self.tokens[..=close].iter().rposition(|token| {
            match *token {
                ")" => depth += 1,
                "(" => depth -= 1,
                _ => {}
            }
            depth == 0
        })
    }

    /// Whether `c ? f : g`, in which a name is, is assigned to a variable or a field.
    fn is_chosen_for_one(&self, at: usize) -> bool {
        let mut depth = 0;
        for start in (3..at).rev() {
            match self.tokens[start] {
                ")" | "]" => depth += 1,
                "(" | "[" => depth -= 1,
                ";" | "{" | "}" | "," if depth == 0 => return false,
                "=" if depth == 0 => {
                    let is_designator = self.tokens[start - 2] == "."
                        && ["{", ","].contains(&self.tokens[start - 3]);
                    return self.tokens[start - 1] != "]" && !is_designator;
                }
                _ => {}
            }
        }
        false
    }

    /// Whether `= …` comes there, or `[…] = …`.
    fn is_assigned(&self, mut next: usize) -> bool {
        while self.token(next) == Some("[") {
            match self.behind(next) {
                Some(behind) => next = behind,
                None => return true,
            }
        }
        while self.token(next) == Some(")") {
            next += 1;
        }
        self.token(next) == Some("=") && self.token(next + 1) != Some("=")
    }

    /// Whether the field there is the last one of `&a->b.c`.
    fn is_address_of(&self, at: usize) -> bool {
        let mut start = at;
        while start > 1 && self.is_field(start) {
            start -= 2;
            let mut depth = 0;
            loop {
                match self.tokens[start] {
                    ")" | "]" => depth += 1,
                    "(" | "[" => depth -= 1,
                    _ => {}
                }
                if start == 0 || depth == 0 && !["(", "["].contains(&self.tokens[start]) {
                    break;
                }
                start -= 1;
            }
        }
        // Also in front of a bracket that is open there: `&(a->b)`.
        let Some(last) = self.tokens[..start].iter().rposition(|token| *token != "(") else {
            return false;
        };
        let before = last.checked_sub(1).map_or("", |before| self.tokens[before]);
        let is_word = before.bytes().next().is_some_and(is_word) && before != "return";
        self.tokens[last] == "&" && !(is_word || ["&", "]"].contains(&before))
    }
}

/// The macros of all files.
#[derive(Default)]
pub struct Macros<'a> {
    names: HashSet<&'a str>,
    /// Those that may put what they are given into a struct, assign it, or make a name of it.
    keeping: HashSet<&'a str>,
    /// Those that cast what they are given.
    casting: HashSet<&'a str>,
    /// The names that those without parameters are made of.
    stand_for: HashSet<&'a str>,
}

impl<'a> Macros<'a> {
    pub fn of<'s>(sources: impl Iterator<Item = &'s Source<'a>>) -> Macros<'a>
    where
        'a: 's,
    {
        let all: Vec<_> = sources.flat_map(Source::macros).collect();
        let mut macros = Macros::default();
        // Not by name a macro, but as good as one that takes an address.
        macros.keeping.extend(["offsetof", "__builtin_offsetof"]);
        macros.names.extend(all.iter().map(|of| of.name));
        let casting = all.iter().filter(|of| casts(of.parameters, of.body));
        macros.casting.extend(casting.map(|of| of.name));
        for of in all.iter().filter(|of| !of.has_parameters) {
            let called = |at: usize| of.body.get(at + 1) == Some(&"(");
            let names = of.body.iter().enumerate().filter(|(_, token)| is_name(token));
            macros.stand_for.extend(names.filter(|(at, _)| !called(*at)).map(|(_, token)| *token));
        }
        loop {
            let before = macros.keeping.len();
            let keeping = |of: &&Macro<'a, 's>| {
                let mut own = of.body.iter().filter(|token| !of.parameters.contains(token));
                keeps(of.parameters, of.body) || own.any(|token| macros.keeping.contains(token))
            };
            let more: Vec<_> = all.iter().filter(keeping).map(|of| of.name).collect();
            macros.keeping.extend(more);
            if macros.keeping.len() == before {
                return macros;
            }
        }
    }

    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn may_keep(&self, name: &str) -> bool {
        self.keeping.contains(name)
    }
}

struct Macro<'a, 's> {
    name: &'a str,
    parameters: &'s [&'a str],
    body: &'s [&'a str],
    has_parameters: bool,
}

/// Whether what a macro is made of, behind its parameters, may begin a struct with one of them, assign it, take its
/// address or make a name of it.
fn keeps(parameters: &[&str], body: &[&str]) -> bool {
    let is = |at: Option<usize>, those: &[&str]| {
        at.and_then(|at| body.get(at)).is_some_and(|token| those.contains(token))
    };
    let first = body.iter().enumerate().position(|(at, token)| match *token {
        "{" => true,
        "=" => !is(at.checked_sub(1), &["=", "!", "<", ">"]) && !is(Some(at + 1), &["="]),
        "&" => !is(at.checked_sub(1), &["&"]) && !is(Some(at + 1), &["&"]),
        _ => false,
    });
    let behind = first.map_or(&[][..], |first| &body[first..]);
    let has_parameter = behind.iter().any(|token| is_name(token) && parameters.contains(token));
    let names_field = body
        .windows(2)
        .any(|tokens| ["->", "."].contains(&tokens[0]) && parameters.contains(&tokens[1]));
    has_parameter || names_field || body.contains(&"#") || parameters.contains(&".")
}

/// Whether a macro casts one of its parameters.
fn casts(parameters: &[&str], body: &[&str]) -> bool {
    // What is `(void)` is not used.
    body.windows(4).any(|tokens| {
        let behind = if tokens[2] == "(" { tokens[3] } else { tokens[2] };
        tokens[0] != "void" && tokens[1] == ")" && is_name(behind) && parameters.contains(&behind)
    })
}

/// Where names stand, in all files.
#[derive(Default)]
pub struct Uses<'a> {
    /// Of fields that something is assigned to, or of which the address is taken.
    pub assigned: HashSet<&'a str>,
    /// In what a struct or an array begins as, as far as that can be told.
    pub initial: HashSet<&'a str>,
    /// Behind a cast: `(T)f`, `(T)&f`. The result and the parameters, where it says them: `(int (*)(void *, int))f`.
    pub cast: HashMap<&'a str, Vec<Option<Vec<Vec<&'a str>>>>>,
    /// Whether macros make names of fields.
    pub pastes: bool,
}

impl<'a> Uses<'a> {
    /// A name that can be anywhere, under any type.
    fn any(&mut self, name: &'a str) {
        self.initial.insert(name);
        self.cast.entry(name).or_default().push(None);
    }

    /// What macros without parameters stand for.
    pub fn add_macros(&mut self, macros: &Macros<'a>) {
        for name in &macros.stand_for {
            self.any(name);
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

fn is_name(token: &str) -> bool {
    token.bytes().next().is_some_and(|first| is_word(first) && !first.is_ascii_digit())
}

/// The length of the literal that a text begins with.
fn literal(text: &str, quote: u8) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'\n' => return at,
            _ if byte == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{Macros, Source, Uses};

    #[test]
    fn the_name_that_is_called() {
        let cases = [
            ("p->x(1);", Some(("x", true))),
            ("config.m.xFree(p);", Some(("xFree", true))),
            ("a[i + b[0]].run (p);", Some(("run", true))),
            ("table[i](p);", Some(("table", false))),
            ("callback(1, 2);", Some(("callback", false))),
            ("(*p->x)(1);", Some(("x", true))),
            ("(x)(1);", Some(("x", false))),
            ("p /* \"(\" */ ->x(1);", Some(("x", true))),
            ("p->get((1), q[2]);", Some(("get", true))),
            ("((T)x)(1);", None),
            ("get(1)(2);", None),
            ("p->get(1)->run(2);", None),
            ("(a ? b : c)(1);", None),
            ("p->x + 1;", None),
            ("1(2);", None),
            ("", None),
        ];
        for (text, name) in cases {
            assert_eq!(Source::read(text).called(0), name, "{text}");
        }
    }

    fn uses(text: &str) -> Uses<'_> {
        let source = Source::read(text);
        let mut uses = Uses::default();
        let macros = Macros::of([&source].into_iter());
        source.add_to(&mut uses, &macros);
        uses.add_macros(&macros);
        uses
    }

    #[test]
    fn macros_are_defined() {
        let text = "#define call(p) \\\n (p)->x()\nint y = 'a'; /* #define no */ char *s = \"#define no\";";
        let source = Source::read(text);
        let macros: Vec<_> = source.macros().map(|of| (of.name, of.parameters, of.body)).collect();
        let body = [")", "(", "p", ")", "->", "x", "(", ")"];
        assert_eq!(macros, [("call", &["(", "p"][..], &body[..])]);
    }

    #[test]
    fn a_cast_is_no_call() {
        let uses = uses("set((T)f, (T)&g, (T)h(1), (T) i);");
        assert_eq!(uses.cast.len(), 3, "{:?}", uses.cast);
        assert!(["f", "g", "i"].iter().all(|name| uses.cast[name] == [None]), "{:?}", uses.cast);
    }

    #[test]
    fn a_cast_says_a_type() {
        for text in [
            "#define T(f) (U)f;\nset(T(f));",
            "#define T(f) ((U)(f))\nset(T(f));",
            "#define G f\nset((U)G);",
            "set((U)(f));",
            "set((U)(&f));",
        ] {
            assert!(uses(text).cast.contains_key("f"), "{text}");
        }
        let uses = uses("set((int (*)(const T *, int))f); set((void (*)(T))&g);");
        assert_eq!(uses.cast["f"], [Some(vec![vec!["int"], vec!["const", "T", "*"], vec!["int"]])]);
        assert_eq!(uses.cast["g"], [None]);
    }

    #[test]
    fn fields_that_are_assigned() {
        let cases = [
            ("p->x = f;", true),
            ("p->a.x[1] = f;", true),
            ("set(&p->x, f);", true),
            ("(p->x) = f;", true),
            ("write(p, offsetof(struct S, x));", true),
            ("set(&(p->a[i].x), f);", true),
            ("#define SET(p, n) p->n = f\nSET(p, x);", true),
            ("if (p->x == f) p->x(1);", false),
            ("y = p->x;", false),
            ("f((T)&p->x);", true),
            ("return &p->x;", true),
            ("a & p->y; p->x(1);", false),
            ("if (a && p->x == f) b = a & p->x;", false),
            ("struct S s = { .x = f, .y = g };", false),
        ];
        for (text, expected) in cases {
            assert_eq!(uses(text).assigned.contains("x"), expected, "{text}");
        }
        assert!(uses("#define SET(n) p->x##n = f").pastes);
    }

    #[test]
    fn what_structs_begin_as() {
        let cases = [
            ("struct S s = { f, 1 };", true),
            ("struct S s = { 1, f };", true),
            ("struct S s = { .x = f };", true),
            ("T *t[2] = { [1] = f };", true),
            ("struct S s = { c ? f : g };", true),
            ("struct S s = { .x = c ? f : g };", true),
            ("void g(void) { p->x = c ? f : g; q = c ? g : f; }", false),
            ("struct S s = { (T)f };", true),
            ("struct S s = { &f };", true),
            ("#define S(f) { f }\nstruct S s = S(f);", true),
            ("#define S(f) { f }\n#define T(f) S(f)\nstruct S s = T(f);", true),
            ("#define UNUSED(f) (void)(f)\nvoid h(void) { UNUSED(f); }", false),
            ("#define TEST(f) if (f) { g(); }\nvoid h(void) { TEST(f); }", false),
            ("#define IS(f) ((f) != 0 && !(f == g))\nint a = IS(f);", false),
            ("void g(void) { set(p, f); }", false),
            ("void g(void) { f = h; int a, f = 1; }", false),
            ("void g(void) { s.x = f; if (f && f) f = h; (void)f; }", false),
            ("#define X { 1 }\n#define TEST(X) if (X) g();\nvoid h(void) { TEST(f); }", false),
            ("void g(void) { p->x = f; f(1); }", false),
        ];
        for (text, expected) in cases {
            assert_eq!(uses(text).initial.contains("f"), expected, "{text}");
        }
    }
}
