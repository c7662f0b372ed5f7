//! Writing the audit list: every change says who did what to which thing, in the same transaction.

use crate::{Broker, BrokerError, OpContext};
use domain::AuditId;
use serde_json::{Map, Value};
use storage::Tx;
use storage::audit::{self, AuditEntry};

/// One line to be written.
#[derive(Debug)]
pub(crate) struct Entry {
    action: &'static str,
    subject: String,
    detail: Map<String, Value>,
}

impl Entry {
    /// `action` is `noun.past_participle`; `subject` the prefixed id of the thing.
    #[expect(clippy::needless_pass_by_value, reason = "ids are small and copied")]
    pub fn new(action: &'static str, subject: impl ToString) -> Self {
        Self { action, subject: subject.to_string(), detail: Map::new() }
    }

    /// Adds a fact; never a secret or personal data.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }
}

/// Writes the line in the caller's unit of work.
pub(crate) async fn record(
    broker: &Broker,
    ctx: &OpContext,
    tx: &mut Tx,
    entry: Entry,
) -> Result<(), BrokerError> {
    Ok(audit::insert(tx, &line(broker, ctx, entry)).await?)
}

/// The line as it is stored, for a statement that writes it together with the deed.
pub(crate) fn line(broker: &Broker, ctx: &OpContext, entry: Entry) -> AuditEntry {
    let mut detail = entry.detail;
    detail.insert("request".to_owned(), Value::from(ctx.request_id.as_str()));
    AuditEntry {
        id: AuditId::new(broker.ids()),
        at: broker.now(),
        actor: ctx.actor.audit_name(),
        actor_name: ctx.actor.viewer().map(|viewer| viewer.name.clone()).unwrap_or_default(),
        action: entry.action.to_owned(),
        subject: entry.subject,
        detail: Value::Object(detail).to_string(),
    }
}
