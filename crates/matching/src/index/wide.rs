//! Loops over blocks on the widest registers that the processor has. Knows nothing of columns.
//!
//! What stands here is compiled for several sets of instructions, and the processor decides while
//! running. All of them do the same whole-number arithmetic.

use std::ops::{Deref, DerefMut};

use fearless_simd::{Level, Simd, SimdBase, SimdMask, dispatch};

use super::{
    column::Lane,
    rows::{Rows, STRIDE},
};

/// Begins where the widest register begins, so that reading one never touches two lines of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub(crate) struct Aligned<T>(pub(crate) T);

impl<T> Deref for Aligned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// Does work whose plain loops the compiler turns into vector instructions; what it calls has to be
/// inlined to become wide too.
#[inline(always)]
pub(crate) fn wide<R>(work: impl FnOnce() -> R) -> R {
    dispatch!(Level::new(), _ => work())
}

/// Keeps the rows that hold at least so much; returns how many.
pub(crate) fn keep_from(rows: &mut Rows, held: &Lane, least: u16) -> usize {
    dispatch!(Level::new(), simd => from(simd, rows, held, least))
}

/// Keeps the rows that hold less; returns how many.
pub(crate) fn keep_below(rows: &mut Rows, held: &Lane, cut: u16) -> usize {
    dispatch!(Level::new(), simd => below(simd, rows, held, cut))
}

/// Keeps the rows that hold less in one or the other; returns how many.
pub(crate) fn keep_below_either(rows: &mut Rows, a: (&Lane, u16), b: (&Lane, u16)) -> usize {
    dispatch!(Level::new(), simd => below_either(simd, rows, a, b))
}

#[inline(always)]
fn from<S: Simd>(simd: S, rows: &mut Rows, held: &Lane, least: u16) -> usize {
    keep(simd, rows, |stride, at| read(simd, held, stride, at).simd_ge(least))
}

#[inline(always)]
fn below<S: Simd>(simd: S, rows: &mut Rows, held: &Lane, cut: u16) -> usize {
    keep(simd, rows, |stride, at| read(simd, held, stride, at).simd_lt(cut))
}

#[inline(always)]
fn below_either<S: Simd>(simd: S, rows: &mut Rows, a: (&Lane, u16), b: (&Lane, u16)) -> usize {
    keep(simd, rows, |stride, at| {
        read(simd, a.0, stride, at).simd_lt(a.1) | read(simd, b.0, stride, at).simd_lt(b.1)
    })
}

/// Keeps the rows that it says yes to, asked for as many together as a register holds.
#[inline(always)]
fn keep<S: Simd>(_: S, rows: &mut Rows, keeps: impl Fn(usize, usize) -> S::mask16s) -> usize {
    let mut left = 0;
    for (stride, word) in rows.0.iter_mut().enumerate() {
        if *word == 0 {
            continue;
        }
        let mut kept = 0;
        for at in (0..STRIDE).step_by(S::u16s::LEN) {
            kept |= (keeps(stride, at).to_bitmask() as u32) << at;
        }
        *word &= kept;
        left += word.count_ones();
    }
    left as usize
}

/// The values of a stride from `at` on.
#[inline(always)]
fn read<S: Simd>(simd: S, lane: &Lane, stride: usize, at: usize) -> S::u16s {
    let strides = lane.as_chunks::<STRIDE>().0;
    S::u16s::from_slice(simd, &strides[stride][at..at + S::u16s::LEN])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::column::BLOCK;

    /// Values all over sixteen bits, both ends and the middle among them.
    fn lane(factor: usize) -> Lane {
        let value = |row: usize| match row % 7 {
            0 => 0,
            1 => u16::MAX,
            2 => 0x8000,
            3 => 0x7FFF,
            _ => (row * factor % 65_536) as u16,
        };
        Aligned(std::array::from_fn(value))
    }

    fn some() -> Rows {
        let mut rows = Rows::first(BLOCK - 5);
        (0..BLOCK).filter(|row| row % 3 == 0 || row / 100 == 4).for_each(|row| rows.close(row));
        rows
    }

    fn plainly(keeps: impl Fn(usize) -> bool) -> Vec<usize> {
        some().iter().filter(|row| keeps(*row)).collect()
    }

    /// What a set of instructions keeps; as many as it says.
    fn kept(work: impl FnOnce(&mut Rows) -> usize) -> Vec<usize> {
        let mut rows = some();
        let count = work(&mut rows);
        assert_eq!(rows.count(), count);
        rows.iter().collect()
    }

    fn agrees<S: Simd>(simd: S) {
        let (a, b) = (lane(40_503), lane(30_011));
        for cut in [0, 1, 9_999, 0x7FFF, 0x8000, u16::MAX] {
            assert_eq!(kept(|rows| from(simd, rows, &a, cut)), plainly(|row| a[row] >= cut));
            assert_eq!(kept(|rows| below(simd, rows, &a, cut)), plainly(|row| a[row] < cut));
            assert_eq!(
                kept(|rows| below_either(simd, rows, (&a, cut), (&b, 5_000))),
                plainly(|row| a[row] < cut || b[row] < 5_000)
            );
        }
    }

    #[test]
    fn every_set_of_instructions_keeps_the_rows_that_a_plain_loop_keeps() {
        dispatch!(Level::baseline(), simd => agrees(simd));
        dispatch!(Level::new(), simd => agrees(simd));
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = Level::new().as_avx2() {
            agrees(avx2);
        }
    }

    #[test]
    fn work_is_done_once_and_begins_where_a_register_begins() {
        let mut times = 0;
        assert_eq!(wide(|| std::mem::replace(&mut times, 1)), 0);
        assert_eq!((times, std::mem::align_of::<Lane>()), (1, 64));
    }
}
