//! Which rows of a block, one bit each. Knows nothing of what the rows hold.

use super::column::BLOCK;

/// Rows per word, which are worked on together.
pub(crate) const STRIDE: usize = 32;
const WORDS: usize = BLOCK / STRIDE;

/// Some rows of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rows(pub(crate) [u32; WORDS]);

impl Rows {
    pub(crate) const NONE: Self = Self([0; WORDS]);

    /// The first so many rows.
    pub(crate) fn first(count: usize) -> Self {
        let mut rows = Self::NONE;
        for (word, start) in rows.0.iter_mut().zip((0..).step_by(STRIDE)) {
            *word = match count.saturating_sub(start) {
                all if all >= STRIDE => u32::MAX,
                some => (1 << some) - 1,
            };
        }
        rows
    }

    /// How many.
    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Takes a row out.
    pub(crate) fn close(&mut self, row: usize) {
        if let Some(word) = self.0.get_mut(row / STRIDE) {
            *word &= !(1 << (row % STRIDE));
        }
    }

    /// The rows that are not among others.
    pub(crate) fn without(mut self, others: &Self) -> Self {
        self.0.iter_mut().zip(others.0).for_each(|(word, others)| *word &= !others);
        self
    }

    /// The rows of both.
    pub(crate) fn and(mut self, others: &Self) -> Self {
        self.0.iter_mut().zip(others.0).for_each(|(word, others)| *word |= others);
        self
    }

    /// The rows, ascending.
    #[inline(always)]
    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        let mut words = self.0.into_iter().zip((0..).step_by(STRIDE));
        let (mut word, mut start) = (0_u32, 0);
        std::iter::from_fn(move || {
            while word == 0 {
                (word, start) = words.next()?;
            }
            let row = start + word.trailing_zeros() as usize;
            word &= word - 1;
            Some(row)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_listed_and_taken_out() {
        let mut rows = Rows::first(70);
        assert_eq!(
            (rows.count(), Rows::first(0), Rows::first(BLOCK).count()),
            (70, Rows::NONE, BLOCK)
        );
        rows.close(33);
        let rest = Rows::first(72).without(&rows);
        assert_eq!(rest.iter().collect::<Vec<_>>(), [33, 70, 71]);
        assert_eq!(rest.and(&rows), Rows::first(72));
    }
}
