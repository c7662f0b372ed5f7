//! The registry: which items of quality exist, in which unit, on which scale, with which words.
//! The facts stand in `registry/items.yaml`; reading them is `load`, judging by them is `matching`. What a market adds
//! is an `extension`; which registry holds for a piece of work says `market`.

mod compose;
mod country;
mod extension;
mod load;
mod market;
mod notes;
mod scale;
#[cfg(test)]
mod tests;
pub(crate) mod unit;

pub use compose::{Arrangement, Compose, Composition, Parts};
pub use country::COUNTRIES;
pub use extension::{
    EXTENSION_GROUP, EXTENSION_HELP_MAX, EXTENSION_TITLE_MAX, EXTENSION_WORDS_MAX, Extension,
    ExtensionKind, Registered,
};
pub use market::{Following, following, install, installed, registry, within};
pub use notes::{ItemNotes, Mapping, Notes, Standard, notes};
pub use scale::{Bounds, Curve, Scale};
pub use unit::Unit;

use crate::{Locale, Operator, Text, Value};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static REGISTRY: LazyLock<Registry> = LazyLock::new(load::built_in);

/// The registry that is compiled in. Documents are read by it alone, so that a text that was stored is read whatever
/// a market registers later.
#[must_use]
pub fn built_in() -> &'static Registry {
    &REGISTRY
}

/// All items, groups and security schemes.
#[derive(Debug)]
pub struct Registry {
    version: u32,
    groups: Vec<Group>,
    items: Vec<ItemDef>,
    schemes: Vec<Scheme>,
    positions: BTreeMap<String, usize>,
    /// So many items stand before those that are retired.
    open: usize,
}

impl Registry {
    /// Version of the registry; a change of bounds or lists raises it.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The item of this key, retired or not; `None` for unknown keys and for extensions that nobody registered.
    #[must_use]
    pub fn item(&self, key: &str) -> Option<&ItemDef> {
        self.positions.get(key).and_then(|at| self.items.get(*at))
    }

    /// Every item that new documents may name, in the fixed order that tables and shape axes use.
    #[must_use]
    pub fn items(&self) -> &[ItemDef] {
        self.items.get(..self.open).unwrap_or(&self.items)
    }

    /// The extensions of the market, with those that are retired.
    pub fn extensions(&self) -> impl Iterator<Item = &ItemDef> {
        self.items.iter().filter(|item| item.registered.is_some())
    }

    /// Where the item of this key stands; what the registry does not know stands last.
    #[must_use]
    pub fn place(&self, key: &str) -> usize {
        self.item(key).map_or(usize::MAX, |item| item.position)
    }

    /// The core items (the paper's Tables 1 and 2), in the same order.
    pub fn core(&self) -> impl Iterator<Item = &ItemDef> {
        self.items.iter().filter(|item| item.core)
    }

    /// The groups, in order.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The items of one group, in order.
    pub fn in_group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a ItemDef> {
        self.items().iter().filter(move |item| item.group == group)
    }

    /// The security scheme of this key, for `security.assurance_level`.
    #[must_use]
    pub fn scheme(&self, key: &str) -> Option<&Scheme> {
        self.schemes.iter().find(|scheme| scheme.key == key)
    }

    /// Every security scheme.
    #[must_use]
    pub fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }

    /// The known key nearest to this one, if any is near enough to be meant.
    #[must_use]
    pub fn nearest(&self, key: &str) -> Option<&str> {
        crate::nearest::nearest(key, self.items().iter().map(|item| item.key.as_str()))
    }
}

/// A group of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// First part of the keys of its items.
    pub key: String,
    /// Title for people.
    pub label: Text,
}

/// One item of quality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemDef {
    /// `<group>.<name>`.
    pub key: String,
    /// Key of its group.
    pub group: String,
    /// Place in `Registry::items`, from 0; the order of axes.
    pub position: usize,
    /// Title for people.
    pub label: Text,
    /// One or two sentences for people.
    pub help: Text,
    /// Rows of the paper's tables (`L-A1`, `Q1`) or functions of its chapter 7 (`F7.4.4`).
    pub paper: Vec<String>,
    /// Whether it is one of the 29 core items.
    pub core: bool,
    /// What its values are.
    pub kind: ItemKind,
    /// Base unit of its numbers.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// How values are drawn and how far apart they are.
    pub scale: Scale,
    /// Whether the broker computes it, so that providers need not declare it.
    pub derived: bool,
    /// How values of several services combine.
    pub compose: Composition,
    /// For an item that the market added: how it stands. `None`: an item of the program.
    pub registered: Option<Registered>,
}

/// What the values of an item are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// Fraction 0 to 1.
    Ratio,
    /// Length of time.
    Duration,
    /// Any other number.
    Number,
    /// Ordered levels, weakest first; for `lower` items (cost class) the best comes first.
    Level(Vec<Word>),
    /// Security level that is ordered only inside a named scheme.
    SchemeLevel,
    /// Set of words from this list.
    Set(Vec<Word>),
    /// Set of countries (ISO 3166-1 alpha-2).
    Countries,
}

impl ItemKind {
    /// The type's name in the registry file and the schema.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Duration => "duration",
            Self::Number => "number",
            Self::Level(_) => "enum-ordered",
            Self::SchemeLevel => "enum-ordered-in-scheme",
            Self::Set(_) | Self::Countries => "enum-set",
        }
    }

    /// Whether values are numbers.
    #[must_use]
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Ratio | Self::Duration | Self::Number)
    }

    /// Whether values are sets.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        matches!(self, Self::Set(_) | Self::Countries)
    }
}

crate::words::words! {
    /// Which way is better.
    Direction {
        /// More is better (numbers, levels).
        Higher = "higher",
        /// Less is better (numbers, levels).
        Lower = "lower",
        /// The larger set is the stronger promise.
        MustInclude = "must-include",
        /// The smaller, non-empty set is the stronger promise.
        SubsetOf = "subset-of",
        /// The sets must share a member; no order.
        OneOf = "one-of",
    }
}

/// A word of a closed list, with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As written in documents.
    pub key: String,
    /// As shown to people.
    pub label: Text,
}

/// A security scheme: levels are ordered inside one scheme only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// As written in documents.
    pub key: String,
    /// As shown to people.
    pub label: Text,
    /// Whether the scheme is a draft or proposal and cannot be promised yet.
    pub draft: bool,
    /// Weakest first.
    pub levels: Vec<Word>,
}

impl Scheme {
    /// Index of a level, from 0 for the weakest.
    #[must_use]
    pub fn index(&self, level: &str) -> Option<usize> {
        self.levels.iter().position(|word| word.key == level)
    }
}

impl ItemDef {
    /// Title in a language.
    #[must_use]
    pub fn label(&self, locale: Locale) -> &str {
        self.label.get(locale)
    }

    /// Help in a language.
    #[must_use]
    pub fn help(&self, locale: Locale) -> &str {
        self.help.get(locale)
    }

    /// The levels or members, in order; empty for numbers, scheme levels and countries.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        match &self.kind {
            ItemKind::Level(words) | ItemKind::Set(words) => words,
            _ => &[],
        }
    }

    /// Index of a level in the list, from 0.
    #[must_use]
    pub fn level_index(&self, level: &str) -> Option<usize> {
        match &self.kind {
            ItemKind::Level(words) => words.iter().position(|word| word.key == level),
            _ => None,
        }
    }

    /// Whether this word may stand in a set of this item.
    #[must_use]
    pub fn has_member(&self, member: &str) -> bool {
        match &self.kind {
            ItemKind::Set(words) => words.iter().any(|word| word.key == member),
            ItemKind::Countries => COUNTRIES.contains(&member),
            _ => false,
        }
    }

    /// Whether the value is of the item's kind: a number that the unit allows, a level of the list, members of it.
    /// Items of the program are held to that when a document is read; what documents say of an item of the market is
    /// kept as it is, and is no value of the item where this is false.
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
        let (least, most) = crate::read::value::unit_limits(self.unit);
        let inside = |number| number >= least && number <= most;
        match value {
            Value::Number(number) => self.kind.is_number() && inside(*number),
            Value::Range { min, max } => {
                self.kind.is_number() && inside(*min) && inside(*max) && min <= max
            }
            Value::Level(level) => {
                self.kind == ItemKind::SchemeLevel || self.level_index(level).is_some()
            }
            Value::Set(members) => {
                self.kind.is_set()
                    && !members.is_empty()
                    && members.iter().all(|member| self.has_member(member))
            }
            Value::Boolean(_) => false,
        }
    }

    /// Whether new documents do not name it any more.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.registered.is_some_and(|registered| registered.retired)
    }

    /// Whether a document says something else under the key of an item of the market: such a value is shown as it
    /// stands, and compares with nothing.
    #[must_use]
    pub fn differs_from(&self, value: &Value) -> bool {
        self.registered.is_some() && !self.holds(value)
    }

    /// The operators a requirement may use, the usual one first.
    #[must_use]
    pub const fn operators(&self) -> &'static [Operator] {
        use Operator::{AllOf, AnyOf, Gte, Lte, NoneOf, OneOf, Range, SubsetOf};
        match (&self.kind, self.direction) {
            (ItemKind::Ratio | ItemKind::Duration | ItemKind::Number, Direction::Lower) => {
                &[Lte, Gte, Range]
            }
            (ItemKind::Ratio | ItemKind::Duration | ItemKind::Number, _) => &[Gte, Lte, Range],
            (ItemKind::Level(_) | ItemKind::SchemeLevel, Direction::Lower) => &[Lte, Gte],
            (ItemKind::Level(_) | ItemKind::SchemeLevel, _) => &[Gte, Lte],
            (_, Direction::SubsetOf) => &[SubsetOf, NoneOf, AllOf, AnyOf],
            (_, Direction::OneOf) => &[OneOf, AnyOf, SubsetOf, NoneOf],
            (_, _) => &[AllOf, AnyOf, SubsetOf, NoneOf, OneOf],
        }
    }
}
