//! News about a contract that its customer has to hear of, whoever decided it.

use super::NoticeKind;
use crate::{Broker, BrokerError};
use domain::{ContractId, Money, NoticeId, OfferId, OrganisationId, Timestamp};
use serde::{Deserialize, Serialize};
use storage::contracts::{ContractHead, Untold};
use storage::{Tx, notices};

/// What a notice says of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContractNews {
    /// The contract.
    pub contract: ContractId,
    /// How its customer calls the service.
    pub service_name: String,
    /// English name of its provider.
    pub provider_en: String,
    /// Japanese name of its provider.
    pub provider_ja: String,
    /// The moment that it is about, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Why, in the words of whoever decided it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Machines that stay, and of how many, where a lifeline takes room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machines: Option<(i64, i64)>,
    /// What is owed for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owed: Option<Money>,
    /// The newer version of its offer, where the news is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newer: Option<Box<NewerNews>>,
}

/// What a newer version of an offer means for a contract that was made from an older one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewerNews {
    /// The offer.
    pub offer: OfferId,
    /// Its English title in the newer version.
    pub title_en: String,
    /// Its Japanese title.
    pub title_ja: String,
    /// The newer version.
    pub version: i64,
    /// The version that is the contract's.
    pub signed_version: i64,
    /// All changes taken together, for the customer.
    pub verdict: sla::Verdict,
    /// Whether it contains the need that was signed.
    pub fits: bool,
    /// Must items of that need that it does not meet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<String>,
    /// Everything that changed.
    pub changes: Vec<sla::PartDiff>,
    /// Until when the holder may leave because of it; `None`: nothing became worse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave_until: Option<Timestamp>,
}

impl ContractNews {
    /// About this contract, without a moment or a reason.
    pub(crate) fn about(head: &ContractHead) -> Self {
        Self {
            contract: head.id,
            service_name: head.service_name.clone(),
            provider_en: head.provider_name_en.clone(),
            provider_ja: head.provider_name_ja.clone(),
            at: None,
            reason: None,
            machines: None,
            owed: None,
            newer: None,
        }
    }

    /// About a newer version of its offer.
    pub(super) fn newer(row: &Untold, newer: NewerNews) -> Self {
        Self {
            contract: row.id,
            service_name: row.service_name.clone(),
            provider_en: row.provider_name_en.clone(),
            provider_ja: row.provider_name_ja.clone(),
            at: newer.leave_until,
            reason: None,
            machines: None,
            owed: None,
            newer: Some(Box::new(newer)),
        }
    }
}

impl Broker {
    /// Puts news about a contract into its customer's inbox, in the unit of work that makes them true.
    pub(crate) async fn tell_organisation(
        &self,
        tx: &mut Tx,
        kind: NoticeKind,
        organisation: OrganisationId,
        news: &impl Serialize,
    ) -> Result<(), BrokerError> {
        let payload = serde_json::to_string(news)
            .map_err(|error| BrokerError::Internal(format!("a notice: {error}")))?;
        let whose = (NoticeId::new(self.ids()), organisation);
        Ok(notices::insert_alone(tx, whose, kind.as_str(), &payload, self.now()).await?)
    }
}
