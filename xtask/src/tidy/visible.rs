//! Words a visitor sees belong to `locales/`. A heuristic: text between tags and the values of spoken
//! attributes in the pages must not hold letters.

use super::Fault;
use super::exceptions::Exceptions;
use super::literals::literals;
use crate::source::Source;

/// Attributes whose values people read or hear.
const SPOKEN: &[&str] = &["aria-label=", " title=", " placeholder=", " alt=", "aria-description="];

/// Adds a fault for each visible word in the pages.
pub fn check(sources: &[Source], exceptions: &mut Exceptions, faults: &mut Vec<Fault>) {
    for source in
        sources.iter().filter(|source| source.path.starts_with("app/src/") && source.kind() == "rs")
    {
        let program: String = without_comments_and_tests(source);
        for (line, text) in between_tags(&program).into_iter().chain(spoken(&program)) {
            if is_word(&text) && !exceptions.visible_word(&text) {
                faults.push(Fault::at(
                    &source.path,
                    line,
                    format!("the visible text {text:?} belongs to locales/"),
                ));
            }
        }
    }
}

/// Program text with blank lines in place of what is left out, so that line numbers stay right.
fn without_comments_and_tests(source: &Source) -> String {
    let mut lines = Vec::new();
    for (number, line) in source.program() {
        lines.resize(number - 1, "");
        lines.push(line);
    }
    lines.join("\n")
}

/// Literals that stand between the end of one tag and the beginning of the next.
fn between_tags(program: &str) -> Vec<(usize, String)> {
    let tag_ends =
        |before: &str| before.ends_with('>') && !before.ends_with("=>") && !before.ends_with("->");
    literals(program)
        .into_iter()
        .filter(|literal| {
            tag_ends(program[..literal.start].trim_end())
                && program[literal.end..].trim_start().starts_with(['<', '{'])
        })
        .map(|literal| (line_of(program, literal.start), literal.text))
        .collect()
}

/// Literals that are the value of a spoken attribute.
fn spoken(program: &str) -> Vec<(usize, String)> {
    literals(program)
        .into_iter()
        .filter(|literal| SPOKEN.iter().any(|name| program[..literal.start].ends_with(name)))
        .map(|literal| (line_of(program, literal.start), literal.text))
        .collect()
}

fn line_of(program: &str, at: usize) -> usize {
    program[..at].matches('\n').count() + 1
}

/// Says whether a text holds two letters in a row, or one that is not Latin.
fn is_word(text: &str) -> bool {
    let letters: Vec<bool> = text.chars().map(char::is_alphabetic).collect();
    letters.windows(2).any(|pair| pair[0] && pair[1])
        || text.chars().any(|c| c.is_alphabetic() && !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(program: &str) -> Vec<String> {
        let source = Source { path: "app/src/a.rs".to_owned(), text: program.to_owned() };
        let mut faults = Vec::new();
        check(&[source], &mut Exceptions::default(), &mut faults);
        faults.into_iter().map(|fault| format!("{} {}", fault.place, fault.what)).collect()
    }

    #[test]
    fn text_between_tags_is_found_with_its_line() {
        let faults = texts("//! Page.\nview! {\n  <p>\n    \"Sign in\"\n  </p>\n}\n");
        assert_eq!(faults, ["app/src/a.rs:4 the visible text \"Sign in\" belongs to locales/"]);
        assert_eq!(texts("view! { <p>\"雲\"</p> }").len(), 1);
    }

    #[test]
    fn spoken_attribute_is_found() {
        assert_eq!(texts("view! { <nav aria-label=\"Main\"></nav> }").len(), 1);
    }

    #[test]
    fn signs_expressions_and_code_pass() {
        for program in [
            "view! { <p>\" · \"{name}</p> }",
            "view! { <p>{words.market_title()}</p> }",
            "match a { 1 => \"one\", _ => \"two\" }",
            "fn a() -> &'static str { \"text\" }",
            "html.push_str(\"<p>\");\n html.push_str(words); html.push_str(\"</p>\");",
            "match a { 1 => r#\"<path d=\"M1 2\"/>\"#, _ => r#\"<path/>\"# }",
            "#[cfg(test)]\nview! { <p>\"Sign in\"</p> }",
        ] {
            assert_eq!(texts(program), [""; 0], "{program}");
        }
    }
}
