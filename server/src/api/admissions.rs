//! Admissions of providers: applying, the desk's checks and decisions, and the list of checks.

use axum::extract::State;
use broker::admissions::{
    AdmissionCard, AdmissionLine, AdmissionView, Answer as Found, Application, CheckForm,
    CheckLine, CheckView,
};
use broker::{Broker, BrokerError};
use domain::{AdmissionEvent, AdmissionState, CheckAnswer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, FromQuery, Input, Name, Named, Nothing, Params, Query};
use super::problem::Problem;
use super::wire::{Answer, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(own, apply))
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(turn))
        .routes(routes!(answer))
        .routes(routes!(checks, keep_check))
}

/// A provider in the desk's list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AdmissionCard)]
struct CardBody {
    /// `prv_…`
    provider: String,
    /// Its short name.
    slug: String,
    /// Its name.
    name: TwoLanguages,
    /// preparing, applied, in_review, admitted, refused or suspended.
    state: &'static str,
    /// When it came there.
    changed_at: String,
    /// Since when it is admitted, also while it is suspended; null: it never was.
    admitted_at: Option<String>,
}

impl From<&AdmissionCard> for CardBody {
    fn from(card: &AdmissionCard) -> Self {
        Self {
            provider: card.provider.to_string(),
            slug: card.slug.clone(),
            name: TwoLanguages::new(&card.name_en, &card.name_ja),
            state: card.state.as_str(),
            changed_at: moment(card.changed_at),
            admitted_at: card.admitted_at.map(moment),
        }
    }
}

/// A check of the market's list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AdmissionCheck)]
struct CheckBody {
    /// Its key; it never changes.
    key: String,
    /// Counts the changes from 1.
    version: i64,
    /// Where it stands in the list.
    place: i64,
    /// Whether nobody is admitted without it.
    required: bool,
    /// Whether the market tells it by itself.
    computed: bool,
    /// What is looked at.
    title: TwoLanguages,
    /// How.
    help: TwoLanguages,
    /// Whether it is asked no longer.
    retired: bool,
}

impl From<&CheckView> for CheckBody {
    fn from(check: &CheckView) -> Self {
        Self {
            key: check.key.clone(),
            version: check.version,
            place: check.place,
            required: check.required,
            computed: check.computed,
            title: TwoLanguages::new(&check.title_en, &check.title_ja),
            help: TwoLanguages::new(&check.help_en, &check.help_ja),
            retired: check.retired,
        }
    }
}

/// A check with what was found out about a provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdmissionCheckLine)]
struct LineBody {
    /// The check.
    check: CheckBody,
    /// open, met or not_applicable.
    answer: &'static str,
    /// Evidence, or why it cannot be asked.
    note: String,
    /// Who found it out; null: nobody, or the market itself.
    by: Option<String>,
    /// When.
    at: Option<String>,
}

impl From<&CheckLine> for LineBody {
    fn from(line: &CheckLine) -> Self {
        Self {
            check: CheckBody::from(&line.check),
            answer: line.answer.as_str(),
            note: line.note.clone(),
            by: line.by.clone(),
            at: line.at.map(moment),
        }
    }
}

/// A passage.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdmissionPassage)]
struct PassageBody {
    /// When.
    at: String,
    /// apply, begin, admit, refuse, suspend, reinstate, enter or existed.
    event: &'static str,
    /// The state after it.
    state: &'static str,
    /// Who; empty: the market itself.
    by: String,
    /// Why.
    reason: String,
}

impl From<&AdmissionLine> for PassageBody {
    fn from(line: &AdmissionLine) -> Self {
        Self {
            at: moment(line.at),
            event: line.event.as_str(),
            state: line.to.as_str(),
            by: line.by.clone(),
            reason: line.reason.clone(),
        }
    }
}

/// The admission of a provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Admission)]
struct AdmissionBody {
    /// As in lists.
    #[serde(flatten)]
    card: CardBody,
    /// Grows with every change; whoever writes says which one was read.
    revision: i64,
    /// What the provider says of itself.
    statement: String,
    /// Addresses of evidence.
    links: Vec<String>,
    /// When it was sent in last; null: it was not.
    applied_at: Option<String>,
    /// The checks that are asked, in their order.
    checks: Vec<LineBody>,
    /// Keys of the checks that keep it from being admitted.
    missing: Vec<String>,
    /// Every passage, the latest first.
    history: Vec<PassageBody>,
    /// Whether the reader is of the provider's house, or sent it in: somebody else has to decide.
    own: bool,
}

impl From<AdmissionView> for AdmissionBody {
    fn from(view: AdmissionView) -> Self {
        Self {
            card: CardBody::from(&view.card),
            revision: view.revision,
            applied_at: view.applied_at.map(moment),
            checks: view.checks.iter().map(LineBody::from).collect(),
            missing: view.missing().map(|line| line.check.key.clone()).collect(),
            history: view.history.iter().map(PassageBody::from).collect(),
            own: view.own,
            statement: view.statement,
            links: view.links,
        }
    }
}

/// Read one's own admission
#[utoipa::path(get, path = "/provider/admission", tag = "provider",
    responses((status = 200, body = AdmissionBody)))]
async fn own(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<AdmissionBody>, Problem> {
    Ok(Answer(broker.my_admission(&ctx).await?.into()))
}

/// What a provider says of itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApplicationInput)]
struct ApplicationInput {
    /// Up to 4,000 characters.
    statement: String,
    /// Up to ten addresses that begin with `https://`.
    #[serde(default)]
    links: Vec<String>,
    /// Whether it is sent in; otherwise it is only kept.
    #[serde(default)]
    send: bool,
    /// The revision that was read.
    revision: i64,
}

/// Apply for admission
///
/// Sending in what waits already changes nothing but the words. 409 `admission_changed`, `wrong_state`.
#[utoipa::path(put, path = "/provider/admission", tag = "provider", request_body = ApplicationInput,
    responses((status = 200, body = AdmissionBody)))]
async fn apply(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<ApplicationInput>,
) -> Result<Answer<AdmissionBody>, Problem> {
    let application =
        Application { statement: input.statement, links: input.links, send: input.send };
    Ok(Answer(broker.apply_for_admission(&ctx, &application, input.revision).await?.into()))
}

/// Providers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdmissionList)]
struct ListBody {
    /// What waits for a person first, the others by their last passage; at most 1,000.
    items: Vec<CardBody>,
}

/// Which providers.
#[derive(Debug)]
struct Which(Option<AdmissionState>);

impl FromQuery for Which {
    fn from_query(params: &mut Params) -> Self {
        let allowed = "preparing, applied, in_review, admitted, refused, suspended";
        Self(params.word("state", allowed, |word| word.parse().ok()))
    }
}

/// List admissions
#[utoipa::path(get, path = "/desk/admissions", tag = "desk",
    params(("state" = Option<String>, Query,
        description = "preparing, applied, in_review, admitted, refused or suspended; all where nothing is said")),
    responses((status = 200, body = ListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(Which(state)): Query<Which>,
) -> Result<Answer<ListBody>, Problem> {
    let found = broker.admissions(&ctx, state).await?;
    Ok(Answer(ListBody { items: found.iter().map(CardBody::from).collect() }))
}

/// Read an admission
#[utoipa::path(get, path = "/desk/admissions/{provider}", tag = "desk",
    params(("provider" = String, Path, description = "Its short name or `prv_…`")),
    responses((status = 200, body = AdmissionBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(Name(provider)): Named<Name>,
    _: Query<Nothing>,
) -> Result<Answer<AdmissionBody>, Problem> {
    Ok(Answer(broker.admission(&ctx, &provider).await?.into()))
}

/// One passage further.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdmissionTurnInput)]
struct TurnInput {
    /// begin, admit, refuse, suspend or reinstate.
    event: String,
    /// Up to 500 characters; needed to refuse and to suspend. The provider reads it.
    #[serde(default)]
    reason: String,
    /// The revision that was read.
    revision: i64,
}

/// Passages that a broker can make.
const TURNS: &str = "begin, admit, refuse, suspend, reinstate";

/// Decide about an admission
///
/// Repeating the last decision changes nothing. 409 `own_admission`, `checks_missing`, `admission_changed`, `wrong_state`.
#[utoipa::path(post, path = "/desk/admissions/{provider}/turn", tag = "desk",
    params(("provider" = String, Path, description = "Its short name or `prv_…`")), request_body = TurnInput,
    responses((status = 200, body = AdmissionBody)))]
async fn turn(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(Name(provider)): Named<Name>,
    Input(input): Input<TurnInput>,
) -> Result<Answer<AdmissionBody>, Problem> {
    // Who may not decide hears that first.
    broker.admission(&ctx, &provider).await?;
    let event = AdmissionEvent::from_word(&input.event).ok_or_else(|| {
        let message = "there is no such passage";
        BrokerError::field("/event", "event", &input.event, TURNS, message)
    })?;
    let turned = (event, input.reason.as_str());
    Ok(Answer(broker.turn_admission(&ctx, &provider, turned, input.revision).await?.into()))
}

/// What was found out about a check.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdmissionAnswerInput)]
struct AnswerInput {
    /// Key of the check.
    check: String,
    /// open, met or not_applicable.
    answer: String,
    /// Up to 500 characters; needed where it is not applicable.
    #[serde(default)]
    note: String,
    /// The revision that was read.
    revision: i64,
}

/// Answer a check of a provider
///
/// Repeating it changes nothing. 409 `own_admission`, `admission_changed`.
#[utoipa::path(post, path = "/desk/admissions/{provider}/answers", tag = "desk",
    params(("provider" = String, Path, description = "Its short name or `prv_…`")), request_body = AnswerInput,
    responses((status = 200, body = AdmissionBody)))]
async fn answer(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(Name(provider)): Named<Name>,
    Input(input): Input<AnswerInput>,
) -> Result<Answer<AdmissionBody>, Problem> {
    broker.admission(&ctx, &provider).await?;
    let answer = CheckAnswer::from_word(&input.answer).ok_or_else(|| {
        let allowed = CheckAnswer::ALL.map(CheckAnswer::as_str).join(", ");
        let message = "there is no such answer";
        BrokerError::field("/answer", "answer", &input.answer, &allowed, message)
    })?;
    let found = Found { check: input.check, answer, note: input.note };
    let read = input.revision;
    Ok(Answer(broker.answer_admission_check(&ctx, &provider, &found, read).await?.into()))
}

/// The market's list of checks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdmissionCheckList)]
struct ChecksBody {
    /// In their order, with those that are asked no longer.
    items: Vec<CheckBody>,
}

impl From<Vec<CheckView>> for ChecksBody {
    fn from(checks: Vec<CheckView>) -> Self {
        Self { items: checks.iter().map(CheckBody::from).collect() }
    }
}

/// List the checks of admissions
#[utoipa::path(get, path = "/desk/admission-checks", tag = "desk",
    responses((status = 200, body = ChecksBody)))]
async fn checks(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<ChecksBody>, Problem> {
    Ok(Answer(broker.admission_checks(&ctx).await?.into()))
}

/// A check as it shall stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AdmissionCheckInput)]
struct CheckInput {
    /// 3 to 40 lower-case letters, digits and underscores.
    key: String,
    /// The version that was read; 0: the check is new.
    made_of: i64,
    /// Where it stands in the list, 0 to 9,999.
    place: i64,
    /// Whether nobody is admitted without it.
    required: bool,
    /// Title in English.
    title_en: String,
    /// Title in Japanese.
    title_ja: String,
    /// Explanation in English.
    #[serde(default)]
    help_en: String,
    /// Explanation in Japanese.
    #[serde(default)]
    help_ja: String,
    /// Whether it is asked no longer.
    #[serde(default)]
    retired: bool,
}

/// Add or change a check of admissions
///
/// Who is admitted stays admitted. 409 `check_changed`, `too_many_checks`.
#[utoipa::path(put, path = "/desk/admission-checks", tag = "desk", request_body = CheckInput,
    responses((status = 200, body = ChecksBody)))]
async fn keep_check(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<CheckInput>,
) -> Result<Answer<ChecksBody>, Problem> {
    let form = CheckForm {
        key: input.key,
        made_of: input.made_of,
        place: input.place,
        required: input.required,
        title_en: input.title_en,
        title_ja: input.title_ja,
        help_en: input.help_en,
        help_ja: input.help_ja,
        retired: input.retired,
    };
    Ok(Answer(broker.keep_admission_check(&ctx, &form).await?.into()))
}

/// What a notice says of an admission.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdmissionNews)]
pub(super) struct NewsBody {
    /// The provider's short name.
    slug: String,
    /// The provider's name.
    provider: TwoLanguages,
    /// Where it stands now.
    state: &'static str,
    /// Why; null: nothing was said.
    reason: Option<String>,
}

impl From<&broker::admissions::AdmissionNews> for NewsBody {
    fn from(news: &broker::admissions::AdmissionNews) -> Self {
        Self {
            slug: news.slug.clone(),
            provider: TwoLanguages::new(&news.provider_en, &news.provider_ja),
            state: news.state.as_str(),
            reason: news.reason.clone(),
        }
    }
}
