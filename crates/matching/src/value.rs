//! Values as people write them and promises as judging reads them.
//! Leaves the comparing to `prepared`.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Fault, Reason},
    item::{Dictionary, Kind, KindName},
    members::Members,
};

/// A value of an item, in the item's base unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Value {
    /// An exact number, for `Higher` and `Lower`.
    Number(Decimal),
    /// A label, for `Level`.
    Level(String),
    /// Members, for the three kinds of sets.
    Set(BTreeSet<String>),
}

impl Value {
    /// A set from anything that lists its members.
    pub fn set<S: Into<String>>(members: impl IntoIterator<Item = S>) -> Self {
        Self::Set(members.into_iter().map(Into::into).collect())
    }

    /// A level by its label.
    pub fn level(label: impl Into<String>) -> Self {
        Self::Level(label.into())
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::Number(number)
    }
}

/// What one offer promises; an item without an entry is not promised, which is not zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferValues {
    /// Id of the offer; breaks ties, bytewise.
    pub id: String,
    /// Promised value per item id.
    pub values: BTreeMap<String, Value>,
}

/// An offer made ready for judging: typed, scaled once, sets as bit masks.
#[derive(Debug, Clone)]
pub struct Offer {
    pub(crate) id: String,
    pub(crate) held: Box<[Option<Held>]>,
}

impl AsRef<Self> for Offer {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Offer {
    /// Checks the values against the dictionary and scales them.
    ///
    /// # Errors
    /// An unknown item or a value of the wrong sort; `field` is `values/<item>`, `index` the one given.
    pub fn new(
        dictionary: &Dictionary,
        index: usize,
        written: &OfferValues,
    ) -> Result<Self, Fault> {
        let mut held = vec![None; dictionary.items().len()];
        for (id, value) in &written.values {
            let refuse = |reason| Fault::new(index, format!("values/{}", pointer(id)), reason);
            let position =
                dictionary.position(id).ok_or_else(|| refuse(Reason::UnknownItem(id.clone())))?;
            let compiled = hold(dictionary, position, value).map_err(refuse)?;
            if let Some(slot) = held.get_mut(position) {
                *slot = Some(compiled);
            }
        }
        Ok(Self { id: written.id.clone(), held: held.into_boxed_slice() })
    }

    /// Id of the offer.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The promise on the item at that position of the dictionary, as it was written.
    #[must_use]
    pub fn promised(&self, dictionary: &Dictionary, position: usize) -> Option<Value> {
        let words = dictionary.items().get(position).map_or(&[][..], |item| item.kind.words());
        self.held(position).map(|held| held.written(words))
    }

    /// All promises as they were written.
    #[must_use]
    pub fn written(&self, dictionary: &Dictionary) -> OfferValues {
        let items = dictionary.items().iter().enumerate();
        let values =
            items.filter_map(|(at, item)| Some((item.id.clone(), self.promised(dictionary, at)?)));
        OfferValues { id: self.id.clone(), values: values.collect() }
    }

    pub(crate) fn held(&self, position: usize) -> Option<&Held> {
        self.held.get(position).and_then(Option::as_ref)
    }

    /// The promised number, where the item is one.
    pub(crate) fn number(&self, position: usize) -> Option<Decimal> {
        match self.held(position) {
            Some(Held::Number { value, .. }) => Some(*value),
            _ => None,
        }
    }
}

/// A promise (or an asked value) in the form that is compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Held {
    /// Exact value and its place on the scale in 1e-12.
    Number { value: Decimal, u: i64 },
    /// Index in the dictionary's list; `None` for a label outside it, which meets nothing.
    Level { index: Option<usize>, u: i64, label: Box<str> },
    /// Members as bits of the universe plus a sorted rest.
    Set(Members),
}

impl Held {
    pub(crate) fn written(&self, words: &[String]) -> Value {
        match self {
            Self::Number { value, .. } => Value::Number(*value),
            Self::Level { label, .. } => Value::Level(label.to_string()),
            Self::Set(members) => Value::Set(members.names(words)),
        }
    }
}

/// Turns a written value into the compared form.
pub(crate) fn hold(
    dictionary: &Dictionary,
    position: usize,
    value: &Value,
) -> Result<Held, Reason> {
    let Some(item) = dictionary.items().get(position) else {
        return Err(Reason::UnknownItem(position.to_string()));
    };
    match (&item.kind, value) {
        (Kind::Higher(_) | Kind::Lower(_), Value::Number(number)) => {
            let u = dictionary.measure(position).map_or(0, |measure| measure.position(*number));
            Ok(Held::Number { value: *number, u })
        }
        (Kind::Level(labels), Value::Level(label)) => {
            let index = labels.iter().position(|known| known == label);
            let u = index.map_or(0, |index| crate::wanted::level_position(index, labels.len()));
            Ok(Held::Level { index, u, label: label.as_str().into() })
        }
        (
            Kind::SetIncludes(universe) | Kind::SetWithin(universe) | Kind::SetAny(universe),
            Value::Set(set),
        ) => Ok(Held::Set(Members::new(universe, set))),
        (kind, _) => Err(Reason::WrongValue(kind.name(), expected(kind.name()))),
    }
}

/// What a value of that kind looks like, for messages.
pub(crate) const fn expected(kind: KindName) -> &'static str {
    match kind {
        KindName::Higher | KindName::Lower => "a decimal number",
        KindName::Level => "a label",
        KindName::SetIncludes | KindName::SetWithin | KindName::SetAny => "a list of labels",
    }
}

/// One token of a JSON pointer (RFC 6901).
pub(crate) fn pointer(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}
