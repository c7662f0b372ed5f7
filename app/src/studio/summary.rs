//! How an offer stands to a need in one or two sentences, also at other times than every day. Written
//! once for both halves; each says in its own way what a row is called and how a value is written.

use matching::{Bound, Explanation, Mode, ProfileStanding, Value, Verdict};
use sla::ProfileName;

use crate::words::Words;

/// Items named in one sentence.
const NAMED_MAX: usize = 4;

/// The words for the rows of one explanation.
pub trait Naming {
    /// Name of the item of a row; `None` for a row that is not shown.
    fn label(&self, row: usize) -> Option<String>;
    /// A value of a row.
    fn value(&self, row: usize, value: &Value) -> String;
    /// By how much a row is short; empty where there is nothing to say.
    fn difference(&self, row: usize) -> String;
}

/// When a profile holds, inside a sentence: "in a disaster".
#[must_use]
pub fn time(words: Words, profile: ProfileName) -> &'static str {
    match profile {
        ProfileName::Normal => words.needs_time_normal(),
        ProfileName::Overload => words.needs_time_overload(),
        ProfileName::Disaster => words.needs_time_disaster(),
    }
}

/// What is short or beyond, every day first, then in the other times that the need speaks of.
#[must_use]
pub fn summary(words: Words, explanation: &Explanation, naming: &impl Naming) -> String {
    let of = Rows { words, explanation, naming };
    let first = explanation.profiles.first();
    let others = explanation.profiles.get(1..).unwrap_or_default();
    let every_day: Vec<usize> = match first {
        Some(first) => first.rows.iter().map(|part| part.row).collect(),
        None => (0..explanation.rows.len()).collect(),
    };
    let asked =
        |row: &usize| explanation.rows.get(*row).is_some_and(|row| row.mode != Mode::BestEffort);
    let asked: Vec<usize> = every_day.iter().copied().filter(asked).collect();
    let matched = explanation.totals.matched;
    let fits = first.is_some_and(|first| first.matched);
    let mut sentences: Vec<String> = Vec::new();
    if matched {
        sentences.push(of.all_met(others));
    } else if fits && !others.is_empty() {
        sentences.push(words.needs_summary_every_day().to_owned());
    }
    let short = of.having(&asked, Verdict::Missed, |row, label| match naming.difference(row) {
        difference if difference.is_empty() => label,
        difference => words.needs_summary_item(label, difference),
    });
    sentences.extend(short.map(|list| words.needs_summary_short(list)));
    let absent = of.having(&asked, Verdict::NotPromised, |_, label| label);
    sentences.extend(absent.map(|list| words.needs_summary_absent(list)));
    for other in others.iter().filter(|_| !matched) {
        if other.matched && !fits {
            sentences.push(words.needs_summary_then_fits(time(words, other.profile)));
        }
        sentences.extend(of.then(other, &every_day));
    }
    if matched {
        let beyond = of.having(&asked, Verdict::Beyond, |_, label| label);
        sentences.extend(beyond.map(|list| words.needs_summary_beyond(list)));
    }
    sentences.join(words.needs_summary_space())
}

struct Rows<'a, N> {
    words: Words,
    explanation: &'a Explanation,
    naming: &'a N,
}

impl<N: Naming> Rows<'_, N> {
    fn all_met(&self, others: &[ProfileStanding]) -> String {
        if others.is_empty() {
            return self.words.needs_summary_fits().to_owned();
        }
        let times: Vec<&str> = others.iter().map(|other| time(self.words, other.profile)).collect();
        self.words.needs_summary_fits_then(times.join(self.words.market_list_comma()))
    }

    /// What is short at another time besides what is short every day.
    fn then(&self, other: &ProfileStanding, every_day: &[usize]) -> Vec<String> {
        let own = other.rows.iter().filter(|part| part.mode != Mode::BestEffort);
        let own: Vec<usize> =
            own.map(|part| part.row).filter(|row| !every_day.contains(row)).collect();
        let when = time(self.words, other.profile);
        let short = self.having(&own, Verdict::Missed, |row, label| self.both(row, label));
        let absent = self.having(&own, Verdict::NotPromised, |_, label| label);
        let short = short.map(|list| self.words.needs_summary_then_short(when, list));
        let absent = absent.map(|list| self.words.needs_summary_then_absent(when, list));
        short.into_iter().chain(absent).collect()
    }

    /// The item with what is promised and what is needed.
    fn both(&self, index: usize, label: String) -> String {
        let row = self.explanation.rows.get(index);
        match row.and_then(|row| row.promised.as_ref().zip(row.required.as_ref())) {
            Some((promised, required)) => self.words.needs_summary_then_item(
                label,
                self.naming.value(index, promised),
                self.naming.value(index, required),
            ),
            None => label,
        }
    }

    /// The names of the rows with this verdict as one list; `None` where there are none.
    fn having(
        &self,
        rows: &[usize],
        wanted: Verdict,
        say: impl Fn(usize, String) -> String,
    ) -> Option<String> {
        let is = |row: &&usize| {
            self.explanation.rows.get(**row).is_some_and(|row| row.verdict == wanted)
        };
        let names = rows.iter().filter(is);
        let names: Vec<String> =
            names.filter_map(|row| Some(say(*row, self.naming.label(*row)?))).collect();
        (!names.is_empty()).then(|| joined(self.words, names))
    }
}

/// The first few, and how many more there are.
fn joined(words: Words, mut names: Vec<String>) -> String {
    let rest = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    let list = names.join(words.market_list_comma());
    if rest == 0 {
        return list;
    }
    words.market_value_more(list, i64::try_from(rest).unwrap_or(i64::MAX))
}

/// A number with the side of it that is asked for.
#[must_use]
pub fn bound_text(words: Words, bound: Option<Bound>, shown: String) -> String {
    match bound {
        Some(Bound::AtMost) => words.needs_ask_lte(shown),
        Some(Bound::AtLeast) => words.needs_ask_gte(shown),
        None => shown,
    }
}

/// What a difference is called: at the far end of a range more is not better.
#[must_use]
pub fn difference_words(words: Words, shown: String, short: bool, far: bool) -> String {
    match (short, far) {
        (true, true) => words.needs_difference_beyond(shown),
        (false, true) => words.needs_difference_within(shown),
        (true, false) => words.needs_difference_short(shown),
        (false, false) => words.needs_difference_more(shown),
    }
}
