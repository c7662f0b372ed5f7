//! Axes for documents: the union of what is asked and what is promised, in the registry's order.

use std::sync::{Arc, PoisonError, RwLock};

use super::{Candidate, SlaMatcher, ask::natural};
use crate::{
    item::Dictionary,
    shape::{Axis, promised_radius},
    value::{Offer, OfferValues, Value},
};

/// The last registry that was made a dictionary of, by its place: registries are kept for the life of a process.
static LAST: RwLock<Option<(&'static sla::Registry, Arc<Dictionary>)>> = RwLock::new(None);

/// The registry as a dictionary, in its order of axes and with what is retired; `None` would be a fault of the
/// registry.
fn dictionary() -> Option<Arc<Dictionary>> {
    let registry = sla::registry();
    let last = LAST.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, dictionary)) = last.filter(|(of, _)| std::ptr::eq(*of, registry)) {
        return Some(dictionary);
    }
    let retired = registry.extensions().filter(|item| item.is_retired());
    let items = registry.items().iter().chain(retired).map(natural).collect();
    let made = Arc::new(Dictionary::with_cost(items, None, &[]).ok()?);
    *LAST.write().unwrap_or_else(PoisonError::into_inner) = Some((registry, Arc::clone(&made)));
    Some(made)
}

impl SlaMatcher {
    /// The axes of all asked items in the registry's order, extensions last.
    #[must_use]
    pub fn axes(&self, candidate: &Candidate) -> Vec<Axis> {
        let mut axes: Vec<Axis> = self.prepared.axes(&candidate.offer);
        axes.retain(|axis| !self.is_drawn_before(&axis.item));
        for axis in &mut axes {
            if let Some(ask) = self.asks.iter().find(|ask| ask.id == axis.item) {
                axis.item.clone_from(&ask.key);
            }
        }
        axes.sort_by_key(|axis| place(&axis.item));
        axes
    }

    /// Of an item that is asked in several profiles the first is drawn: the one of every day.
    fn is_drawn_before(&self, id: &str) -> bool {
        let Some(at) = self.asks.iter().position(|ask| ask.id == id) else { return false };
        let Some((ask, before)) = self.asks.get(..=at).and_then(|asks| asks.split_last()) else {
            return false;
        };
        // The two ends of a range and further lists are axes of their own, of the same time.
        let same_time = |other: &super::ask::Ask| other.time == ask.time;
        before.iter().any(|other| other.key == ask.key && !same_time(other))
    }

    /// As [`SlaMatcher::axes`], with the items the document promises beyond what is asked (P6.0.3).
    #[must_use]
    pub fn all_axes(&self, candidate: &Candidate, document: &sla::Offer) -> Vec<Axis> {
        let mut axes = self.axes(candidate);
        for axis in offer_axes(document) {
            if axes.iter().all(|asked| asked.item != axis.item) {
                axes.push(axis);
            }
        }
        axes.sort_by_key(|axis| place(&axis.item));
        axes
    }
}

/// The axes of everything an offer document promises on registry items, in the registry's order.
#[must_use]
pub fn offer_axes(document: &sla::Offer) -> Vec<Axis> {
    let Some(dictionary) = dictionary() else { return Vec::new() };
    let dictionary = dictionary.as_ref();
    let axis = |item: &sla::OfferItem| {
        let at = dictionary.position(&item.item)?;
        if sla::registry().item(&item.item).is_some_and(|def| def.differs_from(&item.value)) {
            return None;
        }
        let value = match &item.value {
            sla::Value::Number(number) => Value::Number(*number),
            sla::Value::Level(level) => {
                Value::level(super::ask::label(item.scheme.as_deref().unwrap_or_default(), level))
            }
            sla::Value::Set(members) => Value::Set(members.clone()),
            sla::Value::Range { .. } | sla::Value::Boolean(_) => return None,
        };
        let written =
            OfferValues { id: String::new(), values: [(item.item.clone(), value)].into() };
        let offer = Offer::new(dictionary, 0, &written).ok()?;
        Some(Axis {
            item: item.item.clone(),
            asked: None,
            promised: radius(dictionary, at, item, &offer),
        })
    };
    let mut axes: Vec<Axis> = document.spec.items.iter().filter_map(axis).collect();
    axes.sort_by_key(|axis| place(&axis.item));
    axes
}

/// Where a value of an item stands on its scale, from 0 at the centre to 1 at the rim; the item need not be registered.
/// `None` for levels of a scheme, and for values that are none of the item.
#[must_use]
pub fn value_radius(def: &sla::ItemDef, value: &sla::Value) -> Option<f64> {
    if def.kind == sla::ItemKind::SchemeLevel || !def.holds(value) {
        return None;
    }
    let value = match value {
        sla::Value::Number(number) => Value::Number(*number),
        sla::Value::Level(level) => Value::level(level.clone()),
        sla::Value::Set(members) => Value::Set(members.clone()),
        sla::Value::Range { .. } | sla::Value::Boolean(_) => return None,
    };
    let dictionary = Dictionary::with_cost(vec![natural(def)], None, &[]).ok()?;
    let written = OfferValues { id: String::new(), values: [(def.key.clone(), value)].into() };
    promised_radius(&dictionary, 0, &Offer::new(&dictionary, 0, &written).ok()?)
}

/// A level of a scheme stands where it stands in its own scheme, not among all of them.
fn radius(dictionary: &Dictionary, at: usize, item: &sla::OfferItem, offer: &Offer) -> Option<f64> {
    let Some(scheme) = item.scheme.as_deref().and_then(|scheme| sla::registry().scheme(scheme))
    else {
        return promised_radius(dictionary, at, offer);
    };
    let index = item.value.as_level().and_then(|level| scheme.index(level))?;
    Some(crate::shape::share(crate::wanted::level_position(index, scheme.levels.len())))
}

fn place(key: &str) -> usize {
    sla::registry().item(key).map_or(usize::MAX, |def| def.position)
}
