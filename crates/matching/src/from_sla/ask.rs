//! The asking side: registry items become dictionary items, document items become rows.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sla::{
    Accepted, Commitment, Curve, Demand, Direction, ItemDef, ItemKind, Operator, RequirementItem,
};

use super::times::Wish;
use crate::{
    item::{Item, Kind, Range, Scale},
    requirement::{Asked, Mode, Tolerance},
    value::Value,
};

/// The price item: the provider's monthly total for the basket, in yen.
pub(super) const MONTHLY_TOTAL: &str = "cost.monthly_total";
/// The cost class; its weight is weight of cost.
pub(super) const TIER: &str = "cost.tier";
/// The response time that no provider declares.
pub(super) const RESPONSE: &str = "performance.e2e_response_time";
/// What it is derived from.
pub(super) const OWN_RESPONSE: &str = "performance.online_response_time";
/// Stands for every member that is not banned.
pub(super) const NOT_BANNED: &str = "*";

/// One row, and what an offer must fulfil besides its value.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    /// Key of the registry.
    pub(super) key: String,
    /// Item id in the dictionary; differs from the key where one key needs two orders.
    pub(super) id: String,
    /// The profile besides every day's that asks it.
    pub(super) time: Option<sla::ProfileName>,
    pub(super) reading: Reading,
    pub(super) min_commitment: Option<Commitment>,
    pub(super) percentile: Option<Decimal>,
    pub(super) max_age_days: Option<u32>,
}

/// How the promise is found in an offer document.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    /// The value as declared.
    Plain,
    /// A level of the asked scheme, or of one accepted as equivalent to the asked label.
    Scheme { scheme: String, asked: Option<String>, accept: Vec<Accepted> },
    /// What is left to object to: banned members, and one stand-in for the others.
    Banned(BTreeSet<String>),
    /// A further list of the promise; with what is banned there, as in `Banned`.
    SubList { list: String, banned: Option<BTreeSet<String>> },
    /// Derived from the provider's own response time and the paths of the users.
    Response { user_regions: Vec<String>, round_trips: u32 },
    /// The cost class of the price block.
    Tier,
    /// The monthly total of the price block, in yen.
    MonthlyTotal,
}

/// The three lists of one requirement; asks and rows run in parallel.
pub(super) struct Asks {
    pub(super) asks: Vec<Ask>,
    pub(super) items: Vec<Item>,
    pub(super) rows: Vec<Asked>,
}

/// Reads one profile of a requirement document.
pub(super) fn read(document: &sla::Requirement, profile: sla::ProfileName) -> Asks {
    let mut asks = Asks { asks: Vec::new(), items: Vec::new(), rows: Vec::new() };
    for wish in document.items_in(profile) {
        asks.add(document, &wish, None, mode(wish.level));
    }
    asks.with_price()
}

/// Reads everything that a document asks at any time.
pub(super) fn read_all(document: &sla::Requirement, wishes: &[Wish]) -> Asks {
    let mut asks = Asks { asks: Vec::new(), items: Vec::new(), rows: Vec::new() };
    for wish in wishes {
        let firm = if wish.floor { Mode::BestEffort } else { mode(wish.item.level) };
        let other = wish.profile();
        let time = (other != sla::ProfileName::Normal).then_some(other);
        asks.add(document, &wish.item, time, firm);
    }
    asks.with_price()
}

/// How many rows a document item becomes.
pub(super) fn row_count(wish: &RequirementItem) -> usize {
    parts(wish).len()
}

impl Asks {
    /// Adds the rows of one document item; `time` tells apart the items of several profiles.
    fn add(
        &mut self,
        document: &sla::Requirement,
        wish: &RequirementItem,
        time: Option<sla::ProfileName>,
        mode: Mode,
    ) {
        for part in parts(wish) {
            let mut id = wish.item.clone();
            if let Some(time) = time {
                id = format!("{id}@{time}");
            }
            if !part.suffix.is_empty() {
                id = format!("{id}#{}", part.suffix);
            }
            self.items.push(Item { surplus: part.surplus, ..Item::new(id.clone(), part.kind) });
            self.rows.push(Asked {
                item: id.clone(),
                mode,
                weight: wish.weight.unwrap_or(Decimal::ONE) * part.share,
                tolerance: wish.tolerance.and_then(|by| tolerance(self.items.last(), by)),
                value: part.value,
            });
            self.asks.push(Ask {
                key: wish.item.clone(),
                id,
                time,
                reading: match part.list {
                    Some(list) => about_list(list, wish),
                    None => reading(document, wish),
                },
                min_commitment: wish.min_commitment,
                percentile: wish.percentile,
                max_age_days: wish.max_age_days,
            });
        }
    }

    /// The price is always there, so that offers have one to be ordered by.
    fn with_price(mut self) -> Self {
        if self.items.iter().all(|item| item.id != MONTHLY_TOTAL) {
            self.items.extend(sla::registry().item(MONTHLY_TOTAL).map(natural));
        }
        self
    }
}

/// One comparison that a document item asks for.
struct Part {
    suffix: String,
    kind: Kind,
    surplus: bool,
    value: Option<Value>,
    /// Part of the weight.
    share: Decimal,
    /// The further list that is asked about; `None` for the promise itself.
    list: Option<String>,
}

impl Part {
    fn new(item: Item, value: Option<Value>) -> Self {
        let (kind, surplus) = (item.kind, item.surplus);
        Self { suffix: String::new(), kind, surplus, value, share: Decimal::ONE, list: None }
    }
}

fn parts(wish: &RequirementItem) -> Vec<Part> {
    // What is asked of an item of the market in another kind compares only with the same.
    let differs = |def: &ItemDef| wish.value.as_ref().is_some_and(|value| def.differs_from(value));
    let def = sla::registry().item(&wish.item).filter(|def| !differs(def));
    let (Some(op), Some(value)) = (wish.op, wish.value.as_ref()) else {
        // Best effort without a value: shown only, so any order will do.
        let item =
            def.map_or_else(|| Item::new(wish.item.as_str(), Kind::SetAny(Vec::new())), natural);
        return vec![Part::new(item, None)];
    };
    match (value, def.map(|def| &def.kind)) {
        (sla::Value::Range { min, max }, _) => {
            let half = Decimal::new(5, 1);
            let low = Part::new(number(wish, def, Operator::Gte, *min), Some(Value::Number(*min)));
            let high = Part::new(number(wish, def, Operator::Lte, *max), Some(Value::Number(*max)));
            vec![
                Part { suffix: "min".to_owned(), share: half, ..low },
                Part { suffix: "max".to_owned(), share: half, ..high },
            ]
        }
        (sla::Value::Number(asked), _) => {
            let mut part = Part::new(number(wish, def, op, *asked), Some(Value::Number(*asked)));
            // The price item keeps its own order even where a price is asked the other way round.
            if wish.item == MONTHLY_TOTAL && op == Operator::Gte {
                part.suffix = "least".to_owned();
            }
            vec![part]
        }
        (sla::Value::Level(level), Some(ItemKind::SchemeLevel)) => {
            let scheme = wish.scheme.as_deref().unwrap_or_default();
            let item = Item::new(wish.item.as_str(), Kind::Level(scheme_labels(scheme, level, op)));
            vec![Part::new(item, Some(Value::level(label(scheme, level))))]
        }
        (sla::Value::Level(level), _) => {
            let mut labels: Vec<String> = match def {
                Some(def) => def.words().iter().map(|word| word.key.clone()).collect(),
                None => vec![level.clone()],
            };
            if op == Operator::Lte {
                labels.reverse();
            }
            let agrees =
                def.is_some_and(|def| (def.direction == Direction::Lower) == (op == Operator::Lte));
            let item = Item {
                surplus: agrees && wish.item != TIER,
                ..Item::new(wish.item.as_str(), Kind::Level(labels))
            };
            vec![Part::new(item, Some(Value::level(level.clone())))]
        }
        (sla::Value::Boolean(asked), _) => {
            let labels = vec![(!asked).to_string(), asked.to_string()];
            let item =
                Item { surplus: false, ..Item::new(wish.item.as_str(), Kind::Level(labels)) };
            vec![Part::new(item, Some(Value::level(asked.to_string())))]
        }
        (sla::Value::Set(members), _) => all_sets(wish, def, op, members),
    }
}

/// The promise itself, and a question of the same weight about each further list.
fn all_sets(
    wish: &RequirementItem,
    def: Option<&ItemDef>,
    op: Operator,
    asked: &BTreeSet<String>,
) -> Vec<Part> {
    let first = sets(wish, def, op, asked);
    let others = wish.sub_lists.iter().map(|(name, members)| Part {
        suffix: name.clone(),
        list: Some(name.clone()),
        ..sets(wish, def, op, members)
    });
    std::iter::once(first).chain(others).collect()
}

/// How a further list is read.
fn about_list(list: String, wish: &RequirementItem) -> Reading {
    let banned = match wish.op {
        Some(Operator::NoneOf) => wish.sub_lists.get(&list).cloned(),
        _ => None,
    };
    Reading::SubList { list, banned }
}

/// Sets by operator: all of them, any of them, nothing besides them, none of them.
fn sets(
    wish: &RequirementItem,
    def: Option<&ItemDef>,
    op: Operator,
    asked: &BTreeSet<String>,
) -> Part {
    let universe = universe(def);
    let (kind, members) = match op {
        Operator::AllOf | Operator::Eq | Operator::Gte => {
            (Kind::SetIncludes(universe), asked.clone())
        }
        Operator::AnyOf | Operator::OneOf | Operator::Range => {
            (Kind::SetAny(universe), asked.clone())
        }
        Operator::SubsetOf | Operator::Lte => (Kind::SetWithin(universe), asked.clone()),
        Operator::NoneOf => {
            let words = asked.iter().cloned().chain([NOT_BANNED.to_owned()]).collect();
            (Kind::SetWithin(words), [NOT_BANNED.to_owned()].into())
        }
    };
    let item = Item { surplus: false, ..Item::new(wish.item.as_str(), kind) };
    Part::new(item, Some(Value::Set(members)))
}

/// Words of the registry fix the universe. Countries have none on purpose: among 249 of them one
/// country outside the asked ones would weigh next to nothing, and it is a whole miss.
fn universe(def: Option<&ItemDef>) -> Vec<String> {
    def.map(|def| def.words().iter().map(|word| word.key.clone()).collect()).unwrap_or_default()
}

/// A number item in the direction that is asked.
fn number(wish: &RequirementItem, def: Option<&ItemDef>, op: Operator, asked: Decimal) -> Item {
    let upwards = !matches!(op, Operator::Lte);
    let bounds = def.and_then(|def| def.scale.bounds());
    let (range, surplus) = match bounds {
        Some(bounds) => {
            let agrees = (bounds.best > bounds.worst) == upwards;
            let (worst, best) =
                if agrees { (bounds.worst, bounds.best) } else { (bounds.best, bounds.worst) };
            (
                Range { scale: scale(bounds.curve), worst, best },
                agrees && wish.item != MONTHLY_TOTAL,
            )
        }
        // Extension items have no scale of their own: once the asked value on either side of it.
        None => {
            let span = asked.abs().max(Decimal::ONE);
            let (low, high) = (asked.saturating_sub(span), asked.saturating_add(span));
            let (worst, best) = if upwards { (low, high) } else { (high, low) };
            (Range { scale: Scale::Linear, worst, best }, false)
        }
    };
    let kind = if upwards { Kind::Higher(range) } else { Kind::Lower(range) };
    Item { surplus, ..Item::new(wish.item.as_str(), kind) }
}

/// The order and scale of a registry item in its own direction; `None` for a key it does not know.
#[must_use]
pub fn natural_kind(key: &str) -> Option<Kind> {
    sla::registry().item(key).map(|def| natural(def).kind)
}

/// The item of the registry in its own direction.
pub(super) fn natural(def: &ItemDef) -> Item {
    let words = || -> Vec<String> { def.words().iter().map(|word| word.key.clone()).collect() };
    let kind = match (&def.kind, def.direction, def.scale.bounds()) {
        (ItemKind::SchemeLevel, _, _) => Kind::Level(every_scheme_label()),
        (ItemKind::Level(_), Direction::Lower, _) => {
            Kind::Level(words().into_iter().rev().collect())
        }
        (ItemKind::Level(_), _, _) => Kind::Level(words()),
        (_, Direction::MustInclude, _) => Kind::SetIncludes(words()),
        (_, Direction::SubsetOf, _) => Kind::SetWithin(words()),
        (_, Direction::OneOf, _) | (_, _, None) => Kind::SetAny(words()),
        (_, direction, Some(bounds)) => {
            let range =
                Range { scale: scale(bounds.curve), worst: bounds.worst, best: bounds.best };
            if direction == Direction::Lower { Kind::Lower(range) } else { Kind::Higher(range) }
        }
    };
    let item = Item::new(def.key.as_str(), kind);
    Item { surplus: item.surplus && def.key != MONTHLY_TOTAL && def.key != TIER, ..item }
}

const fn scale(curve: Curve) -> Scale {
    match curve {
        Curve::Linear => Scale::Linear,
        Curve::Log => Scale::Log,
        Curve::Nines => Scale::Nines { whole: Decimal::ONE },
    }
}

/// A level with its scheme, which it means nothing without.
pub(super) fn label(scheme: &str, level: &str) -> String {
    if scheme.is_empty() { level.to_owned() } else { format!("{scheme}:{level}") }
}

fn scheme_labels(scheme: &str, asked: &str, op: Operator) -> Vec<String> {
    let known = sla::registry().scheme(scheme).filter(|known| known.index(asked).is_some());
    let mut labels: Vec<String> = match known {
        Some(known) => known.levels.iter().map(|word| label(scheme, &word.key)).collect(),
        // A scheme the registry does not know has no order: only the asked level itself meets.
        None => vec![label(scheme, asked)],
    };
    if op == Operator::Lte {
        labels.reverse();
    }
    labels
}

fn every_scheme_label() -> Vec<String> {
    let schemes = sla::registry().schemes().iter();
    schemes
        .flat_map(|scheme| scheme.levels.iter().map(|word| label(&scheme.key, &word.key)))
        .collect()
}

fn reading(document: &sla::Requirement, wish: &RequirementItem) -> Reading {
    match wish.item.as_str() {
        TIER => return Reading::Tier,
        MONTHLY_TOTAL => return Reading::MonthlyTotal,
        RESPONSE => {
            return Reading::Response {
                user_regions: document.spec.user_regions.clone(),
                round_trips: document.spec.round_trips.unwrap_or(1),
            };
        }
        _ => {}
    }
    let scheme_level =
        sla::registry().item(&wish.item).is_some_and(|def| def.kind == ItemKind::SchemeLevel);
    match (&wish.value, wish.op) {
        (Some(sla::Value::Set(banned)), Some(Operator::NoneOf)) => Reading::Banned(banned.clone()),
        (value, _) if scheme_level => Reading::Scheme {
            scheme: wish.scheme.clone().unwrap_or_default(),
            asked: value.as_ref().and_then(sla::Value::as_level).map(str::to_owned),
            accept: wish.accept.clone(),
        },
        _ => Reading::Plain,
    }
}

pub(super) const fn mode(level: Demand) -> Mode {
    match level {
        Demand::Must => Mode::Must,
        Demand::Prefer => Mode::Prefer,
        Demand::BestEffort => Mode::BestEffort,
    }
}

/// Documents write one absolute slack: in the unit for numbers, whole steps for levels.
fn tolerance(item: Option<&Item>, by: Decimal) -> Option<Tolerance> {
    match item?.kind {
        Kind::Level(_) => u32::try_from(by.trunc().mantissa()).ok().map(Tolerance::Steps),
        Kind::Higher(_) | Kind::Lower(_) => Some(Tolerance::Abs(by)),
        _ => None,
    }
}
