//! Which rows of a block pass the musts.

use super::{column::BLOCK, plan::Gate, rows::Rows, wide::keep_from};

/// So many open rows are followed one by one; more are worked on all together, which reads memory in
/// the order it lies in.
pub(crate) const FEW: usize = 16;

/// Keeps the rows that pass all gates; returns how many. `open` is how many there are.
pub(crate) fn pass(gates: &[Gate<'_>], block: usize, rows: &mut Rows, mut open: usize) -> usize {
    for (at, gate) in gates.iter().enumerate() {
        if open == 0 {
            return 0;
        }
        if open <= FEW {
            let start = block * BLOCK;
            let rest = || gates.iter().skip(at);
            for row in rows.iter() {
                if !rest().all(|gate| gate.passes(start + row)) {
                    rows.close(row);
                    open -= 1;
                }
            }
            return open;
        }
        open = narrow(gate, block, rows, open);
    }
    open
}

fn narrow(gate: &Gate<'_>, block: usize, rows: &mut Rows, open: usize) -> usize {
    match gate {
        Gate::From { column, code, .. } => {
            let (low, high) = column.zones.get(block).copied().unwrap_or((0, 0));
            match (u16::try_from(*code), column.code.get(block)) {
                (Ok(code), _) if low >= code => open,
                (Ok(code), Some(held)) if high >= code => keep_from(rows, held, code),
                _ => {
                    *rows = Rows::NONE;
                    0
                }
            }
        }
        Gate::Listed { column, masks, .. } => {
            let Some(held) = column.code.get(block) else {
                *rows = Rows::NONE;
                return 0;
            };
            let mut left = 0;
            for row in rows.iter() {
                if masks.get(held[row]) == 0 {
                    rows.close(row);
                } else {
                    left += 1;
                }
            }
            left
        }
    }
}
