//! Finds the string literals of Rust text: plain, raw, and what looks like one but is none.

/// A string literal: where it begins and ends, quotes included, and what is inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    pub start: usize,
    pub end: usize,
    pub text: String,
}

/// Every string literal of a text, in order. Comments are skipped.
pub fn literals(program: &str) -> Vec<Literal> {
    let bytes = program.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &program[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(quoted) = raw(rest, at, bytes).or_else(|| plain(rest)) {
            let end = at + quoted.whole;
            found.push(Literal { start: at, end, text: rest[quoted.from..quoted.to].to_owned() });
            quoted.whole
        } else {
            character(rest)
        };
        at += length;
    }
    found
}

struct Quoted {
    whole: usize,
    from: usize,
    to: usize,
}

/// `r"…"` and `r#"…"#`, when the `r` does not end a longer word.
fn raw(rest: &str, at: usize, bytes: &[u8]) -> Option<Quoted> {
    let inside_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    let hashes = rest.strip_prefix('r')?.bytes().take_while(|byte| *byte == b'#').count();
    let from = 1 + hashes + 1;
    if inside_word || rest.as_bytes().get(from - 1) != Some(&b'"') {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let to = from + rest[from..].find(&close)?;
    Some(Quoted { whole: to + close.len(), from, to })
}

fn plain(rest: &str) -> Option<Quoted> {
    let inside = rest.strip_prefix('"')?;
    let mut escaped = false;
    for (index, byte) in inside.bytes().enumerate() {
        match byte {
            b'"' if !escaped => return Some(Quoted { whole: index + 2, from: 1, to: index + 1 }),
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// The length of what stands here: a quoted character as a whole, else one character.
fn character(rest: &str) -> usize {
    for quoted in ["'\"'", "'\\\"'", "'\\''", "'\\\\'"] {
        if rest.starts_with(quoted) {
            return quoted.len();
        }
    }
    rest.chars().next().map_or(1, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(program: &str) -> Vec<String> {
        literals(program).into_iter().map(|literal| literal.text).collect()
    }

    #[test]
    fn plain_and_raw_literals_are_found() {
        assert_eq!(
            texts(r##"f("a", r#"b"c"#, "d\"e", r"f\", "雲")"##),
            ["a", "b\"c", "d\\\"e", "f\\", "雲"]
        );
    }

    #[test]
    fn quotes_in_characters_and_comments_are_none() {
        assert_eq!(texts("let a = '\"'; // \"b\"\nlet c = \"d\"; let e = '\\'';"), ["d"]);
        assert_eq!(texts("fn f<'a>(a: &'a str, number: u8) { g(\"x\") }"), ["x"]);
    }

    #[test]
    fn place_covers_the_quotes() {
        let literal = &literals("a \"b\" c")[0];
        assert_eq!((literal.start, literal.end), (2, 5));
    }
}
