//! Deep stacks that wait, and whose memory grows meanwhile.

use std::hint::black_box;
use std::io::{self, Read};

/// Waits at every level, on the way down and on the way back; a level's own memory must be as it was.
pub fn read(depth: usize, input: &mut impl Read) -> io::Result<u64> {
    let mut own = [depth as u8; 33];
    let mut one = [0];
    input.read_exact(&mut one)?;
    own[depth % 33] = one[0];
    // The memory grows: what is on its way has to move along.
    let block = vec![one[0]; if depth.is_multiple_of(100) { 1 << 20 } else { 10 }];
    let below = if depth == 0 { 0 } else { read(depth - 1, input)? };
    input.read_exact(&mut one)?;
    let sum: u64 = own.iter().map(|byte| u64::from(*byte)).sum();
    let block = u64::from(block[block.len() - 1]);
    Ok(below.wrapping_mul(31).wrapping_add(sum ^ block).wrapping_add(one[0].into()))
}

/// Never returns, if not by a trap.
#[expect(unconditional_recursion, reason = "it has to exhaust the stack")]
pub fn endless(depth: u64) -> u64 {
    let own = black_box([depth; 100]);
    endless(depth + 1) + own[50]
}

/// A random walk up and down a stack, that waits at random.
pub fn random(seed: u64) -> io::Result<u64> {
    let mut walk = Walk { state: seed | 1, left: 20_000 };
    let mut sum = 0;
    while walk.left > 0 {
        sum = walk.step(0, sum)?;
    }
    Ok(sum)
}

struct Walk {
    state: u64,
    left: usize,
}

impl Walk {
    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    fn step(&mut self, depth: u64, before: u64) -> io::Result<u64> {
        let mut sum = before.wrapping_add(depth);
        let own: Vec<u64> = (0..self.next() % 5).map(|_| self.next()).collect();
        while self.left > 0 {
            self.left -= 1;
            match self.next() % 8 {
                0 | 1 if depth < 300 => sum = self.step(depth + 1, sum)?,
                2 => break,
                3 => std::thread::yield_now(),
                4 => drop(black_box(vec![1u8; (self.next() % 200_000) as usize])),
                5 if own.len() > 2 => sum = sum.rotate_left(7) ^ own[1],
                _ => sum = sum.wrapping_mul(0x9e37_79b9).wrapping_add(self.state),
            }
        }
        Ok(own.iter().fold(sum, |sum, one| sum.rotate_left(3) ^ one))
    }
}
