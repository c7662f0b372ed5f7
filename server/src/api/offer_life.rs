//! The life of an offer from its provider's side: submit, take back, schedule, pause, end, withdraw, and what is said
//! in reviews.

use axum::extract::State;
use broker::Broker;
use broker::offers::{CommentView, Ending, HistoryLine, NewComment, ReviewView, Submission};
use domain::{CommentId, OfferId, ReviewId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contracts::read_moment;
use super::extract::{Asker, Input, Named, fault};
use super::problem::Problem;
use super::provider_offers::OwnOfferBody;
use super::wire::{self, Answer, Created, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(submit, take_back))
        .routes(routes!(schedule))
        .routes(routes!(pause, resume))
        .routes(routes!(announce, stay))
        .routes(routes!(withdraw))
        .routes(routes!(comment))
        .routes(routes!(settle))
}

/// One version that was submitted, and what was decided about it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OfferReview)]
pub(super) struct ReviewBody {
    /// `rev_…`
    id: String,
    /// `ofr_…`
    offer: String,
    /// The version.
    version: i64,
    /// submitted, in_review, approved, published, refused or taken_back.
    state: &'static str,
    /// Name of who submitted it; empty for the market's own operator.
    submitted_by: String,
    /// When.
    submitted_at: String,
    /// What the provider told.
    note: String,
    /// From when it is to be published; null: as soon as it is approved.
    publish_at: Option<String>,
    /// The rules with their version, what they looked at and what each said.
    #[schema(value_type = Object)]
    evaluation: Value,
    /// Name of who looks at it or decided; null: nobody, or the rules.
    reviewer: Option<String>,
    /// When it was decided.
    decided_at: Option<String>,
    /// Why it was refused.
    reason: Option<String>,
    /// When it was published.
    published_at: Option<String>,
}

impl From<&ReviewView> for ReviewBody {
    fn from(view: &ReviewView) -> Self {
        Self {
            id: view.id.to_string(),
            offer: view.offer.to_string(),
            version: view.version,
            state: view.state.as_str(),
            submitted_by: view.submitted_by_name.clone(),
            submitted_at: moment(view.submitted_at),
            note: view.note.clone(),
            publish_at: view.publish_at.map(moment),
            evaluation: wire::json(&view.evaluation),
            reviewer: view.reviewer_name.clone(),
            decided_at: view.decided_at.map(moment),
            reason: view.reason.clone(),
            published_at: view.published_at.map(moment),
        }
    }
}

/// Something said about a place of a version, or an answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OfferComment)]
pub(super) struct CommentBody {
    /// `cmt_…`
    id: String,
    /// `rev_…`
    review: String,
    /// JSON pointer into the document; empty: the whole of it.
    pointer: String,
    /// What is said.
    text: String,
    /// Name of who said it.
    author: String,
    /// provider or broker.
    role: String,
    /// When.
    at: String,
    /// When it was settled; null: it is open.
    settled_at: Option<String>,
    /// Name of who settled it.
    settled_by: Option<String>,
    /// Answers, in the order of saying; empty for an answer.
    #[schema(no_recursion)]
    answers: Vec<CommentBody>,
}

impl From<&CommentView> for CommentBody {
    fn from(view: &CommentView) -> Self {
        Self {
            id: view.id.to_string(),
            review: view.review.to_string(),
            pointer: view.pointer.clone(),
            text: view.text.clone(),
            author: view.author_name.clone(),
            role: view.author_role.to_string(),
            at: moment(view.at),
            settled_at: view.settled_at.map(moment),
            settled_by: view.settled_by_name.clone(),
            answers: view.answers.iter().map(Self::from).collect(),
        }
    }
}

/// A step of an offer's life.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OfferStep)]
pub(super) struct HistoryBody {
    /// When.
    at: String,
    /// drafted, revised, submitted, review_begun, approved, refused, taken_back, rescheduled, published, paused,
    /// resumed, end_announced, end_taken_back or withdrawn.
    step: &'static str,
    /// The version.
    version: i64,
    /// Id of who did it, `system`, or `rules` where no person decided.
    actor: String,
    /// The name at that time.
    name: String,
    /// The moment it is about: of publication, or of the end.
    moment: Option<String>,
    /// Why.
    reason: String,
}

impl From<&HistoryLine> for HistoryBody {
    fn from(line: &HistoryLine) -> Self {
        Self {
            at: moment(line.at),
            step: line.step.as_str(),
            version: line.version,
            actor: line.actor.clone(),
            name: line.actor_name.clone(),
            moment: line.moment.map(moment),
            reason: line.reason.clone(),
        }
    }
}

/// How the newest version is to be published.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OfferSubmission)]
struct SubmissionInput {
    /// RFC 3339 with zone, at most ten years ahead; absent or past: as soon as it is approved.
    #[schema(example = "2027-04-01T09:00:00+09:00")]
    publish_at: Option<String>,
    /// What whoever looks at it is told, at most 500 characters.
    #[serde(default)]
    note: String,
}

/// The moment of publication.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OfferSchedule)]
struct ScheduleInput {
    /// RFC 3339 with zone, at most ten years ahead; null or past: as soon as it is approved.
    #[schema(example = "2027-04-01T09:00:00+09:00")]
    publish_at: Option<String>,
}

/// Why an offer pauses.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OfferPause)]
struct PauseInput {
    /// Kept in the history, at most 500 characters.
    #[serde(default)]
    reason: String,
}

/// How an offer ends.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OfferEnding)]
struct EndingInput {
    /// What everybody reads, 1 to 500 characters.
    reason: String,
    /// RFC 3339 with zone; not before the notice has run, and at most ten years ahead. Absent: when it has run.
    #[schema(example = "2027-12-31T18:00:00+09:00")]
    ends_at: Option<String>,
}

/// Something to be said about a place of a version.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewOfferComment)]
pub(super) struct CommentInput {
    /// JSON pointer into the document; empty: the whole of it. Not looked at for an answer.
    #[serde(default)]
    #[schema(example = "/spec/items/0")]
    pointer: String,
    /// What is said, 1 to 2000 characters.
    text: String,
    /// `cmt_…`, the comment that this answers.
    answers: Option<String>,
}

/// The id of what was added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OfferCommentAdded)]
pub(super) struct AddedBody {
    /// `cmt_…`
    id: String,
}

fn at(pointer: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.map(|text| read_moment(pointer, text)).transpose().map_err(Problem::from)
}

/// Submit the newest version
///
/// The rules of the market approve it, and then it is published at once or at its moment; or `stage` is `submitted`
/// and a person looks at it. Another version that is under review is taken back. Repeating it changes nothing.
#[utoipa::path(put, path = "/provider/offers/{offer}/submission", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")), request_body = SubmissionInput,
    responses((status = 200, body = OwnOfferBody)))]
async fn submit(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    Input(input): Input<SubmissionInput>,
) -> Result<Answer<OwnOfferBody>, Problem> {
    // Whose offer it is comes before what was typed.
    broker.my_offer(&ctx, id).await?;
    let publish_at = at("/publishAt", input.publish_at.as_deref())?;
    let wish = Submission { note: input.note, publish_at };
    Ok(Answer(broker.submit_offer(&ctx, id, &wish).await?.into()))
}

/// Take a submitted version back
///
/// The one under review, or that waits for its moment. Repeating it changes nothing.
#[utoipa::path(delete, path = "/provider/offers/{offer}/submission", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 200, body = OwnOfferBody)))]
async fn take_back(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
) -> Result<Answer<OwnOfferBody>, Problem> {
    Ok(Answer(broker.take_back_offer(&ctx, id).await?.into()))
}

/// Move the moment of publication
///
/// Of the version under review, or that waits for its moment. One that is approved and gets no moment is published at
/// once. 409 `not_submitted`: there is none.
#[utoipa::path(put, path = "/provider/offers/{offer}/submission/schedule", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")), request_body = ScheduleInput,
    responses((status = 200, body = OwnOfferBody)))]
async fn schedule(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    Input(input): Input<ScheduleInput>,
) -> Result<Answer<OwnOfferBody>, Problem> {
    broker.my_offer(&ctx, id).await?;
    let publish_at = at("/publishAt", input.publish_at.as_deref())?;
    Ok(Answer(broker.schedule_offer(&ctx, id, publish_at).await?.into()))
}

/// Pause an offer
///
/// It is neither found nor ordered until it is resumed; contracts go on. Repeating it changes nothing.
#[utoipa::path(put, path = "/provider/offers/{offer}/pause", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")), request_body = PauseInput,
    responses((status = 200, body = OwnOfferBody)))]
async fn pause(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    Input(input): Input<PauseInput>,
) -> Result<Answer<OwnOfferBody>, Problem> {
    Ok(Answer(broker.pause_offer(&ctx, id, &input.reason).await?.into()))
}

/// Resume a paused offer
///
/// It comes back as it was. Repeating it changes nothing.
#[utoipa::path(delete, path = "/provider/offers/{offer}/pause", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 200, body = OwnOfferBody)))]
async fn resume(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
) -> Result<Answer<OwnOfferBody>, Problem> {
    Ok(Answer(broker.resume_offer(&ctx, id).await?.into()))
}

/// Announce the end of an offer
///
/// Everybody sees it as ending, and can order it until then. The moment lies at least so far ahead as `noticeUs` says.
/// Repeating it changes nothing.
#[utoipa::path(put, path = "/provider/offers/{offer}/end", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")), request_body = EndingInput,
    responses((status = 200, body = OwnOfferBody)))]
async fn announce(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    Input(input): Input<EndingInput>,
) -> Result<Answer<OwnOfferBody>, Problem> {
    broker.my_offer(&ctx, id).await?;
    let ends_at = at("/endsAt", input.ends_at.as_deref())?;
    let ending = Ending { reason: input.reason, ends_at };
    Ok(Answer(broker.announce_end(&ctx, id, &ending).await?.into()))
}

/// Take the announcement of an end back
///
/// The offer stays on the market. Repeating it changes nothing.
#[utoipa::path(delete, path = "/provider/offers/{offer}/end", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 200, body = OwnOfferBody)))]
async fn stay(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
) -> Result<Answer<OwnOfferBody>, Problem> {
    Ok(Answer(broker.take_end_back(&ctx, id).await?.into()))
}

/// Take an offer off the market at once
///
/// Without a notice; contracts made from it go on. Repeating it changes nothing.
#[utoipa::path(post, path = "/provider/offers/{offer}/withdraw", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 200, body = OwnOfferBody)))]
async fn withdraw(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
) -> Result<Answer<OwnOfferBody>, Problem> {
    Ok(Answer(broker.withdraw_offer(&ctx, id).await?.into()))
}

/// Comment on a submitted version, or answer a comment
///
/// For its provider and for brokers; a provider is told of what the broker says. The same once more adds nothing.
#[utoipa::path(post, path = "/reviews/{review}/comments", tag = "provider",
    params(("review" = String, Path, description = "`rev_…`")), request_body = CommentInput,
    responses((status = 201, body = AddedBody)))]
async fn comment(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<ReviewId>,
    Input(input): Input<CommentInput>,
) -> Result<Created<AddedBody>, Problem> {
    let answers = match input.answers.as_deref().map(str::parse::<CommentId>).transpose() {
        Ok(answers) => answers,
        Err(error) => {
            let found = input.answers.unwrap_or_default();
            let message = error.to_string();
            return Err(Problem::invalid(vec![fault("/answers", "id", &found, "cmt_…", &message)]));
        }
    };
    let new = NewComment { pointer: input.pointer, text: input.text, answers };
    let id = broker.comment_on_offer(&ctx, id, &new).await?;
    Ok(Created(AddedBody { id: id.to_string() }))
}

/// Settle a comment
///
/// For the provider of the version and for brokers. Repeating it changes nothing.
#[utoipa::path(post, path = "/comments/{comment}/settle", tag = "provider",
    params(("comment" = String, Path, description = "`cmt_…`")),
    responses((status = 204, description = "settled")))]
async fn settle(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<CommentId>,
) -> Result<axum::http::StatusCode, Problem> {
    broker.settle_comment(&ctx, id).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
