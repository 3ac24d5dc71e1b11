//! Random numbers from a seed the caller gives, so that the same question has the same answer.
//!
//! SplitMix64: Steele, Lea & Flood (2014), "Fast splittable pseudorandom number generators".

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in 0 ≤ u < 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in 0..count, for a count above 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }

    /// `wanted` of the numbers 0..count, each set as likely as any other, in ascending order; all of them where fewer
    /// than wanted. Knuth's selection sampling (The Art of Computer Programming, volume 2, algorithm 3.4.2S).
    pub(crate) fn sample(&mut self, count: usize, wanted: usize) -> Vec<usize> {
        let mut missing = wanted.min(count);
        let mut chosen = Vec::with_capacity(missing);
        for index in 0..count {
            if self.below(count - index) < missing {
                chosen.push(index);
                missing -= 1;
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64() {
        // The first numbers for seed 1234567, as Rosetta Code publishes them.
        let mut random = Random::new(1_234_567);
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn a_sample_has_the_size_that_was_wanted_and_no_number_twice() {
        let sample = Random::new(1).sample(100, 30);
        assert!(sample.len() == 30 && sample.is_sorted_by(|left, right| left < right) && sample[29] < 100);
        assert_eq!(Random::new(1).sample(3, 30), [0, 1, 2]);
    }
}
