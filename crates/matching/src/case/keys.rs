//! Which keys a case has where, and what is said of one that it has not: a mistyped key must not be
//! passed over, because a ranking without it looks like one with it.

use serde_json::{Map, Value as Json};

use super::CaseFault;
use crate::item::Kind;

/// Keys of the case itself.
pub(super) const CASE: &[&str] =
    &["case", "name", "items", "requirement", "queries", "offers", "offers_csv"];
/// Keys of an entry of `items`.
pub(super) const ITEM: &[&str] =
    &["id", "type", "scale", "worst", "best", "levels", "universe", "surplus"];
/// Keys of a row of a requirement.
pub(super) const ROW: &[&str] = &["item", "value", "mode", "weight", "tolerance"];
/// Keys of a tolerance, of which one is given.
pub(super) const TOLERANCE: &[&str] = &["abs", "rel", "steps"];
/// Keys of an entry of `queries`.
pub(super) const QUERY: &[&str] = &["name", "requirement"];
/// Keys of an entry of `offers`.
pub(super) const OFFER: &[&str] = &["id", "values"];

/// Keys that may stand anywhere, for people: a published table says where it is from and in which
/// units, and what its authors found.
const REMARKS: &[&str] =
    &["$schema", "comment", "description", "expected", "label", "note", "source", "title", "unit"];

/// Refuses a key that this place does not have.
pub(super) fn check(map: &Map<String, Json>, at: &str, known: &[&str]) -> Result<(), CaseFault> {
    let unknown =
        |key: &&String| !known.contains(&key.as_str()) && !REMARKS.contains(&key.as_str());
    let Some(key) = map.keys().find(unknown) else { return Ok(()) };
    let message = format!(
        "there is no key {key:?} here{}; allowed: {}, and for remarks {}",
        meant(key, known.iter().copied()),
        known.join(", "),
        REMARKS.join(", ")
    );
    Err(CaseFault::new(format!("{at}/{}", crate::value::pointer(key)), message))
}

/// Refuses a member that is not in the universe of its item; an item without one takes any.
pub(super) fn member(kind: &Kind, member: &str) -> Result<(), String> {
    let (Kind::SetIncludes(universe) | Kind::SetWithin(universe) | Kind::SetAny(universe)) = kind
    else {
        return Ok(());
    };
    if universe.is_empty() || universe.iter().any(|known| known == member) {
        return Ok(());
    }
    let meant = meant(member, universe.iter().map(String::as_str));
    Err(format!(
        "{member:?} is not in the universe of the item{meant}; allowed: {}",
        universe.join(", ")
    ))
}

/// `; did you mean …?` where a known word is near, else nothing.
pub(super) fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    sla::nearest(word, known).map_or_else(String::new, |near| format!("; did you mean {near:?}?"))
}
