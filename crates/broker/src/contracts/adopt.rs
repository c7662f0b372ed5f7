//! Adoption: a service that runs at a connected cloud and that no contract of ours made comes under one, as it stands.
//!
//! Who may see it and take it proves that it is theirs: they put it under a label that only their organisation is told. Whoever can
//! do that has the tenant's token at the cloud. After the adoption its label is the contract's, so the code opens nothing more.

use super::quote::{charges, plan_for};
use super::sign::{Activation, Existing};
use super::{Charges, PlaceView, Plan, Sign};
use crate::lifecycle::claim;
use crate::market::OfferCard;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, ContractId, ContractState, OfferId, OrganisationId, ProviderId, ResourceId};
use provider_api::{Allocation, EndpointKind, ResourceState};
use storage::contracts::{find_head, list_resources_of_native};
use storage::{Tx, lock};

/// What can be adopted under an offer, and how its owner shows that it is theirs.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// The label that its owner gives it at the cloud; the organisation's own for this provider.
    pub code: String,
    /// Whether the cloud can put what runs under another label.
    pub supported: bool,
    /// What carries the label and takes room, oldest first.
    pub found: Vec<Adoptable>,
}

/// Something that runs at a cloud and that its owner has shown.
#[derive(Debug, Clone)]
pub struct Adoptable {
    /// The cloud's id.
    pub allocation: String,
    /// Its state there, as in the inventory.
    pub state: String,
    /// Where it is.
    pub place: PlaceView,
    /// Its size, which is what would be signed.
    pub plan: Plan,
    /// What it would cost; `None`: the offer has no price for it.
    pub price: Option<Charges>,
    /// In what it differs from what the offer describes.
    pub differences: Vec<AdoptDifference>,
    /// Why it cannot be adopted: `not_running`, `no_address`, `region` or `owned`; `None`: it can.
    pub obstacle: Option<&'static str>,
}

/// One difference between what is there and what the offer describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptDifference {
    /// A quantity of the plan, as in `Plan::ranges`, or `region`.
    pub item: &'static str,
    /// As the offer has it.
    pub offered: String,
    /// As it is.
    pub found: String,
}

/// A signature for what runs already.
#[derive(Debug, Clone)]
pub struct Adopt {
    /// The terms; the quantities are those of what is there, whatever it says.
    pub sign: Sign,
    /// The cloud's id of it.
    pub allocation: String,
}

impl Broker {
    /// What the organisation has shown to be its own at the cloud of an offer, and the terms it would stand under.
    pub async fn adoptable(
        &self,
        ctx: &OpContext,
        offer: OfferId,
    ) -> Result<Adoption, BrokerError> {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::SignContract, organisation, "contract")?;
        let organisation = organisation.ok_or(BrokerError::SignInFirst)?;
        let shelved = self.shelved(ctx.sight(), offer).await?;
        let shelved = shelved.ok_or(BrokerError::NotFound { what: "offer" })?;
        let provider = shelved.card.provider.id;
        let code = self.adoption_code(organisation, provider)?;
        let (supported, shown) = self.shown(provider, &code).await?;
        let mut found = Vec::new();
        for allocation in shown.iter().filter(|it| it.state.takes_capacity()) {
            let plan = plan_of(allocation);
            let owned = is_owned(&mut self.begin_read().await?, provider, allocation).await?;
            found.push(Adoptable {
                allocation: allocation.id.to_string(),
                state: crate::inventory::word(allocation.state),
                place: PlaceView {
                    zone: allocation.zone.id.clone(),
                    region: allocation.zone.region.clone(),
                    country: allocation.zone.country.clone(),
                },
                price: charges(&shelved, &plan).ok(),
                differences: differences(&plan_for(&shelved.card), &plan),
                obstacle: obstacle(&shelved.card, allocation, owned),
                plan,
            });
        }
        Ok(Adoption { code, supported, found })
    }

    /// Signs for what runs already and starts `adopt_service` in one unit of work. Repeated with the same key it gives
    /// the same contract.
    pub async fn adopt(&self, ctx: &OpContext, adopt: Adopt) -> Result<ContractId, BrokerError> {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::SignContract, organisation, "contract")?;
        let organisation = organisation.ok_or(BrokerError::SignInFirst)?;
        let id = super::contract_id(organisation.uuid(), &adopt.sign.idempotency_key);
        let sign = Sign { starts_at: None, ..adopt.sign };
        if find_head(&mut self.look().await?, id).await?.is_some() {
            // What was adopted has another label by now; the signature is compared as it stands.
            return self.sign_for(ctx, Sign { plan: None, ..sign }, Existing::Nothing).await;
        }
        let shelved = self.shelved(ctx.sight(), sign.offer).await?;
        let shelved = shelved.ok_or(BrokerError::NotFound { what: "offer" })?;
        let provider = shelved.card.provider.id;
        let code = self.adoption_code(organisation, provider)?;
        let (supported, shown) = self.shown(provider, &code).await?;
        let found = shown.into_iter().find(|it| it.id.as_str() == adopt.allocation);
        let found = found.ok_or(BrokerError::NotFound { what: "allocation" })?;
        let owned = is_owned(&mut self.begin_read().await?, provider, &found).await?;
        let obstacle =
            if supported { obstacle(&shelved.card, &found, owned) } else { Some("unsupported") };
        if let Some(code) = obstacle {
            let detail = "it cannot be adopted as it stands".to_owned();
            return Err(BrokerError::Conflict { code, detail });
        }
        let sign = Sign { plan: Some(plan_of(&found)), ..sign };
        self.sign_for(ctx, sign, Existing::Running(&found)).await
    }

    /// The label that shows that something is an organisation's own.
    fn adoption_code(
        &self,
        organisation: OrganisationId,
        provider: ProviderId,
    ) -> Result<String, BrokerError> {
        let mark = self.inner.sealer.mark(&format!("adopt {organisation} {provider}"))?;
        Ok(format!("adopt-{mark}"))
    }

    /// Whether the cloud can change labels, and what carries this one there.
    async fn shown(
        &self,
        provider: ProviderId,
        code: &str,
    ) -> Result<(bool, Vec<Allocation>), BrokerError> {
        let mut tx = self.begin_read().await?;
        let connection = self.cloud_of(&mut tx, provider).await?;
        drop(tx);
        let connection = connection.ok_or(BrokerError::NotFound { what: "cloud" })?;
        let silent = |detail: String| BrokerError::Conflict { code: "cloud_silent", detail };
        let driver = self.inner.drivers.driver(&connection).map_err(silent)?;
        let told = futures::future::try_join(driver.capabilities(), driver.list(code)).await;
        let (capabilities, mut shown) = told.map_err(|error| silent(error.to_string()))?;
        shown.retain(|it| it.label == code);
        Ok((capabilities.adoption, shown))
    }

    /// Notes with the signature that the contract is to stand on it, so that a second signature for the same finds that;
    /// those of one provider come one after the other.
    ///
    /// # Errors
    /// `Conflict` `owned`: another contract does, or is about to.
    pub(super) async fn claim_running(
        &self,
        tx: &mut Tx,
        of: &Activation<'_>,
        found: &Allocation,
    ) -> Result<(), BrokerError> {
        lock::provider(tx, of.provider).await?;
        if is_owned(tx, of.provider, found).await? {
            let detail = "another contract stands on it, or is about to".to_owned();
            return Err(BrokerError::Conflict { code: "owned", detail });
        }
        Ok(claim(tx, of.contract, found, (ResourceId::new(self.ids()), self.now())).await?)
    }
}

/// Whether a contract that lives stands on it already.
async fn is_owned(
    tx: &mut Tx,
    provider: ProviderId,
    allocation: &Allocation,
) -> Result<bool, BrokerError> {
    use ContractState::{Activating, Active, Releasing};
    for row in list_resources_of_native(tx, allocation.id.as_str()).await? {
        let head = find_head(tx, row.contract_id).await?;
        let lives = |state| matches!(state, Activating | Active | Releasing);
        if head.is_some_and(|head| head.provider_id == provider && lives(head.state)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The size of what is there.
fn plan_of(allocation: &Allocation) -> Plan {
    let it = &allocation.resources;
    Plan {
        instances: it.compute.count.into(),
        vcpu: it.compute.vcpu.into(),
        ram_mb: it.compute.ram_mb.into(),
        storage_gb: it.storage.gb.into(),
        network_mbps: it.network.mbps.into(),
        region: allocation.zone.region.clone(),
    }
}

fn obstacle(card: &OfferCard, it: &Allocation, owned: bool) -> Option<&'static str> {
    if owned {
        Some("owned")
    } else if !matches!(it.state, ResourceState::Ready | ResourceState::Active) {
        Some("not_running")
    } else if it.resources.network.endpoint != EndpointKind::Http {
        Some("no_address")
    } else if card
        .regions
        .iter()
        .all(|(id, country)| (id, country) != (&it.zone.region, &it.zone.country))
    {
        Some("region")
    } else {
        None
    }
}

fn differences(offered: &Plan, found: &Plan) -> Vec<AdoptDifference> {
    let sizes = offered.ranges().into_iter().zip(found.ranges());
    let sizes = sizes.map(|((item, offered, ..), (_, found, ..))| AdoptDifference {
        item,
        offered: offered.to_string(),
        found: found.to_string(),
    });
    let region = AdoptDifference {
        item: "region",
        offered: offered.region.clone(),
        found: found.region.clone(),
    };
    sizes.chain([region]).filter(|one| one.offered != one.found).collect()
}
