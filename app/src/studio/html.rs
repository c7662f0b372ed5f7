//! The markup of the studio, as text: fields, the table beside the chart, what-if.
//!
//! Text rather than views, because the same markup is drawn by the server once and by the browser on
//! every change. Everything from outside goes through [`escape`].

use std::fmt::Write as _;

use matching::{Explanation, Gain, Mode, RowExplanation};

use super::{
    data::{Ask, AskKind},
    say,
};
use crate::words::Words;

/// Makes text safe between tags and inside double quotes.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            _ => safe.push(character),
        }
    }
    safe
}

/// The fields of everything that is asked. With `hands` there are buttons that need script.
#[must_use]
pub fn fields(words: Words, asks: &[Ask], hands: bool) -> String {
    let mut out = String::with_capacity(asks.len() * 1200);
    // What other times ask has its fields in the sheet below.
    let every_day = || asks.iter().enumerate().filter(|(_, ask)| ask.time.is_none());
    let leaves = hands && every_day().nth(1).is_some();
    for (index, ask) in every_day() {
        field_set(&mut out, words, index, ask, leaves);
    }
    out
}

/// How many items have fields here.
#[must_use]
pub fn asked(asks: &[Ask]) -> i64 {
    count(asks.iter().filter(|ask| ask.time.is_none()).count())
}

fn field_set(out: &mut String, words: Words, index: usize, ask: &Ask, leaves: bool) {
    let key = escape(&ask.key);
    let _ = write!(
        out,
        r#"<fieldset class="wish" data-ask="{index}" data-item="{key}"><legend>{}</legend><div class="parts">"#,
        escape(&ask.label)
    );
    value_field(out, words, &key, ask);
    if ask.kind == AskKind::Own {
        let all: Vec<_> =
            say::OPERATORS.into_iter().map(|op| (op, say::op_word(words, op))).collect();
        select(out, "op", &key, words.needs_form_compared(), &all, &ask.op);
    }
    mode_field(out, words, &key, ask.mode);
    let line = |part, label, value, placeholder| Line {
        part,
        key: &key,
        label,
        value,
        placeholder,
        hint: "",
    };
    let (weight, slack) = (words.needs_studio_weight(), words.needs_studio_tolerance());
    text_field(out, &line("weight", weight, &ask.weight, "1"));
    if !matches!(ask.kind, AskKind::Set | AskKind::Countries) {
        text_field(out, &line("tolerance", slack, &ask.tolerance, "0"));
    }
    if ask.kind == AskKind::Scheme {
        let (name, hint) = (words.needs_form_accept(), words.needs_form_accept_hint());
        members(out, words, &key, ask, &Boxes { part: "accept", name, hint, chosen: &ask.accept });
    }
    let terms = match ask.terms.as_str() {
        "" => String::new(),
        terms => format!(r#"<p class="hint">{}</p>"#, escape(terms)),
    };
    let about = match ask.kind {
        // The page of an item is the registry's.
        AskKind::Own => String::new(),
        _ => format!(r#" <a href="/items/{key}">{}</a>"#, escape(words.needs_form_about())),
    };
    let _ = write!(
        out,
        r#"</div>{terms}<div class="aids"><details class="disclosure"><summary>{}</summary><p class="hint">{}{about}</p></details>"#,
        escape(words.needs_studio_help()),
        escape(&ask.help),
    );
    if leaves {
        let name = words.needs_studio_remove(&ask.label);
        let _ = write!(
            out,
            r#"<button type="button" class="link" data-remove="{key}" aria-label="{}">{}</button>"#,
            escape(&name),
            escape(words.needs_studio_remove_short()),
        );
    }
    out.push_str("</div></fieldset>");
}

fn value_field(out: &mut String, words: Words, key: &str, ask: &Ask) {
    let label = words.needs_form_value();
    let line = |hint| Line { part: "value", key, label, value: &ask.value, placeholder: "", hint };
    match ask.kind {
        AskKind::Number => text_field(out, &line(&ask.example)),
        AskKind::Countries => {
            text_field(out, &line(words.needs_form_countries()));
        }
        AskKind::Level => {
            let none = ("", words.needs_form_open());
            let levels = ask.words.iter().map(|(key, word)| (key.as_str(), word.as_str()));
            let all: Vec<_> = std::iter::once(none).chain(levels).collect();
            select(out, "value", key, label, &all, &ask.value);
        }
        AskKind::Scheme => {
            let levels = ask.words.iter().map(|(key, word)| (key.as_str(), word.as_str()));
            let none = std::iter::once(("", words.needs_form_open()));
            let all: Vec<_> = none.chain(levels).collect();
            select(out, "value", key, label, &all, &ask.value);
        }
        AskKind::Own => text_field(out, &line(words.needs_own_value_hint())),
        AskKind::Set => {
            let chosen: Vec<String> =
                ask.value.split(", ").filter(|m| !m.is_empty()).map(str::to_owned).collect();
            let (part, name) = ("value", words.needs_form_members());
            members(out, words, key, ask, &Boxes { part, name, hint: "", chosen: &chosen });
        }
    }
}

/// A one-line field of an asked item.
struct Line<'a> {
    part: &'a str,
    key: &'a str,
    label: &'a str,
    value: &'a str,
    placeholder: &'a str,
    hint: &'a str,
}

fn text_field(out: &mut String, line: &Line<'_>) {
    let Line { part, key, label, value, placeholder, hint } = line;
    let id = format!("{part}-{key}");
    let described = if hint.is_empty() { String::new() } else { format!("{id}-hint ") };
    let _ = write!(
        out,
        r#"<div class="field {part}"><label for="{id}">{}</label><input id="{id}" name="{id}" data-part="{part}" type="text" autocomplete="off" value="{}" placeholder="{placeholder}" aria-describedby="{described}{id}-error">"#,
        escape(label),
        escape(value),
    );
    if !hint.is_empty() {
        let _ = write!(out, r#"<p class="hint aside" id="{id}-hint">{}</p>"#, escape(hint));
    }
    let _ = write!(out, r#"<p class="error" id="{id}-error" role="status" hidden></p></div>"#);
}

fn select(
    out: &mut String,
    part: &str,
    key: &str,
    label: &str,
    all: &[(&str, &str)],
    chosen: &str,
) {
    let id = format!("{part}-{key}");
    let _ = write!(
        out,
        r#"<div class="field {part}"><label for="{id}">{}</label><select id="{id}" name="{id}" data-part="{part}">"#,
        escape(label)
    );
    for (word, shown) in all {
        let selected = if *word == chosen { " selected" } else { "" };
        let _ =
            write!(out, r#"<option value="{}"{selected}>{}</option>"#, escape(word), escape(shown));
    }
    let _ =
        write!(out, r#"</select><p class="error" id="{id}-error" role="status" hidden></p></div>"#);
}

fn mode_field(out: &mut String, words: Words, key: &str, mode: Mode) {
    let all = [Mode::Must, Mode::Prefer, Mode::BestEffort];
    let all: Vec<_> =
        all.into_iter().map(|mode| (mode_key(mode), mode_word(words, mode))).collect();
    select(out, "level", key, words.needs_form_level(), &all, mode_key(mode));
}

/// How firmly, as forms and documents write it.
#[must_use]
pub const fn mode_key(mode: Mode) -> &'static str {
    match mode {
        Mode::Must => "must",
        Mode::Prefer => "prefer",
        Mode::BestEffort => "best_effort",
    }
}

/// How firmly, in words.
#[must_use]
pub fn mode_word(words: Words, mode: Mode) -> &'static str {
    match mode {
        Mode::Must => words.needs_level_must(),
        Mode::Prefer => words.needs_level_prefer(),
        Mode::BestEffort => words.needs_level_best_effort(),
    }
}

/// Boxes that are ticked.
struct Boxes<'a> {
    part: &'a str,
    name: &'a str,
    hint: &'a str,
    chosen: &'a [String],
}

fn members(out: &mut String, words: Words, key: &str, ask: &Ask, boxes: &Boxes<'_>) {
    let Boxes { part, name, hint, chosen } = boxes;
    let names: Vec<&str> = chosen.iter().map(|member| ask.word(member)).collect();
    let data = if *part == "value" { "member" } else { part };
    let seen = if *part == "value" { "aside" } else { "" };
    let _ = write!(
        out,
        r#"<details class="disclosure members {part}"><summary><span class="{seen}">{}: </span><span data-names>{}</span></summary>"#,
        escape(name),
        escape(&names.join(words.market_list_comma())),
    );
    if !hint.is_empty() {
        let _ = write!(out, r#"<p class="hint">{}</p>"#, escape(hint));
    }
    let _ = write!(out, r#"<div class="set" role="group" aria-label="{}">"#, escape(name));
    for (index, (word, label)) in ask.words.iter().enumerate() {
        let checked = if chosen.contains(word) { " checked" } else { "" };
        let _ = write!(
            out,
            r#"<div class="choice"><input type="checkbox" id="{part}-{key}-{index}" name="{part}-{key}" data-part="{data}" value="{}"{checked}><label for="{part}-{key}-{index}">{}</label></div>"#,
            escape(word),
            escape(label),
        );
    }
    let _ = write!(
        out,
        r#"</div><p class="error" id="{part}-{key}-error" role="status" hidden></p></details>"#
    );
}

/// A state with its mark and its word; never colour alone.
pub(super) fn badge(out: &mut String, class: &str, word: &str) {
    let mark = match class {
        "good" => "✓",
        "bad" => "✕",
        "attention" => "!",
        "unknown" => "?",
        _ => "–",
    };
    let _ = write!(
        out,
        r#"<span class="badge {class}"><span class="icon" aria-hidden="true">{mark}</span><span>{}</span></span>"#,
        escape(word)
    );
}

/// The table beside the chart: every asked item, the need, the promise, the verdict.
#[must_use]
pub fn table(words: Words, asks: &[Ask], explanation: Option<&Explanation>, title: &str) -> String {
    let caption = words.needs_why_caption(title);
    let heads = [
        words.common_shape_item(),
        words.common_shape_need(),
        words.common_shape_promise(),
        words.needs_why_result(),
    ];
    let mut out = format!(
        r#"<div class="table" role="group" tabindex="0" aria-label="{0}"><table><caption class="aside">{0}</caption><thead><tr>"#,
        escape(&caption)
    );
    for head in heads {
        let _ = write!(out, r#"<th scope="col">{}</th>"#, escape(head));
    }
    out.push_str("</tr></thead><tbody>");
    let rows = explanation.map_or(&[][..], |explanation| explanation.rows.as_slice());
    // In the order of the fields and of the axes.
    for ask in asks {
        let told = ask.rows.iter().filter_map(|row| rows.get(*row));
        // A floor is as firm as its own time asks it.
        for row in told.map(|row| RowExplanation { mode: ask.mode, ..row.clone() }) {
            let row = &row;
            let promised = row.promised.as_ref().map(|value| say::value_text(words, ask, value));
            let (class, promised) = match promised {
                Some(promised) => ("", promised),
                None => ("undeclared", words.common_not_declared().to_owned()),
            };
            let (state, word) = say::verdict(words, row);
            let _ = write!(
                out,
                r#"<tr><th scope="row">{}</th><td>{}</td><td class="{class}">{}</td><td><span class="result">"#,
                escape(&ask.label),
                escape(&say::asked_text(words, ask, row)),
                escape(&promised),
            );
            badge(&mut out, state, word);
            let difference = say::difference_text(words, ask, row);
            let _ = write!(
                out,
                r#"<span class="hint">{}</span></span></td></tr>"#,
                escape(&difference)
            );
        }
    }
    out.push_str("</tbody></table></div>");
    out
}

/// What each single relaxation would bring, one button each.
#[must_use]
pub fn what_if(words: Words, asks: &[Ask], gains: &[Gain]) -> String {
    let mut out = String::from(r#"<ul class="relaxations">"#);
    for (index, gain) in gains.iter().enumerate() {
        let Some(ask) = say::ask_of(asks, gain.row) else { continue };
        let steps = gain.steps.iter().enumerate().filter(|_| ask.local);
        for (step, to) in steps {
            let value = ask.pattern.replace("{}", &say::value_text(words, ask, &to.to));
            let text = words.needs_studio_relax(count(to.admits), &ask.label, value);
            let _ = write!(
                out,
                r#"<li><button type="button" class="link" data-relax="{index}" data-step="{step}">{}</button></li>"#,
                escape(&text)
            );
        }
        let text = words.needs_relax_item(count(gain.dropped), &ask.label);
        let _ = write!(
            out,
            r#"<li><button type="button" class="link" data-relax="{index}">{}</button></li>"#,
            escape(&text)
        );
    }
    if gains.is_empty() {
        let _ = write!(out, r#"<li class="hint">{}</li>"#, escape(words.needs_studio_relax_none()));
    }
    out.push_str("</ul>");
    out
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
