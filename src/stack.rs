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

use core::arch::wasm32::memory_grow;
use std::alloc::Layout;
use std::ptr;

/// How much the segments of one stack may take, in bytes, the first one aside: what Linux gives to the
/// main thread of a program.
const CAP: usize = 8 << 20;

/// The smallest and the largest segment for a frame that needs no more: each is twice as large as the one
/// before it.
const SMALL: usize = 1 << 10;
const LARGE: usize = 64 << 10;

const PAGE: usize = 64 << 10;

/// The record of a segment, at its end. The first four fields are the tool's `layout.rs`.
#[repr(C, align(16))]
struct Segment {
    /// The first address of the segment.
    limit: usize,
    /// The stack pointer, the limit and the segment of who took this one.
    outer: [usize; 3],
    /// Its bytes: a power of two.
    size: usize,
    /// The bytes of this segment and of all those that it follows.
    total: usize,
}

/// A block that nobody uses. They come from the engine, in whole pages, and are kept for further segments.
///
/// The program's allocator may be a member itself, and need room. It is asked when the engine gives no
/// more, and not while it is being asked.
struct Free(*mut Free);

/// The blocks that nobody uses, by their size: `SMALL << index`, from `SMALL` to `CAP`.
static mut FREE: [*mut Free; 14] = [ptr::null_mut(); 14];

/// Takes a segment for a frame of `room` bytes. Null if there is no memory; 1 if the stack has reached
/// its cap.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_take(
    room: usize,
    sp: usize,
    limit: usize,
    segment: usize,
) -> *mut Segment {
    let outer: *const Segment = ptr::with_exposed_provenance(segment);
    // SAFETY: `segment` is the one that members run on, or null.
    let (total, last) = unsafe { outer.as_ref() }.map_or((0, 0), |outer| (outer.total, outer.size));
    let needed = room.saturating_add(size_of::<Segment>());
    if needed > CAP - total.min(CAP) {
        return ptr::without_provenance_mut(1);
    }
    let size = needed.max((2 * last).clamp(SMALL, LARGE)).next_power_of_two();
    let start = allocate(size);
    if start.is_null() {
        return ptr::null_mut();
    }
    let taken = start.wrapping_byte_add(size - size_of::<Segment>()).cast::<Segment>();
    // SAFETY: the record is inside of the block, and aligned, for the block is to its size.
    unsafe {
        taken.write(Segment {
            limit: start as usize,
            outer: [sp, limit, segment],
            size,
            total: total + size,
        });
    }
    taken
}

/// Gives a segment back: the frame that took it has returned, and so have all below.
#[unsafe(no_mangle)]
unsafe extern "C" fn __suspendable_give_back(segment: *const Segment) {
    // SAFETY: the tool's code has left the segment, which is one that was taken.
    unsafe {
        let Segment { limit, size, .. } = *segment;
        free(ptr::with_exposed_provenance_mut(limit), size);
    }
}

/// A block of `size` bytes, a power of two, or null.
fn allocate(size: usize) -> *mut Free {
    let free_list = free_list(size);
    // SAFETY: there is one thread, and what is in the list are blocks that nobody uses.
    unsafe {
        let block = *free_list;
        if !block.is_null() {
            *free_list = (*block).0;
            return block;
        }
    }
    let block = if size < PAGE {
        let block = allocate(2 * size);
        if !block.is_null() {
            free(block.wrapping_byte_add(size), size);
        }
        block
    } else {
        match memory_grow::<0>(size / PAGE) {
            usize::MAX => ptr::null_mut(),
            page => ptr::with_exposed_provenance_mut(page * PAGE),
        }
    };
    if block.is_null() { ask_program(size) } else { block }
}

/// A block of `size` bytes from the program's allocator, or null.
#[cold]
fn ask_program(size: usize) -> *mut Free {
    static mut IS_ASKING: bool = false;
    // SAFETY: there is one thread, and the size is not zero, and less than the cap.
    unsafe {
        let layout = Layout::from_size_align_unchecked(size, align_of::<Segment>());
        if IS_ASKING {
            return ptr::null_mut();
        }
        IS_ASKING = true;
        let block = std::alloc::alloc(layout);
        IS_ASKING = false;
        block.cast()
    }
}

/// Keeps a block of `size` bytes that nobody uses.
fn free(block: *mut Free, size: usize) {
    let free_list = free_list(size);
    // SAFETY: there is one thread, and the block is large enough.
    unsafe {
        block.write(Free(*free_list));
        *free_list = block;
    }
}

fn free_list(size: usize) -> *mut *mut Free {
    // The logarithm of a power of two.
    let index = (size / SMALL).trailing_zeros() as usize;
    (&raw mut FREE).cast::<*mut Free>().wrapping_add(index)
}
