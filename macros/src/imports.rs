//! `#[suspending]`: each declared function becomes an ordinary import that returns whatever
//! JavaScript returns, and a Rust function of the declared signature that waits for it.
//!
//! ```text
//! #[wasm_bindgen(slice = copy, module = "/js/net.js")]
//! extern "C" {
//!     #[wasm_bindgen(catch, js_name = "fetch_text")]
//!     fn __suspending_fetch_text(url: &str) -> Result<JsValue, JsValue>;
//!     #[wasm_bindgen(catch, js_name = "read")]
//!     fn __suspending_read(into: &JsValue) -> Result<JsValue, JsValue>;
//! }
//! fn fetch_text(url: &str) -> Result<String, JsValue> {
//!     ::suspendable::__private::settle_result(
//!         ::suspendable::__private::ready().and_then(|()| __suspending_fetch_text(url)),
//!     )
//! }
//! fn read(into: &mut [u8]) -> Result<u32, JsValue> {
//!     let into = ::suspendable::__private::Lent::new(into);
//!     let settled = ::suspendable::__private::settle(
//!         ::suspendable::__private::ready().and_then(|()| __suspending_read(into.array())),
//!     );
//!     into.take_back();
//!     ::suspendable::__private::result(settled)
//! }
//! ```
//!
//! `ready` fails if the call has been cancelled: then JavaScript is not called any more. Why slices are copied, [`arguments`](crate::arguments) says.

use crate::arguments::{Argument, mode, refuse_views};
use crate::attributes::{Bindgen, default_name, shared};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{
    Error, FnArg, ForeignItem, ForeignItemFn, Ident, ItemForeignMod, Result, ReturnType, Type,
};

pub fn expand(ours: TokenStream, mut block: ItemForeignMod) -> Result<TokenStream> {
    let bindgen = Bindgen::take(ours, &mut block.attrs)?;
    refuse_views(&bindgen, &block.abi)?;
    let mut declarations = Vec::new();
    let mut functions = Vec::new();
    for item in std::mem::take(&mut block.items) {
        match item {
            ForeignItem::Fn(function) => {
                let (declaration, function) = expand_function(&bindgen, function)?;
                declarations.push(declaration);
                functions.push(function);
            }
            other => declarations.push(quote! { #other }),
        }
    }
    let slices = if bindgen.has("slice") { quote!() } else { quote!(slice = copy,) };
    let attribute = bindgen.attribute(slices);
    let (attributes, abi) = (&block.attrs, &block.abi);
    Ok(quote! {
        #attribute
        #(#attributes)*
        #abi {
            #(#declarations)*
        }
        #(#functions)*
    })
}

/// The import, and the function that an author calls.
fn expand_function(block: &Bindgen, mut item: ForeignItemFn) -> Result<(TokenStream, TokenStream)> {
    let bindgen = Bindgen::take(TokenStream::new(), &mut item.attrs)?;
    let signature = &item.sig;
    refuse(&bindgen, signature)?;
    refuse_views(&bindgen, &signature.ident)?;
    let raw = format_ident!("__suspending_{}", signature.ident);
    let is_mono = [block, &bindgen].iter().any(|given| given.has("experimental_generic_mono"));
    let mono = is_mono.then_some(&signature.generics);
    let mode = mode(&bindgen).or(mode(block));
    let arguments: Vec<_> = signature
        .inputs
        .iter()
        .map(|input| Argument::new(input, mode.as_deref(), mono))
        .collect::<Result<_>>()?;

    let catch = if bindgen.has("catch") { quote!() } else { quote!(catch,) };
    let name = default_name(&bindgen, &signature.ident);
    let attribute = bindgen.inner_attribute(quote! { #catch #name });
    let generics = &signature.generics;
    let declared = arguments.iter().map(Argument::declared);
    let value = quote!(::suspendable::__private::wasm_bindgen::JsValue);
    let import = quote! {
        #attribute
        fn #raw #generics(#(#declared),*) -> ::core::result::Result<#value, #value>;
    };

    let (shared, visibility) = (shared(&item.attrs), &item.vis);
    let (ident, output) = (&signature.ident, &signature.output);
    let inputs: Vec<_> = arguments.iter().map(|argument| &argument.input).collect();
    let function = if bindgen.has("method") {
        let (ty, inputs) = (receiver(&item)?, &inputs[1..]);
        let body = body(&quote!(self.#raw), &arguments[1..], output);
        quote! {
            impl #ty {
                #(#shared)*
                #visibility fn #ident #generics(&self, #(#inputs),*) #output { #body }
            }
        }
    } else if let Some(class) = bindgen.value("static_method_of") {
        let body = body(&quote!(Self::#raw), &arguments, output);
        quote! {
            impl #class {
                #(#shared)*
                #visibility fn #ident #generics(#(#inputs),*) #output { #body }
            }
        }
    } else {
        let body = body(&quote!(#raw), &arguments, output);
        quote! {
            #(#shared)*
            #visibility fn #ident #generics(#(#inputs),*) #output { #body }
        }
    };
    Ok((import, function))
}

/// Calls the import, and waits.
fn body(import: &TokenStream, arguments: &[Argument], output: &ReturnType) -> TokenStream {
    let checks = arguments.iter().map(Argument::check);
    let given = arguments.iter().map(Argument::given);
    let call = quote! {
        ::suspendable::__private::ready().and_then(|()| #import(#(#given),*))
    };
    let is_result = matches!(output, ReturnType::Type(_, ty) if is_result(ty));
    let lent: Vec<_> =
        arguments.iter().filter(|argument| argument.is_lent).map(|lent| &lent.name).collect();
    if lent.is_empty() {
        let settle = if is_result { quote!(settle_result) } else { quote!(settle_or_throw) };
        return quote! { #(#checks)* ::suspendable::__private::#settle(#call) };
    }
    let outcome = if is_result { quote!(result) } else { quote!(or_throw) };
    // No argument is called so.
    let settled = Ident::new("settled", Span::mixed_site());
    quote! {
        #(#checks)*
        #(let #lent = ::suspendable::__private::Lent::new(#lent);)*
        let #settled = ::suspendable::__private::settle(#call);
        #(#lent.take_back();)*
        ::suspendable::__private::#outcome(#settled)
    }
}

fn refuse(bindgen: &Bindgen, signature: &syn::Signature) -> Result<()> {
    let why = if bindgen.has("constructor") {
        "`new` gives an object, not a promise: declare it in a #[wasm_bindgen] block"
    } else if bindgen.has("suspending") {
        "#[suspending] takes the place of `suspending`: leave it out"
    } else if bindgen.has("setter") || bindgen.has("indexing_setter") {
        "assigning to a property gives no promise: declare it in a #[wasm_bindgen] block"
    } else if signature.asyncness.is_some() {
        "a suspending function is called without await: leave out `async`"
    } else if signature.variadic.is_some() {
        "use #[wasm_bindgen(variadic)]"
    } else {
        return Ok(());
    };
    Err(Error::new_spanned(&signature.ident, why))
}

/// The type of `this: &Type`.
fn receiver(item: &ForeignItemFn) -> Result<&Type> {
    if let Some(FnArg::Typed(this)) = item.sig.inputs.first()
        && let Type::Reference(reference) = &*this.ty
    {
        return Ok(&reference.elem);
    }
    Err(Error::new_spanned(&item.sig, "the first argument of a method is `this: &Type`"))
}

/// Whether the type is called `Result`, whatever its path and parameters.
fn is_result(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Result")
}

#[cfg(test)]
mod tests {
    use super::expand;
    use proc_macro2::TokenStream;
    use syn::{ItemForeignMod, parse_quote};

    fn error(block: ItemForeignMod) -> String {
        expand(TokenStream::new(), block).expect_err("it is refused").to_string()
    }

    #[test]
    fn a_function_is_declared_and_waited_for() {
        let block = parse_quote!(
            extern "C" {
                fn fetch_text(url: &str) -> Result<String, JsValue>;
            }
        );
        let expanded = expand(TokenStream::new(), block).unwrap().to_string();
        assert!(expanded.contains("catch , js_name = \"fetch_text\""));
        assert!(expanded.contains("and_then (| () | __suspending_fetch_text (url)))"));
    }

    #[test]
    fn what_cannot_be_waited_for_is_refused_with_the_remedy() {
        let constructor = parse_quote!(
            extern "C" {
                #[wasm_bindgen(constructor)]
                fn new() -> T;
            }
        );
        assert!(error(constructor).contains("#[wasm_bindgen] block"));
        let setter = parse_quote!(
            extern "C" {
                #[wasm_bindgen(method, setter)]
                fn set_x(this: &T, x: u8);
            }
        );
        assert!(error(setter).contains("gives no promise"));
        let method = parse_quote!(
            extern "C" {
                #[wasm_bindgen(method)]
                fn f(this: T);
            }
        );
        assert!(error(method).contains("`this: &Type`"));
        assert!(
            error(parse_quote!(
                extern "C" {
                    async fn f();
                }
            ))
            .contains("leave out `async`")
        );
    }
}
