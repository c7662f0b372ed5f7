//! Where a figure comes from.

use super::cursor::{At, Fields, Sink};
use super::scalar::{date, technical_name, text, web_address};
use crate::fault::FaultCode;
use crate::node::Node;
use crate::{Evidence, Expected};

pub(super) fn evidence(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Evidence> {
    let mut fields = Fields::open(node, at, sink)?;
    let kind = fields.required(sink, "type", technical_name);
    let evidence = Evidence {
        kind: kind.clone().unwrap_or_default(),
        scheme: fields.optional(sink, "scheme", technical_name),
        edition: fields.optional(sink, "edition", text),
        number: fields.optional(sink, "number", text),
        body: fields.optional(sink, "body", text),
        scope: fields.optional(sink, "scope", text),
        auditor: fields.optional(sink, "auditor", text),
        opinion: fields.optional(sink, "opinion", text),
        source: fields.optional(sink, "source", web_address),
        date: fields.optional(sink, "date", date),
        issued: fields.optional(sink, "issued", date),
        expires: fields.optional(sink, "expires", date),
        period_start: fields.optional(sink, "periodStart", date),
        period_end: fields.optional(sink, "periodEnd", date),
        result: fields.optional(sink, "result", text),
        note: fields.optional(sink, "note", text),
    };
    if kind.as_deref() == Some("published") {
        for (field, expected) in [("source", Expected::WebAddress), ("date", Expected::Date)] {
            if !fields.has(field) {
                let message = format!("a published figure needs its `{field}`");
                sink.fault::<()>(&at.field(field), FaultCode::Missing, None, expected, message);
            }
        }
    }
    if let (Some(start), Some(end)) = (&evidence.period_start, &evidence.period_end)
        && start.last_day() > end.last_day()
    {
        let message = "the period ends before it begins";
        sink.fault::<()>(
            &at.field("periodEnd"),
            FaultCode::Contradiction,
            node.get("periodEnd"),
            Expected::AfterBegin,
            message,
        );
    }
    fields.close(sink);
    kind.map(|_| evidence)
}
