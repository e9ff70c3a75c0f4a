//! The `#[wasm_bindgen(…)]` attributes that pass through.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, LitStr, Meta, Token};

/// The arguments of one `#[wasm_bindgen(…)]`.
///
/// They are not all `Meta`: `typescript_type`, `extends = a::b` and friends are kept as tokens.
#[derive(Default)]
pub struct Bindgen(Vec<TokenStream>);

impl Bindgen {
    /// Those of our own attribute, and of the `#[wasm_bindgen]`s in `attributes`, which go away.
    pub fn take(ours: TokenStream, attributes: &mut Vec<Attribute>) -> syn::Result<Self> {
        let mut taken = Bindgen::default();
        taken.push(ours);
        let mut error = None;
        attributes.retain(|attribute| {
            let bindgen = is(attribute, "wasm_bindgen");
            if bindgen {
                match &attribute.meta {
                    Meta::List(list) => taken.push(list.tokens.clone()),
                    Meta::Path(_) => {}
                    Meta::NameValue(pair) => error = Some(syn::Error::new_spanned(pair, SYNTAX)),
                }
            }
            !bindgen
        });
        error.map_or(Ok(taken), Err)
    }

    fn push(&mut self, tokens: TokenStream) {
        if !tokens.is_empty() {
            self.0.push(tokens);
        }
    }

    /// Takes `name` out of the arguments, which wasm-bindgen does not know; whether it was there.
    pub fn take_own(&mut self, name: &str) -> syn::Result<bool> {
        let mut found = false;
        for tokens in &mut self.0 {
            let Ok(list) = arguments.parse2(tokens.clone()) else { continue };
            if !list.iter().any(|(key, value)| key == name && value.is_empty()) {
                continue;
            }
            found = true;
            let all = Punctuated::<TokenStream, Token![,]>::parse_terminated_with;
            let all = (|input: syn::parse::ParseStream| all(input, one)).parse2(tokens.clone())?;
            let others = all.into_iter().filter(|argument| argument.to_string() != name);
            *tokens = quote! { #(#others),* };
        }
        Ok(found)
    }

    /// Whether `name` is one of the arguments.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The tokens behind `name =`: empty if it stands alone, `None` if it is not there.
    pub fn value(&self, name: &str) -> Option<TokenStream> {
        self.0.iter().find_map(|tokens| {
            let arguments = arguments.parse2(tokens.clone()).ok()?;
            arguments.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
        })
    }

    /// As one attribute that finds wasm-bindgen, and the executor of async exports, through us.
    pub fn attribute(&self, more: TokenStream) -> TokenStream {
        let given = &self.0;
        quote! {
            #[::suspendable::__private::wasm_bindgen::prelude::wasm_bindgen(
                wasm_bindgen = ::suspendable::__private::wasm_bindgen,
                wasm_bindgen_futures = ::suspendable::__private,
                js_sys = ::suspendable::__private::js_sys,
                #more
                #(#given),*
            )]
        }
    }

    /// As an attribute of an item inside a block that has the other kind.
    pub fn inner_attribute(&self, more: TokenStream) -> TokenStream {
        let given = &self.0;
        quote! { #[wasm_bindgen(#more #(#given),*)] }
    }
}

const SYNTAX: &str = "expected #[wasm_bindgen] or #[wasm_bindgen(…)]";

/// The tokens up to the next comma.
fn one(input: syn::parse::ParseStream) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<proc_macro2::TokenTree>()?]);
    }
    Ok(tokens)
}

/// `key`, `key = value` and `key(…)`, separated by commas, the value being any tokens.
///
/// A comma inside a value, as in `static_method_of = Pair<'a, 'b>`, begins a key that is none.
fn arguments(input: syn::parse::ParseStream) -> syn::Result<Vec<(String, TokenStream)>> {
    let parse_one = |input: syn::parse::ParseStream| {
        let key = input.parse::<proc_macro2::TokenTree>()?.to_string();
        let mut value = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            let token: proc_macro2::TokenTree = input.parse()?;
            if !matches!(&token, proc_macro2::TokenTree::Punct(p) if p.as_char() == '=') {
                value.extend([token]);
            }
        }
        Ok((key, value))
    };
    let list = Punctuated::<_, Token![,]>::parse_terminated_with(input, parse_one)?;
    Ok(list.into_iter().collect())
}

/// Whether the last segment of the attribute's path is `name`.
pub fn is(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == name)
}

/// The attributes which the generated declaration shares with the author's: documentation, which
/// goes into the `.d.ts`, and conditions.
pub fn shared(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|a| is(a, "doc") || is(a, "cfg")).cloned().collect()
}

/// `js_name = "name"`, unless the author gave one.
pub fn default_name(bindgen: &Bindgen, ident: &syn::Ident) -> TokenStream {
    if bindgen.has("js_name") {
        return TokenStream::new();
    }
    let ident = ident.to_string();
    let name = LitStr::new(ident.trim_start_matches("r#"), proc_macro2::Span::call_site());
    quote! { js_name = #name, }
}
