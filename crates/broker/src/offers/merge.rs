//! Two people changed an offer at the same time: what each changed since the version both began from, part
//! by part, and one document of both where they did not change the same part.
//!
//! A part is an item, a field of the metadata, or another block of the document such as the price. It is
//! taken whole: two changes of one item are for a person to decide.

use super::rules::read_version;
use super::write::owned;
use super::{MadeOf, OfferCheck};
use crate::documents::{read_offer, text_faults};
use crate::{Broker, BrokerError, OpContext};
use domain::Action;
use serde_json::{Map, Value};
use sla::Offer;
use std::collections::{BTreeMap, BTreeSet};

/// Parts of the metadata that are written while saving, or are the offer's identity.
const OWN: [&str; 5] = ["name", "provider", "version", "supersedes", "signature"];
/// In front of the key of an item.
const ITEM: &str = "/spec/items/";

/// Whose change a person takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// As it was before both.
    Base,
    /// As it was saved meanwhile.
    Theirs,
    /// As it was typed.
    Yours,
}

impl Side {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Base, Self::Theirs, Self::Yours];

    /// The word in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Theirs => "theirs",
            Self::Yours => "yours",
        }
    }

    /// Reads it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.as_str() == word)
    }
}

/// A part that both changed, and differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// `/spec/items/KEY` for an item; the pointer of other parts.
    pub part: String,
    /// Before both, as JSON; `None`: it was not there.
    pub base: Option<String>,
    /// As it was saved meanwhile.
    pub theirs: Option<String>,
    /// As it was typed.
    pub yours: Option<String>,
}

/// Both changes brought together.
#[derive(Debug, Clone)]
pub struct Merge {
    /// The version both began from.
    pub base: i64,
    /// The newest version.
    pub newest: i64,
    /// Parts that only the others changed.
    pub theirs: Vec<String>,
    /// Parts that only you changed.
    pub yours: Vec<String>,
    /// Parts that both changed, and nobody has decided about.
    pub clashes: Vec<Clash>,
    /// The document of both as text; its undecided parts are as saved meanwhile.
    pub text: String,
    /// What a check of it found.
    pub check: OfferCheck,
}

/// The parts of a document.
type Parts = BTreeMap<String, Value>;

impl Broker {
    /// Brings a text together with what was saved since the version it was made of. Nothing is written.
    pub async fn merge_offer(
        &self,
        ctx: &OpContext,
        text: &str,
        made_of: MadeOf,
        chosen: &BTreeMap<String, Side>,
    ) -> Result<Merge, BrokerError> {
        let mut tx = self.begin_read().await?;
        let offer = owned(ctx, &mut tx, Action::WriteOffer, made_of.offer).await?.offer;
        let (yours, _) =
            read_offer(text).map_err(|faults| BrokerError::Invalid(text_faults(text, &faults)))?;
        let base = read_version(&mut tx, &offer, made_of.version).await?;
        let theirs = read_version(&mut tx, &offer, offer.current_version).await?;
        drop(tx);
        let united = unite(&parts(&base), &parts(&theirs), &parts(&yours), chosen);
        let text = shown(&document(&theirs, &yours, &united.parts));
        Ok(Merge {
            base: made_of.version,
            newest: offer.current_version,
            theirs: united.theirs,
            yours: united.yours,
            clashes: united.clashes,
            check: self.check_offer_text(&text),
            text,
        })
    }
}

/// The document as data; what was validated can be written.
fn data(offer: &Offer) -> Value {
    serde_json::from_str(&sla::canonical_json(offer)).unwrap_or_default()
}

fn parts(offer: &Offer) -> Parts {
    let data = data(offer);
    let mut parts = Parts::new();
    let fields = |block: &str| data[block].as_object().cloned().unwrap_or_default();
    for (name, value) in fields("metadata") {
        if !OWN.contains(&name.as_str()) {
            parts.insert(format!("/metadata/{name}"), value);
        }
    }
    for (name, value) in fields("spec") {
        if name != "items" {
            parts.insert(format!("/spec/{name}"), value);
        }
    }
    for item in data["spec"]["items"].as_array().into_iter().flatten() {
        if let Some(key) = item["item"].as_str() {
            parts.insert(format!("{ITEM}{key}"), item.clone());
        }
    }
    parts
}

#[derive(Debug, Default, PartialEq)]
struct United {
    parts: Parts,
    theirs: Vec<String>,
    yours: Vec<String>,
    clashes: Vec<Clash>,
}

/// Part by part: who changed it alone has it; who changed it to the same agree; the rest is a clash.
fn unite(base: &Parts, theirs: &Parts, yours: &Parts, chosen: &BTreeMap<String, Side>) -> United {
    let names: BTreeSet<&String> = base.keys().chain(theirs.keys()).chain(yours.keys()).collect();
    let mut united = United::default();
    for name in names {
        let (old, their, your) = (base.get(name), theirs.get(name), yours.get(name));
        let taken = match (their == old, your == old) {
            _ if their == your => their,
            (true, _) => {
                united.yours.push(name.clone());
                your
            }
            (false, true) => {
                united.theirs.push(name.clone());
                their
            }
            (false, false) => match chosen.get(name) {
                Some(Side::Base) => old,
                Some(Side::Theirs) => their,
                Some(Side::Yours) => your,
                None => {
                    united.clashes.push(Clash {
                        part: name.clone(),
                        base: old.map(shown),
                        theirs: their.map(shown),
                        yours: your.map(shown),
                    });
                    their
                }
            },
        };
        if let Some(value) = taken {
            united.parts.insert(name.clone(), value.clone());
        }
    }
    united
}

/// A part as people read it.
fn shown(part: &Value) -> String {
    serde_json::to_string_pretty(part).unwrap_or_default()
}

/// The document of parts, its items in the order of the others' document, then of yours.
fn document(theirs: &Offer, yours: &Offer, parts: &Parts) -> Value {
    let mut document = data(theirs);
    let order = theirs.spec.items.iter().chain(&yours.spec.items);
    let (mut items, mut seen) = (Vec::new(), BTreeSet::new());
    for item in order {
        if seen.insert(&item.item)
            && let Some(part) = parts.get(&format!("{ITEM}{}", item.item))
        {
            items.push(part.clone());
        }
    }
    for block in ["metadata", "spec"] {
        let kept = |name: &String| block == "metadata" && OWN.contains(&name.as_str());
        let old = document[block].as_object().cloned().unwrap_or_default();
        let mut fields: Map<String, Value> =
            old.into_iter().filter(|(name, _)| kept(name)).collect();
        for (name, part) in parts {
            let field = name.strip_prefix(&format!("/{block}/"));
            if let Some(field) = field.filter(|_| !name.starts_with(ITEM)) {
                fields.insert(field.to_owned(), part.clone());
            }
        }
        document[block] = Value::Object(fields);
    }
    // A signature is of one text and not of both.
    if let Some(metadata) = document["metadata"].as_object_mut() {
        metadata.remove("signature");
    }
    document["spec"]["items"] = Value::Array(items);
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, i64)]) -> Parts {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
    }

    fn chosen(side: Side) -> BTreeMap<String, Side> {
        BTreeMap::from([("a".to_owned(), side)])
    }

    #[test]
    fn changes_of_different_parts_are_united() {
        let base = of(&[("a", 1), ("b", 1), ("c", 1)]);
        let united = unite(
            &base,
            &of(&[("a", 2), ("b", 1), ("c", 1), ("d", 4)]),
            &of(&[("a", 1), ("b", 3)]),
            &BTreeMap::new(),
        );
        assert_eq!(united.parts, of(&[("a", 2), ("b", 3), ("d", 4)]), "c was taken out by you");
        assert_eq!((united.theirs.join(" "), united.yours.join(" ")), ("a d".into(), "b c".into()));
        assert_eq!(united.clashes, []);
    }

    #[test]
    fn the_same_change_is_no_clash_and_another_one_waits_for_a_decision() {
        let (base, theirs) = (of(&[("a", 1)]), of(&[("a", 2)]));
        let united = unite(&base, &theirs, &theirs, &BTreeMap::new());
        assert_eq!((united.clashes.len(), united.parts), (0, theirs.clone()));
        for (yours, your) in [(of(&[("a", 3)]), Some("3")), (of(&[]), None)] {
            let united = unite(&base, &theirs, &yours, &BTreeMap::new());
            let clash = &united.clashes[0];
            assert_eq!((clash.base.as_deref(), clash.theirs.as_deref()), (Some("1"), Some("2")));
            assert_eq!(clash.yours.as_deref(), your);
            for (side, taken) in
                [(Side::Base, &base), (Side::Theirs, &theirs), (Side::Yours, &yours)]
            {
                let decided = unite(&base, &theirs, &yours, &chosen(side));
                assert_eq!((&decided.parts, decided.clashes.len()), (taken, 0), "{side:?}");
            }
        }
    }

    #[test]
    fn a_document_that_is_taken_apart_and_put_together_is_the_same() {
        for example in sla::EXAMPLE_OFFERS {
            let offer = sla::parse_offer(example.yaml).unwrap();
            let whole = document(&offer, &offer, &parts(&offer));
            let again = sla::parse_offer(&whole.to_string()).unwrap();
            let mut offer = offer;
            offer.metadata.signature = None;
            assert_eq!(again, offer, "{}", example.name);
        }
    }
}
