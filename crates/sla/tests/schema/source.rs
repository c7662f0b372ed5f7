//! Choices from a seed: the same seed makes the same document.

use std::cell::Cell;

/// Endless numbers from a seed (splitmix64).
pub struct Source(Cell<u64>);

impl Source {
    pub const fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    fn next(&self) -> u64 {
        self.0.set(self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
        let mut z = self.0.get();
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to `most`.
    pub fn up_to(&self, most: usize) -> usize {
        usize::try_from(self.next() % (most as u64 + 1)).unwrap()
    }

    /// One time in `times`.
    pub fn once_in(&self, times: usize) -> bool {
        self.up_to(times - 1) == 0
    }

    pub fn pick<'a, T>(&self, list: &'a [T]) -> &'a T {
        &list[self.up_to(list.len() - 1)]
    }

    /// Some entries in their order, at least `least`.
    pub fn some<T: Clone>(&self, list: &[T], least: usize, most: usize) -> Vec<T> {
        let count = least + self.up_to(most.saturating_sub(least));
        let mut left: Vec<usize> = (0..list.len()).collect();
        let mut chosen = Vec::new();
        while chosen.len() < count && !left.is_empty() {
            let at = self.up_to(left.len() - 1);
            chosen.push(list[left.swap_remove(at)].clone());
        }
        chosen
    }
}
