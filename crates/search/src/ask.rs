//! Reading what was typed: words, quoted phrases, what must not be there, and filters such as
//! `provider:hokusei` or `price:<50000`.

use domain::{Currency, Money};

/// A query is a few words; what follows is ignored.
const PARTS_MAX: usize = 16;

/// What was typed, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The words, in their order, without everything else.
    pub words: String,
    /// Quoted phrases.
    pub phrases: Vec<String>,
    /// Words and phrases that must not be found.
    pub without: Vec<String>,
    /// Filters, and whether they are turned round.
    pub filters: Vec<(Filter, bool)>,
}

/// A filter in the text of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// A value of a field, in lower case.
    Value(FilterField, String),
    /// A monthly price in minor units, both ends included.
    Price {
        /// Its currency; yen where none was named.
        currency: Currency,
        /// Lowest.
        min: Option<i64>,
        /// Highest.
        max: Option<i64>,
    },
}

/// A field that can be named in the text of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterField {
    /// Provider's short name.
    Provider,
    /// Region, or the beginning of its name up to a hyphen.
    Region,
    /// Country code.
    Country,
    /// Certification.
    Certification,
    /// Legal regime.
    Regime,
    /// Service model.
    Model,
    /// Deployment model.
    Deployment,
    /// Middleware by name, or by name and version.
    Middleware,
    /// Provisional hold support.
    Holds,
    /// `contractable` or `catalogue`.
    Is,
}

impl FilterField {
    /// Every field with the names it goes by; the first is the one that is shown.
    pub const ALL: [(Self, &'static [&'static str]); 10] = [
        (Self::Provider, &["provider"]),
        (Self::Region, &["region"]),
        (Self::Country, &["country"]),
        (Self::Certification, &["cert", "certification"]),
        (Self::Regime, &["regime", "law"]),
        (Self::Model, &["model"]),
        (Self::Deployment, &["deployment"]),
        (Self::Middleware, &["middleware"]),
        (Self::Holds, &["hold", "holds"]),
        (Self::Is, &["is"]),
    ];

    /// The name that is shown, and that stands in the index.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Region => "region",
            Self::Country => "country",
            Self::Certification => "cert",
            Self::Regime => "regime",
            Self::Model => "model",
            Self::Deployment => "deployment",
            Self::Middleware => "middleware",
            Self::Holds => "hold",
            Self::Is => "is",
        }
    }
}

impl Asked {
    /// Reads a query; whatever is not understood is words.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut asked = Self::default();
        let mut words = Vec::new();
        for part in parts(text).into_iter().take(PARTS_MAX) {
            let (negated, body) = match part.strip_prefix('-') {
                Some(rest)
                    if rest.chars().next().is_some_and(|c| c == '"' || c.is_alphanumeric()) =>
                {
                    (true, rest)
                }
                _ => (false, part.as_str()),
            };
            if let Some(filter) = filter(body) {
                asked.filters.push((filter, negated));
                continue;
            }
            let quoted = body.strip_prefix('"').map(|body| body.trim_end_matches('"'));
            match (quoted, negated) {
                (Some(phrase), false) => asked.phrases.push(phrase.to_owned()),
                (None, false) => words.push(body.to_owned()),
                (_, true) => asked.without.push(quoted.unwrap_or(body).to_owned()),
            }
        }
        asked.phrases.retain(|phrase| !phrase.trim().is_empty());
        asked.words = words.join(" ");
        asked
    }
}

/// Cuts at spaces outside quotes; an open quote ends with the text.
fn parts(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' | '“' | '”' | '「' | '」' | '『' | '』' | '＂' => {
                // A quote in the middle of a word begins a new part, except behind a field or a minus.
                if !quoted && !part.is_empty() && !part.ends_with(':') && part != "-" {
                    parts.push(std::mem::take(&mut part));
                }
                part.push('"');
                if quoted {
                    parts.push(std::mem::take(&mut part));
                }
                quoted = !quoted;
            }
            character if character.is_whitespace() && !quoted => {
                parts.push(std::mem::take(&mut part));
            }
            '：' if !quoted => part.push(':'),
            character => part.push(character),
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

fn filter(part: &str) -> Option<Filter> {
    let (name, value) = part.split_once(':')?;
    let name = name.to_lowercase();
    let value = value.trim_matches('"').trim();
    if value.is_empty() {
        return None;
    }
    if name == "price" {
        return price(value);
    }
    let known = FilterField::ALL.iter().find(|(_, names)| names.contains(&name.as_str()));
    known.map(|(field, _)| Filter::Value(*field, crate::fold::plain(value)))
}

/// `<50000`, `>100`, `100..500`, `50000`; a currency may follow.
fn price(value: &str) -> Option<Filter> {
    let value = crate::fold::plain(value).replace([',', '_', ' ', '¥', '€', '$', '£'], "");
    let digits_end = value.rfind(|c: char| c.is_ascii_digit() || c == '.').map_or(0, |at| at + 1);
    let (range, unit) = value.split_at(digits_end);
    let currency = match unit {
        "" => Currency::Jpy,
        unit => unit.to_uppercase().parse().ok()?,
    };
    let minor = |text: &str| -> Option<i64> {
        let money = Money::parse_major(text, currency).ok()?;
        (money.minor >= 0).then_some(money.minor)
    };
    let (min, max) = if let Some(text) = range.strip_prefix("<=") {
        (None, Some(minor(text)?))
    } else if let Some(text) = range.strip_prefix('<') {
        (None, Some(minor(text)?.saturating_sub(1)))
    } else if let Some(text) = range.strip_prefix(">=") {
        (Some(minor(text)?), None)
    } else if let Some(text) = range.strip_prefix('>') {
        (Some(minor(text)?.saturating_add(1)), None)
    } else if let Some((low, high)) = range.split_once("..") {
        (Some(minor(low)?), Some(minor(high)?))
    } else {
        (None, Some(minor(range)?))
    };
    Some(Filter::Price { currency, min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_phrases_filters_and_exclusions_are_told_apart() {
        let asked =
            Asked::read("札幌 \"virtual machine\" -gpu cert:ISMAP middleware:\"PostgreSQL 16\"");
        assert_eq!(asked.words, "札幌");
        assert_eq!(asked.phrases, ["virtual machine"]);
        assert_eq!(asked.without, ["gpu"]);
        let value = |field, text: &str| (Filter::Value(field, text.to_owned()), false);
        let certificate = value(FilterField::Certification, "ismap");
        assert_eq!(asked.filters, [certificate, value(FilterField::Middleware, "postgresql 16")]);
    }

    #[test]
    fn prices_are_read_with_bounds_and_currency() {
        let read = |text: &str| match Asked::read(text).filters.pop() {
            Some((Filter::Price { currency, min, max }, false)) => (currency, min, max),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(read("price:<50000"), (Currency::Jpy, None, Some(49_999)));
        assert_eq!(read("price:<=50,000"), (Currency::Jpy, None, Some(50_000)));
        assert_eq!(read("price:>=10.50eur"), (Currency::Eur, Some(1_050), None));
        assert_eq!(read("price:100..500jpy"), (Currency::Jpy, Some(100), Some(500)));
        assert_eq!(read("price:￥８００"), (Currency::Jpy, None, Some(800)));
    }

    #[test]
    fn what_is_not_understood_is_words() {
        for text in ["price:cheap", "colour:red", "https://example.com", "cert:", "-", "a:b:c"] {
            let asked = Asked::read(text);
            assert_eq!((asked.words.as_str(), asked.filters.len()), (text, 0));
        }
        assert_eq!(Asked::read("\"open").phrases, ["open"]);
        assert_eq!(Asked::read("x\"y z\"").phrases, ["y z"]);
        assert_eq!(Asked::read("「仮想マシン」").phrases, ["仮想マシン"]);
    }
}
