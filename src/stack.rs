//! Where the members of the suspension set keep their frames: a *fiber stack*, in segments.
//!
//! A frame of a suspended fiber stays at its address until its function returns, so it cannot lie on
//! the ordinary stack, which the next one to run uses again. Only members can be on the stack of a
//! fiber that suspends; so the tool lets members, and nobody else, work with a stack pointer of their
//! own (`post-build/src/transform/stacks.rs`), and with it below three globals:
//!
//! ```text
//! first segment      in the fiber's own allocation (`fiber.rs`)
//!   limit ▸ │   room   │ frames │ ◂ where the fiber began                segment = null
//!
//! further segment    taken by the frame that did not fit any more, given back when it returns
//!   limit ▸ │   room   │ frames │ Segment │                              segment ▸ its record
//! ```
//!
//! A segment never moves, and a further one can be anywhere: a frame is addressed by its own function
//! and by pointers into it, never by its distance from another. Outside of fibers, members begin with
//! no segment at all and no room, and the first frame takes one.
//!
//! The segments of a fiber that faulted are never given back: lists of others may run through its
//! frames, whose destructors did not run. So a stack has a [`CAP`].

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;

/// How much the segments of one stack may take, in bytes, the first one aside: what Linux gives to the
/// main thread of a program.
const CAP: usize = 8 << 20;

/// The least that is taken at once, and the most that is taken for frames that need less.
const SMALL: usize = 1 << 10;
const LARGE: usize = 64 << 10;

const ALIGN: usize = 16;

/// The record of a segment, behind the frames. The first four fields are the tool's `layout.rs`.
#[repr(C, align(16))]
pub(crate) struct Segment {
    /// The first address of the segment.
    limit: usize,
    /// The stack pointer, the limit and the segment of who took this one.
    outer: [usize; 3],
    /// The bytes of this allocation.
    size: usize,
    /// The bytes of this segment and of all those that it follows.
    total: usize,
}

/// One segment that was given back, for whoever takes the next: a frame at the end of a segment takes
/// and gives in every round of a loop.
static mut SPARE: *mut Segment = ptr::null_mut();

/// Takes a segment for a frame of `room` bytes. Null if there is no memory; 1 if the stack has reached
/// its cap.
///
/// Asks the system's allocator, not the program's: that one may be a member, and would need room.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_take(
    room: usize,
    sp: usize,
    limit: usize,
    segment: usize,
) -> *mut Segment {
    let outer: *const Segment = ptr::with_exposed_provenance(segment);
    // SAFETY: `segment` is the one that members run on, or null.
    let (total, last) = if outer.is_null() { (0, 0) } else { unsafe { ((*outer).total, (*outer).size) } };
    let needed = room.saturating_add(size_of::<Segment>() + ALIGN) & !(ALIGN - 1);
    if needed > CAP - total.min(CAP) {
        return ptr::without_provenance_mut(1);
    }
    // SAFETY: there is one thread, and nothing below comes back here.
    let spare = unsafe { std::mem::replace(&mut *(&raw mut SPARE), ptr::null_mut()) };
    // SAFETY: a spare segment is an allocation of ours that nobody uses.
    let taken = unsafe {
        if !spare.is_null() && (*spare).size >= needed {
            spare
        } else {
            keep_spare(spare);
            allocate(needed.max((2 * last).clamp(SMALL, LARGE)))
        }
    };
    if !taken.is_null() {
        // SAFETY: allocated above, or before, with these two fields set.
        unsafe {
            (*taken).outer = [sp, limit, segment];
            (*taken).total = total + (*taken).size;
        }
    }
    taken
}

/// Gives a segment back: the frame that took it has returned, and so have all below.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_give_back(segment: *mut Segment) {
    // SAFETY: the tool's code has left the segment.
    unsafe { keep_spare(segment) }
}

/// Keeps the larger of two spare segments, if it is not too large to keep, and frees the other.
///
/// # Safety
///
/// `segment` is one that nobody uses, or null.
unsafe fn keep_spare(mut segment: *mut Segment) {
    // SAFETY: there is one thread; both are segments that nobody uses, or null.
    unsafe {
        let spare = &mut *(&raw mut SPARE);
        let size = |segment: *mut Segment| if segment.is_null() { 0 } else { (*segment).size };
        if size(segment) > size(*spare) && size(segment) <= LARGE {
            std::mem::swap(&mut segment, spare);
        }
        if !segment.is_null() {
            System.dealloc((*segment).limit as *mut u8, layout((*segment).size));
        }
    }
}

/// A segment of `size` bytes, or null. Its record lies at its end.
fn allocate(size: usize) -> *mut Segment {
    // SAFETY: the size is not zero.
    let start = unsafe { System.alloc(layout(size)) };
    if start.is_null() {
        return ptr::null_mut();
    }
    let segment = start.wrapping_add(size - size_of::<Segment>()).cast::<Segment>();
    // SAFETY: the record is inside of the allocation, and aligned, for the size is a multiple of it.
    unsafe {
        (*segment).limit = start as usize;
        (*segment).size = size;
    }
    segment
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, ALIGN).expect("a segment is smaller than the cap")
}
