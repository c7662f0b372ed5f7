//! Needs: templates, saved requirements, rankings, quotes.

use axum::extract::State;
use broker::Broker;
use broker::requirements::{
    RankedOffer, Relaxing, RelaxingStep, RequirementCard, SavedRequirement,
};
use domain::{OfferId, RequirementId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::combinations::CombinationsBody;
use super::contracts::PlanBody;
use super::cost::{LineBody, lines};
use super::extract::{Asker, Document, Input, Named, Nothing, Query, fault};
use super::need::{NeedBody, need_problem};
use super::precondition::{MadeOfVersion, Versioned};
use super::problem::{FieldProblem, Problem, ProblemDocument};
use super::wire::{self, Answer, Created, Money, OfferSummary, PageQuery, TwoLanguages};

/// Rows of each list when nothing is said.
const LIMIT: u32 = 20;
/// Rows of each list at most.
const LIMIT_MAX: u32 = 200;

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list_templates))
        .routes(routes!(check))
        .routes(routes!(list, save))
        .routes(routes!(read, revise))
        .routes(routes!(rank))
        .routes(routes!(quote))
}

/// A requirement to start from.
#[derive(Debug, Serialize, ToSchema)]
struct TemplateBody {
    /// Its name in rankings and addresses.
    key: String,
    /// The document.
    #[schema(value_type = Object)]
    document: Value,
}

/// The templates.
#[derive(Debug, Serialize, ToSchema)]
struct TemplateListBody {
    items: Vec<TemplateBody>,
    /// Always null: the list is whole.
    next: Option<String>,
}

/// List templates
#[utoipa::path(get, path = "/templates", tag = "needs", responses((status = 200, body = TemplateListBody)))]
async fn list_templates(
    State(broker): State<Broker>,
    _: Query<Nothing>,
) -> Answer<TemplateListBody> {
    let item = |template: broker::requirements::Template| TemplateBody {
        document: wire::json(&template.requirement),
        key: template.key,
    };
    Answer(TemplateListBody {
        items: broker.templates().into_iter().map(item).collect(),
        next: None,
    })
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckBody {
    /// Whether it can be saved.
    pub valid: bool,
    /// The canonical document; null when it has faults.
    #[schema(value_type = Option<Object>)]
    pub document: Option<Value>,
    /// All faults.
    pub errors: Vec<FieldProblem>,
    /// Remarks that do not stop anything.
    pub notices: Vec<String>,
}

/// Check a requirement without saving it
#[utoipa::path(post, path = "/requirements/check", tag = "needs",
    request_body(content = String, description = "A QualityRequirement document", content_type = "application/yaml"),
    responses((status = 200, body = CheckBody)))]
async fn check(
    State(broker): State<Broker>,
    Asker(_ctx): Asker,
    Document(text): Document,
) -> Answer<CheckBody> {
    let check = broker.check_requirement_text(&text);
    Answer(CheckBody {
        valid: check.faults.is_empty(),
        document: check.requirement.as_ref().map(wire::json),
        errors: check.faults.into_iter().map(FieldProblem::from).collect(),
        notices: check.notices,
    })
}

/// A saved requirement in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RequirementSummary {
    /// `req_…`
    id: String,
    /// Newest version.
    version: i64,
    /// Title.
    title: TwoLanguages,
    /// Last change.
    updated_at: String,
    /// Whether notices tell about offers that begin or cease to match.
    watched: bool,
}

impl From<&RequirementCard> for RequirementSummary {
    fn from(card: &RequirementCard) -> Self {
        Self {
            id: card.id.to_string(),
            version: card.version,
            title: TwoLanguages::new(&card.title_en, &card.title_ja),
            updated_at: wire::moment(card.updated_at),
            watched: card.watched,
        }
    }
}

/// The organisation's requirements.
#[derive(Debug, Serialize, ToSchema)]
struct RequirementListBody {
    /// Newest first.
    items: Vec<RequirementSummary>,
    /// Cursor of the next page; null at the end.
    next: Option<String>,
}

/// List the organisation's requirements
#[utoipa::path(get, path = "/requirements", tag = "needs", params(PageQuery),
    responses((status = 200, body = RequirementListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(page): Query<PageQuery>,
) -> Result<Answer<RequirementListBody>, Problem> {
    let list = broker.my_requirements(&ctx, page.cursor.as_deref(), page.limit).await?;
    let items = list.items.iter().map(RequirementSummary::from).collect();
    Ok(Answer(RequirementListBody { items, next: list.next }))
}

/// A saved requirement.
#[derive(Debug, Serialize, ToSchema)]
struct RequirementBody {
    /// As in lists.
    #[serde(flatten)]
    summary: RequirementSummary,
    /// SHA-256 of the canonical document, lower-case hex.
    hash: String,
    /// The newest version.
    #[schema(value_type = Object)]
    document: Value,
    /// The same as YAML, to edit.
    yaml: String,
}

impl From<SavedRequirement> for RequirementBody {
    fn from(saved: SavedRequirement) -> Self {
        Self {
            summary: RequirementSummary::from(&saved.card),
            document: wire::json(&saved.document),
            hash: saved.hash,
            yaml: saved.yaml,
        }
    }
}

/// Save a requirement
///
/// What the organisation has saved already is not saved again: the answer is what is there.
#[utoipa::path(post, path = "/requirements", tag = "needs",
    request_body(content = String, description = "A QualityRequirement document", content_type = "application/yaml"),
    responses((status = 201, body = RequirementBody)))]
async fn save(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Document(text): Document,
) -> Result<Created<RequirementBody>, Problem> {
    Ok(Created(broker.save_requirement(&ctx, &text, None).await?.into()))
}

/// Read a saved requirement
#[utoipa::path(get, path = "/requirements/{requirement}", tag = "needs",
    params(("requirement" = String, Path, description = "`req_…`")),
    responses((status = 200, body = RequirementBody,
        headers(("ETag" = String, description = "The number of the newest version")))))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<RequirementId>,
    _: Query<Nothing>,
) -> Result<Versioned<RequirementBody>, Problem> {
    Ok(versioned(broker.requirement(&ctx, id).await?))
}

/// Save a new version
///
/// An unchanged document makes no new version, so repeating is harmless. Say with `If-Match` or
/// `expectedVersion` which version the change was made of, so that nobody else's change is lost.
#[utoipa::path(put, path = "/requirements/{requirement}", tag = "needs",
    params(
        ("requirement" = String, Path, description = "`req_…`"),
        ("expectedVersion" = Option<i64>, Query, minimum = 1,
            description = "Save only while this is the newest version, otherwise 409; whatever it is when absent"),
        ("If-Match" = Option<String>, Header,
            description = "The same as the ETag of the version that was read, such as `\"3\"`, otherwise 412")),
    request_body(content = String, description = "A QualityRequirement document", content_type = "application/yaml"),
    responses(
        (status = 200, body = RequirementBody, headers(("ETag" = String, description = "The number of the newest version"))),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json",
            description = "`requirement_changed`: another version is the newest; read it again"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json",
            description = "The same, asked with If-Match")))]
async fn revise(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<RequirementId>,
    made_of: MadeOfVersion,
    Document(text): Document,
) -> Result<Versioned<RequirementBody>, Problem> {
    let saved = match made_of.version {
        Some(version) => broker.revise_requirement(&ctx, &text, id, version).await,
        None => broker.save_requirement(&ctx, &text, Some(id)).await,
    };
    saved.map(versioned).map_err(|error| made_of.refused(error))
}

fn versioned(saved: SavedRequirement) -> Versioned<RequirementBody> {
    Versioned(saved.card.version, saved.into())
}

/// What to rank.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RankingInput {
    /// The need.
    need: NeedBody,
    /// balanced, fit, value or strength.
    #[serde(default)]
    order: Option<String>,
    /// Rows of each list, 1 to 200.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// One offer with its verdicts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RankedBody {
    /// From 1 within its list.
    position: u32,
    /// The offer.
    offer: OfferSummary,
    /// Stronger, and not dearer, than the one above.
    stronger_than_above: bool,
    /// Both shapes on the same axes, 0 (worst) to 1 (best).
    #[schema(value_type = Vec<Object>)]
    axes: Value,
    /// Per item: verdict, required, promised, difference, shares. In `profiles`, for each profile that the
    /// need states (normal, overload, disaster): whether all its musts are met, its rows as positions in
    /// `rows` with how firmly it asks them, and which of them fail.
    #[schema(value_type = Object)]
    explanation: Value,
}

impl From<&RankedOffer> for RankedBody {
    fn from(row: &RankedOffer) -> Self {
        Self {
            position: row.position,
            offer: OfferSummary::from(&row.card),
            stronger_than_above: row.stronger_than_above,
            axes: wire::json(&row.axes),
            explanation: wire::json(&row.explanation),
        }
    }
}

/// Which offers contain the need.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RankingBody {
    /// The need.
    #[schema(value_type = Object)]
    requirement: Value,
    /// Its compact form for links.
    share_code: String,
    /// The order used.
    order: String,
    /// Offers looked at.
    considered: u64,
    /// Offers whose promise contains the need.
    matched: u64,
    /// Best first.
    matches: Vec<RankedBody>,
    /// Nearest first.
    near_misses: Vec<RankedBody>,
    /// What asking less of one item would bring.
    relaxations: Vec<RelaxationBody>,
    /// Two offers together, where they do what no single one does.
    combinations: CombinationsBody,
    /// Remarks.
    notices: Vec<String>,
}

/// The gain of asking less of one item.
#[derive(Debug, Serialize, ToSchema)]
struct RelaxationBody {
    /// Key in the registry.
    item: String,
    /// The profile that asks it: normal, overload or disaster.
    profile: &'static str,
    /// Offers more without the item.
    offers: u64,
    /// Values to ask instead, the fewest more offers first.
    steps: Vec<RelaxationStepBody>,
}

/// One value to ask instead.
#[derive(Debug, Serialize, ToSchema)]
struct RelaxationStepBody {
    /// The value; numbers as exact text.
    #[schema(value_type = Object)]
    to: Value,
    /// Offers more.
    offers: u64,
}

impl From<Relaxing> for RelaxationBody {
    fn from(gain: Relaxing) -> Self {
        let step = |step: RelaxingStep| RelaxationStepBody {
            to: wire::json(&step.to),
            offers: step.admits,
        };
        Self {
            item: gain.item,
            profile: gain.profile.as_str(),
            offers: gain.dropped,
            steps: gain.steps.into_iter().map(step).collect(),
        }
    }
}

/// Rank the published offers for a need
///
/// An offer matches when its promise contains what the need asks in each profile that it states.
#[utoipa::path(post, path = "/rankings", tag = "needs", request_body = RankingInput,
    responses((status = 200, body = RankingBody)))]
async fn rank(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<RankingInput>,
) -> Result<Answer<RankingBody>, Problem> {
    let source = input.need.source()?;
    let mut faults = Vec::new();
    let name = input.order.as_deref().unwrap_or("balanced");
    let order = matching::Order::from_name(name);
    if order.is_none() {
        let allowed = matching::Order::ALL.map(matching::Order::name).join(", ");
        faults.push(fault("/order", "word", name, &allowed, "there is no such order"));
    }
    let limit = input.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        faults.push(fault("/limit", "number", &limit.to_string(), "1 to 200", "not in the range"));
    }
    let Some(order) = order.filter(|_| faults.is_empty()) else {
        return Err(Problem::invalid(faults));
    };
    let ranked = broker.rank(&ctx, &source, order, usize::try_from(limit).unwrap_or(1)).await;
    let list = match ranked {
        Ok(list) => list,
        Err(error) => return Err(need_problem(&broker, &ctx, &source, error).await),
    };
    Ok(Answer(RankingBody {
        requirement: wire::json(&list.requirement),
        share_code: list.share_code,
        order: list.order.name().to_owned(),
        considered: list.considered,
        matched: list.matched,
        matches: list.matches.iter().map(RankedBody::from).collect(),
        near_misses: list.near_misses.iter().map(RankedBody::from).collect(),
        relaxations: list.relaxations.into_iter().map(RelaxationBody::from).collect(),
        combinations: list.combinations.into(),
        notices: list.notices,
    }))
}

/// Which offer for which need.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct QuoteInput {
    /// `ofr_…`
    offer: String,
    /// The need.
    need: NeedBody,
}

/// Booking at once, without a hold.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AtOnce)]
pub(super) struct AtOnceBody {
    /// What cancelling before the start costs; null: nothing.
    cancel_charge: Option<Money>,
}

impl From<broker::contracts::AtOnce> for AtOnceBody {
    fn from(terms: broker::contracts::AtOnce) -> Self {
        Self { cancel_charge: terms.cancel_charge.map(Money::from) }
    }
}

/// What signing would bring.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct QuoteBody {
    /// The offer with its verdicts.
    ranked: RankedBody,
    /// The bill of quantities.
    plan: PlanBody,
    /// Monthly price; null: not published.
    price: Option<Money>,
    /// How the monthly price comes about; empty without one.
    lines: Vec<LineBody>,
    /// Charged once when the service begins; null: nothing is declared.
    one_time: Option<Money>,
    /// The day on which the prices were last checked, or published where their provider does not say.
    prices_as_of: String,
    /// After so many days prices are asked anew before they are signed; 0: never.
    prices_days_max: i64,
    /// Whether they are older than that.
    prices_stale: bool,
    /// Until when the price counts if no other version is published; null: nothing ends it.
    valid_until: Option<String>,
    /// How a cloud that holds nothing books; null: it holds first, or has not said.
    at_once: Option<AtOnceBody>,
    /// Why it cannot be signed: catalogue_only, cloud_not_passed, not_valid_yet, no_longer_valid, no_price, withdrawn; null: it can.
    obstacle: Option<String>,
    /// The need's compact form.
    share_code: String,
}

/// Quote an offer for a need
#[utoipa::path(post, path = "/quotes", tag = "needs", request_body = QuoteInput,
    responses((status = 200, body = QuoteBody)))]
async fn quote(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<QuoteInput>,
) -> Result<Answer<QuoteBody>, Problem> {
    let offer = offer_id(&input.offer)?;
    let source = input.need.source()?;
    let quote = match broker.quote(&ctx, offer, &source).await {
        Ok(quote) => quote,
        Err(error) => return Err(need_problem(&broker, &ctx, &source, error).await),
    };
    Ok(Answer(QuoteBody {
        ranked: RankedBody::from(&quote.ranked),
        plan: quote.plan.into(),
        price: quote.price.map(Money::from),
        one_time: quote.priced.as_ref().and_then(|priced| priced.once).map(Money::from),
        lines: lines(quote.priced),
        prices_as_of: quote.age.day,
        prices_days_max: quote.age.days_max,
        prices_stale: quote.age.stale,
        valid_until: quote.valid_until.map(wire::moment),
        at_once: quote.at_once.map(AtOnceBody::from),
        obstacle: quote.obstacle.map(ToOwned::to_owned),
        share_code: quote.share_code,
    }))
}

/// An offer's id in a body.
pub(super) fn offer_id(text: &str) -> Result<OfferId, Problem> {
    text.parse().map_err(|error: domain::IdError| {
        Problem::invalid(vec![fault("/offer", "id", text, "ofr_…", &error.to_string())])
    })
}
