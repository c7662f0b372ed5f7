//! Masks and comparisons over one block; plain loops over arrays of fixed length.

use super::{
    column::{BLOCK, Lane},
    plan::Gate,
};

/// So many open rows are followed one by one; more are worked on all together, which reads memory in
/// the order it lies in.
pub(crate) const FEW: usize = 8;

/// How many rows a mask has.
pub(crate) fn count(mask: &Lane) -> usize {
    usize::from(mask.iter().map(|slot| slot & 1).fold(0_u16, u16::wrapping_add))
}

/// Slots looked at together when few rows are open.
const STRIDE: usize = 16;

/// The rows of a mask.
pub(crate) fn rows(mask: &Lane) -> impl Iterator<Item = usize> + '_ {
    let strides = mask.chunks_exact(STRIDE).enumerate();
    let open = strides.filter(|(_, slots)| slots.iter().fold(0, |all, slot| all | slot) != 0);
    open.flat_map(|(stride, slots)| {
        let here = slots.iter().enumerate().filter(|(_, slot)| **slot != 0);
        here.map(move |(at, _)| stride * STRIDE + at)
    })
}

/// Closes the rows whose sum reaches `cut`; returns how many stay.
pub(crate) fn close_from(mask: &mut Lane, sums: &Lane, cut: u32) -> usize {
    let Ok(cut) = u16::try_from(cut) else { return count(mask) };
    let mut left = 0_u16;
    for (slot, sum) in mask.iter_mut().zip(sums) {
        *slot &= if *sum < cut { u16::MAX } else { 0 };
        left = left.wrapping_add(*slot & 1);
    }
    usize::from(left)
}

/// Closes the rows whose first sum reaches `level` and whose second reaches `cut`.
pub(crate) fn close_second(
    mask: &mut Lane,
    first: &Lane,
    level: u32,
    sums: &Lane,
    cut: u32,
) -> usize {
    let (Ok(level), Ok(cut)) = (u16::try_from(level), u16::try_from(cut)) else {
        return count(mask);
    };
    let mut left = 0_u16;
    for ((slot, first), sum) in mask.iter_mut().zip(first).zip(sums) {
        let open =
            if *first < level { u16::MAX } else { 0 } | if *sum < cut { u16::MAX } else { 0 };
        *slot &= open;
        left = left.wrapping_add(*slot & 1);
    }
    usize::from(left)
}

/// The rows of `all` that are not in `some`.
pub(crate) fn without(all: &Lane, some: &Lane) -> Lane {
    let mut rest = *all;
    for (slot, some) in rest.iter_mut().zip(some) {
        *slot &= !some;
    }
    rest
}

/// Keeps the rows that pass all gates; returns how many.
pub(crate) fn pass(gates: &[Gate<'_>], block: usize, mask: &mut Lane) -> usize {
    let mut open = count(mask);
    for (at, gate) in gates.iter().enumerate() {
        if open == 0 {
            return 0;
        }
        if open <= FEW {
            let start = block * BLOCK;
            let rest = || gates.iter().skip(at);
            let fails = |row: &usize| !rest().all(|gate| gate.passes(start + row));
            let failing: Vec<usize> = rows(mask).filter(fails).collect();
            failing.iter().for_each(|row| mask[*row] = 0);
            return open - failing.len();
        }
        open = narrow(gate, block, mask, open);
    }
    open
}

fn narrow(gate: &Gate<'_>, block: usize, mask: &mut Lane, open: usize) -> usize {
    match gate {
        Gate::From { column, code, .. } => {
            let (low, high) = column.zones.get(block).copied().unwrap_or((0, 0));
            match (u16::try_from(*code), column.code.get(block)) {
                (Ok(code), _) if low >= code => open,
                (Ok(code), Some(held)) if high >= code => {
                    let mut left = 0_u16;
                    for (slot, held) in mask.iter_mut().zip(held) {
                        *slot &= if *held >= code { u16::MAX } else { 0 };
                        left = left.wrapping_add(*slot & 1);
                    }
                    usize::from(left)
                }
                _ => {
                    mask.fill(0);
                    0
                }
            }
        }
        Gate::Listed { column, masks, .. } => {
            let Some(held) = column.code.get(block) else {
                mask.fill(0);
                return 0;
            };
            masks.each(held, mask, |slot, passes| *slot &= passes);
            count(mask)
        }
    }
}
