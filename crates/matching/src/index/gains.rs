//! Which offers would match without one must, and how many for each, over all parts.

use super::{
    column::{BLOCK, Lane},
    offers::asked_about,
    part::Part,
    plan::{Gate, Plan},
    wide::Aligned,
};
use crate::{order::Order, prepared::Prepared, value::Offer};

/// For each row of the requirement, the number of offers that fail this must and no other.
pub(crate) fn admitted_without(prepared: &Prepared<'_>, parts: &[Part<'_>]) -> Vec<usize> {
    let mut admitted = vec![0; prepared.rows.len()];
    each_nearly(prepared, parts, |_, _, row| {
        if let Some(count) = admitted.get_mut(row) {
            *count += 1;
        }
    });
    admitted
}

/// What the offers that fail exactly one must promise on what is asked.
pub(crate) fn nearly(prepared: &Prepared<'_>, parts: &[Part<'_>]) -> Vec<Offer> {
    let mut found = Vec::new();
    each_nearly(prepared, parts, |part, at, _| found.push(asked_about(prepared, part, at)));
    found
}

/// Calls with the part, the row in it and the row of the requirement.
fn each_nearly(
    prepared: &Prepared<'_>,
    parts: &[Part<'_>],
    mut call: impl FnMut(&Part<'_>, usize, usize),
) {
    for part in parts {
        let plan = Plan::new(prepared, part, Order::Value);
        for block in 0..part.blocks() {
            let (open, _) = part.living(block);
            let mut failures = Failures { count: Aligned([0; BLOCK]), gate: Aligned([0; BLOCK]) };
            for (gate, number) in plan.gates.iter().zip(0_u16..) {
                failures.add(gate, block, number);
            }
            for row in open.iter().filter(|row| failures.count[*row] == 1) {
                if let Some(gate) = plan.gates.get(usize::from(failures.gate[row])) {
                    call(part, block * BLOCK + row, gate.row());
                }
            }
        }
    }
}

/// How many gates each row of a block fails, and which one where it is one.
struct Failures {
    count: Lane,
    gate: Lane,
}

impl Failures {
    fn add(&mut self, gate: &Gate<'_>, block: usize, number: u16) {
        match gate {
            Gate::From { column, code, .. } => {
                self.each(column.code.get(block), number, |held| u32::from(held) < *code);
            }
            Gate::Listed { column, masks, .. } => {
                self.each(column.code.get(block), number, |held| masks.get(held) == 0);
            }
        }
    }

    fn each(&mut self, held: Option<&Lane>, number: u16, fails: impl Fn(u16) -> bool) {
        let Some(held) = held else { return };
        for ((count, gate), held) in
            self.count.iter_mut().zip(self.gate.iter_mut()).zip(held.iter())
        {
            let failed = u16::from(fails(*held));
            *count += failed;
            *gate = gate.wrapping_add(failed * number);
        }
    }
}
