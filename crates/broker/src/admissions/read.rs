//! Reading admissions: the desk's list, one provider, and one's own.

use super::{AdmissionCard, AdmissionLine, AdmissionView, CheckLine, CheckView};
use crate::{Broker, BrokerError, OpContext, providers};
use domain::{
    Action, AdmissionEvent, AdmissionState, CheckAnswer, ProviderId, is_second_pair_of_eyes,
};
use std::collections::HashMap;
use storage::Tx;
use storage::admissions::{self, Admission, AdmissionStep, AnswerRow};

impl Broker {
    /// Providers, optionally of one state: what waits for a person first, the others by their last passage.
    pub async fn admissions(
        &self,
        ctx: &OpContext,
        state: Option<AdmissionState>,
    ) -> Result<Vec<AdmissionCard>, BrokerError> {
        ctx.may(Action::AdmitProvider, None, "admission")?;
        let rows = admissions::list(&mut self.look().await?, state).await?;
        Ok(rows.iter().map(AdmissionCard::from).collect())
    }

    /// One provider's admission, by short name or id.
    pub async fn admission(
        &self,
        ctx: &OpContext,
        slug_or_id: &str,
    ) -> Result<AdmissionView, BrokerError> {
        ctx.may(Action::AdmitProvider, None, "admission")?;
        let mut tx = self.begin_read().await?;
        let id = providers::find(&mut tx, slug_or_id).await?.id;
        admission(ctx, &mut tx, id).await
    }

    /// The admission of the provider that the actor belongs to.
    pub async fn my_admission(&self, ctx: &OpContext) -> Result<AdmissionView, BrokerError> {
        let mut tx = self.begin_read().await?;
        let own = self.own_provider(ctx, &mut tx).await?;
        ctx.may(Action::ApplyForAdmission, own.organisation_id, "admission")?;
        admission(ctx, &mut tx, own.id).await
    }
}

/// The admission with its checks and passages.
pub(super) async fn admission(
    ctx: &OpContext,
    tx: &mut Tx,
    id: ProviderId,
) -> Result<AdmissionView, BrokerError> {
    let row = admissions::find(tx, id).await?;
    let row = row.ok_or(BrokerError::NotFound { what: "provider" })?;
    let checks = checks(tx, &row).await?;
    let steps = admissions::list_steps(tx, id).await?;
    let sent_by = row.applied_by.clone().unwrap_or_default();
    Ok(AdmissionView {
        card: AdmissionCard::from(&row),
        organisation: row.organisation_id,
        revision: row.revision,
        statement: row.statement,
        links: serde_json::from_str(&row.links).unwrap_or_default(),
        applied_at: row.applied_at,
        checks,
        history: steps.into_iter().filter_map(line).collect(),
        own: !is_second_pair_of_eyes(&ctx.actor, &sent_by, row.organisation_id),
    })
}

/// The checks that are asked, with what persons and the market itself found out.
pub(super) async fn checks(tx: &mut Tx, row: &Admission) -> Result<Vec<CheckLine>, BrokerError> {
    let asked = admissions::list_checks(tx).await?;
    let answers = admissions::list_answers(tx, row.provider_id).await?;
    let mut answers: HashMap<String, AnswerRow> =
        answers.into_iter().map(|answer| (answer.check_key.clone(), answer)).collect();
    let asked = asked.into_iter().map(CheckView::from).filter(|check| !check.retired);
    let line = |check: CheckView| {
        if check.computed {
            let answer = CheckAnswer::of_cloud(row.backed, row.passed);
            return CheckLine { check, answer, note: String::new(), by: None, at: None };
        }
        let found = answers.remove(&check.key);
        let answer = found.as_ref().and_then(|found| CheckAnswer::from_word(&found.answer));
        CheckLine {
            check,
            answer: answer.unwrap_or(CheckAnswer::Open),
            note: found.as_ref().map(|found| found.note.clone()).unwrap_or_default(),
            at: found.as_ref().map(|found| found.answered_at),
            by: found.map(|found| found.answered_by_name),
        }
    };
    Ok(asked.map(line).collect())
}

/// A passage as it is shown; one of another version of the program is left out.
fn line(step: AdmissionStep) -> Option<AdmissionLine> {
    Some(AdmissionLine {
        at: step.at,
        event: AdmissionEvent::from_word(&step.event)?,
        to: step.to_state,
        by: step.actor_name,
        reason: step.reason,
    })
}

impl From<&Admission> for AdmissionCard {
    fn from(row: &Admission) -> Self {
        Self {
            provider: row.provider_id,
            slug: row.slug.clone(),
            name_en: row.name_en.clone(),
            name_ja: row.name_ja.clone(),
            state: row.state,
            changed_at: row.changed_at,
            admitted_at: row.admitted_at,
        }
    }
}
