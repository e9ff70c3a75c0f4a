//! `#[suspendable(exclusive)]`: calls that wait for each other, in order.
//!
//! They have to wait before wasm-bindgen looks at them, for it borrows the object of a method at once. So
//! the queue is in JavaScript (js/host/exclusive.js), and the tool puts it in front of the functions that a
//! custom section names, a line each:
//!
//! ```text
//! call FUNCTION          waits for its turn
//! call CLASS.METHOD      waits for its object's turn
//! now CLASS.METHOD       cannot wait, and fails if it is not its turn
//! ```

use crate::attributes::Bindgen;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, LitByteStr};

/// The line for a function, or for a method of a class.
pub fn line(can_wait: bool, class: Option<&str>, bindgen: &Bindgen, ident: &Ident) -> String {
    let own = ident.to_string();
    let own = own.trim_start_matches("r#");
    let given = ["js_name", "getter", "setter"].iter().find_map(|key| bindgen.value(key));
    let given = given.map(|name| unquoted(&name)).filter(|name| !name.is_empty());
    let own = if bindgen.has("setter") { own.trim_start_matches("set_") } else { own };
    let name = given.as_deref().unwrap_or(own);
    let kind = if can_wait { "call" } else { "now" };
    match class {
        Some(class) => format!("{kind} {class}.{name}\n"),
        None => format!("{kind} {name}\n"),
    }
}

/// What the body of a call that waits begins with.
pub fn turn() -> TokenStream {
    let turn = Ident::new("_turn", Span::mixed_site());
    quote! { let #turn = ::suspendable::__private::turn(); }
}

/// A name that an author may write as an identifier or as a string.
pub fn unquoted(name: &TokenStream) -> String {
    name.to_string().trim_matches('"').to_owned()
}

/// What leaves the lines in the module.
pub fn section(lines: &[String]) -> TokenStream {
    if lines.is_empty() {
        return TokenStream::new();
    }
    let lines = lines.concat();
    let length = lines.len();
    let bytes = LitByteStr::new(lines.as_bytes(), Span::call_site());
    quote! {
        const _: () = {
            #[cfg(target_arch = "wasm32")]
            #[used]
            #[unsafe(link_section = "suspendable.exclusive")]
            static EXCLUSIVE: [u8; #length] = *#bytes;
        };
    }
}
