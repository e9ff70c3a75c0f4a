//! What a fiber can be cancelled by: a signal of JavaScript's, and those around it.

#[cfg(target_arch = "wasm32")]
use std::any::Any;
use std::cell::Cell;
#[cfg(target_arch = "wasm32")]
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// JavaScript's, for imports that stop what they do when it is aborted.
    #[derive(Clone, Debug)]
    pub type AbortSignal;

    #[wasm_bindgen(method, getter)]
    fn aborted(this: &AbortSignal) -> bool;

    #[wasm_bindgen(method, getter)]
    fn reason(this: &AbortSignal) -> JsValue;
}

/// What a fiber can be cancelled by.
pub(crate) struct Scope {
    signal: AbortSignal,
    /// Whether a blocking call has failed on account of it.
    has_cut: Cell<bool>,
    /// What the fiber could be cancelled by before, and can be after; its signal aborts this one too.
    #[cfg(target_arch = "wasm32")]
    outer: Option<Rc<Scope>>,
    /// What aborts the signal, if that is ours: dropped with the scope.
    #[cfg(target_arch = "wasm32")]
    _owner: Option<Box<dyn Any>>,
}

impl Scope {
    pub(super) fn of_call(signal: AbortSignal) -> Scope {
        Scope {
            signal,
            has_cut: Cell::new(false),
            #[cfg(target_arch = "wasm32")]
            outer: None,
            #[cfg(target_arch = "wasm32")]
            _owner: None,
        }
    }

    /// Of a part of a call. `owner` is what aborts the signal.
    #[cfg(target_arch = "wasm32")]
    pub(super) fn inside(
        outer: Option<Rc<Scope>>,
        signal: AbortSignal,
        owner: Box<dyn Any>,
    ) -> Scope {
        Scope { signal, has_cut: Cell::new(false), outer, _owner: Some(owner) }
    }

    #[cfg(target_arch = "wasm32")]
    pub(super) fn outer(&self) -> Option<Rc<Scope>> {
        self.outer.clone()
    }

    /// The signal's reason, if a blocking call has failed with it.
    pub(crate) fn cut(&self) -> Option<JsValue> {
        self.has_cut.get().then(|| self.signal.reason())
    }

    pub(crate) fn signal(&self) -> &AbortSignal {
        &self.signal
    }

    /// Fails with the signal's reason, if it has been aborted.
    pub(crate) fn ready(&self) -> Result<(), JsValue> {
        if !self.signal.aborted() {
            return Ok(());
        }
        self.has_cut.set(true);
        Err(self.signal.reason())
    }
}
