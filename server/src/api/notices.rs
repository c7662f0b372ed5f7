//! Notices about watched needs: read them, mark them, begin and stop to watch.

use axum::extract::State;
use axum::http::StatusCode;
use broker::Broker;
use broker::notices::{ContractNews, EvidenceNews, NewerNews, Notice, NoticeOffer, ReviewNews};
use domain::{IdError, NoticeId, RequirementId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::admissions;
use super::announcements;
use super::audiences;
use super::extensions;
use super::extract::{Asker, FromQuery, Input, Named, Nothing, Params, Query, fault};
use super::problem::Problem;
use super::wire::{self, Answer, PageQuery, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(mark_read, mark_unread))
        .routes(routes!(mark_all_read))
        .routes(routes!(mark_unread_again))
        .routes(routes!(watch, unwatch))
}

/// The need a notice is about.
#[derive(Debug, Serialize, ToSchema)]
struct NoticeNeedBody {
    /// `req_…`
    id: String,
    /// The version that was judged.
    version: i64,
    /// Title.
    title: TwoLanguages,
}

/// An offer that a notice names.
#[derive(Debug, Serialize, ToSchema)]
struct NoticeOfferBody {
    /// `ofr_…`
    id: String,
    /// The version that made the news.
    version: i64,
    /// Title.
    title: TwoLanguages,
    /// Name of its provider.
    provider: TwoLanguages,
    /// published, version, withdrawn or evidence.
    cause: &'static str,
    /// Must items of the need that it no longer meets.
    missed: Vec<String>,
    /// better, neutral, worse or incomparable: all changes taken together.
    verdict: &'static str,
    /// What changed of what the need asks for, and the price.
    #[schema(value_type = Vec<Object>)]
    changes: Value,
}

impl From<&NoticeOffer> for NoticeOfferBody {
    fn from(offer: &NoticeOffer) -> Self {
        Self {
            id: offer.id.to_string(),
            version: offer.version,
            title: TwoLanguages::new(&offer.title_en, &offer.title_ja),
            provider: TwoLanguages::new(&offer.provider_en, &offer.provider_ja),
            cause: offer.cause.as_str(),
            missed: offer.missed.clone(),
            verdict: offer.verdict().as_str(),
            changes: wire::json(&offer.changes),
        }
    }
}

/// What somebody decided about a contract.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContractNews)]
struct ContractNewsBody {
    /// `ctr_…`
    id: String,
    /// How its customer calls the service.
    service_name: String,
    /// Name of its provider.
    provider: TwoLanguages,
    /// The moment it is about; null: none.
    at: Option<String>,
    /// Why, in the words of whoever decided it; null: nothing was said.
    reason: Option<String>,
    /// Machines that stay of the service that gives room to a lifeline; null: it is about something else.
    keep_instances: Option<i64>,
    /// Of how many.
    instances: Option<i64>,
    /// What is owed for that so far; null: nothing yet.
    owed: Option<wire::Money>,
    /// The newer version of its offer; null: it is about something else.
    newer: Option<NewerNewsBody>,
}

/// What a newer version of an offer means for a contract that was made from an older one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewerNews)]
struct NewerNewsBody {
    /// `ofr_…`
    offer: String,
    /// Its title in the newer version.
    title: TwoLanguages,
    /// The newer version.
    version: i64,
    /// The version that is the contract's.
    signed_version: i64,
    /// better, worse or incomparable: all changes taken together.
    verdict: &'static str,
    /// Whether it contains the need that was signed.
    fits: bool,
    /// Must items of that need that it does not meet.
    missed: Vec<String>,
    /// Everything that changed, item by item.
    #[schema(value_type = Vec<Object>)]
    changes: Value,
    /// Until when the holder may leave because of it; null: nothing became worse.
    leave_until: Option<String>,
}

impl From<&NewerNews> for NewerNewsBody {
    fn from(news: &NewerNews) -> Self {
        Self {
            offer: news.offer.to_string(),
            title: TwoLanguages::new(&news.title_en, &news.title_ja),
            version: news.version,
            signed_version: news.signed_version,
            verdict: news.verdict.as_str(),
            fits: news.fits,
            missed: news.missed.clone(),
            changes: wire::json(&news.changes),
            leave_until: news.leave_until.map(moment),
        }
    }
}

impl From<&ContractNews> for ContractNewsBody {
    fn from(news: &ContractNews) -> Self {
        Self {
            id: news.contract.to_string(),
            service_name: news.service_name.clone(),
            provider: TwoLanguages::new(&news.provider_en, &news.provider_ja),
            at: news.at.map(moment),
            reason: news.reason.clone(),
            keep_instances: news.machines.map(|(keep, _)| keep),
            instances: news.machines.map(|(_, of)| of),
            owed: news.owed.map(wire::Money::from),
            newer: news.newer.as_deref().map(NewerNewsBody::from),
        }
    }
}

/// Evidence of one's offer that ends, or has ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EvidenceNews)]
struct EvidenceNewsBody {
    /// `ofr_…`
    offer: String,
    /// Its title.
    title: TwoLanguages,
    /// Key of the item that the evidence is for.
    item: String,
    /// Kind, scheme and number, as the document says.
    evidence: String,
    /// Its last day, as the document says.
    last: String,
}

impl From<&EvidenceNews> for EvidenceNewsBody {
    fn from(news: &EvidenceNews) -> Self {
        Self {
            offer: news.offer.to_string(),
            title: TwoLanguages::new(&news.title_en, &news.title_ja),
            item: news.item.clone(),
            evidence: news.evidence.clone(),
            last: news.last.clone(),
        }
    }
}

/// What became of a version that was submitted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReviewNews)]
struct ReviewNewsBody {
    /// `ofr_…`
    id: String,
    /// The version.
    version: i64,
    /// Title of the version.
    title: TwoLanguages,
    /// When it is published, if it waits for a moment; null: it does not.
    at: Option<String>,
    /// Why it was refused, or what was said about it; null: nothing was.
    reason: Option<String>,
}

impl From<&ReviewNews> for ReviewNewsBody {
    fn from(news: &ReviewNews) -> Self {
        Self {
            id: news.offer.to_string(),
            version: news.version,
            title: TwoLanguages::new(&news.title_en, &news.title_ja),
            at: news.at.map(moment),
            reason: news.reason.clone(),
        }
    }
}

/// A notice.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NoticeBody {
    /// `ntc_…`
    id: String,
    /// offer_gained, offer_lost, offer_changed; about a contract provider_ends, provider_stays, provider_ended,
    /// preemption_noticed, preemption_called_off, preempted, room_returned, room_given, room_settled,
    /// newer_version, rating_given, rating_answered; about a version of an offer review_refused, review_approved, review_commented,
    /// offer_published; about evidence of one's offer evidence_ends, evidence_ended; about a provider of one's
    /// contracts announced, announcement_changed, announcement_over; about offers that are not public invited,
    /// invitation_taken_back; about an item one proposed item_accepted, item_refused; about one's own
    /// admission admission_changed.
    kind: &'static str,
    /// The need; null: it is about something else.
    requirement: Option<NoticeNeedBody>,
    /// The contract; null: it is about something else.
    contract: Option<ContractNewsBody>,
    /// The version of an offer; null: it is about something else.
    review: Option<ReviewNewsBody>,
    /// The evidence of one's offer; null: it is about something else.
    evidence: Option<EvidenceNewsBody>,
    /// What a provider announces; null: it is about something else.
    announcement: Option<announcements::NewsBody>,
    /// An invitation to offers that are not public; null: it is about something else.
    invitation: Option<audiences::NewsBody>,
    /// An item that the organisation proposed; null: it is about something else.
    item: Option<extensions::NewsBody>,
    /// One's own admission; null: it is about something else.
    admission: Option<admissions::NewsBody>,
    /// How many offers it speaks of.
    count: u64,
    /// The offer, or the best three of many.
    offers: Vec<NoticeOfferBody>,
    /// When it was made.
    created_at: String,
    /// When it was marked as read; null: unread.
    read_at: Option<String>,
}

impl From<&Notice> for NoticeBody {
    fn from(notice: &Notice) -> Self {
        Self {
            id: notice.id.to_string(),
            kind: notice.kind.as_str(),
            requirement: notice.need.as_ref().map(|need| NoticeNeedBody {
                id: need.id.to_string(),
                version: need.version,
                title: TwoLanguages::new(&need.title_en, &need.title_ja),
            }),
            contract: notice.contract.as_ref().map(ContractNewsBody::from),
            review: notice.review.as_ref().map(ReviewNewsBody::from),
            evidence: notice.evidence.as_ref().map(EvidenceNewsBody::from),
            announcement: notice.announcement.as_ref().map(announcements::NewsBody::from),
            invitation: notice.invitation.as_ref().map(audiences::NewsBody::from),
            item: notice.item.as_ref().map(extensions::NewsBody::from),
            admission: notice.admission.as_ref().map(admissions::NewsBody::from),
            count: notice.count,
            offers: notice.offers.iter().map(NoticeOfferBody::from).collect(),
            created_at: moment(notice.created_at),
            read_at: notice.read_at.map(moment),
        }
    }
}

/// A notice as its organisation reads it here, for events about it.
pub(crate) fn json(notice: &Notice) -> Value {
    wire::json(&NoticeBody::from(notice))
}

/// A page of the inbox.
#[derive(Debug, Serialize, ToSchema)]
struct NoticeListBody {
    /// Unread ones first, the newest first in each part.
    items: Vec<NoticeBody>,
    /// Cursor of the next page; null on the last one.
    next: Option<String>,
}

/// About which need, and which part of the list.
#[derive(Debug)]
struct AboutNeed(Option<String>, PageQuery);

impl FromQuery for AboutNeed {
    fn from_query(params: &mut Params) -> Self {
        Self(params.text("requirement"), PageQuery::from_query(params))
    }
}

/// List the organisation's notices
#[utoipa::path(get, path = "/notices", tag = "inbox",
    params(("requirement" = Option<String>, Query, description = "Only about this need, `req_…`"), PageQuery),
    responses((status = 200, body = NoticeListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(AboutNeed(about, page)): Query<AboutNeed>,
) -> Result<Answer<NoticeListBody>, Problem> {
    let about = about.map(|text| requirement_id(&text, "/requirement")).transpose()?;
    let list = broker.notices(&ctx, about, page.cursor.as_deref(), page.limit).await?;
    let items = list.items.iter().map(NoticeBody::from).collect();
    Ok(Answer(NoticeListBody { items, next: list.next }))
}

/// Mark a notice as read
///
/// The inbox is shared: it is read for the whole organisation. Repeating it changes nothing.
#[utoipa::path(put, path = "/notices/{notice}/read", tag = "inbox",
    params(("notice" = String, Path, description = "`ntc_…`")),
    responses((status = 204, description = "read")))]
async fn mark_read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<NoticeId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Problem> {
    broker.mark_notice(&ctx, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mark a notice as unread
#[utoipa::path(delete, path = "/notices/{notice}/read", tag = "inbox",
    params(("notice" = String, Path, description = "`ntc_…`")),
    responses((status = 204, description = "unread")))]
async fn mark_unread(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<NoticeId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Problem> {
    broker.mark_notice(&ctx, id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How far everything is read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReadInput {
    /// The newest notice that was shown, `ntc_…`; later ones stay unread.
    until: String,
    /// Only those about this need, `req_…`.
    #[serde(default)]
    requirement_id: Option<String>,
}

/// What was marked at once.
#[derive(Debug, Serialize, ToSchema)]
struct MarkedBody {
    /// How many were unread.
    count: u64,
    /// The moment by which it can be taken back.
    at: String,
}

/// Mark all notices as read that were shown
#[utoipa::path(post, path = "/notices/read", tag = "inbox", request_body = ReadInput,
    responses((status = 200, body = MarkedBody)))]
async fn mark_all_read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<ReadInput>,
) -> Result<Answer<MarkedBody>, Problem> {
    let until = input.until.parse().map_err(|error: IdError| {
        let text = error.to_string();
        Problem::invalid(vec![fault("/until", "id", &input.until, "ntc_…", &text)])
    })?;
    let about = input.requirement_id.as_deref();
    let about = about.map(|text| requirement_id(text, "/requirementId")).transpose()?;
    let marked = broker.mark_notices_read(&ctx, about, until).await?;
    Ok(Answer(MarkedBody { count: marked.count, at: moment(marked.at) }))
}

/// What is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UnreadInput {
    /// `at` of what was marked at once, RFC 3339.
    at: String,
}

/// How many are unread again.
#[derive(Debug, Serialize, ToSchema)]
struct UnreadBody {
    count: u64,
}

/// Take back what was marked as read at once
#[utoipa::path(post, path = "/notices/unread", tag = "inbox", request_body = UnreadInput,
    responses((status = 200, body = UnreadBody)))]
async fn mark_unread_again(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<UnreadInput>,
) -> Result<Answer<UnreadBody>, Problem> {
    let at: jiff::Timestamp = input.at.parse().map_err(|error: jiff::Error| {
        let allowed = "a moment such as 2026-10-01T00:00:00Z";
        Problem::invalid(vec![fault("/at", "moment", &input.at, allowed, &error.to_string())])
    })?;
    let count = broker.mark_notices_unread(&ctx, Timestamp(at.as_microsecond())).await?;
    Ok(Answer(UnreadBody { count }))
}

/// Watch a need
///
/// From now on a notice tells when an offer contains it that did not before, no longer does, or
/// changes. What a person saves is watched from the beginning. Repeating it changes nothing.
#[utoipa::path(put, path = "/requirements/{requirement}/watch", tag = "inbox",
    params(("requirement" = String, Path, description = "`req_…`")),
    responses((status = 204, description = "watched")))]
async fn watch(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<RequirementId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Problem> {
    broker.watch_requirement(&ctx, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Watch a need no longer
#[utoipa::path(delete, path = "/requirements/{requirement}/watch", tag = "inbox",
    params(("requirement" = String, Path, description = "`req_…`")),
    responses((status = 204, description = "not watched")))]
async fn unwatch(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<RequirementId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Problem> {
    broker.watch_requirement(&ctx, id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn requirement_id(text: &str, pointer: &str) -> Result<RequirementId, Problem> {
    text.parse().map_err(|error: IdError| {
        Problem::invalid(vec![fault(pointer, "id", text, "req_…", &error.to_string())])
    })
}
