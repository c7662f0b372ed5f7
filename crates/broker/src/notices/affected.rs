//! Who is affected by a version of an offer: contracts made from older ones, and watched needs. Asked before publishing;
//! counted, because what a customer needs is not the provider's to read.

use super::holders::{Signed, SignedNeeds, Versions, leave_us};
use super::look::watched;
use super::need::Need;
use crate::requirements::day_of;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, DurationUs, OfferId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use storage::contracts::{self, Holder};
use storage::{Tx, audiences, looks, offers};

/// Contracts read by one statement.
const CHUNK: u32 = 500;
/// Contracts that are counted; more make the answer a lower bound.
const COUNTED: usize = 20_000;

/// Who is affected by the newest version of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// The newest version, published or not.
    pub version: i64,
    /// The version that the public sees; `None`: none.
    pub published: Option<i64>,
    /// What changed since the published version; `None`: nothing is published, or it is the newest.
    pub changes: Option<sla::Diff>,
    /// Living contracts by the version that is theirs, the latest first.
    pub contracts: Vec<AffectedContracts>,
    /// Watched needs that the published version contains and the newest does not.
    pub needs_lost: u64,
    /// Watched needs that the newest version contains and the published one does not.
    pub needs_gained: u64,
}

/// Living contracts that were made from one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedContracts {
    /// The version that is theirs.
    pub signed_version: i64,
    /// How many there are.
    pub contracts: u64,
    /// All changes since then taken together.
    pub verdict: sla::Verdict,
    /// How many signed for a need that the newest version no longer contains.
    pub no_longer_fit: u64,
    /// For how long their holders may leave because of it; `None`: nothing became worse.
    pub leave_us: Option<DurationUs>,
}

/// Everything that is compared.
struct Gathered {
    offer: OfferId,
    version: i64,
    published: Option<i64>,
    holders: Vec<Holder>,
    versions: Versions,
    needs: Vec<Arc<Need>>,
    today: i64,
}

impl Broker {
    /// Who would be affected if the newest version of an offer were published, or is since it was.
    pub async fn affected(&self, ctx: &OpContext, id: OfferId) -> Result<Affected, BrokerError> {
        let mut tx = self.begin_read().await?;
        let found = offers::find(&mut tx, id).await?;
        let owner = found.as_ref().and_then(|row| row.provider.organisation_id);
        ctx.may(Action::ReadOwnOffer, owner, "offer")?;
        let offer = found.ok_or(BrokerError::NotFound { what: "offer" })?.offer;
        let version = offer.current_version;
        let shown = offer.state.is_on_market();
        let published = offer.published_version.filter(|_| shown);
        let holders = holders(&mut tx, id, version).await?;
        let wanted: BTreeSet<i64> =
            holders.iter().map(|one| one.offer_version).chain([version]).chain(published).collect();
        let wanted: Vec<(OfferId, i64)> = wanted.into_iter().map(|version| (id, version)).collect();
        let versions = Versions::read(&looks::list_texts(&mut tx, &wanted).await?);
        let today = day_of(self.now());
        let all = watched(&mut tx).await?;
        let mut needs = self.needs(&mut tx, &all, today).await?;
        // Whoever may not know of it is not affected.
        if let Some(audience) = offer.audience_id {
            let members = audiences::members(&mut tx, &BTreeSet::from([audience])).await?;
            let members = members.get(&audience).cloned().unwrap_or_default();
            needs.retain(|need| members.contains(&need.organisation));
        }
        drop(tx);
        let gathered = Gathered { offer: id, version, published, holders, versions, needs, today };
        let registry = sla::registry();
        tokio::task::spawn_blocking(move || sla::within(registry, || count(&gathered)))
            .await
            .map_err(|error| BrokerError::Internal(format!("counting who is affected: {error}")))?
    }
}

async fn holders(tx: &mut Tx, offer: OfferId, version: i64) -> Result<Vec<Holder>, BrokerError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = contracts::list_holders(tx, (offer, version), after, CHUNK).await?;
        let whole = page.len() == CHUNK as usize;
        after = page.last().map(|row| row.id);
        all.extend(page);
        if !whole || all.len() >= COUNTED {
            return Ok(all);
        }
    }
}

fn count(gathered: &Gathered) -> Result<Affected, BrokerError> {
    let Gathered { offer, version, published, ref holders, ref versions, .. } = *gathered;
    let newest = versions.get(offer, version).ok_or(BrokerError::NotFound { what: "offer" })?;
    let before = published
        .filter(|published| *published != version)
        .and_then(|published| versions.get(offer, published));
    let mut groups: BTreeMap<i64, AffectedContracts> = BTreeMap::new();
    let mut signed = SignedNeeds::default();
    for one in holders {
        let Some(theirs) = versions.get(offer, one.offer_version) else { continue };
        let group = groups.entry(one.offer_version).or_insert_with(|| {
            let changes = sla::diff(theirs, newest);
            AffectedContracts {
                signed_version: one.offer_version,
                contracts: 0,
                verdict: changes.verdict(),
                no_longer_fit: 0,
                leave_us: changes.worsens().then(|| leave_us(theirs)),
            }
        });
        group.contracts += 1;
        let wanted = Signed {
            organisation: one.organisation_id,
            requirement: (one.requirement_id, one.requirement_version),
            document: &one.requirement_document,
            hash: &one.requirement_hash,
        };
        let Some(need) = signed.get(&wanted, gathered.today) else { continue };
        let matcher = need.matcher_on(gathered.today)?;
        let met = |document| need.is_met(&matcher, offer, document);
        group.no_longer_fit += u64::from(met(theirs) && !met(newest));
    }
    let (mut needs_lost, mut needs_gained) = (0, 0);
    if published != Some(version) {
        for need in &gathered.needs {
            let matcher = need.matcher_on(gathered.today)?;
            let met = |document| need.is_met(&matcher, offer, document);
            let (old, new) = (before.is_some_and(|before| met(before)), met(newest));
            needs_lost += u64::from(old && !new);
            needs_gained += u64::from(!old && new);
        }
    }
    Ok(Affected {
        version,
        published,
        changes: before.map(|before| sla::diff(before, newest)),
        contracts: groups.into_values().rev().collect(),
        needs_lost,
        needs_gained,
    })
}
