//! A plain filter over written values, made without the engine, for P15.

use std::collections::BTreeSet;

use matching::{Asked, Mode, OfferValues, Requirement, Tolerance, Value};

use crate::world::LEVELS;

pub fn admits(requirement: &Requirement, offer: &OfferValues) -> bool {
    requirement.rows.iter().filter(|row| row.mode == Mode::Must).all(|row| {
        match (row.value.as_ref(), offer.values.get(&row.item)) {
            (Some(asked), Some(promised)) => meets(row, asked, promised),
            _ => false,
        }
    })
}

fn meets(row: &Asked, asked: &Value, promised: &Value) -> bool {
    match (row.item.as_str(), asked, promised) {
        ("up" | "line", Value::Number(asked), Value::Number(promised)) => match row.tolerance {
            Some(Tolerance::Abs(by)) => promised + by >= *asked,
            Some(Tolerance::Rel(by)) => *promised >= asked - asked.abs() * by,
            _ => promised >= asked,
        },
        ("down" | "price", Value::Number(asked), Value::Number(promised)) => match row.tolerance {
            Some(Tolerance::Abs(by)) => promised - by <= *asked,
            Some(Tolerance::Rel(by)) => *promised <= asked + asked.abs() * by,
            _ => promised <= asked,
        },
        ("level", Value::Level(asked), Value::Level(promised)) => {
            let place = |label: &String| LEVELS.iter().position(|known| known == label);
            let slack =
                if let Some(Tolerance::Steps(steps)) = row.tolerance { steps as usize } else { 0 };
            place(promised)
                .is_some_and(|promised| place(asked).is_some_and(|asked| promised + slack >= asked))
        }
        ("has" | "has+", Value::Set(asked), Value::Set(promised)) => {
            asked.iter().all(|one| promised.contains(one))
        }
        ("within", Value::Set(asked), Value::Set(promised)) => {
            !promised.is_empty() && promised.iter().all(|one| asked.contains(one))
        }
        ("any", Value::Set(asked), Value::Set(promised)) => shared(asked, promised) > 0,
        _ => false,
    }
}

fn shared(a: &BTreeSet<String>, b: &BTreeSet<String>) -> usize {
    a.intersection(b).count()
}
