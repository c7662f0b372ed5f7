//! The desk's side: ticking checks, and every passage with who, when and why.

use super::read::{admission, checks};
use super::{AdmissionNews, AdmissionView, CheckLine};
use crate::audit::{Entry, record};
use crate::names::text_fault;
use crate::notices::NoticeKind;
use crate::offers::REASON_MAX;
use crate::{Broker, BrokerError, OpContext, providers};
use domain::{Action, AdmissionEvent, AuditId, CheckAnswer, is_second_pair_of_eyes};
use serde_json::{Value, json};
use storage::admissions::{self, Admission, AdmissionStep, AnswerRow, Turn};
use storage::{StorageError, Tx, lock};

/// What a person found out about a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The check.
    pub check: String,
    /// What was found out.
    pub answer: CheckAnswer,
    /// Evidence, or why it cannot be asked; needed for the latter.
    pub note: String,
}

impl Broker {
    /// Keeps what a person found out about a check of a provider; `Open` takes it back. Repeating it changes nothing.
    ///
    /// # Errors
    /// `/check` for one that does not exist or that the market computes; `/note`; `Conflict` `own_admission`,
    /// `admission_changed`.
    pub async fn answer_admission_check(
        &self,
        ctx: &OpContext,
        slug_or_id: &str,
        found: &Answer,
        read: i64,
    ) -> Result<AdmissionView, BrokerError> {
        let mut tx = self.begin().await?;
        let row = self.decidable_admission(ctx, &mut tx, slug_or_id).await?;
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let lines = checks(&mut tx, &row).await?;
        let line = lines.iter().find(|line| line.check.key == found.check);
        let line = line.filter(|line| !line.check.computed).ok_or_else(|| {
            let (allowed, message) = ("a check that a person answers", "this cannot be answered");
            BrokerError::field("/check", "check", &found.check, allowed, message)
        })?;
        let note = found.note.trim();
        let least = usize::from(found.answer == CheckAnswer::NotApplicable);
        let say = ("reason", "say why this cannot be asked of the provider");
        if let Some(fault) = text_fault("/note", note, least..=REASON_MAX, say) {
            return Err(BrokerError::Invalid(vec![fault]));
        }
        if line.answer != found.answer || line.note != note {
            if row.revision != read {
                return Err(BrokerError::newer("admission_changed", row.revision, read));
            }
            if found.answer == CheckAnswer::Open {
                admissions::reopen(&mut tx, row.provider_id, &found.check).await?;
            } else {
                let answer = AnswerRow {
                    check_key: found.check.clone(),
                    answer: found.answer.as_str().to_owned(),
                    note: note.to_owned(),
                    answered_by: viewer.user.to_string(),
                    answered_by_name: viewer.name.clone(),
                    answered_at: self.now(),
                };
                admissions::answer(&mut tx, row.provider_id, &answer).await?;
            }
            admissions::touch(&mut tx, row.provider_id, row.revision).await.map_err(stale)?;
            let entry = Entry::new("admission.checked", row.provider_id)
                .with("check", found.check.as_str())
                .with("answer", found.answer.as_str());
            record(self, ctx, &mut tx, entry).await?;
            tx.commit().await?;
        } else {
            drop(tx);
        }
        admission(ctx, &mut self.begin_read().await?, row.provider_id).await
    }

    /// Takes an admission one passage further: begin, admit, refuse, suspend or reinstate. Repeating the last one
    /// changes nothing.
    ///
    /// # Errors
    /// `/reason`; `Conflict` `own_admission`, `checks_missing`, `admission_changed`; an invalid step.
    pub async fn turn_admission(
        &self,
        ctx: &OpContext,
        slug_or_id: &str,
        (event, reason): (AdmissionEvent, &str),
        read: i64,
    ) -> Result<AdmissionView, BrokerError> {
        let mut tx = self.begin().await?;
        let row = self.decidable_admission(ctx, &mut tx, slug_or_id).await?;
        let reason = reason.trim();
        let least = usize::from(event.needs_reason());
        if let Some(fault) =
            text_fault("/reason", reason, least..=REASON_MAX, ("reason", "say to the provider why"))
        {
            return Err(BrokerError::Invalid(vec![fault]));
        }
        if self.was_turned(&mut tx, &row, (event, reason)).await? {
            drop(tx);
            return admission(ctx, &mut self.begin_read().await?, row.provider_id).await;
        }
        row.state.apply(event)?;
        if matches!(event, AdmissionEvent::Apply | AdmissionEvent::Enter | AdmissionEvent::Existed)
        {
            return Err(BrokerError::WrongRole);
        }
        if row.revision != read {
            return Err(BrokerError::newer("admission_changed", row.revision, read));
        }
        let lines = checks(&mut tx, &row).await?;
        if event == AdmissionEvent::Admit {
            complete(&lines)?;
        }
        self.pass(ctx, &mut tx, &row, (event, reason, Some(&lines))).await?;
        let (provider, now) = (row.provider_id, self.now());
        match event {
            AdmissionEvent::Suspend => {
                admissions::suspend_offers(&mut tx, provider, now).await?;
            }
            AdmissionEvent::Reinstate => {
                admissions::reinstate_offers(&mut tx, provider, now).await?;
            }
            _ => {}
        }
        tx.commit().await?;
        match event {
            AdmissionEvent::Suspend => self.sync_market().await?,
            AdmissionEvent::Reinstate => {
                self.sync_market().await?;
                // The notice of some may have run out meanwhile.
                self.withdraw_due().await?;
            }
            _ => {}
        }
        admission(ctx, &mut self.begin_read().await?, provider).await
    }

    /// Whether the last passage was this one, so that a repeated command is answered alike.
    async fn was_turned(
        &self,
        tx: &mut Tx,
        row: &Admission,
        (event, reason): (AdmissionEvent, &str),
    ) -> Result<bool, BrokerError> {
        let last = admissions::list_steps(tx, row.provider_id).await?.into_iter().next();
        Ok(last.is_some_and(|last| {
            last.event == event.as_str() && last.to_state == row.state && last.reason == reason
        }))
    }

    /// The admission, locked with its provider, for somebody who may decide about it.
    async fn decidable_admission(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        slug_or_id: &str,
    ) -> Result<Admission, BrokerError> {
        ctx.may(Action::AdmitProvider, None, "admission")?;
        let id = providers::find(tx, slug_or_id).await?.id;
        lock::provider(tx, id).await?;
        let row = admissions::find(tx, id).await?;
        let row = row.ok_or(BrokerError::NotFound { what: "provider" })?;
        let sent_by = row.applied_by.as_deref().unwrap_or_default();
        if is_second_pair_of_eyes(&ctx.actor, sent_by, row.organisation_id) {
            return Ok(row);
        }
        let detail = "whoever belongs to a provider does not decide about its admission".to_owned();
        Err(BrokerError::Conflict { code: "own_admission", detail })
    }

    /// Makes a passage: the state, its line in the history, the audit list and the notice to the provider.
    pub(super) async fn pass(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        row: &Admission,
        (event, reason, lines): (AdmissionEvent, &str, Option<&[CheckLine]>),
    ) -> Result<(), BrokerError> {
        let (to, now) = (row.state.apply(event)?, self.now());
        let by = ctx.actor.audit_name();
        let applied_by = (event == AdmissionEvent::Apply).then_some(by.as_str());
        let turn = Turn { to, applied_by, at: now };
        admissions::turn(tx, (row.provider_id, row.revision), turn).await.map_err(stale)?;
        let step = AdmissionStep {
            id: AuditId::new(self.ids()),
            provider_id: row.provider_id,
            at: now,
            actor: by,
            actor_name: ctx.actor.viewer().map(|viewer| viewer.name.clone()).unwrap_or_default(),
            event: event.as_str().to_owned(),
            to_state: to,
            reason: reason.to_owned(),
            checks: lines.map(|lines| snapshot(lines).to_string()),
        };
        admissions::insert_step(tx, &step).await?;
        record(self, ctx, tx, Entry::new(audited(event), row.provider_id)).await?;
        let Some(organisation) = row.organisation_id else { return Ok(()) };
        let news = AdmissionNews {
            slug: row.slug.clone(),
            provider_en: row.name_en.clone(),
            provider_ja: row.name_ja.clone(),
            state: to,
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
        };
        self.tell_organisation(tx, NoticeKind::AdmissionChanged, organisation, &news).await
    }
}

const fn audited(event: AdmissionEvent) -> &'static str {
    match event {
        AdmissionEvent::Apply => "admission.applied",
        AdmissionEvent::Begin => "admission.begun",
        AdmissionEvent::Admit | AdmissionEvent::Enter | AdmissionEvent::Existed => {
            "admission.admitted"
        }
        AdmissionEvent::Refuse => "admission.refused",
        AdmissionEvent::Suspend => "admission.suspended",
        AdmissionEvent::Reinstate => "admission.reinstated",
    }
}

/// What each check said, kept with the decision: the list may change later.
fn snapshot(lines: &[CheckLine]) -> Value {
    let one = |line: &CheckLine| {
        json!({
            "check": line.check.key,
            "version": line.check.version,
            "required": line.check.required,
            "answer": line.answer.as_str(),
            "note": line.note,
        })
    };
    Value::Array(lines.iter().map(one).collect())
}

/// Every required check has its answer.
fn complete(lines: &[CheckLine]) -> Result<(), BrokerError> {
    let missing = lines.iter().filter(|line| line.answer.is_missing(line.check.required));
    let missing: Vec<&str> = missing.map(|line| line.check.key.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let detail = format!("these checks are open: {}", missing.join(", "));
    Err(BrokerError::Conflict { code: "checks_missing", detail })
}

/// Somebody else was faster.
pub(super) fn stale(error: StorageError) -> BrokerError {
    match error {
        StorageError::Conflict { .. } => {
            let detail =
                "somebody changed the admission at the same time; read it again".to_owned();
            BrokerError::Conflict { code: "admission_changed", detail }
        }
        other => other.into(),
    }
}
