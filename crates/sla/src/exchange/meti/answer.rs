//! One answer of a checklist: from the text of a cell to a promise, and back.

use super::plain;
use crate::expected::Allowed;
use crate::node::Node;
use crate::read::value::limits;
use crate::{
    Direction, Expected, ItemDef, ItemKind, Locale, OfferItem, Value, format_offer_item, registry,
};

/// How a remark ends that leaves something out; the first is written.
const EXCEPT: &[&str] = &["を除く", "は除く", "除く", "を除外", "除外", "は対象外", "対象外"];

/// Whose answers have a percentile and a transaction behind the time.
const RESPONSE_TIME: &str = "performance.online_response_time";

/// The promise that an answer is; `None` where it cannot be read. Remarks in brackets behind an answer
/// are kept: what is left out becomes an exclusion of the promise, anything else a condition.
pub(super) fn promise(item: &ItemDef, answer: &str) -> Option<Node> {
    if let Some(bare) = fields(item, answer) {
        return Some(Node::Map(bare));
    }
    let (said, remarks) = without_remarks(answer);
    if remarks.is_empty() {
        return None;
    }
    let mut fields = fields(item, said)?;
    let (mut exclusions, mut conditions) = (Vec::new(), Vec::new());
    for remark in remarks {
        let except = |word: &&str| remark.strip_suffix(*word).map(str::trim);
        match EXCEPT.iter().find_map(except).filter(|excluded| !excluded.is_empty()) {
            Some(excluded) => exclusions.push(Node::text(excluded)),
            None => conditions.push(remark),
        }
    }
    if !exclusions.is_empty() {
        fields.push(("exclusions".to_owned(), Node::List(exclusions)));
    }
    if !conditions.is_empty() {
        fields.push(("qualifying".to_owned(), Node::text(conditions.join("、"))));
    }
    Some(Node::Map(fields))
}

/// The answer without the brackets at its end, and what stands in them, first to last.
fn without_remarks(answer: &str) -> (&str, Vec<&str>) {
    let (mut said, mut remarks) = (answer.trim(), Vec::new());
    while let Some(inside) = said.strip_suffix(['）', ')']) {
        let Some(opens) = opening(inside) else { break };
        let remark = inside[opens..].trim_start_matches(['（', '(']).trim_end_matches('。').trim();
        said = said[..opens].trim_end();
        if !remark.is_empty() {
            remarks.insert(0, remark);
        }
    }
    (said, remarks)
}

/// Where the bracket opens that ends right behind this text.
fn opening(inside: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, sign) in inside.char_indices().rev() {
        match sign {
            '）' | ')' => depth += 1,
            '（' | '(' if depth == 0 => return Some(at),
            '（' | '(' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The fields of the promise that an answer without remarks is.
fn fields(item: &ItemDef, answer: &str) -> Option<Vec<(String, Node)>> {
    let entry = |name: &str, node| (name.to_owned(), node);
    let mut fields = vec![entry("item", Node::text(&item.key))];
    let mut answer = plain_answer(answer);
    if item.key == RESPONSE_TIME {
        // A response time says nothing without its percentile and its transaction.
        let words: Vec<String> = answer.split_whitespace().map(str::to_owned).collect();
        let at = words.iter().position(|word| is_percentile(word));
        let whole = |at: &usize| {
            *at > 0
                && *at + 2 == words.len()
                && !words.last().is_some_and(|word| word.contains('（'))
        };
        let at = at.filter(whole)?;
        fields.push(entry("percentile", Node::text(&words[at])));
        fields.push(entry("transaction", Node::text(&words[at + 1])));
        answer = words[..at].join(" ");
    }
    let value = match &item.kind {
        ItemKind::Level(words) => one_word(words, &answer).map(Node::text),
        ItemKind::Set(words) => set(&answer, |part| one_word(words, part)),
        ItemKind::Countries => set(&answer, country),
        _ => number(item, &answer),
    };
    fields.push(entry("value", value?));
    fields.push(entry("commitment", Node::text("declared")));
    Some(fields)
}

/// What an answer to this row may be.
pub(super) fn allowed(item: &ItemDef) -> Allowed {
    match &item.kind {
        _ if item.key == RESPONSE_TIME => vec!["3 s p95 ref-web-1".to_owned()].into(),
        ItemKind::Level(words) | ItemKind::Set(words) => {
            let labels = words.iter().map(|word| word.label.get(Locale::Ja).to_owned());
            labels.collect::<Vec<_>>().into()
        }
        ItemKind::Countries => vec!["JP".to_owned(), "日本".to_owned()].into(),
        _ => {
            let (min, max) = limits(item);
            Expected::Quantity { unit: item.unit, min, max }.into()
        }
    }
}

fn is_percentile(word: &str) -> bool {
    word.strip_prefix(['p', 'P'])
        .is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()))
}

/// Narrow digits and signs, single spaces kept.
fn plain_answer(answer: &str) -> String {
    let parts: Vec<String> = answer.split_whitespace().map(plain).collect();
    parts.join(" ")
}

/// The word of a list that an answer is, by key or by its name in either language.
fn one_word(words: &[crate::Word], answer: &str) -> Option<String> {
    let wanted = plain(answer).to_lowercase();
    let is = |text: &str| plain(text).to_lowercase() == wanted;
    let found = words.iter().find(|word| {
        is(&word.key) || is(word.label.get(Locale::Ja)) || is(word.label.get(Locale::En))
    });
    found.map(|word| word.key.clone())
}

fn set(answer: &str, member: impl Fn(&str) -> Option<String>) -> Option<Node> {
    let parts =
        answer.split(['、', ',', ';', '・', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let members: Option<Vec<Node>> = parts.map(|part| member(part).map(Node::text)).collect();
    members.filter(|members| !members.is_empty()).map(Node::List)
}

/// A country by its code, or by its Japanese name where one is common.
fn country(part: &str) -> Option<String> {
    const NAMES: &[(&str, &str)] = &[
        ("日本", "JP"),
        ("日本国内", "JP"),
        ("国内", "JP"),
        ("米国", "US"),
        ("アメリカ", "US"),
        ("英国", "GB"),
        ("ドイツ", "DE"),
        ("フランス", "FR"),
        ("オランダ", "NL"),
        ("アイルランド", "IE"),
        ("シンガポール", "SG"),
        ("韓国", "KR"),
        ("台湾", "TW"),
        ("オーストラリア", "AU"),
        ("カナダ", "CA"),
    ];
    let named = NAMES.iter().find(|(name, _)| *name == part).map(|(_, code)| (*code).to_owned());
    named.or_else(|| crate::COUNTRIES.contains(&part).then(|| part.to_owned()))
}

/// A number with its unit, without the words around it. Months and years have no fixed length; the
/// one that promises less is taken.
fn number(item: &ItemDef, answer: &str) -> Option<Node> {
    if let Ok(number) = item.unit.read(&plain(answer)) {
        return Some(Node::number(number));
    }
    let around = ["以上", "以内", "以下", "未満", "程度", "間前", "前", "間", "約"];
    let mut text = plain(answer);
    for word in around {
        text = text.replace(word, "");
    }
    if item.unit == crate::Unit::HoursPerWeek
        && matches!(text.as_str(), "24時365日" | "24/365" | "24x7")
    {
        return Some(Node::integer(168));
    }
    let higher = item.direction == Direction::Higher;
    for (names, short, long) in
        [(["ヶ月", "か月", "カ月", "ケ月"], 28, 31), (["年", "箇年", "か年", "ヵ年"], 365, 366)]
    {
        let count = names.iter().find_map(|name| text.strip_suffix(name));
        if let Some(count) = count.and_then(|count| count.parse::<u32>().ok()) {
            let days = count.checked_mul(if higher { short } else { long })?;
            return Some(Node::text(format!("{days} d")));
        }
    }
    // Taking 間 away made 時間 to 時 and 週間 to 週.
    let text = text.replace('時', "時間").replace('週', "週間");
    let read = item.unit.read(&text);
    read.ok().map(Node::number)
}

/// A promise as an answer that reads back as the same value, with the same exclusions.
pub(super) fn written(promise: &OfferItem) -> String {
    let item = registry().item(&promise.item);
    let shown = match (&promise.value, item) {
        (Value::Set(members), Some(item)) if item.kind == ItemKind::Countries => {
            members.iter().cloned().collect::<Vec<_>>().join("、")
        }
        (Value::Number(_), _) => format_offer_item(promise, Locale::Ja).replace(',', ""),
        _ => format_offer_item(promise, Locale::Ja),
    };
    let value = match (&promise.percentile, &promise.transaction) {
        (Some(percentile), Some(transaction)) => {
            format!("{} p{percentile} {transaction}", shown.replace(' ', ""))
        }
        _ => shown,
    };
    // A remark with brackets of its own might not be read back as one.
    let simple = |text: &&String| !text.contains(['（', '）', '(', ')']);
    let exclusions = promise.exclusions.iter().filter(simple);
    let exclusions = exclusions.map(|text| format!("（{text}{}）", EXCEPT[0]));
    let condition = promise.qualifying.iter().filter(simple).map(|text| format!("（{text}）"));
    exclusions.chain(condition).fold(value, |answer, remark| answer + &remark)
}
