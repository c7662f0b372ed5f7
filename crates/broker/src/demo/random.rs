//! A small generator of repeatable numbers for the synthetic market.
//!
//! It is SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014):
//! one 64-bit counter, integers only, so the numbers are the same on every platform. It is not
//! for secrets; ids and keys come from the injected sources of the broker.

/// The odd constant the counter grows by: 2^64 divided by the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of numbers that depends on its seed alone.
#[derive(Debug, Clone)]
pub(super) struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// The stream number `index` of the family `seed`; streams do not share their order.
    pub(super) fn stream(seed: u64, index: u64) -> Self {
        let mut family = Self { state: seed };
        let base = family.next();
        let mut stream = Self { state: base ^ index.wrapping_mul(GAMMA) };
        stream.state = stream.next();
        stream
    }

    /// The next 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..bound`; 0 for a bound of 0. The bias is below `bound / 2^32`.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let wide = (self.next() >> 32) * u64::from(bound);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// A number in `low..=high`.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in `percent` of 100 cases.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One element; the list must not be empty.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let length = u32::try_from(list.len()).unwrap_or(u32::MAX);
        &list[self.below(length) as usize]
    }

    /// The index of one weight, chosen in proportion to it.
    pub(super) fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        weights.len().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_the_published_numbers_of_splitmix64() {
        let mut generator = SplitMix64 { state: 1_234_567 };
        let first: Vec<u64> = (0..3).map(|_| generator.next()).collect();
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn weights_are_kept_in_the_long_run() {
        let mut generator = SplitMix64::stream(7, 0);
        let mut seen = [0_u32; 3];
        for _ in 0..10_000 {
            seen[generator.weighted(&[10, 30, 60])] += 1;
        }
        assert!((900..1_100).contains(&seen[0]), "{seen:?}");
        assert!((2_800..3_200).contains(&seen[1]), "{seen:?}");
    }

    #[test]
    fn neighbouring_streams_differ() {
        let first = SplitMix64::stream(7, 1).next();
        assert_ne!(first, SplitMix64::stream(7, 2).next());
        assert_ne!(first, SplitMix64::stream(8, 1).next());
    }
}
