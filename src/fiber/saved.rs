//! What Asyncify's functions save of a fiber.

use super::Fiber;
use std::alloc::Layout;
use std::ptr;

/// What Asyncify's functions saved on their way out, in one allocation:
///
/// ```text
/// │ … │ frames, the innermost first │
/// ```
///
/// Kept between suspensions, so that a loop at one depth allocates once. Frames that have not been
/// rewound since the last suspension stay where they are, and new ones go in front of them. Apart from
/// the stack, because below its frames the next call has its own.
pub(super) struct Saved {
    block: *mut u8,
    capacity: usize,
}

impl Saved {
    pub(super) const EMPTY: Saved = Saved { block: ptr::null_mut(), capacity: 0 };
    /// More than the tool's instructions ask for, and what the allocator gives anyway: 16 would take 16 bytes more of each
    /// call that waits.
    const ALIGN: usize = 8;

    /// Makes room for `new` bytes in front of the frames from `kept` on, and returns where; null if there
    /// is no memory.
    ///
    /// A block more than four times too large is given back: a fiber that was deep once does not
    /// hold that memory while it waits at a shallow place.
    ///
    /// # Safety
    ///
    /// `kept` is in the block, or null.
    unsafe fn make_room(&mut self, kept: *const u8, new: usize) -> *mut u8 {
        let kept = if kept.is_null() { 0 } else { self.end() as usize - kept as usize };
        let size = (kept + new).next_multiple_of(Self::ALIGN);
        if size > self.capacity || self.capacity / 4 > size {
            let Ok(layout) = Layout::from_size_align(size, Self::ALIGN) else {
                return ptr::null_mut();
            };
            // SAFETY: a suspension has a frame, that of `run`, so `size` is not zero.
            let block = unsafe { std::alloc::alloc(layout) };
            if block.is_null() {
                return block;
            }
            let mut other = Self { block, capacity: size };
            if kept > 0 {
                // SAFETY: both blocks have the bytes that are kept at their ends.
                unsafe {
                    other.end().sub(kept).copy_from_nonoverlapping(self.end().sub(kept), kept)
                };
            }
            std::mem::swap(self, &mut other);
            other.free();
        }
        self.end().wrapping_sub(kept + new)
    }

    fn end(&self) -> *mut u8 {
        self.block.wrapping_add(self.capacity)
    }

    pub(super) fn free(&mut self) {
        if !self.block.is_null() {
            // SAFETY: allocated in `make_room` with this layout.
            unsafe {
                let layout = Layout::from_size_align_unchecked(self.capacity, Self::ALIGN);
                std::alloc::dealloc(self.block, layout);
            }
        }
        *self = Self::EMPTY;
    }
}

/// Makes room for `length` bytes of frames of `fiber`, in front of those from `kept` on, which stay in
/// its block. Returns where, and the tool's code copies them there; null if there is no memory.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_make_room(
    fiber: *mut Fiber,
    kept: *const u8,
    length: usize,
) -> *mut u8 {
    // SAFETY: the record is one that is suspending. `kept` is what this returned, moved behind the
    // frames that have been rewound.
    unsafe { (*fiber).saved.make_room(kept, length) }
}
