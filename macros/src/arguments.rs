//! What a `#[suspending]` function is given, which stays what it is until the promise has settled.
//!
//! wasm-bindgen gives JavaScript values of its own, and copies of what is in memory, but for two.
//!
//! A slice of numbers is a view of memory: others write there, and when memory grows it ends. With
//! `slice = copy` it is a typed array of its own. wasm-bindgen goes by the type itself, so that no
//! other name hides one. It does that for shared slices. A mutable one is copied by `Lent`, and
//! copied back when the promise has settled, for which it has to be seen here, in the tokens. Under
//! another name it does not compile (`not_lent`); and wasm-bindgen refuses the one that is left,
//! which a type parameter stands for.
//!
//! A borrowed closure throws when the import has returned.

use crate::attributes::{Bindgen, is};
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, FnArg, GenericArgument, Generics, Ident, Pat, PatType, PathArguments, Result,
    Type,
};

/// An argument of a declared function.
pub struct Argument {
    pub name: Ident,
    /// As the author's function has it.
    pub input: PatType,
    /// The attributes for wasm-bindgen, which that function cannot have.
    attributes: Vec<Attribute>,
    /// Whether it is a mutable slice.
    pub is_lent: bool,
}

impl Argument {
    /// `mode` is that of slices which have none of their own; `mono` has the type parameters under
    /// `experimental_generic_mono`.
    pub fn new(input: &FnArg, mode: Option<&str>, mono: Option<&Generics>) -> Result<Self> {
        let mut input = match input {
            FnArg::Typed(input) => input.clone(),
            FnArg::Receiver(receiver) => {
                return Err(Error::new_spanned(receiver, "write `this: &Type`"));
            }
        };
        let Pat::Ident(pattern) = &*input.pat else {
            return Err(Error::new_spanned(&input.pat, "expected the argument's name"));
        };
        let (name, is_lent) = (pattern.ident.clone(), is_mutable_slice(&input.ty));
        let (attributes, others) =
            input.attrs.into_iter().partition(|attribute| is(attribute, "wasm_bindgen"));
        input.attrs = others;
        let argument = Argument { name, input, attributes, is_lent };
        argument.refuse(mode, mono)?;
        Ok(argument)
    }

    fn refuse(&self, mode: Option<&str>, mono: Option<&Generics>) -> Result<()> {
        let own = Bindgen::take(TokenStream::new(), &mut self.attributes.clone())?;
        refuse_views(&own, &self.name)?;
        let why = if is_borrowed_closure(&self.input.ty) {
            "JavaScript can call a borrowed closure until the function returns, and not until its \
             promise has settled: take a `&Closure<dyn FnMut(…)>`"
        } else if mono.is_some_and(|generics| is_generic_reference(&self.input.ty, generics)) {
            "behind a reference to a type parameter can be a slice, which changes while the call is \
             suspended: take the argument by value"
        } else if self.is_lent && own.has("slice") {
            "a mutable slice is copied, and comes back: leave out `slice`"
        } else if self.is_lent && mode == Some("array") {
            "a mutable slice is a typed array, so that it can come back: write `slice = array` at \
             the other arguments"
        } else {
            return Ok(());
        };
        Err(Error::new_spanned(&self.input, why))
    }

    /// As the import has it.
    pub fn declared(&self) -> TokenStream {
        let (attributes, name, input) = (&self.attributes, &self.name, &self.input);
        if self.is_lent {
            quote! { #(#attributes)* #name: &::suspendable::__private::wasm_bindgen::JsValue }
        } else {
            quote! { #(#attributes)* #input }
        }
    }

    /// As it is given to the import.
    pub fn given(&self) -> TokenStream {
        let name = &self.name;
        if self.is_lent { quote!(#name.array()) } else { quote!(#name) }
    }

    /// Does not compile if the type is a mutable slice after all, by another name. No code.
    pub fn check(&self) -> TokenStream {
        let ty = &*self.input.ty;
        // A shared reference leads to no mutable slice. What `impl Trait` stands for is not known.
        let is_shared = matches!(ungrouped(ty), Type::Reference(to) if to.mutability.is_none());
        if self.is_lent || is_shared || contains_impl(ty) {
            return TokenStream::new();
        }
        let check = quote_spanned! { ty.span() =>
            ::suspendable::__private::not_lent(&::suspendable::__private::Given::<#ty>::KIND)
        };
        quote! {
            const {
                #[allow(unused_imports)]
                use ::suspendable::__private::Unlent as _;
                #check
            }
        }
    }
}

/// The word behind `slice =`.
pub fn mode(bindgen: &Bindgen) -> Option<String> {
    bindgen.value("slice").map(|mode| mode.to_string())
}

/// Refuses what would give JavaScript a view of memory.
pub fn refuse_views(bindgen: &Bindgen, at: &impl ToTokens) -> Result<()> {
    let why = if mode(bindgen).is_some_and(|mode| mode == "view") {
        "a view changes while the call is suspended: leave out `slice = view`, and JavaScript gets \
         a typed array of its own"
    } else if bindgen.has("slice_to_array") {
        // It does nothing to a type that wasm-bindgen does not see to be a slice.
        "write `slice = array`"
    } else {
        return Ok(());
    };
    Err(Error::new_spanned(at, why))
}

/// `&mut [T]`, and in `Option`, `Nullable` and `Clamped`.
fn is_mutable_slice(ty: &Type) -> bool {
    match ungrouped(ty) {
        Type::Reference(to) => {
            to.mutability.is_some() && matches!(ungrouped(&to.elem), Type::Slice(_))
        }
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| {
            ["Option", "Nullable", "Clamped"].iter().any(|wrapper| segment.ident == wrapper)
                && matches!(&segment.arguments, PathArguments::AngleBracketed(of)
                    if matches!(of.args.first(), Some(GenericArgument::Type(ty))
                        if is_mutable_slice(ty)))
        }),
        _ => false,
    }
}

/// `&dyn Fn(…)` and `&mut dyn FnMut(…)`.
fn is_borrowed_closure(ty: &Type) -> bool {
    let Type::Reference(to) = ungrouped(ty) else { return false };
    matches!(ungrouped(&to.elem), Type::TraitObject(_))
}

/// `&T`, `&T::Associated` and `&impl Trait`: `experimental_generic_mono` has a way of its own for
/// them, past `slice = copy`.
fn is_generic_reference(ty: &Type, generics: &Generics) -> bool {
    let Type::Reference(to) = ungrouped(ty) else { return false };
    match ungrouped(&to.elem) {
        Type::ImplTrait(_) => true,
        Type::Path(of) => {
            let first = of.path.segments.first().map(|segment| &segment.ident);
            let mut parameters = generics.type_params().map(|parameter| &parameter.ident);
            parameters.any(|parameter| of.qself.is_some() || Some(parameter) == first)
        }
        _ => false,
    }
}

/// Without parentheses, and without those that nobody sees round what a macro was given.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        ty => ty,
    }
}

/// Whether the type names an `impl Trait`.
fn contains_impl(ty: &Type) -> bool {
    fn any(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Group(group) => any(group.stream()),
            token => token.to_string() == "impl",
        })
    }
    any(ty.to_token_stream())
}

#[cfg(test)]
mod tests {
    use crate::imports::expand;
    use proc_macro2::TokenStream;
    use quote::quote;
    use syn::ItemForeignMod;

    /// What becomes of a function.
    fn expanded(ours: TokenStream, function: TokenStream) -> syn::Result<String> {
        let block: ItemForeignMod = syn::parse_quote!(extern "C" { #function });
        expand(ours, block).map(|tokens| tokens.to_string())
    }

    fn error(ours: TokenStream, function: TokenStream) -> String {
        expanded(ours, function).expect_err("it is refused").to_string()
    }

    #[test]
    fn a_shared_slice_is_copied_by_wasm_bindgen() {
        let function = quote!(
            fn write(bytes: &[u8]) -> u32;
        );
        let copied = expanded(quote!(), function.clone()).unwrap();
        assert!(copied.contains("slice = copy"));
        assert!(copied.contains("__suspending_write (bytes : & [u8])"));
        assert!(copied.contains("and_then (| () | __suspending_write (bytes))"));
        let array = expanded(quote!(slice = array), function).unwrap();
        assert!(array.contains("slice = array") && !array.contains("slice = copy"));
    }

    #[test]
    fn a_mutable_slice_is_copied_and_comes_back() {
        for ty in [
            quote!(&mut [u8]),
            quote!((&'a mut [u8])),
            quote!(Option<&mut [u8]>),
            quote!(wasm_bindgen::Clamped<&mut [u8]>),
            quote!(Option<Nullable<&mut [u8]>>),
        ] {
            let read = expanded(quote!(), quote!(fn read(at: u32, into: #ty) -> Result<u32, E>;));
            let read = read.unwrap();
            let value = ":: suspendable :: __private :: wasm_bindgen :: JsValue";
            assert!(read.contains(&format!("__suspending_read (at : u32 , into : & {value})")));
            assert!(read.contains("Lent :: new (into)"));
            assert!(read.contains("and_then (| () | __suspending_read (at , into . array ()))"));
            assert!(read.contains("into . take_back () ; :: suspendable :: __private :: result"));
        }
    }

    #[test]
    fn attributes_of_arguments_are_the_imports() {
        let attribute = quote!(#[wasm_bindgen(unchecked_param_type = "1 | 2")]);
        let expanded =
            expanded(quote!(), quote!(fn f(#attribute x: u32, #attribute y: &mut [u8]);));
        let (import, function) = expanded
            .unwrap()
            .split_once("fn f")
            .map(|(import, function)| (import.to_owned(), function.to_owned()))
            .unwrap();
        assert_eq!(import.matches("unchecked_param_type").count(), 2);
        assert!(!function.contains("unchecked_param_type"));
    }

    #[test]
    fn what_could_be_seen_to_change_is_refused_with_the_remedy() {
        let view = "leave out `slice = view`";
        let plain = quote!(
            fn f(x: &[u8]);
        );
        assert!(error(quote!(slice = view), plain.clone()).contains(view));
        assert!(error(quote!(), quote!(#[wasm_bindgen(slice = view)] #plain)).contains(view));
        let hidden = quote!(#[wasm_bindgen(static_method_of = Pair<'a, 'b>, slice = view)] #plain);
        assert!(error(quote!(), hidden).contains(view));
        let argument = quote!(
            fn f(#[wasm_bindgen(slice = view)] x: &[u8]);
        );
        assert!(error(quote!(), argument).contains(view));
        assert!(error(quote!(slice_to_array), plain).contains("write `slice = array`"));

        let mutable = quote!(
            fn f(x: &mut [u8]);
        );
        assert!(error(quote!(slice = array), mutable.clone()).contains("the other arguments"));
        assert!(
            expanded(quote!(slice = array), quote!(#[wasm_bindgen(slice = copy)] #mutable)).is_ok()
        );
        let argument = quote!(
            fn f(#[wasm_bindgen(slice = copy)] x: &mut [u8]);
        );
        assert!(error(quote!(), argument).contains("leave out `slice`"));

        let closure = "take a `&Closure<dyn FnMut(…)>`";
        assert!(
            error(
                quote!(),
                quote!(
                    fn f(x: &dyn Fn(u32));
                )
            )
            .contains(closure)
        );
        assert!(
            error(
                quote!(),
                quote!(
                    fn f(x: &mut (dyn FnMut(u32) + '_));
                )
            )
            .contains(closure)
        );

        let mono = quote!(experimental_generic_mono);
        let remedy = "take the argument by value";
        assert!(
            error(
                mono.clone(),
                quote!(
                    fn f<T: ?Sized>(x: &T);
                )
            )
            .contains(remedy)
        );
        assert!(
            error(
                mono.clone(),
                quote!(
                    fn f<T: Has>(x: &<T as Has>::Slice);
                )
            )
            .contains(remedy)
        );
        assert!(
            error(
                mono.clone(),
                quote!(
                    fn f(x: &impl Trait);
                )
            )
            .contains(remedy)
        );
        assert!(
            expanded(
                mono,
                quote!(
                    fn f<T>(x: T, y: &[T], z: &JsValue);
                )
            )
            .is_ok()
        );
    }
}
