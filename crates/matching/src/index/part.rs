//! What a scan sees of one segment: the columns that a requirement asks about, and who is buried.

use std::sync::Arc;

use super::{
    column::{BLOCK, Column},
    ids::Ids,
    rows::{Rows, STRIDE},
};

/// One segment as one requirement reads it.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) ids: &'a Ids,
    /// A column for each row of the requirement.
    pub(crate) columns: Vec<Arc<Column>>,
    pub(crate) price: Option<Arc<Column>>,
    pub(crate) dead: &'a Dead,
}

impl Part<'_> {
    pub(crate) fn rows(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn blocks(&self) -> usize {
        self.rows().div_ceil(BLOCK)
    }

    /// The rows of a block that are there and not buried, and how many.
    pub(crate) fn living(&self, block: usize) -> (Rows, usize) {
        let here = self.rows().saturating_sub(block * BLOCK).min(BLOCK);
        let mut rows = Rows::first(here);
        if self.dead.bits.is_empty() {
            return (rows, here);
        }
        self.dead.clear(block, &mut rows);
        (rows, rows.count())
    }
}

/// Buried rows of a segment, one bit each; empty while nobody is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Dead {
    bits: Vec<u64>,
    count: usize,
}

/// Words of bits per block.
const WORDS: usize = BLOCK / 64;

impl Dead {
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn has(&self, row: usize) -> bool {
        self.bits.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Buries a row; says whether it was not buried before.
    pub(crate) fn add(&mut self, row: usize) -> bool {
        if self.has(row) {
            return false;
        }
        let words = (row / BLOCK + 1) * WORDS;
        if self.bits.len() < words {
            self.bits.resize(words, 0);
        }
        if let Some(word) = self.bits.get_mut(row / 64) {
            *word |= 1 << (row % 64);
        }
        self.count += 1;
        true
    }

    fn clear(&self, block: usize, rows: &mut Rows) {
        let words = self.bits.iter().skip(block * WORDS).take(WORDS);
        for (dead, rows) in words.zip(rows.0.as_chunks_mut::<{ 64 / STRIDE }>().0) {
            for (rows, at) in rows.iter_mut().zip((0..).step_by(STRIDE)) {
                *rows &= !((dead >> at) as u32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buried_rows_and_rows_beyond_the_end_do_not_live() {
        let ids: Vec<String> = (0..1500).map(|row| format!("{row:04}")).collect();
        let ids = Ids::ascending(ids.iter().map(String::as_str));
        let mut dead = Dead::default();
        assert!(dead.add(1030) && dead.add(3) && !dead.add(3));
        let part = Part { ids: &ids, columns: Vec::new(), price: None, dead: &dead };
        let living: Vec<usize> = (0..part.blocks())
            .flat_map(|block| {
                let (rows, count) = part.living(block);
                assert_eq!(rows.count(), count);
                rows.iter().map(move |row| block * BLOCK + row)
            })
            .collect();
        let expected: Vec<usize> = (0..1500).filter(|row| ![3, 1030].contains(row)).collect();
        assert_eq!((living, dead.count()), (expected, 2));
    }
}
