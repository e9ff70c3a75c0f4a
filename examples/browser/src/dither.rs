//! Floyd and Steinberg's error diffusion: each dot takes the nearest ink, and what is wrong with it
//! is spread over its neighbours on the right and below.

/// A printer of rows, from the top.
pub struct Dither {
    inks: Vec<[f32; 3]>,
    /// What the row above has left for this one, with a dot on either side for what falls off.
    above: Vec<[f32; 3]>,
}

impl Dither {
    /// For rows of `width` dots. `inks` are bytes: red, green, blue, and so on.
    pub fn new(width: u32, inks: Vec<u8>) -> Self {
        let inks = inks.chunks_exact(3).map(|ink| [0, 1, 2].map(|part| f32::from(ink[part])));
        Dither { inks: inks.collect(), above: vec![[0.0; 3]; width as usize + 2] }
    }

    /// How many there are.
    pub fn inks(&self) -> usize {
        self.inks.len()
    }

    /// Prints the next row in the place of what it shall look like.
    pub fn apply(&mut self, row: &mut [u8]) {
        let mut below = vec![[0.0; 3]; self.above.len()];
        let mut left = [0.0; 3];
        for (x, dot) in row.chunks_exact_mut(3).enumerate() {
            let wanted: [f32; 3] =
                [0, 1, 2].map(|part| f32::from(dot[part]) + self.above[x + 1][part] + left[part]);
            let ink = self.nearest(wanted);
            for part in 0..3 {
                let wrong = wanted[part] - ink[part];
                dot[part] = ink[part] as u8;
                left[part] = wrong * 7.0 / 16.0;
                below[x][part] += wrong * 3.0 / 16.0;
                below[x + 1][part] += wrong * 5.0 / 16.0;
                below[x + 2][part] += wrong * 1.0 / 16.0;
            }
        }
        self.above = below;
    }

    fn nearest(&self, wanted: [f32; 3]) -> [f32; 3] {
        let distance = |ink: &[f32; 3]| -> f32 {
            ink.iter().zip(wanted).map(|(part, wanted)| (part - wanted) * (part - wanted)).sum()
        };
        let nearest = self.inks.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Dither;

    #[test]
    fn a_grey_area_gets_as_much_black_as_it_is_dark() {
        let mut dither = Dither::new(64, vec![0, 0, 0, 255, 255, 255]);
        let mut white = 0;
        for _ in 0..64 {
            let mut row = [64; 3 * 64];
            dither.apply(&mut row);
            assert!(row.iter().all(|part| [0, 255].contains(part)));
            white += row.iter().step_by(3).filter(|part| **part == 255).count();
        }
        let quarter = 64 * 64 / 4;
        assert!((quarter - 60..quarter + 60).contains(&white), "{white} white dots");
    }
}
