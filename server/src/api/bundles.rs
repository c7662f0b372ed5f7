//! Bundles: offers that are ordered together.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use broker::bundles::{BundleText, BundleView, BundleWish};
use broker::{Broker, BrokerError};
use domain::{BundleId, OfferId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::announcements::TextsInput;
use super::extract::{Asker, FromQuery, Input, Named, Nothing, Params, Query};
use super::problem::Problem;
use super::wire::{Answer, Created, Money, PageQuery, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(read, change, remove))
}

/// One offer of a bundle.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BundleMember)]
struct MemberBody {
    /// `ofr_…`; null: it is not on the market, and nothing is told of it.
    offer: Option<String>,
    /// Its title.
    title: Option<TwoLanguages>,
    /// Its version on the market.
    version: Option<i64>,
    /// `prv_…` of its provider.
    provider: Option<String>,
    /// Monthly price of its stated basket; null: none is published.
    price: Option<Money>,
}

/// Offers that are ordered together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Bundle)]
struct BundleBody {
    /// `bdl_…`
    id: String,
    /// `prv_…` of whoever made it; null: the market itself.
    provider: Option<String>,
    /// Title; where one language was not written it is the other's.
    title: TwoLanguages,
    /// Text, likewise; may be empty.
    text: TwoLanguages,
    /// Whether everybody sees it.
    shown: bool,
    /// Its two or three offers, in the order in which they are signed (`POST /orders`).
    members: Vec<MemberBody>,
    /// Monthly price of all; null: one has none, or they are in different currencies.
    total: Option<Money>,
    /// Whether it can be ordered: all are on the market, with a price and a cloud behind.
    orderable: bool,
    /// Counts the changes from 1.
    revision: i64,
    /// When it was made.
    made_at: String,
    /// When it was last changed; null: as it was made.
    changed_at: Option<String>,
}

impl From<BundleView> for BundleBody {
    fn from(view: BundleView) -> Self {
        let members = view.members.iter().map(|member| {
            let card = member.card.as_ref();
            MemberBody {
                offer: card.map(|card| card.id.to_string()),
                title: card.map(|card| TwoLanguages::new(&card.title_en, &card.title_ja)),
                version: card.map(|card| card.version),
                provider: card.map(|card| card.provider.id.to_string()),
                price: card.and_then(|card| card.price).map(Money::from),
            }
        });
        Self {
            id: view.id.to_string(),
            provider: view.provider.as_ref().map(|maker| maker.id.to_string()),
            title: TwoLanguages::new(view.title_en(), view.title_ja()),
            text: TwoLanguages::new(view.text_en(), view.text_ja()),
            shown: view.written.shown,
            members: members.collect(),
            total: view.total.map(Money::from),
            orderable: view.is_orderable(),
            revision: view.revision,
            made_at: moment(view.made_at),
            changed_at: view.changed_at.map(moment),
        }
    }
}

/// Bundles.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BundleList)]
struct ListBody {
    /// The latest first.
    items: Vec<BundleBody>,
    /// Cursor of the next page; null on the last one.
    next: Option<String>,
}

/// Whose, and which part of the list.
#[derive(Debug)]
struct Whose(bool, PageQuery);

impl FromQuery for Whose {
    fn from_query(params: &mut Params) -> Self {
        let own = params.word("of", "own", |word| (word == "own").then_some(true));
        Self(own.unwrap_or(false), PageQuery::from_query(params))
    }
}

/// List bundles
#[utoipa::path(get, path = "/bundles", tag = "market",
    params(("of" = Option<String>, Query, description = "`own`: those that one may change, shown or not; without it everybody's that everybody sees"), PageQuery),
    responses((status = 200, body = ListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(Whose(own, page)): Query<Whose>,
) -> Result<Answer<ListBody>, Problem> {
    let cursor = page.cursor.as_deref();
    let found = match own {
        true => broker.own_bundles(&ctx, cursor, page.limit).await?,
        false => broker.bundles(&ctx, cursor, page.limit).await?,
    };
    let items = found.items.into_iter().map(BundleBody::from).collect();
    Ok(Answer(ListBody { items, next: found.next }))
}

/// Read a bundle
#[utoipa::path(get, path = "/bundles/{bundle}", tag = "market",
    params(("bundle" = String, Path, description = "`bdl_…`")),
    responses((status = 200, body = BundleBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<BundleId>,
    _: Query<Nothing>,
) -> Result<Answer<BundleBody>, Problem> {
    Ok(Answer(broker.bundle(&ctx, id).await?.into()))
}

/// What a bundle is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BundleInput {
    /// Up to 120 characters; one language is enough.
    title: TextsInput,
    /// Up to 2,000 characters.
    #[serde(default)]
    text: TextsInput,
    /// Whether everybody sees it.
    #[serde(default)]
    shown: bool,
    /// Two or three different offers on the market (`ofr_…`); a provider's are its own.
    offers: Vec<String>,
}

impl BundleInput {
    fn read(self) -> Result<BundleWish, BrokerError> {
        let offer = |(at, text): (usize, String)| {
            text.parse::<OfferId>().map_err(|error| {
                let (pointer, allowed) = (format!("/offers/{at}"), "ofr_ and 26 characters");
                BrokerError::field(&pointer, "offer_unknown", &text, allowed, &error.to_string())
            })
        };
        let offers = self.offers.into_iter().enumerate().map(offer).collect::<Result<_, _>>()?;
        let text = BundleText {
            title_en: self.title.en,
            title_ja: self.title.ja,
            text_en: self.text.en,
            text_ja: self.text.ja,
            shown: self.shown,
        };
        Ok(BundleWish { text, offers })
    }
}

/// Make a bundle
///
/// A broker makes the market's of any offers on it, a provider its own of its own ones; nobody else may. 409
/// `too_many_bundles` after 200.
#[utoipa::path(post, path = "/bundles", tag = "market", request_body = BundleInput,
    responses((status = 201, body = BundleBody)))]
async fn add(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<BundleInput>,
) -> Result<Created<BundleBody>, Problem> {
    // Who may make none hears that first.
    broker.own_bundles(&ctx, None, 1).await?;
    Ok(Created(broker.make_bundle(&ctx, &input.read()?).await?.into()))
}

/// A bundle as it shall stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BundleChangeInput {
    /// The revision that was read.
    revision: i64,
    /// What shall stand.
    bundle: BundleInput,
}

/// Change a bundle
///
/// 409 `changed_meanwhile`: it is at another revision.
#[utoipa::path(put, path = "/bundles/{bundle}", tag = "market",
    params(("bundle" = String, Path, description = "`bdl_…`")), request_body = BundleChangeInput,
    responses((status = 200, body = BundleBody)))]
async fn change(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<BundleId>,
    Input(input): Input<BundleChangeInput>,
) -> Result<Json<BundleBody>, Problem> {
    // Whose it is comes before what was typed.
    broker.own_bundle(&ctx, id).await?;
    let wish = input.bundle.read()?;
    Ok(Json(broker.change_bundle(&ctx, (id, input.revision), &wish).await?.into()))
}

/// Remove a bundle
///
/// Orders that were made from it go on.
#[utoipa::path(delete, path = "/bundles/{bundle}", tag = "market",
    params(("bundle" = String, Path, description = "`bdl_…`")),
    responses((status = 204, description = "removed")))]
async fn remove(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<BundleId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Problem> {
    broker.remove_bundle(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
