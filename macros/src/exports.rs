//! `#[suspendable]`: beside each function, an `async` export whose body calls it.
//!
//! ```text
//! pub fn describe(specifier: &str) -> Result<String, Error> { … }        // as written
//!
//! const _: () = {
//!     #[wasm_bindgen(wasm_bindgen_futures = ::suspendable::__private, js_name = "describe")]
//!     pub async fn __suspendable_describe(specifier: &str, options: …) -> Result<String, JsValue> {
//!         ::suspendable::__private::begin(options)?;
//!         describe(specifier).map_err(…)
//!     }
//! };
//! ```
//!
//! wasm-bindgen turns that into an export which converts the arguments, holds what they borrow
//! inside the future, and gives the future to `future_to_promise`: ours, which runs it on a fiber. The
//! options have the signal that cancels the call.

use crate::attributes::{Bindgen, default_name, is, shared};
use crate::{exclusive, typescript};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{
    Error, FnArg, GenericArgument, Ident, ImplItem, ImplItemFn, Item, ItemFn, ItemImpl, Pat,
};
use syn::{PathArguments, Result, ReturnType, Signature, Type, TypePath, Visibility, parse_quote};

pub fn expand(ours: TokenStream, item: Item) -> Result<TokenStream> {
    match item {
        Item::Fn(function) => expand_function(ours, function),
        Item::Impl(block) => expand_impl(ours, block),
        other => Err(Error::new_spanned(
            other,
            "#[suspendable] goes on a function or on an impl block; \
             declarations of JavaScript functions take #[suspending]",
        )),
    }
}

fn expand_function(ours: TokenStream, mut function: ItemFn) -> Result<TokenStream> {
    if let Some(receiver) = function.sig.receiver() {
        return Err(Error::new_spanned(
            receiver,
            "for methods, put #[suspendable] on the impl block in the place of #[wasm_bindgen], \
             and keep this one",
        ));
    }
    let mut bindgen = Bindgen::take(ours, &mut function.attrs)?;
    let is_exclusive = bindgen.take_own("exclusive")?;
    let name = &function.sig.ident;
    let turn = is_exclusive.then(exclusive::turn);
    let wrapper = Wrapper::new(
        &function.vis,
        &function.sig.clone(),
        &bindgen,
        &function.attrs,
        turn,
        |args| {
            quote! { #name(#(#args),*) }
        },
    )?;
    strip_arguments(&mut function.sig);
    let line = || exclusive::line(true, None, &bindgen, &function.sig.ident);
    let section = exclusive::section(&is_exclusive.then(line).into_iter().collect::<Vec<_>>());
    let attribute = bindgen.attribute(named(&bindgen, &function.sig));
    let Wrapper { shared, function: export } = wrapper;
    Ok(quote! {
        #function

        const _: () = {
            #(#shared)*
            #attribute
            #export
        };

        #section
    })
}

fn expand_impl(ours: TokenStream, mut block: ItemImpl) -> Result<TokenStream> {
    if let Some((_, path, _)) = &block.trait_ {
        return Err(Error::new_spanned(path, "JavaScript sees no traits: use an inherent impl"));
    }
    let mut bindgen = Bindgen::take(ours, &mut block.attrs)?;
    let class = bindgen.take_own("exclusive")?.then(|| class(&bindgen, &block.self_ty));
    let mut lines = Vec::new();
    let mut own: Vec<ImplItem> = Vec::new();
    let mut exported: Vec<TokenStream> = Vec::new();
    for item in std::mem::take(&mut block.items) {
        match item {
            ImplItem::Fn(mut method) => match take_ours(&mut method)? {
                Some(attribute) => {
                    lines.extend(line(class.as_deref(), Some(attribute.clone()), &method)?);
                    exported.push(expand_method(attribute, class.is_some(), &mut method)?);
                    own.push(ImplItem::Fn(method));
                }
                None => {
                    lines.extend(line(class.as_deref(), None, &method)?);
                    exported.push(quote! { #method });
                }
            },
            other => own.push(other),
        }
    }
    if own.iter().all(|item| !matches!(item, ImplItem::Fn(_))) {
        return Err(Error::new_spanned(
            &block.self_ty,
            "no method of this impl can block: put #[suspendable] on those that shall",
        ));
    }
    let ty = &block.self_ty;
    let attribute = bindgen.attribute(TokenStream::new());
    let section = exclusive::section(&lines);
    block.items = own;
    Ok(quote! {
        #block

        #section

        #attribute
        impl #ty {
            #(#exported)*
        }
    })
}

/// What JavaScript calls the class of an `impl`.
fn class(bindgen: &Bindgen, ty: &Type) -> String {
    bindgen.value("js_class").map_or_else(
        || quote!(#ty).to_string().rsplit(' ').next().unwrap_or_default().to_owned(),
        |name| exclusive::unquoted(&name),
    )
}

/// The line of a method in an `impl` that is exclusive; `ours` are the arguments of its `#[suspendable]`.
fn line(
    class: Option<&str>,
    ours: Option<TokenStream>,
    method: &ImplItemFn,
) -> Result<Option<String>> {
    if class.is_none() || method.sig.receiver().is_none() {
        return Ok(None);
    }
    let can_wait = ours.is_some();
    let bindgen = Bindgen::take(ours.unwrap_or_default(), &mut method.attrs.clone())?;
    Ok(Some(exclusive::line(can_wait, class, &bindgen, &method.sig.ident)))
}

/// The arguments of the method's `#[suspendable(…)]`, which goes away; `None` if it has none.
fn take_ours(method: &mut ImplItemFn) -> Result<Option<TokenStream>> {
    let Some(at) = method.attrs.iter().position(|a| is(a, "suspendable")) else {
        return Ok(None);
    };
    let attribute = method.attrs.remove(at);
    Ok(Some(match attribute.meta {
        syn::Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    }))
}

fn expand_method(
    ours: TokenStream,
    is_exclusive: bool,
    method: &mut ImplItemFn,
) -> Result<TokenStream> {
    let mut bindgen = Bindgen::take(ours, &mut method.attrs)?;
    if bindgen.take_own("exclusive")? {
        return Err(Error::new_spanned(
            &method.sig.ident,
            "one call of an object at a time: put `exclusive` on the impl block",
        ));
    }
    if bindgen.has("constructor") {
        return Err(Error::new_spanned(
            &method.sig.ident,
            "a constructor cannot return a promise: make it a static method, `static async open()` \
             in JavaScript's words, by leaving out `constructor`",
        ));
    }
    let name = &method.sig.ident;
    let receiver = if method.sig.receiver().is_some() { quote!(self.) } else { quote!(Self::) };
    let turn = (is_exclusive && method.sig.receiver().is_some()).then(exclusive::turn);
    let wrapper =
        Wrapper::new(&method.vis, &method.sig.clone(), &bindgen, &method.attrs, turn, |args| {
            quote! { #receiver #name(#(#args),*) }
        })?;
    strip_arguments(&mut method.sig);
    let attribute = bindgen.inner_attribute(named(&bindgen, &method.sig));
    let Wrapper { shared, function } = wrapper;
    Ok(quote! { #(#shared)* #[doc(hidden)] #attribute #function })
}

/// What the attribute of the export says beside what the author says: its name, and what TypeScript sees of a `Serde<T>`.
fn named(bindgen: &Bindgen, signature: &Signature) -> TokenStream {
    let name = default_name(bindgen, &signature.ident);
    match typescript::of_output(&signature.output) {
        Some(ty) if !bindgen.has("unchecked_return_type") => {
            quote! { #name unchecked_return_type = #ty, }
        }
        _ => name,
    }
}

/// The `async` function that wasm-bindgen exports.
struct Wrapper {
    shared: Vec<syn::Attribute>,
    function: TokenStream,
}

impl Wrapper {
    fn new(
        visibility: &Visibility,
        signature: &Signature,
        bindgen: &Bindgen,
        attributes: &[syn::Attribute],
        turn: Option<TokenStream>,
        call: impl FnOnce(&[Ident]) -> TokenStream,
    ) -> Result<Self> {
        if !matches!(visibility, Visibility::Public(_)) {
            return Err(Error::new_spanned(
                signature.fn_token,
                "what JavaScript calls has to be `pub`",
            ));
        }
        if let Some(asyncness) = signature.asyncness {
            return Err(Error::new_spanned(
                asyncness,
                "a suspendable function blocks instead of awaiting: leave out `async`, or export \
                 this one with #[wasm_bindgen]",
            ));
        }
        if !signature.generics.params.is_empty() {
            return Err(Error::new_spanned(
                &signature.generics,
                "an export has no type or lifetime parameters",
            ));
        }
        if bindgen.has("jspi") {
            return Err(Error::new_spanned(
                &signature.ident,
                "#[suspendable] takes the place of `jspi`: leave it out",
            ));
        }
        let mut signature = signature.clone();
        let inner_name = format_ident!("__suspendable_{}", signature.ident);
        signature.ident = inner_name;
        signature.asyncness = Some(parse_quote!(async));
        let mut names = Vec::new();
        for argument in &mut signature.inputs {
            let FnArg::Typed(argument) = argument else {
                continue;
            };
            let Pat::Ident(pattern) = &mut *argument.pat else {
                return Err(Error::new_spanned(
                    &argument.pat,
                    "an export's arguments have names: JavaScript sees them",
                ));
            };
            pattern.mutability = None;
            names.push(pattern.ident.clone());
            if let Some(ty) = typescript::of(&argument.ty)
                && !argument.attrs.iter().any(|attribute| is(attribute, "wasm_bindgen"))
            {
                argument.attrs.push(parse_quote!(#[wasm_bindgen(unchecked_param_type = #ty)]));
            }
        }
        let call = returned(&mut signature, call(&names));
        let can_fail = result_value(&signature.output).is_some();
        if bindgen.has("variadic") {
            // What comes behind it is a part of it.
            let function = quote! { pub #signature { #turn #call } };
            return Ok(Wrapper { shared: shared(attributes), function });
        }
        // No argument is called so in Rust, and none may be in JavaScript.
        let options = Ident::new("options", Span::mixed_site());
        let is_taken = names.iter().any(|name| name == "options");
        let js_name = if is_taken { "callOptions" } else { "options" };
        signature.inputs.push(parse_quote! {
            #[wasm_bindgen(js_name = #js_name, unchecked_optional_param_type = "CallOptions")]
            #options: ::core::option::Option<::suspendable::__private::wasm_bindgen::JsValue>
        });
        // What awaits something is a larger function.
        let begin = match can_fail {
            true => quote! { begin(#options)? },
            false => quote! { begin_or_end(#options).await },
        };
        let function = quote! {
            pub #signature {
                #turn
                ::suspendable::__private::#begin;
                #call
            }
        };
        Ok(Wrapper { shared: shared(attributes), function })
    }
}

/// The call, and a signature whose error is a value of JavaScript's: `?` works in the author's function as in any.
fn returned(signature: &mut Signature, call: TokenStream) -> TokenStream {
    let Some(value) = result_value(&signature.output).cloned() else {
        let Some(value) = plain(&signature.output) else { return call };
        signature.output = parse_quote! {
            -> ::core::result::Result<#value, ::suspendable::__private::wasm_bindgen::JsValue>
        };
        return quote! { ::core::result::Result::Ok(#call) };
    };
    signature.output = parse_quote! {
        -> ::core::result::Result<#value, ::suspendable::__private::wasm_bindgen::JsValue>
    };
    let error = Ident::new("error", Span::mixed_site());
    quote! {
        ::core::result::Result::map_err(#call, |#error| {
            #[allow(unused_imports)]
            use ::suspendable::__private::{
                ViaError as _, ViaReference as _, ViaShared as _, ViaValue as _,
            };
            (&&&&::suspendable::__private::Thrown::new(#error)).to_js()
        })
    }
}

/// A type that is certainly no `Result`, whatever it is called.
fn plain(output: &ReturnType) -> Option<Type> {
    const PLAIN: [&str; 15] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32",
        "u64", "usize", "String",
    ];
    match output {
        ReturnType::Default => Some(parse_quote!(())),
        ReturnType::Type(_, ty) => match &**ty {
            Type::Path(TypePath { qself: None, path }) => {
                PLAIN.iter().any(|name| path.is_ident(name)).then(|| (**ty).clone())
            }
            _ => None,
        },
    }
}

/// The `T` of what is called `Result<T, …>`, be it std's, `io::Result<T>` or anybody's.
fn result_value(output: &ReturnType) -> Option<&Type> {
    let ReturnType::Type(_, ty) = output else { return None };
    let Type::Path(TypePath { qself: None, path }) = &**ty else { return None };
    let last = path.segments.last().filter(|segment| segment.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(value)) => Some(value),
        _ => None,
    }
}

/// Takes wasm-bindgen's attributes from the arguments of the author's function.
fn strip_arguments(signature: &mut Signature) {
    for argument in &mut signature.inputs {
        if let FnArg::Typed(argument) = argument {
            argument.attrs.retain(|attribute| !is(attribute, "wasm_bindgen"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::expand;
    use proc_macro2::TokenStream;
    use quote::quote;
    use syn::{Item, parse_quote};

    fn error(item: Item) -> String {
        expand(TokenStream::new(), item).expect_err("it is refused").to_string()
    }

    #[test]
    fn the_function_stays_and_an_async_export_calls_it() {
        let item = parse_quote!(
            pub fn double(mut n: u32) -> u32 {
                n *= 2;
                n
            }
        );
        let expanded = expand(TokenStream::new(), item).unwrap().to_string();
        assert!(expanded.starts_with("pub fn double (mut n : u32) -> u32"));
        assert!(expanded.contains("js_name = \"double\""));
        assert!(
            expanded.contains("pub async fn __suspendable_double (n : u32 , # [wasm_bindgen (js_name = \"options\"")
                && expanded.contains("begin (options) ? ; :: core :: result :: Result :: Ok (double (n)) }")
        );
    }

    #[test]
    fn an_error_becomes_a_value_of_javascripts() {
        for (ty, value) in [
            (quote!(Result<u32, Error>), "u32"),
            (quote!(std::io::Result<Vec<u8>>), "Vec < u8 >"),
            (quote!(anyhow::Result<()>), "()"),
        ] {
            let item = parse_quote!(
                pub fn f() -> #ty {
                    g()
                }
            );
            let expanded = expand(TokenStream::new(), item).unwrap().to_string();
            let output = format!(
                "-> :: core :: result :: Result < {value} , :: suspendable :: __private :: wasm_bindgen :: JsValue >"
            );
            assert!(expanded.contains(&output), "{expanded}");
            assert!(expanded.contains("begin (options) ? ; "), "{expanded}");
            assert!(expanded.contains("map_err (f () , | error |"), "{expanded}");
        }
        let item = parse_quote!(
            pub fn f() -> Outcome<u32> {
                g()
            }
        );
        let expanded = expand(TokenStream::new(), item).unwrap().to_string();
        assert!(!expanded.contains("map_err"), "{expanded}");
        assert!(expanded.contains("begin_or_end (options) . await ; f () }"), "{expanded}");
    }

    #[test]
    fn what_is_exclusive_is_named_for_the_tool() {
        let function = parse_quote!(
            pub fn sweep() {}
        );
        let ours = quote!(exclusive, js_name = "sweepUp");
        let expanded = expand(ours, function).unwrap().to_string();
        assert!(expanded.contains(r#"* b"call sweepUp\n""#) && !expanded.contains("exclusive ,"));
        let block = parse_quote!(impl Database {
            #[suspendable(js_name = queryAll)]
            pub fn query(&self) {}
            #[suspendable]
            pub fn open() {}
            #[wasm_bindgen(setter)]
            pub fn set_size(&mut self, size: u32) {}
        });
        let expanded = expand(quote!(exclusive, js_class = "Db"), block).unwrap().to_string();
        assert!(expanded.contains(r#"* b"call Db.queryAll\nnow Db.size\n""#), "{expanded}");
        let method = parse_quote!(impl S {
            #[suspendable(exclusive)]
            pub fn f(&self) {}
        });
        assert!(error(method).contains("put `exclusive` on the impl block"));
    }

    #[test]
    fn what_cannot_be_exported_is_refused_with_the_remedy() {
        assert!(
            error(parse_quote!(
                fn private() {}
            ))
            .contains("has to be `pub`")
        );
        assert!(
            error(parse_quote!(
                pub async fn f() {}
            ))
            .contains("leave out `async`")
        );
        assert!(
            error(parse_quote!(
                pub fn f<T>(t: T) {}
            ))
            .contains("no type or lifetime parameters")
        );
        assert!(
            error(parse_quote!(
                pub fn f((a, b): (u8, u8)) {}
            ))
            .contains("arguments have names")
        );
        assert!(
            error(parse_quote!(
                pub fn f(&self) {}
            ))
            .contains("on the impl block")
        );
        assert!(
            error(parse_quote!(
                pub struct S;
            ))
            .contains("on a function or on an impl block")
        );
        assert!(error(parse_quote!(impl Clone for S {})).contains("inherent impl"));
        assert!(
            error(parse_quote!(impl S { pub fn f(&self) {} })).contains("no method of this impl")
        );
        let constructor = parse_quote!(impl S {
            #[suspendable(constructor)]
            pub fn new() -> S { S }
        });
        assert!(error(constructor).contains("a constructor cannot return a promise"));
    }
}
