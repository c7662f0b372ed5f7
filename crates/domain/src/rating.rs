//! What customers say of a provider after delivery: stars for the service and, apart from it, for ordering.

use std::fmt;

/// The most stars.
pub const STARS_MAX: i64 = 5;

/// A judgement, from 1 (poor) to 5 (excellent).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stars(u8);

impl Stars {
    /// Every judgement, the poorest first.
    pub const ALL: [Self; STARS_MAX as usize] = [Self(1), Self(2), Self(3), Self(4), Self(5)];

    /// `None` unless the number is from 1 to 5.
    #[must_use]
    pub fn new(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|stars| stars.number() == number)
    }

    /// From 1 to 5.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0 as i64
    }
}

impl fmt::Display for Stars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// How often each judgement was given. Nothing given is no judgement, and not a poor one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RatingCounts([i64; STARS_MAX as usize]);

impl RatingCounts {
    /// Adds so many judgements of one kind.
    pub fn add(&mut self, stars: Stars, times: i64) {
        if let Some(count) = self.0.get_mut(usize::from(stars.0) - 1) {
            *count = count.saturating_add(times);
        }
    }

    /// How often this judgement was given.
    #[must_use]
    pub fn of(&self, stars: Stars) -> i64 {
        self.0.get(usize::from(stars.0) - 1).copied().unwrap_or(0)
    }

    /// How many were given.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The mean in tenths of a star, rounded down: 4.99 is not 5. `None`: none were given.
    #[must_use]
    pub fn mean_tenths(&self) -> Option<i64> {
        let sum = Stars::ALL.iter().fold(0_i64, |sum, stars| {
            sum.saturating_add(self.of(*stars).saturating_mul(stars.number()))
        });
        sum.saturating_mul(10).checked_div(self.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_five_judgements_and_no_others() {
        assert_eq!(
            (0..7).filter_map(Stars::new).map(Stars::number).collect::<Vec<_>>(),
            [1, 2, 3, 4, 5]
        );
        assert_eq!(Stars::new(i64::MIN), None);
    }

    #[test]
    fn a_mean_is_never_rounded_up_and_nothing_has_none() {
        let mut counts = RatingCounts::default();
        assert_eq!((counts.count(), counts.mean_tenths()), (0, None));
        counts.add(Stars::ALL[4], 99);
        counts.add(Stars::ALL[3], 1);
        assert_eq!((counts.count(), counts.mean_tenths()), (100, Some(49)));
        assert_eq!((counts.of(Stars::ALL[4]), counts.of(Stars::ALL[0])), (99, 0));
    }

    #[test]
    fn absurd_numbers_do_not_overflow() {
        let mut counts = RatingCounts::default();
        for _ in 0..3 {
            counts.add(Stars::ALL[4], i64::MAX);
        }
        assert!(counts.mean_tenths().is_some());
    }
}
