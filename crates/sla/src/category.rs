//! Categories of a market: which attributes an offer of a kind states, and what each has to be.
//!
//! A document names its category and says its attributes, and can be read without knowing either. What they
//! mean is defined by the market that keeps the category; [`category_faults`] holds a document to it.

use crate::expected::Allowed;
use crate::{AttributeValue, Expected, Fault, FaultCode, Offer, Text, nearest};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Longest key of an attribute or a choice.
const KEY_MAX: usize = 40;
/// Longest version.
const VERSION_MAX: usize = 40;

/// A kind of offer, as the market defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// 3 to 63 lower-case letters, digits and hyphens; documents name it.
    pub key: String,
    /// The wider category that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Its name for people.
    pub title: Text,
    /// What belongs into it; may be empty.
    #[serde(default)]
    pub help: Text,
    /// What its offers say, in the order shown.
    pub attributes: Vec<AttributeDef>,
}

/// One attribute of a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributeDef {
    /// 1 to 40 lower-case letters, digits and underscores.
    pub key: String,
    /// Its name for people.
    pub title: Text,
    /// How it is meant; may be empty.
    #[serde(default)]
    pub help: Text,
    /// Whether an offer of the category has to say it.
    pub required: bool,
    /// What it has to be.
    pub kind: AttributeKind,
}

/// What an attribute has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AttributeKind {
    /// One of a list.
    Choice {
        /// The list, at least one.
        choices: Vec<AttributeChoice>,
    },
    /// An exact number.
    Number {
        /// What is counted or measured; may be empty.
        unit: String,
        /// The least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<Decimal>,
        /// The most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Decimal>,
    },
    /// Yes or no.
    Boolean,
    /// A version as its product writes it.
    Version,
}

/// One of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeChoice {
    /// The word in documents: 1 to 40 lower-case letters, digits, `_`, `-` and `.`.
    pub key: String,
    /// Its name for people.
    pub title: Text,
}

impl AttributeKind {
    /// The word for the type.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Choice { .. } => "choice",
            Self::Number { .. } => "number",
            Self::Boolean => "boolean",
            Self::Version => "version",
        }
    }
}

impl Category {
    /// The attribute of this key.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AttributeDef> {
        self.attributes.iter().find(|attribute| attribute.key == key)
    }
}

/// Whether a key of an attribute has its form.
#[must_use]
pub fn attribute_key(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    key.len() <= KEY_MAX
        && key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.bytes().all(plain)
}

/// Everything in which an offer does not say what its category asks for; each fault names the field, what was
/// found and what is allowed.
#[must_use]
pub fn category_faults(offer: &Offer, category: &Category) -> Vec<Fault> {
    let said = &offer.spec.service.attributes;
    let mut faults = Vec::new();
    for attribute in &category.attributes {
        match said.get(&attribute.key) {
            Some(value) => faults.extend(value_fault(attribute, value)),
            None if attribute.required => faults.push(fault(
                &attribute.key,
                FaultCode::Missing,
                None,
                allowed(attribute),
                format!("offers of `{}` say their `{}`", category.key, attribute.key),
            )),
            None => {}
        }
    }
    for (key, value) in said {
        if category.attribute(key).is_some() {
            continue;
        }
        let known = || category.attributes.iter().map(|attribute| attribute.key.as_str());
        let message = match nearest(key, known()) {
            Some(meant) => format!("unknown attribute `{key}`; did you mean `{meant}`?"),
            None => format!("`{}` has no attribute `{key}`", category.key),
        };
        let allowed = match category.attributes.is_empty() {
            true => Expected::LeaveOut.into(),
            false => Allowed::from(known().map(str::to_owned).collect::<Vec<_>>()),
        };
        faults.push(fault(key, FaultCode::UnknownField, Some(shown(value)), allowed, message));
    }
    faults
}

fn value_fault(attribute: &AttributeDef, value: &AttributeValue) -> Option<Fault> {
    let wrong = |code, message: String| {
        Some(fault(&attribute.key, code, Some(shown(value)), allowed(attribute), message))
    };
    match (&attribute.kind, value) {
        (AttributeKind::Choice { choices }, AttributeValue::Text(word)) => {
            let keys = || choices.iter().map(|choice| choice.key.as_str());
            if keys().any(|key| key == word) {
                return None;
            }
            let message = match nearest(word, keys()) {
                Some(meant) => format!("unknown word; did you mean `{meant}`?"),
                None => "unknown word".to_owned(),
            };
            wrong(FaultCode::UnknownWord, message)
        }
        (AttributeKind::Number { min, max, .. }, AttributeValue::Number(number)) => {
            let low = min.is_some_and(|min| *number < min);
            let high = max.is_some_and(|max| *number > max);
            (low || high).then_some(())?;
            wrong(
                FaultCode::OutOfRange,
                "the number is outside what the category allows".to_owned(),
            )
        }
        (AttributeKind::Boolean, AttributeValue::Boolean(_)) => None,
        (AttributeKind::Version, AttributeValue::Text(version)) => {
            let fits = version.chars().count() <= VERSION_MAX && !version.contains(['\n', '\t']);
            (!fits).then_some(())?;
            wrong(FaultCode::TextTooLong, format!("a version has at most {VERSION_MAX} characters"))
        }
        // 8.40 without quotation marks would be the number 8.4.
        (AttributeKind::Version, AttributeValue::Number(_)) => {
            wrong(FaultCode::WrongType, "put the version into quotation marks".to_owned())
        }
        (kind, _) => wrong(FaultCode::WrongType, format!("expected a {}", kind.word())),
    }
}

/// What the attribute takes.
fn allowed(attribute: &AttributeDef) -> Allowed {
    match &attribute.kind {
        AttributeKind::Choice { choices } => {
            choices.iter().map(|choice| choice.key.clone()).collect::<Vec<_>>().into()
        }
        AttributeKind::Number { min: Some(min), max: Some(max), .. } => {
            Expected::Between { min: *min, max: *max }.into()
        }
        AttributeKind::Number { min: Some(min), .. } => Expected::AtLeast { min: *min }.into(),
        AttributeKind::Number { max: Some(max), .. } => Expected::AtMost { max: *max }.into(),
        AttributeKind::Number { .. } => Expected::Number.into(),
        AttributeKind::Boolean => Expected::YesNo.into(),
        AttributeKind::Version => Expected::Version.into(),
    }
}

fn shown(value: &AttributeValue) -> String {
    let text = match value {
        AttributeValue::Text(text) => text.clone(),
        AttributeValue::Number(number) => number.normalize().to_string(),
        AttributeValue::Boolean(yes) => yes.to_string(),
    };
    text.chars().take(60).collect()
}

fn fault(
    key: &str,
    code: FaultCode,
    found: Option<String>,
    Allowed { words, expected }: Allowed,
    message: String,
) -> Fault {
    let path = format!("/spec/service/attributes/{key}");
    Fault { path, code, found, allowed: words, expected, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EXAMPLE_OFFERS;

    fn database() -> Category {
        let attribute = |key: &str, required, kind| AttributeDef {
            key: key.to_owned(),
            title: Text::new(key, key),
            help: Text::default(),
            required,
            kind,
        };
        let choice =
            |key: &str| AttributeChoice { key: key.to_owned(), title: Text::new(key, key) };
        let number = AttributeKind::Number {
            unit: "TiB".to_owned(),
            min: Some(Decimal::ONE),
            max: Some(Decimal::from(64)),
        };
        Category {
            key: "managed-database".to_owned(),
            parent: None,
            title: Text::new("Managed database", "マネージドDB"),
            help: Text::default(),
            attributes: vec![
                attribute(
                    "engine",
                    true,
                    AttributeKind::Choice { choices: vec![choice("postgresql"), choice("mysql")] },
                ),
                attribute("storage", false, number),
                attribute("replicas", true, AttributeKind::Boolean),
                attribute("release", false, AttributeKind::Version),
            ],
        }
    }

    fn found(attributes: &str) -> Vec<(String, FaultCode)> {
        let text = EXAMPLE_OFFERS[0].yaml.replace(
            "deployment: ",
            &format!("category: managed-database, attributes: {attributes}, deployment: "),
        );
        let offer = crate::parse_offer(&text).expect("the document alone is sound");
        let faults = category_faults(&offer, &database());
        for fault in &faults {
            assert!(!fault.allowed.is_empty(), "{fault:?}");
        }
        let place = |fault: Fault| {
            (fault.path.trim_start_matches("/spec/service/attributes/").to_owned(), fault.code)
        };
        faults.into_iter().map(place).collect()
    }

    #[test]
    fn a_document_that_says_what_its_category_asks_is_sound() {
        let sound = "{engine: mysql, storage: 1.5, replicas: true, release: \"8.40\"}";
        assert_eq!(found(sound), []);
        assert_eq!(found("{engine: mysql, replicas: false}"), []);
    }

    #[test]
    fn every_fault_against_a_category_names_its_field_and_what_is_allowed() {
        let one = |key: &str, code| vec![(key.to_owned(), code)];
        let cases = [
            ("{replicas: true}", one("engine", FaultCode::Missing)),
            ("{engine: mysq, replicas: true}", one("engine", FaultCode::UnknownWord)),
            ("{engine: 5, replicas: true}", one("engine", FaultCode::WrongType)),
            ("{engine: mysql, replicas: \"yes\"}", one("replicas", FaultCode::WrongType)),
            (
                "{engine: mysql, replicas: true, storage: 0.5}",
                one("storage", FaultCode::OutOfRange),
            ),
            (
                "{engine: mysql, replicas: true, release: 8.40}",
                one("release", FaultCode::WrongType),
            ),
            ("{engine: mysql, replicas: true, colour: x}", one("colour", FaultCode::UnknownField)),
        ];
        for (attributes, expected) in cases {
            assert_eq!(found(attributes), expected, "{attributes}");
        }
    }
}
