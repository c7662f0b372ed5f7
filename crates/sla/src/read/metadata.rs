//! What both kinds of documents say about themselves.

use super::cursor::{At, Fields, Sink};
use super::scalar::{document_name, technical_name, text, timestamp, whole, words_for_people};
use crate::fault::FaultCode;
use crate::node::Node;
use crate::{Expected, Metadata, Signature};

pub(super) fn metadata(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Metadata> {
    let mut fields = Fields::open(node, at, sink)?;
    let name = fields.required(sink, "name", document_name);
    let provider = fields.optional(sink, "provider", identifier);
    let version = fields.required(sink, "version", whole(1, u32::MAX));
    let valid_from = fields.optional(sink, "validFrom", timestamp);
    let valid_until = fields.optional(sink, "validUntil", timestamp);
    let supersedes = fields.optional(sink, "supersedes", whole(1, u32::MAX));
    let title = fields.required(sink, "title", words_for_people);
    let description = fields.optional(sink, "description", words_for_people);
    let signature = fields.optional(sink, "signature", signature);
    fields.close(sink);
    if let (Some(version), Some(old)) = (version, supersedes)
        && old >= version
    {
        let message = format!("version {version} can only supersede an earlier one");
        let code = FaultCode::Contradiction;
        sink.fault::<()>(
            &at.field("supersedes"),
            code,
            node.get("supersedes"),
            Expected::EarlierThan { version },
            message,
        );
    }
    if let (Some(from), Some(until)) = (&valid_from, &valid_until)
        && until.unix_micros() <= from.unix_micros()
    {
        let message = "the version ends before it begins";
        let code = FaultCode::Contradiction;
        sink.fault::<()>(
            &at.field("validUntil"),
            code,
            node.get("validUntil"),
            Expected::AfterBegin,
            message,
        );
    }
    Some(Metadata {
        name: name?,
        provider,
        version: version?,
        valid_from,
        valid_until,
        supersedes,
        title: title?,
        description,
        signature,
    })
}

/// A DID or a URL: no spaces, not too long.
fn identifier(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    super::scalar::formed(node, at, sink, Expected::Identifier, |text| {
        text.len() <= 200 && text.contains(':') && text.chars().all(|c| c.is_ascii_graphic())
    })
}

fn signature(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Signature> {
    let mut fields = Fields::open(node, at, sink)?;
    let kind = fields.required(sink, "type", technical_name);
    let kid = fields.optional(sink, "kid", text);
    let value = fields.optional(sink, "value", text);
    fields.close(sink);
    Some(Signature { kind: kind?, kid, value })
}
