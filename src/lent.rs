//! Mutable slices that a `#[suspending]` function is given.
//!
//! JavaScript has a typed array of its own while it is waited for. A view of the slice would end as
//! soon as memory grows, and until then show, and write, whatever is there. When the promise has
//! settled, the array is copied back.
//!
//! A macro sees no more of a type than its tokens. So [`Given`] finds out from the type itself
//! whether it is such a slice by another name, and [`not_lent`] does not compile if it is.

use js_sys::{
    BigInt64Array, BigUint64Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Uint8Array, Uint8ClampedArray, Uint16Array, Uint32Array,
};
use std::marker::PhantomData;
use wasm_bindgen::{Clamped, JsCast, JsValue, Nullable};

/// A mutable slice, or none.
#[diagnostic::on_unimplemented(
    message = "JavaScript cannot be given a copy of `{Self}`",
    note = "it can of `&mut [T]`, where `T` is `i8`, `u8`, `i16`, … `f64`, `isize` or `usize`, of \
            `Clamped<&mut [u8]>`, and of an `Option` of one"
)]
pub trait Lend {
    /// The numbers, in an array of the kind that wasm-bindgen makes of a slice.
    fn copied(&self) -> JsValue;

    /// Puts the array's numbers into the slice; none, if the array has been transferred.
    fn take_back(self, array: &JsValue);
}

/// A slice, and the array that JavaScript has.
pub struct Lent<L> {
    slice: L,
    array: JsValue,
}

impl<L: Lend> Lent<L> {
    /// Copies the slice.
    pub fn new(slice: L) -> Self {
        let array = slice.copied();
        Lent { slice, array }
    }

    /// What JavaScript gets.
    pub fn array(&self) -> &JsValue {
        &self.array
    }

    /// Copies what it has become.
    pub fn take_back(self) {
        self.slice.take_back(&self.array);
    }
}

macro_rules! lend {
    ($($array:ident: [$number:ty] as [$same:ty],)*) => {
        $(impl Lend for &mut [$number] {
            #[inline]
            fn copied(&self) -> JsValue {
                let numbers = &raw const **self as *const [$same];
                // SAFETY: the same numbers, by a type of the same size.
                $array::new_from_slice(unsafe { &*numbers }).into()
            }

            fn take_back(self, array: &JsValue) {
                let array = array.unchecked_ref::<$array>();
                // An array that has been transferred is empty.
                if array.length() as usize == self.len() {
                    let numbers = &raw mut *self as *mut [$same];
                    // SAFETY: as above.
                    array.copy_to(unsafe { &mut *numbers });
                }
            }
        })*
    };
}

lend! {
    Int8Array: [i8] as [i8],
    Uint8Array: [u8] as [u8],
    Int16Array: [i16] as [i16],
    Uint16Array: [u16] as [u16],
    Int32Array: [i32] as [i32],
    Uint32Array: [u32] as [u32],
    BigInt64Array: [i64] as [i64],
    BigUint64Array: [u64] as [u64],
    Float32Array: [f32] as [f32],
    Float64Array: [f64] as [f64],
}

#[cfg(target_pointer_width = "32")]
lend! {
    Int32Array: [isize] as [i32],
    Uint32Array: [usize] as [u32],
}

#[cfg(target_pointer_width = "64")]
lend! {
    BigInt64Array: [isize] as [i64],
    BigUint64Array: [usize] as [u64],
}

impl Lend for Clamped<&mut [u8]> {
    fn copied(&self) -> JsValue {
        Uint8ClampedArray::new_from_slice(self.0).into()
    }

    fn take_back(self, array: &JsValue) {
        self.0.take_back(array);
    }
}

impl<L: Lend> Lend for Option<L> {
    fn copied(&self) -> JsValue {
        self.as_ref().map_or(JsValue::UNDEFINED, L::copied)
    }

    fn take_back(self, array: &JsValue) {
        if let Some(slice) = self {
            slice.take_back(array);
        }
    }
}

impl<L: Lend> Lend for Nullable<L> {
    fn copied(&self) -> JsValue {
        match self {
            Nullable::Null => JsValue::NULL,
            Nullable::Value(slice) => slice.copied(),
        }
    }

    fn take_back(self, array: &JsValue) {
        if let Nullable::Value(slice) = self {
            slice.take_back(array);
        }
    }
}

/// An argument of type `T`. The `KIND` of a mutable slice hides the one that all types have.
pub struct Given<T: ?Sized>(PhantomData<T>);

impl<T: Lend> Given<T> {
    /// It is written.
    pub const KIND: MutableSlice = MutableSlice;
}

/// See [`Given`].
pub trait Unlent {
    /// It is not.
    const KIND: () = ();
}

impl<T: ?Sized> Unlent for Given<T> {}

/// See [`Given`].
pub struct MutableSlice;

/// Every kind but [`MutableSlice`].
#[diagnostic::on_unimplemented(
    message = "#[suspending] cannot see that this is a mutable slice",
    label = "write `&mut [T]`, `Option<&mut [T]>` or `Clamped<&mut [u8]>`",
    note = "JavaScript gets a copy of a slice, and #[suspending] has to copy it back"
)]
pub trait NotLent {}

#[diagnostic::do_not_recommend]
impl NotLent for () {}

/// Compiles unless it is given the kind of a mutable slice.
pub const fn not_lent<T: NotLent>(_: &T) {}
