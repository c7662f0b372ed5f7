//! SAS 70, which the paper asks for, ended in 2011. Asking for it is read as asking for any of the
//! reports that took its place, with a notice. A promise of it is a fault like any unknown report.

use super::cursor::{At, Sink};
use crate::fault::{FaultCode, NoticeCode};
use crate::node::Node;
use crate::{Operator, built_in};

/// The report that ended.
pub(crate) const LEGACY: &str = "sas70-type2";
/// The item whose members are reports.
pub(crate) const ITEM: &str = "audit.attestations";
/// SOC 2 answers the intent, SOC 1 and ISAE 3402 are the formal line.
const TODAY: [&str; 3] = ["soc2-type2", "soc1-type2", "isae3402-type2"];

/// The item with today's reports, if it asks for SAS 70.
pub(super) fn rewrite(node: &Node, at: &At<'_>, sink: &mut Sink) -> Option<Node> {
    let Node::Map(entries) = node else { return None };
    let reports = node.get("item") == Some(&Node::text(ITEM));
    let Some(Node::List(asked)) = node.get("value").filter(|_| reports) else { return None };
    let legacy = Node::text(LEGACY);
    if !asked.contains(&legacy) {
        return None;
    }
    let op = |word: &str| node.get("op") == Some(&Node::text(word));
    let banned = op(Operator::NoneOf.as_str());
    if banned || (!op(Operator::AnyOf.as_str()) && asked.len() > 1) {
        let message = if banned {
            "SAS 70 ended in 2011, so that no offer can promise it; leave it out, or ban today's reports by name"
        } else {
            "SAS 70 ended in 2011; ask with `any_of`, so that one of today's reports can take its place"
        };
        let allowed = TODAY.map(str::to_owned).to_vec();
        sink.fault::<()>(
            &at.field("value"),
            FaultCode::UnknownMember,
            Some(&legacy),
            allowed,
            message,
        );
        return None;
    }
    let message = format!("`{LEGACY}` ended in 2011 and is read as any of {}", TODAY.join(", "));
    sink.notice(&at.field("value"), NoticeCode::Sas70Rewritten, message);
    let others = asked.iter().filter(|node| **node != legacy).cloned();
    let reports = Node::List(TODAY.into_iter().map(Node::text).chain(others).collect());
    let changed = entries.iter().map(|(name, node)| match name.as_str() {
        "value" => (name.clone(), reports.clone()),
        // An operator that no set takes stays, to be reported.
        "op" if fits(node) => (name.clone(), Node::text(Operator::AnyOf.as_str())),
        _ => (name.clone(), node.clone()),
    });
    Some(Node::Map(changed.collect()))
}

fn fits(op: &Node) -> bool {
    let Node::Text(word) = op else { return false };
    let operators = built_in().item(ITEM).map(crate::ItemDef::operators).unwrap_or_default();
    operators.iter().any(|op| op.as_str() == word)
}
