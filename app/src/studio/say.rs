//! Sentences about what is asked and how a promise stands to it, from what the server sent along.
//!
//! The same sentences as the server's list has (`needs::say`), which a test compares.

use matching::{Difference, Explanation, Mode, RowExplanation, Tolerance, Value, Verdict};
use sla::{Decimal, Direction, Unit};

use super::{
    data::Ask,
    summary::{Naming, bound_text, difference_words, summary},
};
use crate::words::{Locale, Words};

/// Changes of the need named in one row.
const CHANGES_MAX: usize = 4;

/// A compared value as text.
#[must_use]
pub fn value_text(words: Words, ask: &Ask, value: &Value) -> String {
    match value {
        Value::Number(number) => sla::format_number(ask.unit, *number, words.0.sla()),
        Value::Level(level) => ask.word(level).to_owned(),
        Value::Set(members) => {
            let names: Vec<&str> = members.iter().map(|member| ask.word(member)).collect();
            names.join(words.market_list_comma())
        }
    }
}

/// What a row asks, with its tolerance: "at least 99.9 %".
#[must_use]
pub fn asked_text(words: Words, ask: &Ask, row: &RowExplanation) -> String {
    let Some(required) = &row.required else { return words.needs_ask_anything().to_owned() };
    let shown = value_text(words, ask, required);
    let asked = match (required, ask.direction) {
        (Value::Set(_), _) => ask.pattern.replace("{}", &shown),
        _ if row.bound.is_some() => bound_text(words, row.bound, shown),
        (_, Direction::Lower) => words.needs_ask_lte(shown),
        _ => words.needs_ask_gte(shown),
    };
    match row.tolerance {
        Some(tolerance) => words.needs_ask_tolerance(asked, tolerance_text(words, ask, tolerance)),
        None => asked,
    }
}

fn tolerance_text(words: Words, ask: &Ask, tolerance: Tolerance) -> String {
    match tolerance {
        Tolerance::Abs(size) => sla::format_number(ask.unit, size, words.0.sla()),
        Tolerance::Rel(part) => sla::format_number(Unit::Fraction, part, words.0.sla()),
        Tolerance::Steps(steps) => words.needs_difference_levels(i64::from(steps)),
    }
}

/// Class, icon and word of a verdict; never colour alone.
#[must_use]
pub fn verdict(words: Words, row: &RowExplanation) -> (&'static str, &'static str) {
    if row.mode == Mode::BestEffort {
        return ("quiet", words.needs_verdict_any());
    }
    let firm = row.mode == Mode::Must;
    match row.verdict {
        Verdict::Met => ("good", words.needs_verdict_met()),
        Verdict::Beyond => ("good", words.needs_verdict_beyond()),
        Verdict::MetWithinTolerance => ("good", words.needs_verdict_tolerated()),
        Verdict::Missed if firm => ("bad", words.needs_verdict_missed()),
        Verdict::Missed => ("attention", words.needs_verdict_missed()),
        Verdict::NotPromised if firm => ("bad", words.needs_verdict_not_promised()),
        Verdict::NotPromised => ("unknown", words.needs_verdict_not_promised()),
    }
}

/// By how much a promise differs, in the unit; empty where there is nothing to say.
#[must_use]
pub fn difference_text(words: Words, ask: &Ask, row: &RowExplanation) -> String {
    let short = matches!(row.verdict, Verdict::Missed | Verdict::MetWithinTolerance);
    match &row.difference {
        None => String::new(),
        Some(Difference::Number(size)) => {
            number_text(words, ask, *size, (short, row.is_far_end(ask.direction)))
        }
        Some(Difference::Steps(0)) => words.needs_difference_exact().to_owned(),
        Some(Difference::Steps(steps)) => {
            let levels = words.needs_difference_levels(steps.abs());
            if *steps < 0 {
                words.needs_difference_short(levels)
            } else {
                words.needs_difference_more(levels)
            }
        }
        Some(Difference::Members { missing, extra }) => {
            let list = |set| value_text(words, ask, &Value::Set(Clone::clone(set)));
            match ask.direction {
                Direction::SubsetOf if short => words.needs_difference_outside(list(extra)),
                _ if short => words.needs_difference_lacks(list(missing)),
                Direction::MustInclude if !extra.is_empty() => {
                    words.needs_difference_also(list(extra))
                }
                _ => String::new(),
            }
        }
    }
}

fn number_text(words: Words, ask: &Ask, size: Decimal, (short, far): (bool, bool)) -> String {
    if size.is_zero() {
        return words.needs_difference_exact().to_owned();
    }
    let shown = sla::format_number(ask.unit, size.abs(), words.0.sla());
    difference_words(words, shown, short, far)
}

/// The ask a row belongs to; a range has two rows.
#[must_use]
pub fn ask_of(asks: &[Ask], row: usize) -> Option<&Ask> {
    asks.iter().find(|ask| ask.rows.contains(&row))
}

/// One or two sentences: what is short, or what is promised beyond the need.
#[must_use]
pub fn summary_text(words: Words, asks: &[Ask], explanation: &Explanation) -> String {
    summary(words, explanation, &Asks { words, asks, explanation })
}

/// Names that the server sent along.
struct Asks<'a> {
    words: Words,
    asks: &'a [Ask],
    explanation: &'a Explanation,
}

impl Naming for Asks<'_> {
    fn label(&self, row: usize) -> Option<String> {
        ask_of(self.asks, row).map(|ask| ask.name.clone())
    }

    fn value(&self, row: usize, value: &Value) -> String {
        ask_of(self.asks, row).map(|ask| value_text(self.words, ask, value)).unwrap_or_default()
    }

    fn difference(&self, row: usize) -> String {
        let found = ask_of(self.asks, row).zip(self.explanation.rows.get(row));
        found.map(|(ask, row)| difference_text(self.words, ask, row)).unwrap_or_default()
    }
}

/// The smallest change of the need that would let this offer in; empty where none can be named.
#[must_use]
pub fn change_text(words: Words, asks: &[Ask], explanation: &Explanation) -> String {
    let all = &explanation.relaxation;
    if all.is_empty() || all.len() > CHANGES_MAX {
        return String::new();
    }
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for change in all {
        let Some(ask) = ask_of(asks, change.row) else { continue };
        match &change.to {
            Some(value) => {
                with.push(words.needs_change_to(&ask.label, value_text(words, ask, value)))
            }
            None => without.push(ask.label.clone()),
        }
    }
    let comma = words.market_list_comma();
    match (with.is_empty(), without.is_empty()) {
        (false, true) => words.needs_change_with(with.join(comma)),
        (true, _) => words.needs_change_without(without.join(comma)),
        (false, false) => words.needs_change_both(with.join(comma), without.join(comma)),
    }
}

/// What is wrong with something typed, and what is allowed: as the server says it.
#[must_use]
pub fn fault_text(words: Words, found: &str, allowed: &str) -> String {
    match (found.is_empty(), allowed.is_empty()) {
        (true, true) => words.common_fault_missing().to_owned(),
        (true, false) => words.common_fault_missing_allowed(allowed),
        (false, true) => words.common_fault_not_allowed(found),
        (false, false) => words.common_fault_not_allowed_allowed(found, allowed),
    }
}

/// How values of one's own items may be compared, as documents write it.
pub const OPERATORS: [&str; 8] =
    ["eq", "gte", "lte", "all_of", "any_of", "one_of", "subset_of", "none_of"];

/// A comparison in words.
#[must_use]
pub fn op_word(words: Words, op: &str) -> &'static str {
    match op {
        "gte" => words.needs_form_op_gte(),
        "lte" => words.needs_form_op_lte(),
        "all_of" => words.needs_form_op_all_of(),
        "any_of" => words.needs_form_op_any_of(),
        "one_of" => words.needs_form_op_one_of(),
        "subset_of" => words.needs_form_op_subset_of(),
        "none_of" => words.needs_form_op_none_of(),
        _ => words.needs_form_op_eq(),
    }
}

/// A share of 1 as percent with one decimal, from billionths.
#[must_use]
pub fn percent(share: matching::Nano) -> String {
    let tenths = (share.0.unsigned_abs() + 500_000) / 1_000_000;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// The language of a tag; English for others.
#[must_use]
pub fn locale(tag: &str) -> Locale {
    Locale::ALL.into_iter().find(|locale| locale.tag() == tag).unwrap_or_default()
}
