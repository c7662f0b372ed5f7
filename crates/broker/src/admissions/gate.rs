//! Who may come on the market: asked wherever something is published.

use crate::{Broker, BrokerError};
use domain::{AdmissionEvent, AdmissionState, AuditId, ProviderId, Timestamp};
use storage::Tx;
use storage::admissions::{self, AdmissionStep, Turn};

impl Broker {
    /// Where a provider stands, for everybody: since when it is admitted, and whether it is suspended.
    pub async fn standing(
        &self,
        provider: ProviderId,
    ) -> Result<(AdmissionState, Option<Timestamp>), BrokerError> {
        let found = admissions::state_of(&mut self.look().await?, provider).await?;
        Ok(found.unwrap_or((AdmissionState::Preparing, None)))
    }

    /// Whether a provider's offers may come on the market; `None`: nobody is asked to be admitted.
    pub(crate) async fn admitted(
        &self,
        tx: &mut Tx,
        provider: ProviderId,
    ) -> Result<Option<bool>, BrokerError> {
        let open = !self.inner.config.admission_required;
        let state = admissions::state_of(tx, provider).await?;
        let state = state.map_or(AdmissionState::Preparing, |(state, _)| state);
        let may = state.may_sell(open);
        Ok((!open || !may).then_some(may))
    }

    /// Refuses what would bring an offer on the market.
    ///
    /// # Errors
    /// `Conflict` `provider_not_admitted`.
    pub(crate) async fn must_be_admitted(
        &self,
        tx: &mut Tx,
        provider: ProviderId,
    ) -> Result<(), BrokerError> {
        if self.admitted(tx, provider).await? == Some(false) {
            let detail = "the provider is not admitted to the market, or is suspended".to_owned();
            return Err(BrokerError::Conflict { code: "provider_not_admitted", detail });
        }
        Ok(())
    }
}

/// Admits a provider that the market itself enters, in the unit of work that does so.
pub(crate) async fn enter(
    broker: &Broker,
    tx: &mut Tx,
    provider: ProviderId,
) -> Result<(), BrokerError> {
    let now: Timestamp = broker.now();
    let to = AdmissionState::Preparing.apply(AdmissionEvent::Enter)?;
    admissions::ensure(tx, provider, now).await?;
    admissions::turn(tx, (provider, 0), Turn { to, applied_by: None, at: now }).await?;
    let step = AdmissionStep {
        id: AuditId::new(broker.ids()),
        provider_id: provider,
        at: now,
        actor: "system".to_owned(),
        actor_name: String::new(),
        event: AdmissionEvent::Enter.as_str().to_owned(),
        to_state: to,
        reason: String::new(),
        checks: None,
    };
    Ok(admissions::insert_step(tx, &step).await?)
}
