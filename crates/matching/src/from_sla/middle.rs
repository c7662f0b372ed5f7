//! The middle of what many promise or ask on one item, and how a promise stands to it. Exact: numbers
//! are decimals, and levels are steps of their list. Sets have no middle, because they do not stand in
//! one line; who does not promise is not counted as nothing.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use sla::{Direction, ItemDef, ItemKind, Value};

use super::strength::guaranteed;

/// The place of a value on an item whose values stand in one line, the stronger the greater.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    place: Place,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A number, and whether more is stronger.
    Number(Decimal, bool),
    /// A step of a list.
    Step(usize),
}

impl Rung {
    /// The place of a value; of a range that of its guaranteed end. `None`: sets, unknown levels, and
    /// items outside the registry.
    #[must_use]
    pub fn of(def: &ItemDef, scheme: Option<&str>, value: &Value) -> Option<Self> {
        if def.differs_from(value) {
            return None;
        }
        let place = match value {
            Value::Number(_) | Value::Range { .. } => {
                let number = guaranteed(Some(def), value)?;
                let place = Place::Number(number, def.direction == Direction::Higher);
                return Some(Self { place, value: Value::Number(number) });
            }
            Value::Level(level) if def.kind == ItemKind::SchemeLevel => {
                Place::Step(sla::registry().scheme(scheme?)?.index(level)?)
            }
            Value::Level(level) => {
                let index = def.level_index(level)?;
                // Lists of `lower` items begin with the best.
                let downwards = def.direction == Direction::Lower;
                Place::Step(if downwards { def.words().len() - 1 - index } else { index })
            }
            Value::Set(_) | Value::Boolean(_) => return None,
        };
        Some(Self { place, value: value.clone() })
    }

    /// The value, of a range its guaranteed end.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// How strong it is beside another of the same item.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self.place, other.place) {
            (Place::Number(a, upwards), Place::Number(b, _)) => {
                if upwards {
                    a.cmp(&b)
                } else {
                    b.cmp(&a)
                }
            }
            (Place::Step(a), Place::Step(b)) => a.cmp(&b),
            (Place::Number(..), Place::Step(_)) => Ordering::Less,
            (Place::Step(_), Place::Number(..)) => Ordering::Greater,
        }
    }
}

/// The middle of them; of an even number the mean of the two in the middle where they are numbers, and
/// the weaker where they are steps. `None`: there are none.
#[must_use]
pub fn middle(rungs: &mut [Rung]) -> Option<Rung> {
    rungs.sort_by(Rung::compare);
    let weaker = rungs.get(rungs.len().checked_sub(1)? / 2)?;
    let stronger = rungs.get(rungs.len() / 2)?;
    match (weaker.place, stronger.place) {
        (Place::Number(a, upwards), Place::Number(b, _)) => {
            // Halved before they are added, so that no sum is too large.
            let number = if a == b { a } else { (a / Decimal::TWO + b / Decimal::TWO).normalize() };
            Some(Rung { place: Place::Number(number, upwards), value: Value::Number(number) })
        }
        _ => Some(weaker.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rungs(key: &str, values: &[&str]) -> Vec<Rung> {
        let def = sla::registry().item(key).unwrap();
        let rung = |text: &&str| {
            let value = match text.parse() {
                Ok(number) => Value::Number(number),
                Err(_) => Value::Level((*text).to_owned()),
            };
            Rung::of(def, None, &value).unwrap()
        };
        values.iter().map(rung).collect()
    }

    fn middle_of(key: &str, values: &[&str]) -> Option<Value> {
        middle(&mut rungs(key, values)).map(|rung| rung.value().clone())
    }

    #[test]
    fn the_middle_of_numbers_is_exact_and_absent_where_there_are_none() {
        let uptime = "availability.service_uptime";
        let number = |text: &str| Some(Value::Number(text.parse().unwrap()));
        assert_eq!(middle_of(uptime, &["0.9999", "0.99", "0.999"]), number("0.999"));
        assert_eq!(middle_of(uptime, &["0.9995", "0.9990"]), number("0.99925"));
        assert_eq!(middle_of(uptime, &["0.1", "0.7"]), number("0.4"));
        assert_eq!(middle_of(uptime, &[]), None);
    }

    #[test]
    fn less_time_is_stronger_and_more_uptime_is_stronger() {
        let [short, long] = rungs("availability.rto", &["60", "3600"]).try_into().unwrap();
        assert_eq!(short.compare(&long), Ordering::Greater);
        let [three, four] =
            rungs("availability.service_uptime", &["0.999", "0.9999"]).try_into().unwrap();
        assert_eq!(four.compare(&three), Ordering::Greater);
        assert_eq!(three.compare(&three), Ordering::Equal);
    }

    #[test]
    fn levels_have_a_middle_step_and_sets_none() {
        let def = sla::registry()
            .items()
            .iter()
            .find(|item| {
                matches!(&item.kind, ItemKind::Level(words) if words.len() > 2)
                    && item.direction == Direction::Higher
            })
            .unwrap();
        let keys: Vec<&str> = def.words().iter().map(|word| word.key.as_str()).collect();
        let of_two = middle_of(&def.key, &[keys[2], keys[0]]);
        assert_eq!(of_two, Some(Value::Level(keys[0].to_owned())), "the weaker of two");
        let of_three = middle_of(&def.key, &[keys[2], keys[0], keys[1]]);
        assert_eq!(of_three, Some(Value::Level(keys[1].to_owned())));
        let set = sla::registry().item("security.data_location").unwrap();
        assert_eq!(Rung::of(set, None, &Value::set(["JP"])), None);
    }
}
