//! Categories of offers with typed attributes, and proposals to change them.

use axum::extract::State;
use broker::categories::{CategoryEntry, Proposal, ProposalKind, ProposalView};
use broker::{Broker, BrokerError};
use domain::ProposalId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sla::Category;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, FromQuery, Input, Name, Named, Nothing, Params, Query};
use super::problem::Problem;
use super::wire::{Answer, Created, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(list_proposals, propose))
        .routes(routes!(read_proposal))
        .routes(routes!(accept))
        .routes(routes!(refuse))
        .routes(routes!(take_back))
}

/// A category.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Category)]
struct CategoryBody {
    /// Counts the accepted proposals from 1.
    version: i64,
    /// New offers cannot name it; those that do keep it.
    retired: bool,
    /// When it was last changed.
    changed_at: String,
    /// `key`, `parent`, `title`, `help` by language, and `attributes`: each with `key`, `title`, `help`, `required` and
    /// `kind`, whose `type` is `choice` (with `choices`), `number` (with `unit`, `min`, `max`), `boolean` or `version`.
    category: Value,
}

impl CategoryBody {
    fn of(entry: &CategoryEntry) -> Result<Self, Problem> {
        Ok(Self {
            version: entry.version,
            retired: entry.retired,
            changed_at: moment(entry.changed_at),
            category: value(&entry.category)?,
        })
    }
}

fn value(category: &Category) -> Result<Value, Problem> {
    let written = serde_json::to_value(category);
    Ok(written.map_err(|error| BrokerError::Internal(format!("category: {error}")))?)
}

/// Every category.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CategoryList)]
struct ListBody {
    /// Each behind the wider one it belongs to.
    items: Vec<CategoryBody>,
}

/// List categories
#[utoipa::path(get, path = "/categories", tag = "market",
    responses((status = 200, body = ListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<ListBody>, Problem> {
    let known = broker.categories(&ctx)?;
    let items = known.tree().into_iter().map(|(_, entry)| CategoryBody::of(entry));
    Ok(Answer(ListBody { items: items.collect::<Result<_, _>>()? }))
}

/// Read a category
#[utoipa::path(get, path = "/categories/{category}", tag = "market",
    params(("category" = String, Path, description = "Its key")),
    responses((status = 200, body = CategoryBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(Name(key)): Named<Name>,
    _: Query<Nothing>,
) -> Result<Answer<CategoryBody>, Problem> {
    let known = broker.categories(&ctx)?;
    let entry = known.get(&key).ok_or(BrokerError::NotFound { what: "category" })?;
    Ok(Answer(CategoryBody::of(entry)?))
}

/// A proposed change of a category.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CategoryProposal)]
struct ProposalBody {
    /// `prp_…`
    id: String,
    /// define, retire or restore.
    kind: &'static str,
    /// What the category would be, or is.
    category: Value,
    /// The version it was made of; 0: the category is new.
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
    fn of(view: ProposalView) -> Result<Self, Problem> {
        Ok(Self {
            id: view.id.to_string(),
            kind: view.kind.as_str(),
            category: value(&view.category)?,
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
#[schema(as = CategoryProposalList)]
struct ProposalsBody {
    /// Those that wait, the oldest first; or those that were decided, the latest first.
    items: Vec<ProposalBody>,
}

/// Which proposals.
#[derive(Debug)]
pub(super) struct Which {
    /// Those that were decided, and not those that wait.
    pub decided: bool,
}

impl FromQuery for Which {
    fn from_query(params: &mut Params) -> Self {
        let state = params.word("state", "waiting, decided", |word| match word {
            "waiting" => Some(false),
            "decided" => Some(true),
            _ => None,
        });
        Self { decided: state.unwrap_or(false) }
    }
}

/// List proposals about categories
#[utoipa::path(get, path = "/desk/category-proposals", tag = "desk",
    params(("state" = Option<String>, Query, description = "waiting (where nothing is said) or decided")),
    responses((status = 200, body = ProposalsBody)))]
async fn list_proposals(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(which): Query<Which>,
) -> Result<Answer<ProposalsBody>, Problem> {
    let found = broker.proposals(&ctx, !which.decided).await?;
    let items: Result<Vec<_>, _> = found.into_iter().map(ProposalBody::of).collect();
    Ok(Answer(ProposalsBody { items: items? }))
}

/// A proposed change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CategoryProposalInput)]
struct ProposalInput {
    /// define, retire or restore.
    kind: String,
    /// The whole category as `GET /categories/{category}` writes it; for retire and restore its `key` is enough.
    category: Value,
    /// For define: the version that was read; 0 for a new category.
    #[serde(default)]
    made_of: i64,
    /// What whoever decides is told, up to 1,000 characters.
    #[serde(default)]
    note: String,
}

impl ProposalInput {
    fn read(&self) -> Result<Proposal, BrokerError> {
        let kind = ProposalKind::ALL.into_iter().find(|kind| kind.as_str() == self.kind);
        let key =
            || self.category.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
        match kind {
            Some(ProposalKind::Define) => {
                let read = serde_path_to_error::deserialize(&self.category).map_err(|error| {
                    let place = error.path().to_string().replace(['.', '['], "/").replace(']', "");
                    let allowed = "a category as `GET /categories/{category}` writes it";
                    let message = "a field is missing here, unknown, or of another kind";
                    BrokerError::field(&format!("/category/{place}"), "data", "", allowed, message)
                })?;
                Ok(Proposal::Define { category: read, made_of: self.made_of })
            }
            Some(ProposalKind::Retire) => Ok(Proposal::Retire(key())),
            Some(ProposalKind::Restore) => Ok(Proposal::Restore(key())),
            None => {
                let allowed = ProposalKind::ALL.map(ProposalKind::as_str).join(", ");
                let message = "there is no such kind of proposal";
                Err(BrokerError::field("/kind", "kind", &self.kind, &allowed, message))
            }
        }
    }
}

/// Propose a change of a category
///
/// It holds when another broker has accepted it. 409 `proposal_waiting`, `category_changed`, `no_change`.
#[utoipa::path(post, path = "/desk/category-proposals", tag = "desk", request_body = ProposalInput,
    responses((status = 201, body = ProposalBody)))]
async fn propose(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<ProposalInput>,
) -> Result<Created<ProposalBody>, Problem> {
    // Who may not propose hears that first.
    broker.may_keep_categories(&ctx)?;
    let made = broker.propose_category(&ctx, &input.read()?, &input.note).await?;
    Ok(Created(ProposalBody::of(made)?))
}

/// Read a proposal about a category
#[utoipa::path(get, path = "/desk/category-proposals/{proposal}", tag = "desk",
    params(("proposal" = String, Path, description = "`prp_…`")),
    responses((status = 200, body = ProposalBody)))]
async fn read_proposal(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ProposalId>,
    _: Query<Nothing>,
) -> Result<Answer<ProposalBody>, Problem> {
    Ok(Answer(ProposalBody::of(broker.proposal(&ctx, id).await?)?))
}

/// Accept a proposal about a category
///
/// Repeating it changes nothing. 409 `own_proposal`: whoever proposes does not decide.
#[utoipa::path(post, path = "/desk/category-proposals/{proposal}/accept", tag = "desk",
    params(("proposal" = String, Path, description = "`prp_…`")),
    responses((status = 200, body = ProposalBody)))]
async fn accept(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ProposalId>,
) -> Result<Answer<ProposalBody>, Problem> {
    Ok(Answer(ProposalBody::of(broker.accept_proposal(&ctx, id).await?)?))
}

/// Why a proposal is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CategoryRefusal)]
struct RefusalInput {
    /// 1 to 1,000 characters.
    reason: String,
}

/// Refuse a proposal about a category
///
/// Repeating it changes nothing. 409 `own_proposal`: whoever proposes does not decide.
#[utoipa::path(post, path = "/desk/category-proposals/{proposal}/refuse", tag = "desk",
    params(("proposal" = String, Path, description = "`prp_…`")), request_body = RefusalInput,
    responses((status = 200, body = ProposalBody)))]
async fn refuse(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ProposalId>,
    Input(input): Input<RefusalInput>,
) -> Result<Answer<ProposalBody>, Problem> {
    Ok(Answer(ProposalBody::of(broker.refuse_proposal(&ctx, id, &input.reason).await?)?))
}

/// Take a proposal about a category back
///
/// Repeating it changes nothing. 409 `foreign_proposal`: somebody else made it.
#[utoipa::path(post, path = "/desk/category-proposals/{proposal}/take-back", tag = "desk",
    params(("proposal" = String, Path, description = "`prp_…`")),
    responses((status = 200, body = ProposalBody)))]
async fn take_back(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ProposalId>,
) -> Result<Answer<ProposalBody>, Problem> {
    Ok(Answer(ProposalBody::of(broker.take_back_proposal(&ctx, id).await?)?))
}
