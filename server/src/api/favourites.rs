//! Offers that an organisation keeps at hand.

use axum::extract::State;
use axum::http::StatusCode;
use broker::Broker;
use broker::favourites::Favourite;
use domain::OfferId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Named, Nothing, Query};
use super::problem::Problem;
use super::wire::{Answer, OfferSummary, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(keep, drop_it))
}

/// An offer that is kept at hand.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Favourite)]
struct FavouriteBody {
    /// `ofr_…`
    id: String,
    /// Title of what was on the market last.
    title: TwoLanguages,
    /// Short name of its provider.
    provider: String,
    /// published, paused, withdrawing or withdrawn.
    state: &'static str,
    /// As in lists; null: it is not on the market.
    offer: Option<OfferSummary>,
    /// When it was marked.
    kept_at: String,
}

impl From<Favourite> for FavouriteBody {
    fn from(one: Favourite) -> Self {
        Self {
            id: one.offer.to_string(),
            title: TwoLanguages::new(&one.title_en, &one.title_ja),
            provider: one.provider_slug,
            state: one.state.as_str(),
            offer: one.card.as_ref().map(OfferSummary::from),
            kept_at: moment(one.kept_at),
        }
    }
}

/// Offers that are kept at hand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FavouriteList)]
struct ListBody {
    /// The latest mark first.
    items: Vec<FavouriteBody>,
    /// Always null: the list is whole.
    next: Option<String>,
}

/// List the offers that one's organisation keeps at hand
///
/// A withdrawn one stays in it; one that is not shown to the organisation any more does not.
#[utoipa::path(get, path = "/favourites", tag = "market",
    responses((status = 200, body = ListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<ListBody>, Problem> {
    let found = broker.favourites(&ctx).await?;
    let items = found.into_iter().map(FavouriteBody::from).collect();
    Ok(Answer(ListBody { items, next: None }))
}

/// Keep an offer at hand
///
/// Repeating it changes nothing. 409 `too_many_favourites` after 500.
#[utoipa::path(put, path = "/favourites/{offer}", tag = "market",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 204, description = "kept")))]
async fn keep(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Problem> {
    broker.keep_favourite(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keep an offer at hand no longer
///
/// Repeating it changes nothing.
#[utoipa::path(delete, path = "/favourites/{offer}", tag = "market",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 204, description = "not kept")))]
async fn drop_it(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Problem> {
    broker.drop_favourite(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
