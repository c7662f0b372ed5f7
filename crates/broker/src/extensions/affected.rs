//! What is on the market and saved already under the key of a proposed item, for whoever decides about it.

use crate::documents::read_requirement;
use crate::shelf::State;
use crate::sync::CHUNK;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, OfferId, OrganisationId};
use sla::{Extension, ItemDef, Registered, Requirement, Value};
use storage::requirements::{self, NeededLimits};

/// Offers that are named; the others are counted.
const NAMED_MAX: usize = 100;
/// Needs that are looked through, the latest first.
const NEEDS_MAX: u32 = 5_000;

/// An offer that says something else under the key than the item takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherPromise {
    /// The offer.
    pub offer: OfferId,
    /// Its title.
    pub title: sla::Text,
    /// What it says.
    pub value: Value,
}

/// Who names the key of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affects {
    /// Offers on the market that name it.
    pub offers: u64,
    /// Those of them that say something else, so that their value will be shown as unregistered.
    pub other_offers: u64,
    /// The first of these.
    pub named: Vec<OtherPromise>,
    /// Saved needs that ask for it, in their newest versions.
    pub needs: u64,
    /// Those of them that ask for something else.
    pub other_needs: u64,
}

impl Broker {
    /// What accepting an item would mean for offers on the market and for saved needs; every document of the market
    /// streams by.
    pub async fn extension_affects(
        &self,
        ctx: &OpContext,
        extension: &Extension,
    ) -> Result<Affects, BrokerError> {
        ctx.may(Action::KeepItems, None, "item")?;
        let item = extension.item(Registered { version: 1, retired: false });
        let mut affects = Affects::default();
        self.affected_offers(&item, &mut affects).await?;
        let limits = NeededLimits { recent: NEEDS_MAX, of_each: NEEDS_MAX, all: NEEDS_MAX };
        let nobody = OrganisationId(uuid::Uuid::nil());
        let needs =
            requirements::list_needed(&mut self.begin_read().await?, nobody, limits).await?;
        for need in needs.iter().filter(|need| need.document.contains(&item.key)) {
            // One that cannot be read is not asked for by anybody.
            let Ok((requirement, _)) = read_requirement(&need.document) else { continue };
            let values = asked(&requirement, &item.key);
            affects.needs += u64::from(!values.is_empty());
            let other = values.into_iter().flatten().any(|value| item.differs_from(value));
            affects.other_needs += u64::from(other);
        }
        Ok(affects)
    }

    async fn affected_offers(
        &self,
        item: &ItemDef,
        affects: &mut Affects,
    ) -> Result<(), BrokerError> {
        let stock = self.inner.shelf.whole();
        let states: Vec<(OfferId, State)> = (stock.index.marks())
            .filter_map(|(id, mark)| Some((id.parse().ok()?, State::from(mark))))
            .collect();
        for chunk in states.chunks(CHUNK) {
            let documents = self.documents_of(chunk).await?;
            for ((id, _), document) in chunk.iter().zip(documents) {
                let Some(document) = document else { continue };
                let document: &sla::Offer = (*document).as_ref();
                let Some(promise) = document.item(&item.key) else { continue };
                affects.offers += 1;
                if !item.differs_from(&promise.value) {
                    continue;
                }
                affects.other_offers += 1;
                if affects.named.len() < NAMED_MAX {
                    affects.named.push(OtherPromise {
                        offer: *id,
                        title: document.metadata.title.clone(),
                        value: promise.value.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// What a need asks under a key, at any time of it.
fn asked<'a>(requirement: &'a Requirement, key: &str) -> Vec<Option<&'a Value>> {
    let profiles = &requirement.spec.profiles;
    let all = [Some(&profiles.normal), profiles.overload.as_ref(), profiles.disaster.as_ref()];
    let items = all.into_iter().flatten().flat_map(|profile| &profile.items);
    items.filter(|item| item.item == key).map(|item| item.value.as_ref()).collect()
}
