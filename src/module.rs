//! JavaScript modules: `import()` as a function that returns.

use crate::{Error, block_on, cancel, convert, imported};
use js_sys::{Array, Function, Object, Promise, Reflect};
use std::fmt;
use wasm_bindgen::convert::TryFromJsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen(raw_module = "suspendable:host/import")]
extern "C" {
    /// A promise of the namespace; it throws nothing.
    #[wasm_bindgen(js_name = importModule)]
    fn import_module(specifier: &str, options: &JsValue) -> Promise<Object>;
}

#[wasm_bindgen(raw_module = "suspendable:host/thenable")]
extern "C" {
    #[wasm_bindgen(js_name = isThenable)]
    pub(crate) fn is_thenable(value: &JsValue) -> bool;
}

/// Imports a JavaScript module: `await import(specifier)`, without the `await`.
///
/// Relative specifiers resolve against the `base` of `init` (the working directory on Node.js, the
/// document in a browser), bare ones as from there. A module that this instance has imported before
/// comes back without suspending.
///
/// # Errors
///
/// [`Error::Import`] if the module cannot be found, or fails to parse or evaluate;
/// [`Error::CannotBlock`] if it has to be loaded where no blocking call is possible;
/// [`Error::Cancelled`].
///
/// ```no_run
/// use suspendable::{js_import, suspendable};
///
/// #[suspendable]
/// pub fn double(specifier: &str, number: f64) -> Result<f64, suspendable::Error> {
///     js_import(specifier)?.call("double", (number,))
/// }
/// ```
pub fn js_import(specifier: &str) -> Result<JsModule, Error> {
    load(specifier, ())
}

/// Imports a module with import attributes.
///
/// ```no_run
/// # use suspendable::{Error, ImportOptions, js_import_with};
/// # fn version() -> Result<String, Error> {
/// let json = js_import_with("./package.json", &ImportOptions::new().with("type", "json"))?;
/// let package: js_sys::Object = json.get("default")?;
/// # Ok(js_sys::JSON::stringify(&package).unwrap().into())
/// # }
/// ```
///
/// # Errors
///
/// As [`js_import`].
pub fn js_import_with(specifier: &str, options: &ImportOptions) -> Result<JsModule, Error> {
    load(specifier, options)
}

/// The options of an import, or none: who never has any carries no code for them.
trait Options {
    fn are(&self, others: &ImportOptions) -> bool;
    fn to_js(&self) -> JsValue;
    fn keep(&self) -> ImportOptions;
}

impl Options for () {
    fn are(&self, others: &ImportOptions) -> bool {
        others.attributes.is_empty()
    }
    fn to_js(&self) -> JsValue {
        JsValue::UNDEFINED
    }
    fn keep(&self) -> ImportOptions {
        ImportOptions::new()
    }
}

impl Options for &ImportOptions {
    fn are(&self, others: &ImportOptions) -> bool {
        *self == others
    }
    fn to_js(&self) -> JsValue {
        ImportOptions::to_js(self)
    }
    fn keep(&self) -> ImportOptions {
        ImportOptions::clone(self)
    }
}

fn load(specifier: &str, options: impl Options) -> Result<JsModule, Error> {
    if let Some(module) = imported::get(specifier, |others| options.are(others)) {
        return Ok(JsModule(module));
    }
    if !crate::can_block() {
        return Err(Error::CannotBlock);
    }
    cancel::check()?;
    let namespace = block_on(&import_module(specifier, &options.to_js()))
        .map_err(|cause| failed(specifier, cause))?;
    // Not kept if it fails: the host may well succeed later.
    Ok(JsModule(imported::insert(specifier, options.keep(), namespace)))
}

#[cold]
fn failed(specifier: &str, cause: JsValue) -> Error {
    match Error::from(cause) {
        Error::Rejected(cause) => Error::Import { specifier: specifier.to_owned(), cause },
        cancelled => cancelled,
    }
}

/// The second argument of `import()`.
///
/// ```
/// let json = suspendable::ImportOptions::new().with("type", "json");
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportOptions {
    attributes: Vec<(String, String)>,
}

impl ImportOptions {
    /// No attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an import attribute: `{ with: { key: value } }`.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.attributes.push((key.to_owned(), value.to_owned()));
        self
    }

    fn to_js(&self) -> JsValue {
        if self.attributes.is_empty() {
            return JsValue::UNDEFINED;
        }
        let set = |object: &Object, key: &str, value: &JsValue| {
            let is_set = Reflect::set(object, &key.into(), value).is_ok();
            debug_assert!(is_set, "a new object takes properties");
        };
        let attributes: Object = Object::new();
        for (key, value) in &self.attributes {
            set(&attributes, key, &value.into());
        }
        let options: Object = Object::new();
        set(&options, "with", &attributes);
        options.into()
    }
}

/// An imported JavaScript module.
#[derive(Clone)]
pub struct JsModule(&'static imported::Module);

impl fmt::Debug for JsModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("JsModule");
        fields.field("specifier", &self.specifier()).field("namespace", self.namespace()).finish()
    }
}

impl JsModule {
    /// The value of the export `name`, as it is now.
    ///
    /// `T` is any type that wasm-bindgen converts: numbers, `bool`, `String`, `Vec<u8>`,
    /// `Option<T>`, `Vec<T>`, the types of js-sys and web-sys, exported and imported types.
    ///
    /// # Errors
    ///
    /// [`Error::MissingExport`], [`Error::WrongType`], and [`Error::Rejected`] if reading it throws
    /// (the export of a module that is still being evaluated, in a cycle).
    ///
    /// ```no_run
    /// # fn f(module: &suspendable::JsModule) -> Result<(), suspendable::Error> {
    /// let name: String = module.get("name")?;
    /// let limit: Option<f64> = module.get("limit")?;
    /// # Ok(()) }
    /// ```
    pub fn get<T: TryFromJsValue + 'static>(&self, name: &str) -> Result<T, Error> {
        convert::from_js(self.export(name)?)
    }

    /// Calls the exported function `name`, and waits if it returns a promise.
    ///
    /// The arguments are a tuple of anything that converts into a [`JsValue`].
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); [`Error::NotCallable`]; [`Error::Rejected`] with what the function
    /// threw or its promise was rejected with; [`Error::CannotBlock`] if it returned a promise
    /// where no blocking call is possible.
    ///
    /// ```no_run
    /// # fn f(module: &suspendable::JsModule) -> Result<(), suspendable::Error> {
    /// let sum: f64 = module.call("add", (1, 2.5))?;
    /// module.call::<()>("log", ("sum", sum))?;
    /// # Ok(()) }
    /// ```
    pub fn call<T: TryFromJsValue + 'static>(
        &self,
        name: &str,
        args: impl Arguments,
    ) -> Result<T, Error> {
        let export = self.export(name)?;
        let Some(function) = export.dyn_ref::<Function>() else {
            return Err(Error::NotCallable {
                specifier: self.specifier().to_owned(),
                name: name.to_owned(),
                found: convert::js_type(&export),
            });
        };
        cancel::check()?;
        let returned = function.apply(self.namespace(), &args.into_array());
        convert::from_js(settle(returned)?)
    }

    /// The module's namespace object.
    pub fn namespace(&self) -> &Object {
        &self.0.value.namespace
    }

    /// As it was given to [`js_import`].
    pub fn specifier(&self) -> &str {
        &self.0.key
    }

    fn export(&self, name: &str) -> Result<JsValue, Error> {
        let key = JsValue::from_str(name);
        let value = Reflect::get(self.namespace(), &key)?;
        if value.is_undefined() && !Reflect::has(self.namespace(), &key)? {
            let (specifier, name) = (self.specifier().to_owned(), name.to_owned());
            return Err(Error::MissingExport { specifier, name });
        }
        Ok(value)
    }
}

/// What a JavaScript function gave in the end: its value, or that of the promise it returned.
pub(crate) fn settle(returned: Result<JsValue, JsValue>) -> Result<JsValue, Error> {
    let value = returned?;
    if !is_thenable(&value) {
        return Ok(value);
    }
    if !crate::can_block() {
        return Err(Error::CannotBlock);
    }
    Ok(block_on(value.unchecked_ref::<Promise>())?)
}

/// The arguments of a JavaScript function: a tuple of up to eight values.
pub trait Arguments {
    /// As a JavaScript array.
    fn into_array(self) -> Array;
}

macro_rules! arguments {
    ($($name:ident)*) => {
        impl<$($name: Into<JsValue>),*> Arguments for ($($name,)*) {
            #[allow(non_snake_case)]
            fn into_array(self) -> Array {
                let ($($name,)*) = self;
                let array = Array::new();
                $(array.push(&$name.into());)*
                array
            }
        }
    };
}

arguments!();
arguments!(A);
arguments!(A B);
arguments!(A B C);
arguments!(A B C D);
arguments!(A B C D E);
arguments!(A B C D E F);
arguments!(A B C D E F G);
arguments!(A B C D E F G H);
