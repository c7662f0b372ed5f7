//! Sets that compare without allocating: one bit per member of the universe, the rest sorted.
//! Knows nothing of items or orders.

use std::{cmp::Ordering, collections::BTreeSet};

/// A set over a universe; members outside it are kept by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Members {
    /// The first 64 of the universe; nearly every universe ends there.
    first: u64,
    more: Box<[u64]>,
    others: Box<[Box<str>]>,
}

impl Members {
    pub(crate) fn new(universe: &[String], set: &BTreeSet<String>) -> Self {
        let mut bits = vec![0_u64; universe.len().div_ceil(64)];
        let mut others = Vec::new();
        // The set is sorted, so `others` comes out sorted.
        for member in set {
            match universe.iter().position(|known| known == member) {
                Some(bit) => {
                    if let Some(word) = bits.get_mut(bit / 64) {
                        *word |= 1 << (bit % 64);
                    }
                }
                None => others.push(member.as_str().into()),
            }
        }
        Self::from_parts(&bits, others)
    }

    /// Bits of the universe.
    pub(crate) fn bits(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.first).chain(self.more.iter().copied())
    }

    /// The sorted rest.
    pub(crate) fn others(&self) -> &[Box<str>] {
        &self.others
    }

    /// From what [`Members::bits`] and [`Members::others`] gave.
    pub(crate) fn from_parts(bits: &[u64], others: Vec<Box<str>>) -> Self {
        let (first, more) = bits.split_first().map_or((0, &[][..]), |(first, more)| (*first, more));
        Self { first, more: more.into(), others: others.into() }
    }

    pub(crate) fn len(&self) -> usize {
        self.known() + self.others.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many are of the universe.
    fn known(&self) -> usize {
        self.bits().map(|word| word.count_ones() as usize).sum()
    }

    /// How many members of `self` are not in `other`.
    pub(crate) fn outside(&self, other: &Self) -> usize {
        let bits: usize =
            self.bits().zip(other.bits()).map(|(a, b)| (a & !b).count_ones() as usize).sum();
        bits + self.others.len() - shared(&self.others, &other.others)
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.bits().zip(other.bits()).any(|(a, b)| a & b != 0)
            || shared(&self.others, &other.others) > 0
    }

    /// How many members of a universe of `size` are not in `self`.
    pub(crate) fn universe_outside(&self, size: usize) -> usize {
        size - self.known()
    }

    /// The members by name.
    pub(crate) fn names(&self, universe: &[String]) -> BTreeSet<String> {
        let known = universe
            .iter()
            .enumerate()
            .filter(|(bit, _)| self.has(*bit))
            .map(|(_, name)| name.clone());
        known.chain(self.others.iter().map(ToString::to_string)).collect()
    }

    fn has(&self, bit: usize) -> bool {
        self.bits().nth(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }
}

/// Size of the intersection of two sorted lists.
#[inline]
fn shared(a: &[Box<str>], b: &[Box<str>]) -> usize {
    if a.is_empty() || b.is_empty() {
        return 0;
    }
    let (mut left, mut right) = (a.iter().peekable(), b.iter().peekable());
    let mut count = 0;
    while let (Some(x), Some(y)) = (left.peek(), right.peek()) {
        match x.cmp(y) {
            Ordering::Less => drop(left.next()),
            Ordering::Greater => drop(right.next()),
            Ordering::Equal => {
                count += 1;
                left.next();
                right.next();
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(universe: &[String], members: &[&str]) -> Members {
        Members::new(universe, &members.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn members_inside_and_outside_the_universe_compare_alike() {
        let universe: Vec<String> = (0..70).map(|n| format!("m{n}")).collect();
        let a = set(&universe, &["m1", "m69", "x", "y"]);
        let b = set(&universe, &["m69", "y", "z"]);
        assert_eq!((a.len(), a.outside(&b), b.outside(&a)), (4, 2, 1));
        assert!(a.meets(&b));
        assert!(!set(&universe, &["m2", "x"]).meets(&b));
        assert_eq!(a.universe_outside(70), 68);
        assert_eq!(a.names(&universe).into_iter().collect::<Vec<_>>(), ["m1", "m69", "x", "y"]);
        assert!(set(&universe, &[]).is_empty());
    }
}
