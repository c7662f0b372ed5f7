//! What the customer gets when a promise is missed.

use super::cursor::{At, Fields, Sink};
use super::limits;
use super::offer::at_least_one;
use super::scalar::{whole, word};
use super::value;
use crate::fault::FaultCode;
use crate::node::Node;
use crate::{Claim, Credit, Direction, Expected, ItemDef, Remedy};
use rust_decimal::Decimal;

pub(super) fn remedy(
    item: Option<&ItemDef>,
    promised: Option<Decimal>,
    node: &Node,
    at: &At<'_>,
    sink: &mut Sink,
) -> Option<Remedy> {
    let mut fields = Fields::open(node, at, sink)?;
    let claim = fields.required(sink, "claim", word(Claim::WORDS, Claim::from_word));
    let claim_window_days =
        fields.optional(sink, "claimWindowDays", whole(1, limits::CLAIM_DAYS_MAX));
    let cap = fields.optional(sink, "cap", value::share);
    let schedule = fields.required(sink, "schedule", |node, at, sink| {
        let steps =
            at_least_one(node, at, sink, "step", |node, at, sink| credit(item, node, at, sink))?;
        if let Some(item) = item {
            in_order(item, promised, &steps, at, sink);
        }
        Some(steps)
    });
    fields.close(sink);
    Some(Remedy { claim: claim?, claim_window_days, cap, schedule: schedule? })
}

fn credit(item: Option<&ItemDef>, node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Credit> {
    let mut fields = Fields::open(node, at, sink)?;
    let below = fields.required(sink, "below", |node, at, sink| match item {
        Some(item) => value::number(item, node, at, sink),
        None => super::scalar::decimal(node, at, sink),
    });
    let credit = fields.required(sink, "credit", value::share);
    fields.close(sink);
    Some(Credit { below: below?, credit: credit? })
}

/// Each step is worse than the one before and credits at least as much; the first is not better than
/// the promise itself.
fn in_order(
    item: &ItemDef,
    promised: Option<Decimal>,
    steps: &[Credit],
    at: &At<'_>,
    sink: &mut Sink,
) {
    let better =
        |a: Decimal, b: Decimal| if item.direction == Direction::Lower { a < b } else { a > b };
    let mut last: Option<&Credit> = None;
    for (index, step) in steps.iter().enumerate() {
        let at = at.index(index);
        let message = match (last, promised) {
            (None, Some(promised)) if better(step.below, promised) => {
                "the first step begins above the promise itself"
            }
            (Some(last), _) if !better(last.below, step.below) => {
                "each step must be worse than the one before it"
            }
            (Some(last), _) if step.credit < last.credit => "a worse result cannot credit less",
            _ => {
                last = Some(step);
                continue;
            }
        };
        last = Some(step);
        let found = Node::text(format!("{} / {}", step.below, step.credit));
        let code = FaultCode::Contradiction;
        sink.fault::<()>(&at, code, Some(&found), Expected::WorseSteps, message);
    }
}
