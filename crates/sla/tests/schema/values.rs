//! Valid values of items in their written forms.

use serde_json::{Value, json};
use sla::{ItemDef, ItemKind, Unit};

use crate::source::Source;

pub const TEXTS: &[&str] = &["a", "Tokyo 東京", "two\nlines", "8.40", "with \"quotes\"", "x\ty"];
pub const NAMES: &[&str] = &["jp-1", "ref-web-1", "a/b:c_d.e", "JP-13"];
const COUNTRIES: &[&str] = &["JP", "DE", "NL", "US"];

pub fn text(source: &Source) -> Value {
    match source.up_to(6) {
        0 => json!(8.4),
        1 => json!(16),
        _ => json!(source.pick(TEXTS)),
    }
}

pub fn name(source: &Source) -> Value {
    if source.once_in(8) { json!(7) } else { json!(source.pick(NAMES)) }
}

pub fn texts(source: &Source) -> Value {
    match source.up_to(2) {
        0 => json!({"en": "Title"}),
        1 => json!({"ja": "題", "zh-Hant": text(source)}),
        _ => json!({"en": text(source), "ja": "題"}),
    }
}

pub fn country(source: &Source) -> Value {
    json!(source.pick(COUNTRIES))
}

pub fn date(source: &Source) -> Value {
    match source.up_to(4) {
        0 => json!(2026),
        1 => json!("2026-03"),
        2 => json!("2024-02-29"),
        3 => json!("2026"),
        _ => json!("2026-11-30"),
    }
}

pub fn window(source: &Source) -> Value {
    json!(source.pick(&["1M", "90d", "24h", "30min", "2w", "1Y"]))
}

/// A number from 0 to 1, as number or text.
pub fn weight(source: &Source) -> Value {
    json!(source.pick(&[
        json!(0),
        json!(0.5),
        json!(1),
        json!("0.25"),
        json!(" 1e-1 "),
        json!(".5")
    ]))
}

/// The same, or a percentage with its sign.
pub fn share(source: &Source) -> Value {
    let percent = json!(source.pick(&["10 %", "25パーセント", " 5e1% "]));
    if source.once_in(3) { percent } else { weight(source) }
}

/// A number of an item in one of its written forms.
pub fn number(source: &Source, item: &ItemDef) -> Value {
    let forms = match item.unit {
        Unit::Fraction => {
            vec![json!(0.999), json!("99.9 %"), json!(1), json!("50％"), json!("10 ppm")]
        }
        Unit::Second => vec![
            json!(3600),
            json!("PT4H"),
            json!("4 h"),
            json!("0.5s"),
            json!("P1DT12H"),
            json!("4時間"),
            json!(0.25),
        ],
        Unit::Millisecond => vec![json!(20), json!("0.02 s"), json!("15 ms"), json!("PT0.5S")],
        Unit::Day => vec![json!(30), json!("30 d"), json!("P2W"), json!("36 h"), json!("2 weeks")],
        Unit::PerSecond => {
            vec![json!(100), json!("120 req/min"), json!("100 /s"), json!("1e3 tps")]
        }
        Unit::Megabit => vec![json!(100), json!("1 Gbps"), json!("1.5 Gbit/s"), json!("10 MB/s")],
        Unit::HoursPerWeek => vec![json!(168), json!("168 h"), json!("100 h/week")],
        Unit::Vcpu => vec![json!(16), json!("16 vCPU"), json!("16 cores")],
        Unit::Ratio => vec![json!(1.2), json!("1.35"), json!("1 ratio")],
        Unit::CarbonIntensity => vec![json!(200), json!("0.2 kg/kWh"), json!("200 gCO2e/kWh")],
        Unit::YenPerMonth => vec![json!(182_000), json!("182000 JPY"), json!("5 円")],
        Unit::None => vec![json!(1)],
    };
    source.pick(&forms).clone()
}

/// A value of an item; `scheme` is that of a security level.
pub fn value(source: &Source, item: &ItemDef, scheme: Option<&str>) -> Value {
    match &item.kind {
        ItemKind::Ratio | ItemKind::Duration | ItemKind::Number => number(source, item),
        ItemKind::Level(words) => {
            let word = &source.pick(words).key;
            // Unquoted in YAML, a cost class is a number.
            match word.parse::<u64>() {
                Ok(number) if source.once_in(2) => json!(number),
                _ => json!(word),
            }
        }
        ItemKind::SchemeLevel => {
            let scheme = sla::registry().scheme(scheme.unwrap()).unwrap();
            json!(source.pick(&scheme.levels).key)
        }
        ItemKind::Set(words) => {
            let keys: Vec<&str> = words.iter().map(|word| word.key.as_str()).collect();
            json!(source.some(&keys, 1, 3))
        }
        ItemKind::Countries => json!(source.some(COUNTRIES, 1, 3)),
    }
}

pub fn scheme(source: &Source) -> String {
    let usable: Vec<&str> = (sla::registry().schemes().iter())
        .filter(|scheme| !scheme.draft)
        .map(|scheme| scheme.key.as_str())
        .collect();
    (*source.pick(&usable)).to_owned()
}

/// Something for an extension item.
pub fn extension(source: &Source) -> Value {
    match source.up_to(3) {
        0 => json!(42),
        1 => json!(true),
        2 => json!("gold"),
        _ => json!(["a", "b"]),
    }
}
