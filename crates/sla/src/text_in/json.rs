//! JSON (RFC 8259) with numbers kept exactly, which `serde_json` offers only by a feature that
//! changes every other crate of the build.

use super::TextFault;
use crate::fault::FaultCode;
use crate::node::{MAX_DEPTH, MAX_NODES, Node};

pub(super) fn parse(text: &str) -> Result<Node, TextFault> {
    let mut parser = Parser { text, at: 0, nodes: 0 };
    let node = parser.value(0)?;
    parser.space();
    if parser.at < text.len() { Err(parser.fault("text after the end")) } else { Ok(node) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    nodes: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, TextFault> {
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            let mut fault = self.fault("nested too deeply or too many values");
            fault.code = FaultCode::TooLarge;
            return Err(fault);
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Node::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.literal(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node, TextFault> {
        self.at += 1;
        let mut entries = Vec::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Node::Map(entries));
        }
        loop {
            self.space();
            let key = self.string()?;
            self.space();
            if !self.eat(b':') {
                return Err(self.fault("expected `:`"));
            }
            entries.push((key, self.value(depth + 1)?));
            self.space();
            if self.eat(b'}') {
                return Ok(Node::Map(entries));
            }
            if !self.eat(b',') {
                return Err(self.fault("expected `,` or `}`"));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Node, TextFault> {
        self.at += 1;
        let mut nodes = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(Node::List(nodes));
        }
        loop {
            nodes.push(self.value(depth + 1)?);
            self.space();
            if self.eat(b']') {
                return Ok(Node::List(nodes));
            }
            if !self.eat(b',') {
                return Err(self.fault("expected `,` or `]`"));
            }
        }
    }

    fn number(&mut self) -> Result<Node, TextFault> {
        let rest = self.rest();
        let length = rest
            .bytes()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .count();
        let text = &rest[..length];
        if !is_json_number(text) {
            return Err(self.fault("not a JSON number"));
        }
        // A number beyond 28 digits stays text, so that the field it stands in is named.
        let node = Node::from_number_text(text).unwrap_or_else(|| Node::text(text));
        self.at += length;
        Ok(node)
    }

    fn literal(&mut self) -> Result<Node, TextFault> {
        for (word, node) in
            [("true", Node::Bool(true)), ("false", Node::Bool(false)), ("null", Node::Null)]
        {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(node);
            }
        }
        Err(self.fault("expected a JSON value"))
    }

    fn string(&mut self) -> Result<String, TextFault> {
        if !self.eat(b'"') {
            return Err(self.fault("expected a string"));
        }
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            out.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return Err(self.fault("control character in a string")),
                None => return Err(self.fault("the string does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, TextFault> {
        self.at += 1;
        let letter = self.peek().ok_or_else(|| self.fault("the string does not end"))?;
        self.at += 1;
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.fault("unknown escape")),
        })
    }

    fn unicode(&mut self) -> Result<char, TextFault> {
        let first = self.hex()?;
        let code = if (0xD800..0xDC00).contains(&first) {
            if !(self.eat(b'\\') && self.eat(b'u')) {
                return Err(self.fault("half of a surrogate pair"));
            }
            let second = self.hex()?;
            if !(0xDC00..0xE000).contains(&second) {
                return Err(self.fault("half of a surrogate pair"));
            }
            0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.fault("half of a surrogate pair"))
    }

    fn hex(&mut self) -> Result<u32, TextFault> {
        let digits = self.rest().get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.fault("expected four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let eaten = self.peek() == Some(byte);
        self.at += usize::from(eaten);
        eaten
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn fault(&self, message: &str) -> TextFault {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        TextFault { code: FaultCode::Syntax, line, column, message: message.to_owned() }
    }
}

/// The grammar of RFC 8259 section 6, stricter than `parse_decimal`: no leading zero, no bare point.
fn is_json_number(text: &str) -> bool {
    let body = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|part| digits(part.strip_prefix(['-', '+']).unwrap_or(part)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_and_numbers_are_read_exactly() {
        let node = parse(r#" {"a\u00e9\ud83d\ude00\/\n": [1.50, -0, 1e2, true, null]} "#).unwrap();
        let Node::Map(entries) = node else { panic!("not a map") };
        assert_eq!(entries[0].0, "aé😀/\n");
        let Node::List(items) = &entries[0].1 else { panic!("not a list") };
        assert_eq!(items[0], Node::from_number_text("1.50").unwrap());
        assert_eq!(items[3..], [Node::Bool(true), Node::Null]);
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        for bad in [
            "",
            "{",
            "[1,]",
            "{\"a\" 1}",
            "01",
            "1.",
            "-",
            "tru",
            "\"\\ud800\"",
            "\"\\ude00\"",
            "\"\u{1}\"",
            "\"\\x\"",
            "1 2",
            "{\"a\":1,}",
            "[",
            "\"",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let fault = parse("{\n  \"a\": ?\n}").unwrap_err();
        assert_eq!((fault.line, fault.column), (2, 8));
    }

    #[test]
    fn nesting_has_a_limit() {
        assert_eq!(parse(&"[".repeat(1000)).unwrap_err().code, FaultCode::TooLarge);
    }

    proptest! {
        #[test]
        fn what_serde_json_prints_is_read(text in any::<String>(), number in any::<i64>()) {
            let printed = serde_json::json!({ "k": text, "n": number }).to_string();
            let node = parse(&printed).unwrap();
            prop_assert_eq!(node.get("k"), Some(&Node::Text(text)));
            prop_assert_eq!(node.get("n"), Some(&Node::integer(number)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[\\[\\]{}\",:\\\\u0-9a-f.eE+\\- \\n]*") {
            let ours = parse(&text).is_ok();
            let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            // serde_json refuses numbers beyond f64; we keep them as text and name the field.
            prop_assert!(ours == theirs || ours && text.contains(['e', 'E']), "{}", text);
        }
    }
}
