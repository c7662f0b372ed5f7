//! Reads `registry/items.yaml`. The file is ours and compiled in, so a fault in it is a broken
//! invariant of the build; `built_in_registry_parses` shows it before anything ships.

use super::{
    Compose, Composition, Direction, Group, ItemDef, ItemKind, Parts, Registry, Scale, Scheme,
    Unit, Word,
};
use crate::fault::{FaultCode, Faults};
use crate::node::Node;
use crate::read::cursor::{At, Fields, Sink};
use crate::read::scalar::{boolean, decimal, text, whole, word, words_for_people};
use crate::text_in;

const SOURCE: &str = include_str!("../../registry/items.yaml");

#[expect(clippy::panic, reason = "the registry is part of the program; a test parses it")]
pub(super) fn built_in() -> Registry {
    match load(SOURCE) {
        Ok(registry) => registry,
        Err(faults) => panic!("registry/items.yaml: {faults}"),
    }
}

/// Reads a registry file.
pub(super) fn load(source: &str) -> Result<Registry, Faults> {
    let nodes = text_in::parse(source)?;
    let mut sink = Sink::default();
    let empty = Node::Null;
    let registry = registry(nodes.first().unwrap_or(&empty), &At::ROOT, &mut sink);
    match registry {
        Some(registry) if sink.faults.is_empty() => Ok(registry),
        _ => Err(Faults(sink.faults)),
    }
}

fn registry(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Registry> {
    let mut fields = Fields::open(node, at, sink)?;
    let version = fields.required(sink, "version", whole(1, u32::MAX));
    let groups = fields.list(sink, "groups", group);
    let schemes = fields.list(sink, "schemes", scheme);
    let mut items = fields.list(sink, "items", item);
    fields.close(sink);
    let mut positions = std::collections::BTreeMap::new();
    for (position, item) in items.iter_mut().enumerate() {
        item.position = position;
        if positions.insert(item.key.clone(), position).is_some()
            || groups.iter().all(|group| group.key != item.group)
        {
            let message = format!("`{}` stands twice or has no group", item.key);
            sink.fault::<()>(at, FaultCode::DuplicateItem, None, Vec::new(), message);
        }
    }
    let open = items.len();
    Some(Registry { version: version?, groups, items, schemes, positions, open })
}

fn group(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Group> {
    let mut fields = Fields::open(node, at, sink)?;
    let key = fields.required(sink, "key", text);
    let label = fields.required(sink, "label", words_for_people);
    fields.close(sink);
    Some(Group { key: key?, label: label? })
}

fn scheme(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Scheme> {
    let mut fields = Fields::open(node, at, sink)?;
    let key = fields.required(sink, "key", text);
    let label = fields.required(sink, "label", words_for_people);
    let draft = fields.optional(sink, "draft", boolean).unwrap_or(false);
    let levels = fields.list(sink, "levels", labelled_word);
    fields.close(sink);
    Some(Scheme { key: key?, label: label?, draft, levels })
}

fn labelled_word(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Word> {
    let mut fields = Fields::open(node, at, sink)?;
    let key = fields.required(sink, "key", text);
    let label = fields.required(sink, "label", words_for_people);
    fields.close(sink);
    Some(Word { key: key?, label: label? })
}

fn item(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<ItemDef> {
    let mut fields = Fields::open(node, at, sink)?;
    let key = fields.required(sink, "key", text);
    let label = fields.required(sink, "label", words_for_people);
    let help = fields.required(sink, "help", words_for_people);
    let paper = fields.list(sink, "paper", text);
    let core = fields.optional(sink, "core", boolean).unwrap_or(false);
    let derived = fields.optional(sink, "derived", boolean).unwrap_or(false);
    let kind = fields.required(sink, "type", text);
    let unit = fields.optional(sink, "unit", word(Unit::WORDS, Unit::from_word));
    let direction =
        fields.required(sink, "direction", word(Direction::WORDS, Direction::from_word));
    let scale = fields.required(sink, "scale", scale);
    let compose = fields.required(sink, "compose", composition);
    let levels = fields.list(sink, "levels", labelled_word);
    let values = fields.list(sink, "values", labelled_word);
    fields.close(sink);
    let kind = match kind?.as_str() {
        "ratio" => ItemKind::Ratio,
        "duration" => ItemKind::Duration,
        "number" => ItemKind::Number,
        "enum-ordered" => ItemKind::Level(levels),
        "enum-ordered-in-scheme" => ItemKind::SchemeLevel,
        "enum-set" => ItemKind::Set(values),
        "enum-set-countries" => ItemKind::Countries,
        other => {
            let message = format!("unknown type `{other}`");
            return sink.fault(at, FaultCode::UnknownWord, None, Vec::new(), message);
        }
    };
    let key = key?;
    let group = key.split('.').next().unwrap_or_default().to_owned();
    let unit = unit.unwrap_or(Unit::None);
    let (label, help, direction, scale) = (label?, help?, direction?, scale?);
    let compose = compose?;
    Some(ItemDef {
        key,
        group,
        position: 0,
        label,
        help,
        paper,
        core,
        kind,
        unit,
        direction,
        scale,
        derived,
        compose,
        registered: None,
    })
}

fn composition(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Composition> {
    let mut fields = Fields::open(node, at, sink)?;
    let rule = || word(Compose::WORDS, Compose::from_word);
    let chain = fields.required(sink, "chain", rule());
    let pair = fields.required(sink, "pair", rule());
    let parts = fields.optional(sink, "parts", word(Parts::WORDS, Parts::from_word));
    fields.close(sink);
    Some(Composition { chain: chain?, pair: pair?, parts: parts.unwrap_or(Parts::Every) })
}

fn scale(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Scale> {
    let mut fields = Fields::open(node, at, sink)?;
    let kind = fields.required(sink, "kind", text)?;
    let scale = match kind.as_str() {
        "nines" | "losslog" => {
            let lo = fields.required(sink, "lo", whole(0, 20))?;
            let hi = fields.required(sink, "hi", whole(1, 20))?;
            if kind == "nines" { Scale::Nines { lo, hi } } else { Scale::LossLog { lo, hi } }
        }
        "loginv" => Scale::LogInverse {
            worst: fields.required(sink, "worst", decimal)?,
            best: fields.required(sink, "best", decimal)?,
        },
        "log" | "linear" | "linear_inv" => {
            let lo = fields.required(sink, "lo", decimal)?;
            let hi = fields.required(sink, "hi", decimal)?;
            match kind.as_str() {
                "log" => Scale::Log { lo, hi },
                "linear" => Scale::Linear { lo, hi },
                _ => Scale::LinearInverse { lo, hi },
            }
        }
        "level" => Scale::Level,
        "tier" => Scale::Tier,
        "cover" => Scale::Cover,
        "subset" => Scale::Subset,
        other => {
            let message = format!("unknown scale `{other}`");
            return sink.fault(at, FaultCode::UnknownWord, None, Vec::new(), message);
        }
    };
    fields.close(sink);
    Some(scale)
}
