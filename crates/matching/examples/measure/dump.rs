//! Leaves columns and needs in a folder, for another program to answer the same questions.
//!
//! `<item>.bin` holds one little-endian f64 per offer: the number, the place in the list of levels,
//! or the members of a set as bits; NaN where nothing is promised. `needs.json` says what is asked.

use std::{fs, path::Path};

use matching::{KindName, Mode, Order, Prepared, Value, index::OfferMoment};
use serde_json::json;

use crate::{market::Market, needs};

pub fn write(folder: &Path, market: &Market, moment: &OfferMoment) {
    fs::create_dir_all(folder).unwrap();
    for (at, column) in market.columns.iter().enumerate() {
        let words = column.item.kind.words();
        let bytes: Vec<u8> = (0..market.size)
            .flat_map(|row| {
                market.value(row, at).map_or(f64::NAN, |value| plain(&value, words)).to_le_bytes()
            })
            .collect();
        fs::write(folder.join(format!("{}.bin", column.item.id)), bytes).unwrap();
    }
    let needs: Vec<_> = needs::all()
        .iter()
        .map(|need| {
            let prepared = Prepared::new(moment.dictionary(), &need.requirement).unwrap();
            let musts: Vec<_> = (need.requirement.rows.iter())
                .filter(|row| row.mode == Mode::Must)
                .map(|row| {
                    let item = moment.dictionary().item(&row.item).unwrap();
                    let value = plain(row.value.as_ref().unwrap(), item.kind.words());
                    json!({"item": row.item, "kind": kind(item.kind.name()), "value": value})
                })
                .collect();
            let matched = moment.rank(&prepared, Order::Balanced, 1).matched;
            json!({"name": need.name, "musts": musts, "matched": matched})
        })
        .collect();
    fs::write(folder.join("needs.json"), json!({"needs": needs}).to_string()).unwrap();
}

fn plain(value: &Value, words: &[String]) -> f64 {
    let place = |word: &String| words.iter().position(|known| known == word).unwrap();
    match value {
        Value::Number(number) => number.to_string().parse().unwrap(),
        Value::Level(label) => place(label) as f64,
        Value::Set(members) => members.iter().map(|member| (1_u64 << place(member)) as f64).sum(),
    }
}

fn kind(kind: KindName) -> &'static str {
    match kind {
        KindName::Higher | KindName::Level => "at_least",
        KindName::Lower => "at_most",
        KindName::SetIncludes => "includes",
        KindName::SetWithin => "within",
        KindName::SetAny => "any",
    }
}
