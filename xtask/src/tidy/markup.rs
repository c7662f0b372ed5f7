//! No styles and handlers inside tags: the content security policy forbids them.

use super::Fault;
use crate::source::Source;

/// Adds a fault for each inline style or handler in the pages.
pub fn check(sources: &[Source], faults: &mut Vec<Fault>) {
    for source in
        sources.iter().filter(|source| source.path.starts_with("app/src/") && source.kind() == "rs")
    {
        for (number, line) in source.program() {
            if let Some(found) = inline(line) {
                faults.push(Fault::at(
                    &source.path,
                    number,
                    format!("`{found}` inside a tag; use a class or an island"),
                ));
            }
        }
    }
}

/// Finds ` style=`, ` style:` or ` onclick=` written as an attribute.
fn inline(line: &str) -> Option<&str> {
    for (at, _) in line.match_indices(' ') {
        let rest = &line[at + 1..];
        let length = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        let attribute =
            after.starts_with('=') && !after.starts_with("==") && !after.starts_with("=>");
        let handler = name.len() > 4 && name.starts_with("on") && after.starts_with("=\"");
        let style = name == "style"
            && (attribute
                || (after.starts_with(':')
                    && !after.starts_with(": ")
                    && !after.starts_with("::")));
        if handler || style {
            return Some(&rest[..=length]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_style_and_handler_are_found() {
        assert_eq!(inline(r#"<p class="a" style="color:red">"#), Some("style="));
        assert_eq!(inline("<p style=value>"), Some("style="));
        assert_eq!(inline("<p style:width=value>"), Some("style:"));
        assert_eq!(inline(r#"<button onclick="go()">"#), Some("onclick="));
    }

    #[test]
    fn rust_code_and_leptos_events_pass() {
        for line in [
            "let style = 1;",
            "<p on:click=go>",
            "style == 2",
            " style: Style,",
            "let once=\"\";",
            "fn f( style: u8)",
        ] {
            assert_eq!(inline(line), None, "{line}");
        }
    }
}
