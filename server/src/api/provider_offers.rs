//! The provider's side: check, save, publish its own offers. The rest of their life is in `offer_life`.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use broker::Broker;
use broker::offers::{MadeOf, Merge, OwnOffer, OwnOfferCard};
use domain::OfferId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Document, Named, Nothing, Query, fault};
use super::needs::CheckBody;
use super::offer_life::{CommentBody, HistoryBody, ReviewBody};
use super::precondition::{MadeOfVersion, Versioned};
use super::problem::{FieldProblem, Problem, ProblemDocument};
use super::wire::{self, Answer, Created, PageQuery, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(check))
        .routes(routes!(list, save))
        .routes(routes!(read, revise))
        .routes(routes!(publish))
}

/// Check an offer without saving it
#[utoipa::path(post, path = "/provider/offers/check", tag = "provider",
    request_body(content = String, description = "A ServiceLevelOffer document", content_type = "application/yaml"),
    responses((status = 200, body = CheckBody)))]
async fn check(
    State(broker): State<Broker>,
    Asker(_ctx): Asker,
    Document(text): Document,
) -> Answer<CheckBody> {
    let check = broker.check_offer_text(&text);
    Answer(CheckBody {
        valid: check.faults.is_empty(),
        document: check.offer.as_ref().map(wire::json),
        errors: check.faults.into_iter().map(FieldProblem::from).collect(),
        notices: check.notices,
    })
}

/// One's own offer in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OwnOfferSummary {
    /// `ofr_…`
    id: String,
    /// metadata.name of the document.
    name: String,
    /// Title.
    title: TwoLanguages,
    /// draft, published, paused, withdrawing or withdrawn: where it stands on the market.
    state: String,
    /// draft, submitted, in_review, scheduled, published, paused, withdrawing or withdrawn: where it stands in its
    /// whole life.
    stage: &'static str,
    /// When the submitted version is published, if it waits for a moment.
    publish_at: Option<String>,
    /// When it leaves the market, while it is withdrawing.
    ends_at: Option<String>,
    /// Newest version.
    current_version: i64,
    /// The version the public sees.
    published_version: Option<i64>,
    /// Last change.
    updated_at: String,
}

impl From<&OwnOfferCard> for OwnOfferSummary {
    fn from(card: &OwnOfferCard) -> Self {
        Self {
            id: card.id.to_string(),
            name: card.slug.clone(),
            title: TwoLanguages::new(&card.title_en, &card.title_ja),
            state: card.state.to_string(),
            stage: card.stage.as_str(),
            publish_at: card.publish_at.map(moment),
            ends_at: card.ends_at.map(moment),
            current_version: card.current_version,
            published_version: card.published_version,
            updated_at: moment(card.updated_at),
        }
    }
}

/// The provider's offers.
#[derive(Debug, Serialize, ToSchema)]
struct OwnOfferListBody {
    /// Newest first.
    items: Vec<OwnOfferSummary>,
    /// Cursor of the next page; null at the end.
    next: Option<String>,
}

/// A version in the history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VersionBody {
    /// From 1.
    version: i64,
    /// SHA-256 of the canonical document, lower-case hex.
    hash: String,
    /// When it was made.
    created_at: String,
    /// Who made it.
    created_by: String,
    /// Thumbprint of the key that signed it; null: not signed.
    signed_by: Option<String>,
    /// What changed since the version before, best told by `kumoichi sla diff`; null for the first
    /// one and for old ones.
    #[schema(value_type = Option<Object>)]
    changes: Option<Value>,
}

/// One's own offer with its versions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OwnOfferBody {
    /// As in lists.
    #[serde(flatten)]
    summary: OwnOfferSummary,
    /// `adc_…` of the audience that alone may know of it; null: everybody.
    audience: Option<String>,
    /// The newest version.
    #[schema(value_type = Object)]
    document: Value,
    /// The same as YAML, to edit.
    yaml: String,
    /// Its regions that the connected cloud does not have: there it cannot be ordered.
    not_served: Vec<String>,
    /// Newest first.
    versions: Vec<VersionBody>,
    /// How long a notice runs at least before it leaves the market, microseconds.
    notice_us: i64,
    /// Its reviews, the latest first; at most one is submitted, in_review or approved.
    reviews: Vec<ReviewBody>,
    /// What was said in them.
    comments: Vec<CommentBody>,
    /// What happened to it, the latest first.
    history: Vec<HistoryBody>,
}

impl From<OwnOffer> for OwnOfferBody {
    fn from(offer: OwnOffer) -> Self {
        let version = |row: broker::offers::OfferVersionCard| VersionBody {
            version: row.version,
            hash: row.hash,
            created_at: moment(row.created_at),
            created_by: row.created_by,
            signed_by: row.signed_by,
            changes: row.changes.and_then(|changes| serde_json::to_value(changes).ok()),
        };
        Self {
            summary: OwnOfferSummary::from(&offer.card),
            audience: offer.audience.map(|id| id.to_string()),
            document: wire::json(&offer.document),
            yaml: offer.yaml,
            not_served: offer.not_served,
            versions: offer.versions.into_iter().map(version).collect(),
            notice_us: offer.notice_us,
            reviews: offer.reviews.iter().map(ReviewBody::from).collect(),
            comments: offer.comments.iter().map(CommentBody::from).collect(),
            history: offer.history.iter().map(HistoryBody::from).collect(),
        }
    }
}

/// List one's offers in every state
#[utoipa::path(get, path = "/provider/offers", tag = "provider", params(PageQuery),
    responses((status = 200, body = OwnOfferListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(page): Query<PageQuery>,
) -> Result<Answer<OwnOfferListBody>, Problem> {
    let list = broker.my_offers(&ctx, page.cursor.as_deref(), page.limit).await?;
    let items = list.items.iter().map(OwnOfferSummary::from).collect();
    Ok(Answer(OwnOfferListBody { items, next: list.next }))
}

/// Save an offer as a draft
///
/// With the name of an existing offer it becomes its next version; publishing is a step of its own.
#[utoipa::path(post, path = "/provider/offers", tag = "provider",
    request_body(content = String, description = "A ServiceLevelOffer document", content_type = "application/yaml"),
    responses((status = 201, body = OwnOfferBody)))]
async fn save(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Document(text): Document,
) -> Result<Created<OwnOfferBody>, Problem> {
    Ok(Created(broker.save_offer(&ctx, &text).await?.into()))
}

/// Read one's offer with drafts and versions
#[utoipa::path(get, path = "/provider/offers/{offer}", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 200, body = OwnOfferBody,
        headers(("ETag" = String, description = "The number of the newest version")))))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    _: Query<Nothing>,
) -> Result<Versioned<OwnOfferBody>, Problem> {
    Ok(versioned(broker.my_offer(&ctx, id).await?))
}

/// Save a new version
///
/// The document keeps the offer's name. An unchanged document makes no new version. Say with `If-Match`
/// or `expectedVersion` which version the change was made of, so that nobody else's change is lost.
#[utoipa::path(put, path = "/provider/offers/{offer}", tag = "provider",
    params(
        ("offer" = String, Path, description = "`ofr_…`"),
        ("expectedVersion" = Option<i64>, Query, minimum = 1,
            description = "Save only while this is the newest version, otherwise 409; whatever it is when absent"),
        ("If-Match" = Option<String>, Header,
            description = "The same as the ETag of the version that was read, such as `\"3\"`, otherwise 412")),
    request_body(content = String, description = "A ServiceLevelOffer document", content_type = "application/yaml"),
    responses(
        (status = 200, body = OwnOfferBody, headers(("ETag" = String, description = "The number of the newest version"))),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json",
            description = "`offer_changed`: another version is the newest; `errors` names the items that were changed meanwhile"),
        (status = 412, body = ProblemDocument, content_type = "application/problem+json",
            description = "The same, asked with If-Match")))]
async fn revise(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    made_of: MadeOfVersion,
    Document(text): Document,
) -> Result<Versioned<OwnOfferBody>, Problem> {
    let existing = broker.my_offer(&ctx, id).await?;
    let check = broker.check_offer_text(&text);
    if let Some(offer) = check.offer
        && offer.metadata.name != existing.card.slug
    {
        let detail = format!(
            "the document names the offer `{}`; this offer is `{}`",
            offer.metadata.name, existing.card.slug
        );
        return Err(Problem::new(StatusCode::CONFLICT, "other_offer", detail));
    }
    let saved = match made_of.version {
        Some(version) => broker.revise_offer(&ctx, &text, MadeOf { offer: id, version }).await,
        None => broker.save_offer(&ctx, &text).await,
    };
    match (saved, made_of.version) {
        (Ok(saved), _) => Ok(versioned(saved)),
        (Err(error), Some(version)) if error.code() == "offer_changed" => {
            let made_of_version = MadeOf { offer: id, version };
            let merge = broker.merge_offer(&ctx, &text, made_of_version, &BTreeMap::new()).await;
            let changed = merge.map_or_else(|_| Vec::new(), |merge| changed(&merge));
            Err(made_of.refused(error).with_errors(changed))
        }
        (Err(error), _) => Err(made_of.refused(error)),
    }
}

/// The parts that somebody else changed since: those that this change touches too, and the others.
fn changed(merge: &Merge) -> Vec<FieldProblem> {
    let (base, newest) = (merge.base, merge.newest);
    let part = |pointer: &str, code: &str, [found, allowed]: [&str; 2], message: String| {
        fault(pointer, code, found, allowed, &message)
    };
    let clashes = merge.clashes.iter().map(|clash| {
        let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
        let (yours, theirs) = (side(&clash.yours), side(&clash.theirs));
        let message = format!("version {newest} changed this too since version {base}: decide");
        part(&clash.part, "changed_by_both", [yours.as_str(), theirs.as_str()], message)
    });
    let theirs = merge.theirs.iter().map(|pointer| {
        let message = format!("version {newest} changed this since version {base}");
        let (found, allowed) = (format!("version {base}"), format!("version {newest}"));
        part(pointer, "changed_meanwhile", [found.as_str(), allowed.as_str()], message)
    });
    clashes.chain(theirs).collect()
}

fn versioned(offer: OwnOffer) -> Versioned<OwnOfferBody> {
    Versioned(offer.card.current_version, offer.into())
}

/// Publish the newest version
///
/// Where the rules of the market let it in it is published at once; otherwise `stage` is `submitted` and a person
/// looks at it first. Repeating it changes nothing.
#[utoipa::path(post, path = "/provider/offers/{offer}/publish", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 200, body = OwnOfferBody)))]
async fn publish(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
) -> Result<Answer<OwnOfferBody>, Problem> {
    Ok(Answer(broker.publish_offer(&ctx, id).await?.into()))
}
