//! `#[suspendable_test]`: beside the function, an export that calls it, and what `cargo suspendable test` is told of it.
//!
//! ```text
//! fn reads() { … }                                        // as written
//!
//! #[cfg(all(test, target_arch = "wasm32"))]
//! const _: () = {
//!     #[wasm_bindgen(…, js_name = "suspendable_test_0_reads")]
//!     pub async fn suspendable_test_0_reads() -> Result<(), JsValue> {
//!         ::suspendable::__private::outcome(reads())
//!     }
//!     #[unsafe(link_section = "suspendable.tests")]
//!     static TEST: [u8; …] = …;                           // which export, whose path, ignored, expected to panic
//! };
//! ```
//!
//! The export is one of `#[suspendable]`'s: it runs on a fiber. In the custom section a test has four texts, each with
//! a zero byte behind it.

use crate::attributes::{Bindgen, is};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, ExprLit, ItemFn, Lit, Meta, Result, Token};

/// Tells tests of one name in several modules apart.
static NUMBER: AtomicU32 = AtomicU32::new(0);

pub fn expand(arguments: TokenStream, mut function: ItemFn) -> Result<TokenStream> {
    refuse(&arguments, &function)?;
    let ignored = attribute(&function.attrs, "ignore", &["reason"])?;
    let panics = attribute(&function.attrs, "should_panic", &["expected"])?;
    // Those are `#[test]`'s, if it is one of cargo's as well.
    if !function.attrs.iter().any(|attribute| is(attribute, "test")) {
        function.attrs.retain(|a| !is(a, "ignore") && !is(a, "should_panic"));
    }
    let name = &function.sig.ident;
    let own = name.to_string();
    let own = own.trim_start_matches("r#");
    let export = format_ident!("suspendable_test_{}_{own}", NUMBER.fetch_add(1, Relaxed));
    let (given, js_name) = (Bindgen::default(), export.to_string());
    let attribute = given.attribute(quote! { js_name = #js_name, });
    let conditions: Vec<_> = function.attrs.iter().filter(|a| is(a, "cfg")).collect();
    let before = format!("{js_name}\0");
    let behind =
        format!("::{own}\0{}\0{}\0", ignored.unwrap_or_default(), panics.unwrap_or_default());
    Ok(quote! {
        #[cfg_attr(not(all(test, target_arch = "wasm32")), allow(dead_code))]
        #function

        #(#conditions)*
        #[cfg(all(test, target_arch = "wasm32"))]
        const _: () = {
            #attribute
            pub async fn #export()
                -> ::core::result::Result<(), ::suspendable::__private::wasm_bindgen::JsValue>
            {
                ::suspendable::__private::outcome(#name())
            }

            const TEXT: &[u8] = ::core::concat!(#before, ::core::module_path!(), #behind).as_bytes();
            #[used]
            #[unsafe(link_section = "suspendable.tests")]
            static TEST: [u8; TEXT.len()] = *TEXT.first_chunk().unwrap();
        };
    })
}

fn refuse(arguments: &TokenStream, function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    if !arguments.is_empty() {
        let why =
            "#[suspendable_test] takes nothing: #[ignore] and #[should_panic] stand beside it";
        return Err(Error::new_spanned(arguments, why));
    }
    if let Some(asyncness) = signature.asyncness {
        let why =
            "a test blocks instead of awaiting: leave out `async`, and call `block_on_future`";
        return Err(Error::new_spanned(asyncness, why));
    }
    if !signature.inputs.is_empty() || !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(signature, "a test has no arguments and no parameters"));
    }
    Ok(())
}

/// What `#[name]` says: the text behind `key`, if there is one.
fn attribute(attributes: &[Attribute], name: &str, keys: &[&str]) -> Result<Option<String>> {
    let Some(found) = attributes.iter().find(|attribute| is(attribute, name)) else {
        return Ok(None);
    };
    let text = match &found.meta {
        Meta::Path(_) => None,
        Meta::NameValue(pair) => Some(pair.value.clone()),
        Meta::List(list) => {
            let pairs = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?;
            pairs.into_iter().find_map(|pair| match pair {
                Meta::NameValue(pair) if keys.iter().any(|key| pair.path.is_ident(key)) => {
                    Some(pair.value)
                }
                _ => None,
            })
        }
    };
    match text {
        None => Ok(Some(name.to_owned())),
        Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) if !text.value().contains('\0') => {
            Ok(Some(format!("{name} {}", text.value())))
        }
        Some(other) => Err(Error::new_spanned(other, "expected a text")),
    }
}

#[cfg(test)]
mod tests {
    use super::expand;
    use proc_macro2::TokenStream;
    use quote::quote;
    use syn::{ItemFn, parse_quote};

    fn expanded(function: ItemFn) -> String {
        expand(TokenStream::new(), function).unwrap().to_string()
    }

    fn error(arguments: TokenStream, function: ItemFn) -> String {
        expand(arguments, function).expect_err("it is refused").to_string()
    }

    #[test]
    fn the_tool_is_told_what_stands_beside_it() {
        let plain = expanded(parse_quote!(
            fn reads() {}
        ));
        assert!(plain.contains(r#"module_path ! () , "::reads\0\0\0")"#), "{plain}");
        assert!(plain.contains("outcome (reads ())"));
        let both = expanded(parse_quote!(
            #[ignore = "slow"]
            #[should_panic(expected = "no \"file\"")]
            fn reads() {}
        ));
        let told = r#""::reads\0ignore slow\0should_panic no \"file\"\0")"#;
        assert!(both.contains(told), "{both}");
        assert!(!both.contains("# [ignore"), "without #[test] they mean nothing: {both}");
        let natively = expanded(parse_quote!(
            #[test]
            #[ignore]
            fn reads() {}
        ));
        assert!(natively.contains("# [test] # [ignore] fn reads"), "{natively}");
        assert!(natively.contains(r#""::reads\0ignore\0\0")"#), "{natively}");
    }

    #[test]
    fn what_is_no_test_is_refused_with_the_remedy() {
        let plain = parse_quote!(
            fn f() {}
        );
        assert!(error(quote!(exclusive), plain).contains("takes nothing"));
        let asynchronous = parse_quote!(
            async fn f() {}
        );
        assert!(error(quote!(), asynchronous).contains("`block_on_future`"));
        let argument = parse_quote!(
            fn f(n: u32) {}
        );
        assert!(error(quote!(), argument).contains("no arguments"));
    }
}
