//! Which of two remedies gives the customer more.

use super::order::{best_without, good_to_have, less, more};
use super::{Aspect, Change, Verdict, both, change, plain};
use crate::{Credit, Direction, ItemDef, Locale, Remedy, Text, Unit, format_number};
use rust_decimal::Decimal;

pub(super) fn changes(
    item: Option<&ItemDef>,
    old: Option<&Remedy>,
    new: Option<&Remedy>,
) -> Vec<Change> {
    let (Some(old), Some(new)) = (old, new) else {
        let verdict = good_to_have(old, new, |_, _| Verdict::Neutral);
        let shown = |remedy: &Remedy| steps(item, &remedy.schedule);
        return (old != new)
            .then(|| Change {
                aspect: Aspect::Schedule,
                which: None,
                from: None,
                verdict,
                before: old.map(shown),
                after: new.map(shown),
            })
            .into_iter()
            .collect();
    };
    let claim =
        change(Aspect::Claim, &old.claim, &new.claim, less, |claim| Some(plain(claim.as_str())));
    let window = change(
        Aspect::ClaimWindow,
        &old.claim_window_days,
        &new.claim_window_days,
        // Without a stated limit one may ask at any time.
        |old, new| best_without(old.as_ref(), new.as_ref(), more),
        |days| days.map(|days| both(|locale| days_text(days, locale))),
    );
    let cap = change(
        Aspect::Cap,
        &old.cap,
        &new.cap,
        |old, new| best_without(old.as_ref(), new.as_ref(), more),
        |cap| cap.map(percent),
    );
    let schedule = change(
        Aspect::Schedule,
        &old.schedule,
        &new.schedule,
        |old, new| schedules(item, old, new),
        |schedule| Some(steps(item, schedule)),
    );
    [claim, window, cap, schedule].into_iter().flatten().collect()
}

/// Compares what is credited just beyond every threshold of either schedule: credits only change there.
fn schedules(item: Option<&ItemDef>, old: &[Credit], new: &[Credit]) -> Verdict {
    let Some(item) = item else { return Verdict::Incomparable };
    let lower = item.direction == Direction::Lower;
    let credit = |steps: &[Credit], beyond: Decimal| {
        let reached = steps
            .iter()
            .filter(|step| if lower { step.below <= beyond } else { step.below >= beyond });
        reached.map(|step| step.credit).max().unwrap_or(Decimal::ZERO)
    };
    old.iter().chain(new).fold(Verdict::Neutral, |all, step| {
        all.and(more(&credit(old, step.below), &credit(new, step.below)))
    })
}

fn steps(item: Option<&ItemDef>, schedule: &[Credit]) -> Text {
    let unit = item.map_or(Unit::None, |item| item.unit);
    let lower = item.is_some_and(|item| item.direction == Direction::Lower);
    both(|locale| {
        let step = |step: &Credit| {
            let limit = format_number(unit, step.below, locale);
            let credit = format_number(Unit::Fraction, step.credit, locale);
            match (locale, lower) {
                (Locale::En, false) => format!("below {limit}: {credit}"),
                (Locale::En, true) => format!("above {limit}: {credit}"),
                (Locale::Ja, false) => format!("{limit}未満で{credit}"),
                (Locale::Ja, true) => format!("{limit}超で{credit}"),
            }
        };
        schedule.iter().map(step).collect::<Vec<_>>().join(match locale {
            Locale::En => ", ",
            Locale::Ja => "、",
        })
    })
}

fn percent(fraction: Decimal) -> Text {
    both(|locale| format_number(Unit::Fraction, fraction, locale))
}

fn days_text(days: u32, locale: Locale) -> String {
    format_number(Unit::Day, Decimal::from(days), locale)
}
