//! Items that a market adds to the registry: their definition, as it is proposed, kept and read, and what of it is
//! no sound definition. Who proposes and decides is the market's.

use super::{
    Bounds, Compose, Composition, Curve, Direction, ItemDef, ItemKind, Parts, Scale, Unit,
};
use crate::read::value::is_extension;
use crate::{AttributeChoice, Expected, Fault, FaultCode, Text, Word};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longest title of an item or of one of its words.
pub const EXTENSION_TITLE_MAX: usize = 80;
/// Longest help.
pub const EXTENSION_HELP_MAX: usize = 500;
/// Words of one item.
pub const EXTENSION_WORDS_MAX: usize = 50;
/// Longest key of a word.
const WORD_KEY_MAX: usize = 40;
/// Most nines that a scale reaches.
const NINES_MAX: u32 = 12;
/// The group that they stand in, behind all others.
pub const EXTENSION_GROUP: &str = "extension";

/// What an item means that is not among those of the program; its key is `x-<vendor>.<name>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Extension {
    /// As written in documents.
    pub key: String,
    /// Title for people, in both languages.
    pub title: Text,
    /// One or two sentences for people, in both languages.
    pub help: Text,
    /// Which way is better.
    pub direction: Direction,
    /// What its values are.
    pub kind: ExtensionKind,
}

/// What the values of an extension are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ExtensionKind {
    /// Fraction 0 to 1.
    Ratio {
        /// How values are spread between the ends.
        curve: Curve,
        /// Drawn at the centre and below.
        worst: Decimal,
        /// Drawn at the rim and above.
        best: Decimal,
    },
    /// Length of time.
    Duration {
        /// `s`, `ms` or `d`.
        unit: Unit,
        /// How values are spread between the ends.
        curve: Curve,
        /// Drawn at the centre and below.
        worst: Decimal,
        /// Drawn at the rim and above.
        best: Decimal,
    },
    /// Any other number.
    Number {
        /// What is counted or measured.
        unit: Unit,
        /// How values are spread between the ends.
        curve: Curve,
        /// Drawn at the centre and below.
        worst: Decimal,
        /// Drawn at the rim and above.
        best: Decimal,
    },
    /// Ordered levels, weakest first; where less is better the best comes first.
    Level {
        /// At least two.
        words: Vec<AttributeChoice>,
    },
    /// Set of words from a list.
    Set {
        /// At least one.
        words: Vec<AttributeChoice>,
    },
}

/// How an extension stands in the registry of a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// Counts the accepted proposals from 1.
    pub version: i64,
    /// New documents do not name it any more; those that do keep it.
    pub retired: bool,
}

impl ExtensionKind {
    /// The word for the type.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ratio { .. } => "ratio",
            Self::Duration { .. } => "duration",
            Self::Number { .. } => "number",
            Self::Level { .. } => "level",
            Self::Set { .. } => "set",
        }
    }

    /// Unit of its numbers.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        match self {
            Self::Ratio { .. } => Unit::Fraction,
            Self::Duration { unit, .. } | Self::Number { unit, .. } => *unit,
            Self::Level { .. } | Self::Set { .. } => Unit::None,
        }
    }

    /// Curve and ends of the scale of a number.
    #[must_use]
    pub const fn bounds(&self) -> Option<Bounds> {
        match self {
            Self::Ratio { curve, worst, best }
            | Self::Duration { curve, worst, best, .. }
            | Self::Number { curve, worst, best, .. } => {
                Some(Bounds { curve: *curve, worst: *worst, best: *best })
            }
            Self::Level { .. } | Self::Set { .. } => None,
        }
    }

    /// Its words; none for numbers.
    #[must_use]
    pub fn words(&self) -> &[AttributeChoice] {
        match self {
            Self::Level { words } | Self::Set { words } => words,
            _ => &[],
        }
    }
}

impl Extension {
    /// Whether a key has the form of an extension: `x-<vendor>.<name>`.
    #[must_use]
    pub fn is_key(key: &str) -> bool {
        is_extension(key)
    }

    /// Every fault of the definition alone, with pointers into it.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !is_extension(&self.key) {
            let message = "items of a market are written x-<vendor>.<name>";
            faults.push(fault(
                "/key",
                FaultCode::UnknownItem,
                &self.key,
                Expected::ItemKey,
                message,
            ));
        }
        faults.extend(texts("/title", &self.title, EXTENSION_TITLE_MAX));
        faults.extend(texts("/help", &self.help, EXTENSION_HELP_MAX));
        let fits = match &self.kind {
            ExtensionKind::Set { .. } => matches!(
                self.direction,
                Direction::MustInclude | Direction::SubsetOf | Direction::OneOf
            ),
            _ => matches!(self.direction, Direction::Higher | Direction::Lower),
        };
        if !fits {
            let allowed = match &self.kind {
                ExtensionKind::Set { .. } => "must-include, subset-of, one-of",
                _ => "higher, lower",
            };
            let message = "the direction does not fit this kind of value";
            let found = self.direction.as_str();
            faults.push(listed("/direction", FaultCode::UnknownWord, found, allowed, message));
        }
        faults.extend(self.unit_fault());
        match self.kind.bounds() {
            Some(bounds) => faults.extend(self.scale_fault(bounds)),
            None => faults.extend(self.word_faults()),
        }
        faults
    }

    fn unit_fault(&self) -> Option<Fault> {
        let unit = self.kind.unit();
        let (fits, allowed) = match &self.kind {
            ExtensionKind::Duration { .. } => (unit.is_time(), "s, ms, d"),
            ExtensionKind::Number { .. } => (
                !unit.is_time() && unit != Unit::Fraction,
                "a unit that is no time and no fraction",
            ),
            _ => (true, ""),
        };
        let message = "the unit does not fit this kind of value";
        (!fits).then(|| listed("/kind/unit", FaultCode::WrongUnit, unit.as_str(), allowed, message))
    }

    /// The ends differ, stand in the direction that is said, and the curve can be drawn between them.
    fn scale_fault(&self, bounds: Bounds) -> Option<Fault> {
        let Bounds { curve, worst, best } = bounds;
        let (least, most) = limits(self.kind.unit());
        let inside = |end: Decimal| end >= least && end <= most;
        let ordered = if self.direction == Direction::Lower { best < worst } else { best > worst };
        let drawn = match curve {
            Curve::Linear => true,
            Curve::Log => worst > Decimal::ZERO && best > Decimal::ZERO,
            Curve::Nines => {
                self.direction == Direction::Higher
                    && matches!(self.kind, ExtensionKind::Ratio { .. })
                    && nines(worst).is_some()
                    && nines(best).is_some()
            }
        };
        let allowed = match curve {
            Curve::Nines => "fractions such as 0.9 and 0.999, more is better",
            Curve::Log => "two numbers above 0, the better one last",
            Curve::Linear => "two different numbers that the unit allows, the better one last",
        };
        let message = "no scale goes from the worst to the best value that are given";
        let found = format!("{} – {}", worst.normalize(), best.normalize());
        (!(inside(worst) && inside(best) && ordered && drawn))
            .then(|| listed("/kind/best", FaultCode::OutOfRange, &found, allowed, message))
    }

    fn word_faults(&self) -> Vec<Fault> {
        let words = self.kind.words();
        let least = if matches!(self.kind, ExtensionKind::Level { .. }) { 2 } else { 1 };
        let mut faults = Vec::new();
        if !(least..=EXTENSION_WORDS_MAX).contains(&words.len()) {
            let allowed = format!("{least} to {EXTENSION_WORDS_MAX} words");
            let found = words.len().to_string();
            let message = "too few words, or too many";
            faults.push(listed("/kind/words", FaultCode::OutOfRange, &found, &allowed, message));
        }
        let mut seen = BTreeSet::new();
        for (index, word) in words.iter().enumerate() {
            let place = format!("/kind/words/{index}");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
            let sound = !word.key.is_empty()
                && word.key.len() <= WORD_KEY_MAX
                && word.key.chars().all(plain)
                && seen.insert(word.key.as_str());
            if !sound {
                let allowed = "1 to 40 lower-case letters, digits, _, - and ., once each";
                let message = "this word cannot stand in documents";
                let place = format!("{place}/key");
                faults.push(listed(&place, FaultCode::UnknownWord, &word.key, allowed, message));
            }
            faults.extend(texts(&format!("{place}/title"), &word.title, EXTENSION_TITLE_MAX));
        }
        faults
    }

    /// What may not change once somebody may have used it: kind, unit and direction, and words are not taken away.
    /// A word may be added: to a set anywhere, to levels where the order of the others stays.
    #[must_use]
    pub fn faults_against(&self, before: &Self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.kind.word() != before.kind.word() || self.kind.unit() != before.kind.unit() {
            let message =
                "documents name it as it was: register another key for another kind or unit";
            let allowed = format!("{} {}", before.kind.word(), before.kind.unit());
            let found = format!("{} {}", self.kind.word(), self.kind.unit());
            faults.push(listed("/kind/type", FaultCode::Contradiction, &found, &allowed, message));
        }
        if self.direction != before.direction {
            let message = "documents name it as it was: register another key for another direction";
            let (found, allowed) = (self.direction.as_str(), before.direction.as_str());
            faults.push(listed("/direction", FaultCode::Contradiction, found, allowed, message));
        }
        let now: Vec<&str> = self.kind.words().iter().map(|word| word.key.as_str()).collect();
        let mut rest = now.iter();
        let levels = matches!(before.kind, ExtensionKind::Level { .. });
        let kept = before.kind.words().iter().all(|word| {
            let same = |key: &&str| *key == word.key;
            if levels { rest.any(same) } else { now.iter().any(same) }
        });
        if !kept {
            let words = before.kind.words().iter().map(|word| word.key.as_str());
            let allowed = words.collect::<Vec<_>>().join(", ");
            let message = "words that documents may name stay, and levels keep their order";
            let found = now.join(", ");
            faults.push(listed("/kind/words", FaultCode::Contradiction, &found, &allowed, message));
        }
        faults
    }

    /// The item of the registry that it becomes, at no place yet.
    #[must_use]
    pub fn item(&self, registered: Registered) -> ItemDef {
        let word =
            |word: &AttributeChoice| Word { key: word.key.clone(), label: word.title.clone() };
        let words = || self.kind.words().iter().map(word).collect();
        let kind = match &self.kind {
            ExtensionKind::Ratio { .. } => ItemKind::Ratio,
            ExtensionKind::Duration { .. } => ItemKind::Duration,
            ExtensionKind::Number { .. } => ItemKind::Number,
            ExtensionKind::Level { .. } => ItemKind::Level(words()),
            ExtensionKind::Set { .. } => ItemKind::Set(words()),
        };
        let rule = self.compose();
        ItemDef {
            key: self.key.clone(),
            group: EXTENSION_GROUP.to_owned(),
            position: 0,
            label: self.title.clone(),
            help: self.help.clone(),
            paper: Vec::new(),
            core: false,
            scale: self.scale(&kind),
            kind,
            unit: self.kind.unit(),
            direction: self.direction,
            derived: false,
            compose: Composition { chain: rule, pair: rule, parts: Parts::Every },
            registered: Some(registered),
        }
    }

    /// Of several services together the weakest promise holds: what is safe to say of any such item.
    const fn compose(&self) -> Compose {
        match (&self.kind, self.direction) {
            (ExtensionKind::Level { .. }, _) => Compose::Minimum,
            (_, Direction::MustInclude) => Compose::Intersection,
            (_, Direction::SubsetOf) => Compose::Union,
            (_, Direction::OneOf) => Compose::Equal,
            (_, Direction::Lower) => Compose::Maximum,
            (_, Direction::Higher) => Compose::Minimum,
        }
    }

    fn scale(&self, kind: &ItemKind) -> Scale {
        let lower = self.direction == Direction::Lower;
        match (self.kind.bounds(), kind) {
            (Some(Bounds { curve: Curve::Nines, worst, best }), _) => {
                Scale::Nines { lo: nines(worst).unwrap_or(0), hi: nines(best).unwrap_or(1) }
            }
            (Some(Bounds { curve: Curve::Log, worst, best }), _) if lower => {
                Scale::LogInverse { worst, best }
            }
            (Some(Bounds { curve: Curve::Log, worst, best }), _) => {
                Scale::Log { lo: worst, hi: best }
            }
            (Some(Bounds { worst, best, .. }), _) if lower => {
                Scale::LinearInverse { lo: best, hi: worst }
            }
            (Some(Bounds { worst, best, .. }), _) => Scale::Linear { lo: worst, hi: best },
            (None, ItemKind::Set(_)) if self.direction == Direction::SubsetOf => Scale::Subset,
            (None, ItemKind::Set(_)) => Scale::Cover,
            (None, _) => Scale::Level,
        }
    }
}

/// How many nines a fraction has that has nothing else: 0.99 -> 2, 0 -> 0.
fn nines(fraction: Decimal) -> Option<u32> {
    (0..=NINES_MAX).find(|count| Decimal::ONE - Decimal::new(1, *count) == fraction)
}

fn limits(unit: Unit) -> (Decimal, Decimal) {
    crate::read::value::unit_limits(unit)
}

/// Both languages are there, and short enough.
fn texts(place: &str, text: &Text, most: usize) -> Vec<Fault> {
    let of = |language: &str| {
        let said = text.0.get(language).map_or("", String::as_str).trim();
        let length = said.chars().count();
        let place = format!("{place}/{language}");
        let allowed = format!("1 to {most} characters");
        let code = if length == 0 { FaultCode::Missing } else { FaultCode::OutOfRange };
        let message = "say it in both languages, shortly";
        (!(1..=most).contains(&length)).then(|| listed(&place, code, said, &allowed, message))
    };
    ["en", "ja"].into_iter().filter_map(of).collect()
}

fn listed(place: &str, code: FaultCode, found: &str, allowed: &str, message: &str) -> Fault {
    Fault {
        path: place.to_owned(),
        code,
        found: Some(found.to_owned()),
        allowed: vec![allowed.to_owned()],
        expected: None,
        message: message.to_owned(),
    }
}

fn fault(place: &str, code: FaultCode, found: &str, expected: Expected, message: &str) -> Fault {
    let allowed = expected.to_string();
    Fault { expected: Some(expected), ..listed(place, code, found, &allowed, message) }
}
