//! The text of a document with numbered lines, each fault at its line: what a fault table links to.

use broker::FieldFault;
use leptos::prelude::*;

use crate::{
    fault::fault_text,
    ui::{Icon, icon, section},
    words::Words,
};

/// A text of more lines is shown around its faults only.
const WHOLE_LINES_MAX: usize = 400;
/// Lines before and after a fault in a long text.
const AROUND: usize = 4;
/// Faults that are marked; the table has all of them.
const MARKED_MAX: usize = 200;
/// Characters of a line that are shown.
const LINE_MAX: usize = 400;

/// "Line 3, column 5", as a link to the line; nothing for a fault without a place.
pub(super) fn place_link(words: Words, fault: &FieldFault) -> Option<AnyView> {
    let place = fault.place?;
    let href = format!("#line-{}", place.line);
    let text = words.portal_document_at(place.line, place.column);
    Some(view! { <a href=href>{text}</a> }.into_any())
}

/// The text, marked; nothing where no fault has a place.
pub(super) fn marked(words: Words, text: &str, faults: &[FieldFault]) -> Option<AnyView> {
    let placed: Vec<(usize, usize, &FieldFault)> = faults
        .iter()
        .filter_map(|fault| {
            let place = fault.place?;
            Some((place.line as usize, place.column as usize, fault))
        })
        .take(MARKED_MAX)
        .collect();
    if placed.is_empty() {
        return None;
    }
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    // Where a text ends too early, the fault stands behind its last line.
    let last = placed.iter().map(|(line, ..)| *line).fold(lines.len(), usize::max);
    let whole = last <= WHOLE_LINES_MAX;
    let near = |number: usize| placed.iter().any(|(line, ..)| line.abs_diff(number) <= AROUND);
    let shown = (1..=last).filter(|number| whole || near(*number)).map(|number| {
        let line = lines.get(number - 1).copied().unwrap_or_default();
        let here: Vec<_> = placed.iter().filter(|(at, ..)| *at == number).collect();
        row(words, (number, line), &here)
    });
    let list = view! { <ol class="source" tabindex="0" role="list" aria-label=words.portal_document_marked()>{shown.collect_view()}</ol> };
    Some(section("marked", words.portal_document_marked(), list.into_any()))
}

fn row(
    words: Words,
    (number, line): (usize, &str),
    here: &[&(usize, usize, &FieldFault)],
) -> AnyView {
    let line: String = line.chars().take(LINE_MAX).collect();
    let Some(first) = here.iter().map(|(_, column, _)| *column).min() else {
        return view! { <li value=number.to_string()><code>{seen(&line)}</code></li> }.into_any();
    };
    let from = line.char_indices().nth(first.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let (before, faulty) = line.split_at(from);
    let (before, faulty) = (seen(before), seen(faulty));
    // Where nothing stands, there is still something to see.
    let faulty = if faulty.is_empty() { "\u{a0}".to_owned() } else { faulty };
    let said = here.iter().map(|(_, _, fault)| {
        view! { <span class="fault">{icon(Icon::Cross)}{fault_text(words, fault)}</span> }
    });
    view! {
        <li id=format!("line-{number}") class="faulty" value=number.to_string() tabindex="-1">
            <code>{before}<mark>{faulty}</mark></code>
            {said.collect_view()}
        </li>
    }
    .into_any()
}

/// A piece of the text, with the name of what nobody sees.
fn seen(text: &str) -> String {
    sla::made_visible(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    fn fault(line: u32, column: u32) -> FieldFault {
        let place = Some(sla::Place { line, column });
        FieldFault { place, ..FieldFault::new("/x", "missing", "", "", "") }
    }

    fn html(text: &str, faults: &[FieldFault]) -> String {
        marked(Locale::En.words(), text, faults).map(|view| view.to_html()).unwrap_or_default()
    }

    #[test]
    fn a_fault_is_marked_from_its_column_on() {
        let html = html("a: 1\nb: <two>\n", &[fault(2, 4)]);
        assert!(html.contains("id=\"line-2\""), "{html}");
        assert!(html.contains("b: <mark>&lt;two&gt;</mark>"), "{html}");
        assert!(!html.contains("id=\"line-1\""), "{html}");
    }

    #[test]
    fn a_long_text_is_shown_around_its_faults_with_its_own_numbers() {
        let text: String = (1..=1000).map(|number| format!("k{number}: {number}\n")).collect();
        let html = html(&text, &[fault(500, 1)]);
        assert!(html.contains("value=\"496\"") && html.contains("value=\"504\""), "{html}");
        assert!(!html.contains("value=\"495\"") && !html.contains("value=\"505\""), "{html}");
    }

    #[test]
    fn a_fault_behind_the_end_or_inside_wide_letters_is_marked_too() {
        assert!(html("a: [", &[fault(2, 1)]).contains("id=\"line-2\""));
        assert!(html("題: 値", &[fault(1, 4)]).contains("題: <mark>値</mark>"));
        assert!(html("a: \u{202e}b", &[fault(1, 4)]).contains("[U+202E]b"));
        assert_eq!(html("a", &[]), "");
    }
}
