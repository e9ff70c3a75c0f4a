//! The functions that programs are made of: every kind of control flow, round calls that can suspend.
//!
//! What matters is what is needed after a call on some ways and not on others: locals that only one arm
//! uses, or only the next round of a loop, or only who breaks out of a block. So arms end differently, and
//! have values of their own that were computed before the call.

use crate::program::{Program, mix};
use std::cell::Cell;
use std::hint::black_box;

/// Goes on in one of the functions below.
///
/// Through a pointer: what is called from one place only would become a part of the caller.
pub fn go_on(p: &Program, x: u64) -> u64 {
    black_box(SHAPES)[p.random.below(SHAPES.len() as u32) as usize](p, x)
}

static SHAPES: &[fn(&Program, u64) -> u64] = &[
    arms,
    |p, x| u64::from(table(p, x)),
    |p, x| rounds(p, x as u32).to_bits(),
    nested,
    |p, x| early(p, x).unwrap_or_else(|reason| u64::from(reason) << 7),
    wide,
    crowd,
    operands,
    gather,
    states,
    |p, x| {
        let mut out = x;
        silent(p, &mut out);
        out
    },
    |p, x| u64::from(single(p, x as f32 * 0.5).to_bits()),
    |p, x| double(p, f64::from(x as u32) / 3.0).to_bits(),
    |p, x| search(p, x).map_or(9, u64::from),
    guards,
    dynamic,
    pointers,
    closures,
    heap,
    lanes,
    passed_down,
    Program::call_back,
    backwards,
    either,
    framed::<1>,
    framed::<4>,
    framed::<30>,
    framed::<130>,
    framed::<1200>,
    framed::<8000>,
    framed::<25_000>,
    aligned,
    halves,
    |p, x| unlike(p, x as i32) as u64,
    typed,
    |p, x| descend(p, x, x % 300),
    Program::pause,
];

/// Results of every type, one after the other.
#[inline(never)]
fn typed(p: &Program, x: u64) -> u64 {
    let first = table(p, x);
    let second = rounds(p, first);
    let third = unlike(p, first as i32);
    let fourth = double(p, second) + f64::from(third);
    let fifth = single(p, fourth as f32) * second as f32;
    let sixth = search(p, fourth.to_bits()).unwrap_or(first);
    let mut seventh = early(p, u64::from(sixth)).unwrap_or(x);
    silent(p, &mut seventh);
    p.see(u64::from(fifth.to_bits()) ^ fourth.to_bits() ^ u64::from(sixth));
    seventh ^ second.to_bits() ^ u64::from(first) ^ x
}

/// Arms of `if`, each with locals of its own.
#[inline(never)]
fn arms(p: &Program, x: u64) -> u64 {
    let [a, b, c, d] = numbers(x);
    if p.pause(x).is_multiple_of(2) {
        if p.call(a).is_multiple_of(3) {
            return a ^ 1;
        }
        p.see(b);
    } else {
        p.see(c);
        if p.pause(c).is_multiple_of(2) {
            return p.call(d) ^ d;
        }
    }
    let e = if p.pause(x ^ 1).is_multiple_of(2) { a } else { p.pause(c) };
    p.see(e);
    e ^ d
}

/// A `match`, with a local for each arm.
#[inline(never)]
fn table(p: &Program, x: u64) -> u32 {
    let [a, b, c, d] = numbers(x);
    let [e, f, g, h] = numbers(!x);
    // For the arm of whatever is not in the table.
    let other = p.random.next() as u32;
    let i = match p.pause(x) % 9 {
        0 => return a as u32,
        1 => p.pause(b) ^ b,
        2 => {
            p.see(c);
            return 2;
        }
        3 => p.call(d) ^ d,
        4 => e,
        5 => {
            p.see(f);
            p.call(f ^ 5)
        }
        6 => return p.pause(g) as u32 ^ g as u32,
        7 => h,
        _ => 0,
    };
    match p.pause(i) % 12 {
        0 => (a ^ i) as u32,
        1 => (p.pause(i) ^ e) as u32,
        2 => h as u32,
        3 => 3,
        4 => p.pause(g) as u32,
        _ => other ^ i as u32,
    }
}

/// Loops whose locals are for the next round only, with `continue` and `break`.
#[inline(never)]
fn rounds(p: &Program, x: u32) -> f64 {
    let mut sum = f64::from(x) * 0.25;
    let (mut small, mut last, mut before) = (x as f32, x, 7u32);
    'rounds: for round in 0..x % 6 {
        sum += f64::from(small) + f64::from(before);
        before = last;
        last = p.pause(u64::from(last ^ round)) as u32;
        match last % 6 {
            0 => continue,
            1 => break,
            2 => small = small * 0.5 + 1.0,
            3 => {
                let mut inner = last;
                while !inner.is_multiple_of(3) {
                    inner = (p.pause(u64::from(inner)) % 50) as u32;
                    if inner == round {
                        continue 'rounds;
                    }
                    if inner > 45 {
                        break 'rounds;
                    }
                    sum += f64::from(inner);
                }
            }
            _ => sum -= f64::from(p.call(u64::from(before)) as i32),
        }
    }
    sum
}

/// Blocks in blocks, left by several ways.
#[inline(never)]
fn nested(p: &Program, x: u64) -> u64 {
    let [a, b, c, d] = numbers(x);
    let outcome = 'outer: {
        let inner = 'inner: {
            let innermost = 'innermost: {
                if p.pause(x).is_multiple_of(3) {
                    break 'innermost b;
                }
                if p.pause(a).is_multiple_of(3) {
                    break 'inner c;
                }
                if p.call(c).is_multiple_of(3) {
                    break 'outer d;
                }
                a
            };
            p.see(innermost);
            if p.pause(innermost).is_multiple_of(2) {
                break 'outer b ^ innermost;
            }
            p.call(c) ^ innermost
        };
        if p.pause(inner).is_multiple_of(2) {
            return inner ^ d;
        }
        a ^ inner
    };
    p.see(outcome);
    p.pause(outcome) ^ b
}

/// `?`: every call may be the last.
#[inline(never)]
fn early(p: &Program, x: u64) -> Result<u64, u32> {
    let [a, b, c, d] = numbers(x);
    let mut sum = may_fail(p, a)?;
    sum += may_fail(p, b ^ sum)? ^ a;
    for n in 0..x % 4 {
        sum += may_fail(p, c ^ n)?;
    }
    Ok(sum ^ may_fail(p, d).or_else(|_| may_fail(p, b))? ^ c)
}

fn may_fail(p: &Program, x: u64) -> Result<u64, u32> {
    let value = p.pause(x);
    if value.is_multiple_of(6) { Err(value as u32) } else { Ok(value) }
}

/// Many locals of every type, all of them needed at the end. What comes from `random` is not computed
/// again behind a call.
#[inline(never)]
fn wide(p: &Program, x: u64) -> u64 {
    let next = || p.random.next();
    let [a, b, c, d] = [next(), next(), next(), next()];
    let (e, f, g, h) = (next() as u32, next() as i16, next() as u8, next() as i32);
    let (i, j) = (next() as f32 / 3.0, -(next() as f32));
    let (k, l) = (next() as f64 / 7.0, f64::from_bits(0x7ff0_0000_0000_0001 | next()));
    let m = u128::from(next()) * u128::from(next());
    let n = p.pause(x);
    let o = p.call(n) as u32;
    p.see(a ^ b.rotate_left(3) ^ c.rotate_left(7) ^ d.rotate_left(11) ^ n);
    p.see(u64::from(e) ^ f as u64 ^ u64::from(g) << 32 ^ h as u64);
    p.pause(u64::from(i.to_bits()) << 32 | u64::from(j.to_bits()));
    p.see(k.to_bits() ^ l.to_bits().rotate_left(5) ^ u64::from(o));
    a ^ m as u64 ^ (m >> 64) as u64
}

macro_rules! define_crowd {
    ($($local:ident)*) => {
        /// More locals than a word has bits.
        #[inline(never)]
        fn crowd(p: &Program, x: u64) -> u64 {
            $(let $local = p.random.next();)*
            let answer = p.pause(x);
            let mut sum = p.call(answer) ^ answer;
            $(sum = mix(sum ^ $local);)*
            sum
        }
    };
}

define_crowd!(
    a0 a1 a2 a3 a4 a5 a6 a7 b0 b1 b2 b3 b4 b5 b6 b7 c0 c1 c2 c3 c4 c5 c6 c7 d0 d1 d2 d3 d4 d5 d6 d7
    e0 e1 e2 e3 e4 e5 e6 e7 f0 f1 f2 f3 f4 f5 f6 f7 g0 g1 g2 g3 g4 g5 g6 g7 h0 h1 h2 h3 h4 h5 h6 h7
    i0 i1 i2 i3 i4 i5 i6 i7
);

/// Values on the operand stack during calls.
#[inline(never)]
fn operands(p: &Program, x: u64) -> u64 {
    let product =
        (p.pause(x) | 1).wrapping_mul(p.pause(x ^ 1).rotate_left((p.pause(x ^ 2) % 64) as u32));
    let sum =
        f64::from(p.pause(3) as u32) + f64::from(p.call(4) as u32) * f64::from(p.pause(x) as i32);
    p.see(sum.to_bits());
    let small =
        p.pause(5) as f32 - single(p, p.pause(6) as u32 as f32) / (p.pause(7) as u32 as f32);
    p.see(u64::from(small.to_bits()));
    mix(p.pause(8)) ^ if p.pause(product) > p.pause(x) { p.call(9) } else { p.pause(10) ^ product }
}

/// What `combine` takes is on the operand stack, several of a type, during the calls for the rest of it.
#[inline(never)]
fn gather(p: &Program, x: u64) -> u64 {
    combine(p.pause(x), p.call(x ^ 1), p.pause(x ^ 2), p.pause(3) as u32, p.pause(4) as u32)
}

#[inline(never)]
fn combine(a: u64, b: u64, c: u64, d: u32, e: u32) -> u64 {
    mix(a) ^ mix(b ^ 1).rotate_left(d % 64) ^ mix(c ^ 2).rotate_right(e % 64)
}

/// A state machine: a `match` in a loop, whose locals belong to some states only.
#[inline(never)]
fn states(p: &Program, x: u64) -> u64 {
    let (mut state, mut a, mut b, mut c, mut d) = (x % 5, x ^ 1, x ^ 2, 3u32, x as f32);
    for _ in 0..20 {
        state = match state {
            0 => {
                a = p.pause(a);
                1 + a % 6
            }
            1 => {
                b ^= a;
                p.pause(b) % 7
            }
            2 => {
                if p.pause(u64::from(c)).is_multiple_of(4) {
                    return b;
                }
                c = c.wrapping_mul(31);
                3
            }
            3 => {
                d = d / 2.0 + c as f32;
                p.call(a ^ b) % 5
            }
            4 => {
                a = u64::from(d.to_bits());
                5 + p.pause(a) % 2
            }
            5 => {
                b = p.call(b);
                p.pause(1) % 4
            }
            _ => break,
        };
    }
    p.see(u64::from(d.to_bits()));
    a ^ b ^ u64::from(c)
}

/// No result, and what it changes is the caller's.
#[inline(never)]
fn silent(p: &Program, out: &mut u64) {
    let before = *out;
    if p.pause(before).is_multiple_of(2) {
        return;
    }
    *out = p.pause(before) ^ before;
    for _ in 0..before % 3 {
        *out ^= p.call(*out);
    }
}

/// `f32` in and out.
#[inline(never)]
fn single(p: &Program, x: f32) -> f32 {
    let half = x * 0.5;
    let more = p.pause(u64::from(x.to_bits())) as u16;
    if more > 30_000 { half } else { x - f32::from(more) }
}

/// `f64` in and out.
#[inline(never)]
fn double(p: &Program, x: f64) -> f64 {
    let (half, third) = (x * 0.5, x / 3.0);
    let mut sum = half;
    while sum < x {
        sum += f64::from(p.pause(sum.to_bits()) as u32) + 1.0;
        if p.pause(sum.to_bits()).is_multiple_of(4) {
            return third;
        }
    }
    sum - half
}

/// A loop that ends in the middle, with a value or without.
#[inline(never)]
fn search(p: &Program, x: u64) -> Option<u32> {
    let [a, b, ..] = numbers(x);
    let mut low = 0u32;
    let mut high = 64;
    loop {
        let middle = (low + high) / 2;
        if low == middle {
            return None;
        }
        match p.pause(a ^ u64::from(middle)) % 8 {
            0 => return Some(middle ^ b as u32),
            1..4 => low = middle,
            4..7 => high = middle,
            _ => break,
        }
    }
    p.pause(b);
    Some(low ^ high.rotate_left(8))
}

/// What is dropped at the end of a scope, in its order.
#[inline(never)]
fn guards(p: &Program, x: u64) -> u64 {
    struct Guard<'a>(&'a Program, u64);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            self.0.see(self.1);
            self.0.pause(self.1);
        }
    }
    let _first = Guard(p, x);
    let second = Guard(p, p.pause(x ^ 1));
    if p.pause(x ^ 2).is_multiple_of(3) {
        return second.1;
    }
    let third = Guard(p, p.call(x ^ 3));
    drop(second);
    p.call(third.1)
}

trait Act {
    fn act(&self, p: &Program, x: u64) -> u64;
}

struct Asks(u64);
struct Goes(u32);
struct Adds(f32);

impl Act for Asks {
    fn act(&self, p: &Program, x: u64) -> u64 {
        p.pause(x ^ self.0) ^ self.0
    }
}

impl Act for Goes {
    fn act(&self, p: &Program, x: u64) -> u64 {
        p.call(x) ^ u64::from(self.0)
    }
}

impl Act for Adds {
    fn act(&self, _: &Program, x: u64) -> u64 {
        x ^ u64::from(self.0.to_bits())
    }
}

/// Calls through vtables.
#[inline(never)]
fn dynamic(p: &Program, x: u64) -> u64 {
    let acts: [Box<dyn Act>; 3] =
        [Box::new(Asks(x)), Box::new(Goes(x as u32)), Box::new(Adds(x as f32))];
    let mut value = x;
    for act in black_box(&acts) {
        value ^= act.act(p, value);
        if value.is_multiple_of(5) {
            break;
        }
    }
    value ^ black_box(&acts)[(x % 3) as usize].act(p, x)
}

/// No other function has this signature.
type Odd = fn(&Program, u64, f32, i64) -> u64;

fn odd(p: &Program, x: u64, y: f32, z: i64) -> u64 {
    p.pause(x) ^ u64::from(y.to_bits()) ^ z as u64
}

fn even(p: &Program, x: u64, y: f32, z: i64) -> u64 {
    let first = odd(p, z as u64, y, x as i64);
    first ^ p.call(x) ^ z as u64
}

/// Calls through pointers.
#[inline(never)]
fn pointers(p: &Program, x: u64) -> u64 {
    let functions: [Odd; 2] = black_box([odd, even]);
    let first = functions[(x % 2) as usize](p, x, x as f32, !x as i64);
    first ^ functions[(first % 2) as usize](p, first, 0.5, x as i64) ^ x
}

/// Iterators whose closures suspend.
#[inline(never)]
fn closures(p: &Program, x: u64) -> u64 {
    let mut order = Vec::new();
    let sum = (0..x % 5)
        .map(|n| p.pause(x ^ n))
        .filter(|value| {
            order.push(*value);
            p.pause(*value).is_multiple_of(2)
        })
        .fold(x, |sum, value| sum.rotate_left(3) ^ p.call(value) ^ value);
    order.iter().for_each(|value| p.see(*value));
    sum
}

/// Memory of the heap, held by a stack that is away.
#[inline(never)]
fn heap(p: &Program, x: u64) -> u64 {
    let mut text = format!("{x:x}");
    let mut numbers = vec![x];
    for n in 0..x % 4 {
        text += &format!(" {:x}", p.pause(x ^ n));
        numbers.push(p.call(n));
    }
    p.pause(x);
    text.bytes().map(u64::from).chain(numbers).fold(7, |sum, each| mix(sum ^ each))
}

/// A vector of 128 bits in a local.
#[target_feature(enable = "simd128")]
#[inline(never)]
fn lanes(p: &Program, x: u64) -> u64 {
    use core::arch::wasm32::*;
    let mut vector = u64x2(x, !x);
    for _ in 0..x % 4 {
        let other = u64x2_splat(p.pause(x));
        vector = v128_xor(u64x2_add(vector, other), u32x4_splat(p.pause(x ^ 1) as u32));
    }
    p.pause(x ^ 2);
    u64x2_extract_lane::<0>(vector) ^ u64x2_extract_lane::<1>(vector).rotate_left(9)
}

/// A local that is changed from below, through a reference.
#[inline(never)]
fn passed_down(p: &Program, x: u64) -> u64 {
    let mut numbers = numbers(x);
    below(p, &mut numbers, 3);
    p.pause(numbers[1]);
    numbers.iter().fold(0, |sum, each| mix(sum ^ each))
}

#[inline(never)]
fn below(p: &Program, numbers: &mut [u64; 4], depth: usize) {
    numbers[depth] ^= p.pause(numbers[depth]);
    if depth > 0 {
        below(p, numbers, depth - 1);
        numbers[depth - 1] ^= p.call(numbers[depth]);
    }
}

/// Many frames, none of which takes a step.
#[inline(never)]
fn descend(p: &Program, x: u64, depth: u64) -> u64 {
    let word = Cell::new(x);
    black_box(&word);
    let below = if depth == 0 { p.pause(x) } else { descend(p, mix(x), depth - 1) };
    if below.is_multiple_of(50) {
        p.pause(below);
    }
    word.get() ^ below.rotate_left(1)
}

/// What one round computes, and the next but one uses.
#[inline(never)]
fn backwards(p: &Program, x: u64) -> u64 {
    let [mut a, mut b, mut c, mut d] = numbers(x);
    let mut n = 0;
    loop {
        if a.is_multiple_of(7) {
            return p.pause(b);
        }
        (a, b, c, d) = (b, c, d, a ^ n);
        n += 1;
        if n > 6 {
            break;
        }
        if p.pause(n) % 4 == 1 {
            continue;
        }
        if p.pause(x ^ n) % 9 == 2 {
            return c;
        }
        d = d.rotate_left(1);
    }
    p.pause(0) ^ x
}

/// Ends that need nothing of one another.
#[inline(never)]
fn either(p: &Program, x: u64) -> u64 {
    let (a, b, c, d) = (x as u32, x as f32 / 7.0, !x, x as f64 / 9.0);
    let first = p.pause(x);
    if first & 1 == 0 {
        return u64::from(a);
    }
    if first & 2 == 0 {
        p.pause(first);
        return u64::from(b.to_bits());
    }
    if first & 4 == 0 {
        return p.pause(c) ^ c;
    }
    let mut sum = d;
    for _ in 0..first % 3 {
        sum += f64::from(p.call(first) as u32);
        if p.pause(first) & 1 == 0 {
            return u64::from(a) ^ sum.to_bits();
        }
    }
    sum.to_bits()
}

/// A frame of that many words, some of which everybody uses.
#[inline(never)]
fn framed<const WORDS: usize>(p: &Program, x: u64) -> u64 {
    let bytes = 8 * WORDS as u32;
    if !p.enter(bytes) {
        return p.pause(x);
    }
    let words = [const { Cell::new(0u64) }; WORDS];
    black_box(&words);
    let result = use_words(p, x, &words);
    p.leave(bytes);
    result
}

/// The same, aligned more than frames are.
#[inline(never)]
fn aligned(p: &Program, x: u64) -> u64 {
    #[repr(align(4096))]
    struct Page([Cell<u64>; 100]);
    if !p.enter(8192) {
        return p.pause(x);
    }
    let page = Page([const { Cell::new(0) }; 100]);
    p.see(black_box(&raw const page).is_aligned().into());
    let result = use_words(p, x, &page.0);
    p.see(black_box(&raw const page).is_aligned().into());
    p.leave(8192);
    result
}

fn use_words(p: &Program, x: u64, words: &[Cell<u64>]) -> u64 {
    words.iter().zip(x..).for_each(|(word, value)| word.set(value));
    let [first, rest @ ..] = words else { return x };
    let (last, own) = rest.split_last().unzip();
    let shared = 1 + last.is_some() as usize;
    // SAFETY: they are withdrawn below, and their array is in the frame of the caller.
    unsafe {
        p.publish(first);
        last.into_iter().for_each(|last| p.publish(last));
    }
    p.see(p.pause(x));
    p.use_word(x);
    p.see(p.call(x));
    p.use_word(!x);
    let result = p.word(0) ^ p.word(shared - 1).rotate_left(9);
    p.withdraw(shared);
    own.unwrap_or_default().iter().fold(result, |sum, word| sum.rotate_left(1) ^ word.get())
}

/// Halves of an `i64` that come back on different ways.
#[inline(never)]
fn halves(p: &Program, x: u64) -> u64 {
    let (high, low) = ((x >> 32) as u32, x as u32);
    let value = if p.pause(u64::from(high)) > u64::MAX / 2 { high } else { low };
    let other = if value.is_multiple_of(2) {
        p.pause(u64::from(value))
    } else if p.call(x).is_multiple_of(2) {
        u64::from(low) << 32
    } else {
        p.pause(1);
        u64::from(high)
    };
    other ^ u64::from(value)
}

/// `i32` in and out, and locals of four types that change places.
#[inline(never)]
fn unlike(p: &Program, x: i32) -> i32 {
    let (mut a, mut b, mut c, mut d) = (x, i64::from(x) << 20, x as f32, f64::from(x));
    for _ in 0..x.unsigned_abs() % 5 {
        (a, b, c, d) = (b as i32, d as i64, a as f32, f64::from(c));
        match p.pause(a as u64) % 5 {
            0 => a ^= p.pause(b as u64) as i32,
            1 => b ^= p.call(u64::from(c.to_bits())) as i64,
            2 => c += p.pause(d.to_bits()) as u16 as f32,
            3 => d = p.pause(d.to_bits()) as u32 as f64,
            _ => return b as i32,
        }
    }
    p.pause(0);
    a ^ b as i32 ^ c.to_bits() as i32 ^ d.to_bits() as i32
}

/// Four numbers from one.
fn numbers(x: u64) -> [u64; 4] {
    [mix(x), mix(x ^ 1), mix(x ^ 2), mix(x ^ 3)]
}
