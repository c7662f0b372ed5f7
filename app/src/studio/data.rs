//! What the server sends for one need: the document, what it asks, and what every offer promises on it.

use matching::{Bundle, Columns, Mode};
use serde::{Deserialize, Serialize};
use sla::{Direction, ProfileName, Unit};

/// The answer of `/needs/candidates`: enough to rank the whole market by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudioData {
    /// The requirement document as JSON.
    pub need: serde_json::Value,
    /// One per asked item, in the order of the document.
    pub asks: Vec<Ask>,
    /// Dictionary and rows of the matcher, without offers.
    pub bundle: Bundle,
    /// What the offers promise on the items of the dictionary.
    pub columns: Columns,
    /// How the offers are shown, in the order of the columns.
    pub stalls: Stalls,
    /// The fields of other times and of items of one's own, as markup.
    pub sheet: String,
}

/// What the server says of fields that it cannot make a need of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Name of the field and what is wrong with it, in words.
    pub faults: Vec<(String, String)>,
    /// The fields as in [`StudioData::sheet`], with what was typed and what is wrong.
    pub sheet: String,
}

/// One asked item, with everything to show and to change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Registry key, or the key of an extension item.
    pub key: String,
    /// Name in the reader's language, with the time for which it is asked unless that is every day.
    pub label: String,
    /// Name in the reader's language.
    pub name: String,
    /// The other time that asks it; `None`: every day.
    pub time: Option<ProfileName>,
    /// Whether it is the floor of something that is asked more strongly every day.
    pub floor: bool,
    /// The name broken into lines for the chart.
    pub lines: Vec<String>,
    /// One or two sentences about it.
    pub help: String,
    /// Which field it is edited with.
    pub kind: AskKind,
    /// Unit of its numbers.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// How it is compared, as documents write it.
    pub op: String,
    /// Sentence with `{}` in the place of the value: "at least {}".
    pub pattern: String,
    /// Words of its levels and members: key and name.
    pub words: Vec<(String, String)>,
    /// Whether a change of the value only changes the row; otherwise the server is asked anew.
    pub local: bool,
    /// Whether another time asks the same item more strongly, so that every change is read by the server.
    pub shared: bool,
    /// How firmly.
    pub mode: Mode,
    /// As typed; empty is 1.
    pub weight: String,
    /// As typed, in the unit; empty is none.
    pub tolerance: String,
    /// As typed: "99.9 %", a level, or members separated by commas.
    pub value: String,
    /// Levels of other schemes that are accepted, `scheme:level`.
    pub accept: Vec<String>,
    /// A value as people write it in this unit.
    pub example: String,
    /// What is asked besides: how binding the promise, how young its evidence; empty: nothing.
    pub terms: String,
    /// Its rows in the matcher; a range has two, and further lists have one each.
    pub rows: Vec<usize>,
}

/// The sorts of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskKind {
    /// A number with its unit.
    Number,
    /// One of an ordered list.
    Level,
    /// Members of a short list.
    Set,
    /// Country codes.
    Countries,
    /// A level of a scheme, `scheme:level`.
    Scheme,
    /// An item of one's own: anything, with its comparison.
    Own,
}

/// How offers are shown, column by column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stalls {
    /// Titles in the reader's language.
    pub titles: Vec<String>,
    /// Provider and countries, each text once.
    pub places: Vec<String>,
    /// Per offer the place in `places`.
    pub place: Vec<u32>,
    /// Monthly prices as text; what is said where none is published.
    pub prices: Vec<String>,
    /// Whether a cloud stands behind it; with a price it can be contracted.
    pub backed: Vec<bool>,
    /// Whether its provider has a cloud here that cannot run it.
    pub elsewhere: Vec<bool>,
    /// Whether a price is published.
    pub priced: Vec<bool>,
}

impl Stalls {
    /// Provider and countries of an offer.
    #[must_use]
    pub fn place(&self, index: usize) -> &str {
        let place = self.place.get(index).copied().unwrap_or_default();
        self.places.get(place as usize).map_or("", String::as_str)
    }
}

impl Ask {
    /// Whether a typed value needs the server: it changes how promises are read.
    #[must_use]
    pub fn asks_server(&self, text: &str) -> bool {
        match self.kind {
            AskKind::Scheme | AskKind::Own => true,
            AskKind::Number => {
                (!self.local && !self.value.is_empty()) || sla::split_range(text).is_some()
            }
            AskKind::Level | AskKind::Set | AskKind::Countries => self.shared,
        }
    }

    /// The name of a level or member; the key where it has none.
    #[must_use]
    pub fn word<'a>(&'a self, key: &'a str) -> &'a str {
        self.words.iter().find(|(known, _)| known == key).map_or(key, |(_, word)| word)
    }
}
