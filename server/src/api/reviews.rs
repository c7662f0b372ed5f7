//! The broker's side of the life of offers: what waits, what changed, approve, refuse, and the rules.

use axum::extract::State;
use broker::Broker;
use broker::offers::{KeptRules, ReviewCard, ReviewPage};
use domain::{ReviewId, ReviewRules};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, FromQuery, Input, Named, Nothing, Params, Query};
use super::offer_life::{CommentBody, HistoryBody, ReviewBody};
use super::problem::Problem;
use super::wire::{self, Answer, PageQuery, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(begin))
        .routes(routes!(approve))
        .routes(routes!(refuse))
        .routes(routes!(rules, keep_rules))
}

/// A review in the desk's list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeskReview)]
struct CardBody {
    /// The review.
    #[serde(flatten)]
    review: ReviewBody,
    /// Title of the version.
    title: TwoLanguages,
    /// Name of the provider.
    provider: TwoLanguages,
    /// The version that is published, or was.
    published_version: Option<i64>,
}

impl From<&ReviewCard> for CardBody {
    fn from(card: &ReviewCard) -> Self {
        Self {
            review: ReviewBody::from(&card.view),
            title: TwoLanguages::new(&card.title_en, &card.title_ja),
            provider: TwoLanguages::new(&card.provider_en, &card.provider_ja),
            published_version: card.published_version,
        }
    }
}

/// Reviews.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeskReviewList)]
struct ListBody {
    /// What waits, whoever waits longest first; or what was decided, the latest first.
    items: Vec<CardBody>,
    /// Cursor of the next page; null at the end.
    next: Option<String>,
}

/// Which reviews.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
struct ListQuery {
    /// Whether to list what was decided, by persons or rules, instead of what waits for a person.
    #[param(default = false)]
    decided: Option<bool>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows of the page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

struct Which(bool, PageQuery);

impl FromQuery for Which {
    fn from_query(params: &mut Params) -> Self {
        let yes = |word: &str| match word {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        let decided = params.word("decided", "true, false", yes).unwrap_or(false);
        Self(decided, PageQuery::from_query(params))
    }
}

/// List reviews of offers
#[utoipa::path(get, path = "/desk/reviews", tag = "desk", params(ListQuery),
    responses((status = 200, body = ListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(Which(decided, page)): Query<Which>,
) -> Result<Answer<ListBody>, Problem> {
    let found = broker.reviews(&ctx, !decided, page.cursor.as_deref(), page.limit).await?;
    let items = found.items.iter().map(CardBody::from).collect();
    Ok(Answer(ListBody { items, next: found.next }))
}

/// One version under review.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeskReviewPage)]
struct PageBody {
    /// As in lists.
    #[serde(flatten)]
    card: CardBody,
    /// metadata.name of the offer.
    name: String,
    /// Where the offer stands on the market.
    offer_state: String,
    /// The version.
    #[schema(value_type = Object)]
    document: Value,
    /// The published version it is held against; null: none is.
    against: Option<i64>,
    /// What changed since that.
    #[schema(value_type = Option<Object>)]
    changes: Option<Value>,
    /// What was said in all reviews of the offer.
    comments: Vec<CommentBody>,
    /// What happened to the offer, the latest first.
    history: Vec<HistoryBody>,
    /// Whether the reader submitted it, or is of the provider's house: somebody else has to decide.
    own: bool,
}

impl From<ReviewPage> for PageBody {
    fn from(page: ReviewPage) -> Self {
        Self {
            card: CardBody::from(&page.card),
            name: page.slug,
            offer_state: page.state.to_string(),
            document: wire::json(&page.document),
            against: page.against,
            changes: page.changes.as_ref().map(wire::json),
            comments: page.comments.iter().map(CommentBody::from).collect(),
            history: page.history.iter().map(HistoryBody::from).collect(),
            own: page.own,
        }
    }
}

/// Read a review
///
/// With what changed against the published version, item by item.
#[utoipa::path(get, path = "/desk/reviews/{review}", tag = "desk",
    params(("review" = String, Path, description = "`rev_…`")),
    responses((status = 200, body = PageBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ReviewId>,
    _: Query<Nothing>,
) -> Result<Answer<PageBody>, Problem> {
    Ok(Answer(broker.review(&ctx, id).await?.into()))
}

/// Begin to look at a version
///
/// So that others see who does. 409 `own_submission` for whoever submitted it. Repeating it changes nothing.
#[utoipa::path(post, path = "/desk/reviews/{review}/begin", tag = "desk",
    params(("review" = String, Path, description = "`rev_…`")),
    responses((status = 200, body = PageBody)))]
async fn begin(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ReviewId>,
) -> Result<Answer<PageBody>, Problem> {
    Ok(Answer(broker.begin_review(&ctx, id).await?.into()))
}

/// Approve a version
///
/// It is published at once, or at its moment. 409 `own_submission` for whoever submitted it. Repeating it changes
/// nothing.
#[utoipa::path(post, path = "/desk/reviews/{review}/approve", tag = "desk",
    params(("review" = String, Path, description = "`rev_…`")),
    responses((status = 200, body = PageBody)))]
async fn approve(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ReviewId>,
) -> Result<Answer<PageBody>, Problem> {
    Ok(Answer(broker.approve_offer(&ctx, id).await?.into()))
}

/// Why a version is refused.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OfferRefusal)]
struct RefusalInput {
    /// What its provider reads, 1 to 500 characters.
    reason: String,
}

/// Refuse a version
///
/// Its provider is told the reason. 409 `own_submission` for whoever submitted it. Repeating it changes nothing.
#[utoipa::path(post, path = "/desk/reviews/{review}/refuse", tag = "desk",
    params(("review" = String, Path, description = "`rev_…`")), request_body = RefusalInput,
    responses((status = 200, body = PageBody)))]
async fn refuse(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ReviewId>,
    Input(input): Input<RefusalInput>,
) -> Result<Answer<PageBody>, Problem> {
    Ok(Answer(broker.refuse_offer(&ctx, id, &input.reason).await?.into()))
}

/// When a version is approved without a person. Sound documents only, in any case.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ReviewRules)]
struct RulesBody {
    /// A person looks at everything.
    review_all: bool,
    /// A change of what is published that is only better for customers, or only of texts, is enough.
    harmless_change: bool,
    /// Otherwise: published offers that the provider has to have.
    #[schema(minimum = 0, maximum = 10_000)]
    published_least: i64,
    /// And days in which none of its versions may have been refused; 0: not asked.
    #[schema(minimum = 0, maximum = 3_650)]
    refusal_days: i64,
    /// And how far, in percent, the price may lie from the middle of its category; 0: not asked.
    #[schema(minimum = 0, maximum = 1_000)]
    price_percent: i64,
}

impl From<ReviewRules> for RulesBody {
    fn from(rules: ReviewRules) -> Self {
        Self {
            review_all: rules.review_all,
            harmless_change: rules.harmless_change,
            published_least: rules.published_least,
            refusal_days: rules.refusal_days,
            price_percent: rules.price_percent,
        }
    }
}

/// Rules that hold or held.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeptReviewRules)]
struct KeptBody {
    /// 0: those of a fresh market.
    version: i64,
    /// The rules.
    rules: RulesBody,
    /// Name of who made them; empty for those of a fresh market.
    made_by: String,
    /// When.
    made_at: Option<String>,
}

/// The rules and those before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReviewRulesList)]
struct RulesListBody {
    /// The newest, which hold, first.
    items: Vec<KeptBody>,
}

impl From<Vec<KeptRules>> for RulesListBody {
    fn from(kept: Vec<KeptRules>) -> Self {
        let body = |kept: KeptRules| KeptBody {
            version: kept.version,
            rules: kept.rules.into(),
            made_by: kept.made_by_name,
            made_at: kept.made_at.map(moment),
        };
        Self { items: kept.into_iter().map(body).collect() }
    }
}

/// Read the rules of approval
#[utoipa::path(get, path = "/desk/review-rules", tag = "desk",
    responses((status = 200, body = RulesListBody)))]
async fn rules(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<RulesListBody>, Problem> {
    Ok(Answer(broker.review_rules(&ctx).await?.into()))
}

/// Other rules, and what they were made of.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewReviewRules)]
struct NewRulesInput {
    /// The version that was read; another one that holds is a conflict.
    #[schema(minimum = 0)]
    made_of: i64,
    /// The rules.
    rules: RulesBody,
}

/// Change the rules of approval
///
/// What was decided stays as it was. 409 `rules_changed`: somebody else was first. Repeating it changes nothing.
#[utoipa::path(put, path = "/desk/review-rules", tag = "desk", request_body = NewRulesInput,
    responses((status = 200, body = RulesListBody)))]
async fn keep_rules(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<NewRulesInput>,
) -> Result<Answer<RulesListBody>, Problem> {
    let rules = ReviewRules {
        review_all: input.rules.review_all,
        harmless_change: input.rules.harmless_change,
        published_least: input.rules.published_least,
        refusal_days: input.rules.refusal_days,
        price_percent: input.rules.price_percent,
    };
    Ok(Answer(broker.keep_review_rules(&ctx, rules, input.made_of).await?.into()))
}
