//! `#[suspending]`: each declared function becomes an ordinary import that returns whatever
//! JavaScript returns, and a Rust function of the declared signature that waits for it.
//!
//! ```text
//! #[wasm_bindgen(module = "/js/net.js")]
//! extern "C" {
//!     #[wasm_bindgen(catch, js_name = "fetch_text")]
//!     fn __suspending_fetch_text(url: &str) -> Result<JsValue, JsValue>;
//! }
//! fn fetch_text(url: &str) -> Result<String, JsValue> {
//!     ::suspendable::__private::settle_result(__suspending_fetch_text(url))
//! }
//! ```

use crate::attributes::{Bindgen, default_name, shared};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Error, FnArg, ForeignItem, ForeignItemFn, ItemForeignMod, Pat, Result, ReturnType, Type,
};

pub fn expand(ours: TokenStream, mut block: ItemForeignMod) -> Result<TokenStream> {
    let bindgen = Bindgen::take(ours, &mut block.attrs)?;
    let mut declarations = Vec::new();
    let mut functions = Vec::new();
    for item in std::mem::take(&mut block.items) {
        match item {
            ForeignItem::Fn(function) => {
                let (declaration, function) = expand_function(function)?;
                declarations.push(declaration);
                functions.push(function);
            }
            other => declarations.push(quote! { #other }),
        }
    }
    let attribute = bindgen.attribute(TokenStream::new());
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
fn expand_function(mut item: ForeignItemFn) -> Result<(TokenStream, TokenStream)> {
    let bindgen = Bindgen::take(TokenStream::new(), &mut item.attrs)?;
    let signature = &item.sig;
    refuse(&bindgen, signature)?;
    let raw = format_ident!("__suspending_{}", signature.ident);
    let mut names = Vec::new();
    for argument in &signature.inputs {
        match argument {
            FnArg::Typed(argument) => match &*argument.pat {
                Pat::Ident(pattern) => names.push(pattern.ident.clone()),
                other => return Err(Error::new_spanned(other, "expected the argument's name")),
            },
            FnArg::Receiver(receiver) => {
                return Err(Error::new_spanned(receiver, "write `this: &Type`"));
            }
        }
    }

    let catch = if bindgen.has("catch") { quote!() } else { quote!(catch,) };
    let name = default_name(&bindgen, &signature.ident);
    let attribute = bindgen.inner_attribute(quote! { #catch #name });
    let (generics, inputs) = (&signature.generics, &signature.inputs);
    let value = quote!(::suspendable::__private::wasm_bindgen::JsValue);
    let import = quote! {
        #attribute
        fn #raw #generics(#inputs) -> ::core::result::Result<#value, #value>;
    };

    let settle = match &signature.output {
        ReturnType::Type(_, ty) if is_result(ty) => quote!(settle_result),
        _ => quote!(settle_or_throw),
    };
    let (shared, visibility) = (shared(&item.attrs), &item.vis);
    let (ident, output) = (&signature.ident, &signature.output);
    let function = if bindgen.has("method") {
        let (ty, rest) = receiver(&item)?;
        let arguments = names.iter().skip(1);
        quote! {
            impl #ty {
                #(#shared)*
                #visibility fn #ident #generics(&self, #(#rest),*) #output {
                    ::suspendable::__private::#settle(self.#raw(#(#arguments),*))
                }
            }
        }
    } else if let Some(class) = bindgen.value("static_method_of") {
        quote! {
            impl #class {
                #(#shared)*
                #visibility fn #ident #generics(#inputs) #output {
                    ::suspendable::__private::#settle(Self::#raw(#(#names),*))
                }
            }
        }
    } else {
        quote! {
            #(#shared)*
            #visibility fn #ident #generics(#inputs) #output {
                ::suspendable::__private::#settle(#raw(#(#names),*))
            }
        }
    };
    Ok((import, function))
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

/// The type of `this: &Type`, and the other arguments.
fn receiver(item: &ForeignItemFn) -> Result<(&Type, Vec<&FnArg>)> {
    let mut inputs = item.sig.inputs.iter();
    if let Some(FnArg::Typed(this)) = inputs.next()
        && let Type::Reference(reference) = &*this.ty
    {
        return Ok((&reference.elem, inputs.collect()));
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
        assert!(expanded.contains("settle_result (__suspending_fetch_text (url))"));
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
