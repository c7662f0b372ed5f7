//! Proposals about items of quality that the market adds to the registry; the items themselves are under `/items`.

use axum::extract::State;
use broker::categories::ProposalKind;
use broker::extensions::{ExtensionProposal, ExtensionProposalView};
use broker::{Broker, BrokerError};
use domain::ProposalId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::categories::Which;
use super::extract::{Asker, Input, Named, Nothing, Query};
use super::problem::Problem;
use super::wire::{Answer, Created, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list_proposals, propose))
        .routes(routes!(read_proposal))
        .routes(routes!(accept))
        .routes(routes!(refuse))
        .routes(routes!(take_back))
}

/// What a notice says of a proposal that was decided.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ItemNews)]
pub(super) struct NewsBody {
    /// `prp_…`
    proposal: String,
    /// Key of the item.
    item: String,
    /// Its title.
    title: TwoLanguages,
    /// Why it was refused.
    reason: Option<String>,
}

impl From<&broker::extensions::ExtensionNews> for NewsBody {
    fn from(news: &broker::extensions::ExtensionNews) -> Self {
        Self {
            proposal: news.proposal.to_string(),
            item: news.item.clone(),
            title: TwoLanguages::new(&news.title_en, &news.title_ja),
            reason: news.reason.clone(),
        }
    }
}

/// A proposed item, or a change of one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ItemProposal)]
struct ProposalBody {
    /// `prp_…`
    id: String,
    /// define, retire or restore.
    kind: &'static str,
    /// What the item would be, or is: `key`, `title` and `help` by language, `direction`, and `kind`, whose `type` is
    /// `ratio`, `duration` or `number` (with `curve`, `worst`, `best`, the last two with `unit`), `level` or `set` (with `words`).
    item: Value,
    /// The version it was made of; 0: the item is new.
    made_of: i64,
    /// waiting, accepted, refused or taken_back.
    state: &'static str,
    /// What whoever decides is told.
    note: String,
    /// The name of whoever proposed it.
    proposed_by: String,
    /// When.
    proposed_at: String,
    /// The name of whoever decided; null while it waits.
    decided_by: Option<String>,
    /// When; null while it waits.
    decided_at: Option<String>,
    /// Why it was refused.
    reason: Option<String>,
    /// The version that it made.
    version: Option<i64>,
}

impl ProposalBody {
    fn of(view: ExtensionProposalView) -> Result<Self, Problem> {
        let item = serde_json::to_value(&view.extension);
        Ok(Self {
            id: view.id.to_string(),
            kind: view.kind.as_str(),
            item: item.map_err(|error| BrokerError::Internal(format!("item: {error}")))?,
            made_of: view.made_of,
            state: view.state.as_str(),
            note: view.note,
            proposed_by: view.proposed_by,
            proposed_at: moment(view.proposed_at),
            decided_by: view.decided_by,
            decided_at: view.decided_at.map(moment),
            reason: view.reason,
            version: view.version,
        })
    }
}

/// Proposals.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ItemProposalList)]
struct ProposalsBody {
    /// Those that wait, the oldest first; or those that were decided, the latest first.
    items: Vec<ProposalBody>,
}

/// List proposals about items
///
/// All of them for the desk, its own for a provider.
#[utoipa::path(get, path = "/item-proposals", tag = "provider",
    params(("state" = Option<String>, Query, description = "waiting (where nothing is said) or decided")),
    responses((status = 200, body = ProposalsBody)))]
async fn list_proposals(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(which): Query<Which>,
) -> Result<Answer<ProposalsBody>, Problem> {
    let found = broker.extension_proposals(&ctx, !which.decided).await?;
    let items: Result<Vec<_>, _> = found.into_iter().map(ProposalBody::of).collect();
    Ok(Answer(ProposalsBody { items: items? }))
}

/// A proposed change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ItemProposalInput)]
struct ProposalInput {
    /// define, retire or restore; the last two are the desk's.
    kind: String,
    /// The whole item as `GET /item-proposals/{proposal}` writes it; for retire and restore its `key` is enough.
    item: Value,
    /// For define: the version that was read; 0 for a new item.
    #[serde(default)]
    made_of: i64,
    /// What whoever decides is told, up to 1,000 characters.
    #[serde(default)]
    note: String,
}

impl ProposalInput {
    fn read(&self) -> Result<ExtensionProposal, BrokerError> {
        let kind = ProposalKind::ALL.into_iter().find(|kind| kind.as_str() == self.kind);
        let key = || self.item.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
        match kind {
            Some(ProposalKind::Define) => {
                let read = serde_path_to_error::deserialize(&self.item).map_err(|error| {
                    let place = error.path().to_string().replace(['.', '['], "/").replace(']', "");
                    let allowed = "an item as `GET /item-proposals/{proposal}` writes it";
                    let message = "a field is missing here, unknown, or of another kind";
                    BrokerError::field(&format!("/item/{place}"), "data", "", allowed, message)
                })?;
                Ok(ExtensionProposal::Define { extension: read, made_of: self.made_of })
            }
            Some(ProposalKind::Retire) => Ok(ExtensionProposal::Retire(key())),
            Some(ProposalKind::Restore) => Ok(ExtensionProposal::Restore(key())),
            None => {
                let allowed = ProposalKind::ALL.map(ProposalKind::as_str).join(", ");
                let message = "there is no such kind of proposal";
                Err(BrokerError::field("/kind", "kind", &self.kind, &allowed, message))
            }
        }
    }
}

/// Propose an item, or a change of one
///
/// It holds when another broker has accepted it. A provider proposes items that its saved offers name. 409
/// `proposal_waiting`, `item_changed`, `no_change`, `key_not_used`.
#[utoipa::path(post, path = "/item-proposals", tag = "provider", request_body = ProposalInput,
    responses((status = 201, body = ProposalBody)))]
async fn propose(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<ProposalInput>,
) -> Result<Created<ProposalBody>, Problem> {
    // Who may not propose hears that first.
    broker.may_propose_items(&ctx)?;
    let made = broker.propose_extension(&ctx, &input.read()?, &input.note).await?;
    Ok(Created(ProposalBody::of(made)?))
}

/// Read a proposal about an item
#[utoipa::path(get, path = "/item-proposals/{proposal}", tag = "provider",
    params(("proposal" = String, Path, description = "`prp_…`")),
    responses((status = 200, body = ProposalBody)))]
async fn read_proposal(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ProposalId>,
    _: Query<Nothing>,
) -> Result<Answer<ProposalBody>, Problem> {
    Ok(Answer(ProposalBody::of(broker.extension_proposal(&ctx, id).await?)?))
}

/// Accept a proposal about an item
///
/// Repeating it changes nothing. 409 `own_proposal`: whoever proposes does not decide.
#[utoipa::path(post, path = "/item-proposals/{proposal}/accept", tag = "desk",
    params(("proposal" = String, Path, description = "`prp_…`")),
    responses((status = 200, body = ProposalBody)))]
async fn accept(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ProposalId>,
) -> Result<Answer<ProposalBody>, Problem> {
    Ok(Answer(ProposalBody::of(broker.accept_extension(&ctx, id).await?)?))
}

/// Why a proposal is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ItemRefusal)]
struct RefusalInput {
    /// 1 to 1,000 characters.
    reason: String,
}

/// Refuse a proposal about an item
///
/// Repeating it changes nothing. 409 `own_proposal`: whoever proposes does not decide.
#[utoipa::path(post, path = "/item-proposals/{proposal}/refuse", tag = "desk",
    params(("proposal" = String, Path, description = "`prp_…`")), request_body = RefusalInput,
    responses((status = 200, body = ProposalBody)))]
async fn refuse(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ProposalId>,
    Input(input): Input<RefusalInput>,
) -> Result<Answer<ProposalBody>, Problem> {
    Ok(Answer(ProposalBody::of(broker.refuse_extension(&ctx, id, &input.reason).await?)?))
}

/// Take a proposal about an item back
///
/// Repeating it changes nothing. 409 `foreign_proposal`: somebody else made it.
#[utoipa::path(post, path = "/item-proposals/{proposal}/take-back", tag = "provider",
    params(("proposal" = String, Path, description = "`prp_…`")),
    responses((status = 200, body = ProposalBody)))]
async fn take_back(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ProposalId>,
) -> Result<Answer<ProposalBody>, Problem> {
    Ok(Answer(ProposalBody::of(broker.take_back_extension(&ctx, id).await?)?))
}
