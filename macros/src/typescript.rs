//! What TypeScript sees of `Serde<T>`.
//!
//! The type is told to wasm-bindgen in TypeScript's words. Whether the author has given one of a name, in a
//! `typescript_custom_section` or through a crate that writes one, is not known here: a name stands as
//! `suspendable_type_NAME`, and the tool puts `NAME` or `any` in its place.

use syn::{GenericArgument, PathArguments, ReturnType, Type, TypePath};

/// What stands before a name. The tool knows it too.
const UNKNOWN: &str = "suspendable_type_";

/// The type of a `Serde<T>`.
pub fn of(ty: &Type) -> Option<String> {
    let (name, arguments) = path(ty)?;
    match arguments[..] {
        [inner] if name == "Serde" => words(inner),
        _ => None,
    }
}

/// That of what a function returns, or of what is in its `Result`.
pub fn of_output(output: &ReturnType) -> Option<String> {
    let ReturnType::Type(_, ty) = output else { return None };
    match path(ty)? {
        (name, arguments) if name == "Result" => of(arguments.first()?),
        _ => of(ty),
    }
}

/// What serde makes of a type, for JSON.
fn words(ty: &Type) -> Option<String> {
    match ty {
        Type::Group(group) => return words(&group.elem),
        Type::Paren(paren) => return words(&paren.elem),
        Type::Reference(to) => return words(&to.elem),
        Type::Slice(slice) => return list(&slice.elem),
        Type::Array(array) => return list(&array.elem),
        Type::Tuple(tuple) if !tuple.elems.is_empty() => {
            let all: Option<Vec<_>> = tuple.elems.iter().map(words).collect();
            return Some(format!("[{}]", all?.join(", ")));
        }
        _ => {}
    }
    let (name, arguments) = path(ty)?;
    match (name.as_str(), &arguments[..]) {
        ("bool", []) => Some("boolean".into()),
        ("String" | "str" | "char", []) => Some("string".into()),
        ("u8" | "u16" | "u32" | "u64" | "usize", [])
        | ("i8" | "i16" | "i32" | "i64" | "isize" | "f32" | "f64", []) => Some("number".into()),
        ("Option", [inner]) => Some(format!("{} | null", words(inner)?)),
        ("Box" | "Rc" | "Arc" | "Cow", [inner]) => words(inner),
        ("Vec" | "VecDeque" | "HashSet" | "BTreeSet", [inner]) => list(inner),
        ("HashMap" | "BTreeMap", [_, value]) => Some(format!("Record<string, {}>", words(value)?)),
        (name, []) => Some(format!("{UNKNOWN}{name}")),
        _ => None,
    }
}

fn list(inner: &Type) -> Option<String> {
    let inner = words(inner)?;
    Some(if inner.ends_with(" | null") { format!("({inner})[]") } else { format!("{inner}[]") })
}

/// The last name of a path, and its type arguments.
fn path(ty: &Type) -> Option<(String, Vec<&Type>)> {
    let Type::Path(TypePath { qself: None, path }) = ty else { return None };
    let last = path.segments.last()?;
    let arguments = match &last.arguments {
        PathArguments::AngleBracketed(list) => {
            list.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => return Some((last.ident.to_string(), Vec::new())),
    };
    Some((last.ident.to_string(), arguments.collect()))
}

#[cfg(test)]
mod tests {
    use super::{of, of_output};
    use syn::parse_quote;

    #[test]
    fn a_type_in_typescripts_words() {
        for (ty, words) in [
            (parse_quote!(Serde<Point>), Some("suspendable_type_Point")),
            (parse_quote!(suspendable::Serde<geometry::Point>), Some("suspendable_type_Point")),
            (parse_quote!(Serde<Vec<Option<u8>>>), Some("(number | null)[]")),
            (parse_quote!(Serde<[(bool, &'static str); 3]>), Some("[boolean, string][]")),
            (parse_quote!(Serde<HashMap<Id, Box<A>>>), Some("Record<string, suspendable_type_A>")),
            (parse_quote!(Serde<Cow<'static, str>>), Some("string")),
            (parse_quote!(Serde<Pair<A>>), None),
            (parse_quote!(Serde<()>), None),
            (parse_quote!(Vec<u8>), None),
        ] {
            assert_eq!(of(&ty).as_deref(), words);
        }
        let found = of_output(&parse_quote!(-> io::Result<Serde<u8>>));
        assert_eq!(found.as_deref(), Some("number"));
        assert_eq!(of_output(&parse_quote!(-> Serde<char>)).as_deref(), Some("string"));
        assert_eq!(of_output(&parse_quote!()), None);
    }
}
