//! The modules that this instance has imported: to import one again takes no call to JavaScript.

use crate::ImportOptions;
use js_sys::Object;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The namespaces of a specifier, by the options that it was imported with.
type Namespaces = Vec<(ImportOptions, Object)>;

thread_local! {
    static IMPORTED: RefCell<BTreeMap<Rc<str>, Namespaces>> = const { RefCell::new(BTreeMap::new()) };
}

/// The specifier and the namespace of a module that was imported before.
pub(crate) fn get(specifier: &str, options: &ImportOptions) -> Option<(Rc<str>, Object)> {
    IMPORTED.with_borrow(|imported| {
        let (specifier, namespaces) = imported.get_key_value(specifier)?;
        let (_, namespace) = namespaces.iter().find(|(given, _)| given == options)?;
        Some((specifier.clone(), namespace.clone()))
    })
}

/// Keeps the namespace of a module, and returns its specifier.
pub(crate) fn insert(specifier: &str, options: &ImportOptions, namespace: &Object) -> Rc<str> {
    IMPORTED.with_borrow_mut(|imported| {
        let specifier: Rc<str> = specifier.into();
        let namespaces = imported.entry(specifier.clone()).or_default();
        // Two calls may have imported it at the same time: both got the same namespace.
        if namespaces.iter().all(|(given, _)| given != options) {
            namespaces.push((options.clone(), namespace.clone()));
        }
        specifier
    })
}
