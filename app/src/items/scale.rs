//! The fixed scale of an item, drawn: values from the worst useful to the best, and how far out on a
//! shape each of them stands. The places come from `matching`, as those of every shape do.

use leptos::prelude::AnyView;
use sla::{Curve, Decimal, ItemDef, ItemKind, Unit, Value};

use crate::{
    ui::chart::{Bar, bars},
    words::Words,
};

/// Lengths of time that people know, in seconds.
const TIMES: &[i64] = &[1, 10, 60, 600, 3600, 14_400, 86_400, 604_800, 2_592_000, 31_536_000];
/// Most values drawn.
const DRAWN: usize = 8;

/// The drawing; `None` for sets and for levels of schemes, whose place depends on what is asked.
pub(super) fn drawing(words: Words, item: &ItemDef) -> Option<AnyView> {
    let values = match &item.kind {
        ItemKind::Level(levels) => {
            levels.iter().map(|word| Value::level(word.key.as_str())).collect()
        }
        _ => numbers(item)?,
    };
    let locale = words.0.sla();
    let rows = values.into_iter().filter_map(|value| {
        let share = matching::value_radius(item, &value)?;
        let label = sla::format_value(item, &value, locale);
        // Two digits are more than an eye can tell apart.
        let text = format!("{share:.2}");
        Some(Bar { label, text, share, highlighted: false })
    });
    let rows: Vec<Bar> = rows.collect();
    Some(bars(words.items_scale_title(), rows))
}

/// Values to draw, the worst first, both ends of the scale among them.
fn numbers(item: &ItemDef) -> Option<Vec<Value>> {
    let bounds = item.scale.bounds()?;
    let (low, high) = (bounds.worst.min(bounds.best), bounds.worst.max(bounds.best));
    let mut values: Vec<Decimal> = match bounds.curve {
        Curve::Nines => ["0.5", "0.9", "0.95", "0.99", "0.995", "0.999", "0.9999", "0.99999"]
            .iter()
            .filter_map(|text| sla::parse_decimal(text))
            .collect(),
        Curve::Linear => (0..=4_i64)
            .filter_map(|step| {
                let share = Decimal::new(step * 25, 2);
                high.checked_sub(low)?.checked_mul(share)?.checked_add(low)
            })
            .collect(),
        Curve::Log => match item.unit {
            Unit::Second => {
                let short = [Decimal::new(1, 2), Decimal::new(1, 1), Decimal::new(5, 1)];
                short
                    .into_iter()
                    .chain(TIMES.iter().map(|seconds| Decimal::from(*seconds)))
                    .collect()
            }
            Unit::Day => {
                [1, 7, 30, 90, 180, 365, 1095, 1825].into_iter().map(Decimal::from).collect()
            }
            _ => powers(),
        },
    };
    values.extend([low, high]);
    values.retain(|value| *value >= low && *value <= high);
    values.sort();
    values.dedup();
    if bounds.worst > bounds.best {
        values.reverse();
    }
    Some(thinned(values).into_iter().map(Value::from).collect())
}

/// Powers of ten, from a millionth to a hundred million.
fn powers() -> Vec<Decimal> {
    let small = (1..=6_u32).rev().map(|places| Decimal::new(1, places));
    small.chain((0..=8_u32).map(|power| Decimal::from(10_u64.pow(power)))).collect()
}

/// At most so many, evenly chosen, with both ends.
fn thinned(values: Vec<Decimal>) -> Vec<Decimal> {
    let count = values.len();
    if count <= DRAWN {
        return values;
    }
    let chosen = (0..DRAWN).filter_map(|index| values.get(index * (count - 1) / (DRAWN - 1)));
    chosen.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_run_from_the_centre_to_the_rim() {
        for item in sla::registry().items() {
            let values: Vec<Value> = match &item.kind {
                ItemKind::Level(levels) => {
                    levels.iter().map(|word| Value::level(word.key.as_str())).collect()
                }
                kind if kind.is_number() => numbers(item).unwrap(),
                _ => continue,
            };
            let mut places: Vec<f64> = values
                .iter()
                .map(|value| matching::value_radius(item, value).expect(&item.key))
                .collect();
            if item.key == "cost.tier" {
                // The only list that begins with its best level.
                places.reverse();
            }
            assert!((3..=DRAWN).contains(&places.len()), "{}: {values:?}", item.key);
            assert!(places.is_sorted(), "{}: {values:?} {places:?}", item.key);
            assert_eq!((places[0], *places.last().unwrap()), (0.0, 1.0), "{}", item.key);
        }
    }
}
