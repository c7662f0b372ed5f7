//! Announcements: news, maintenance windows and incidents of the market and its providers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use broker::announcements::{Announce, AnnouncementNews, AnnouncementView};
use broker::{Broker, BrokerError};
use domain::{AnnouncementId, AnnouncementKind, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contracts::read_moment;
use super::extract::{Asker, FromQuery, Input, Named, Nothing, Params, Query};
use super::problem::Problem;
use super::wire::{Answer, Created, PageQuery, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(read, change, remove))
        .routes(routes!(end))
}

/// An announcement.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Announcement)]
struct AnnouncementBody {
    /// `ann_…`
    id: String,
    /// `prv_…` of who speaks; null: the market itself.
    provider: Option<String>,
    /// Its name; null: the market itself.
    provider_name: Option<TwoLanguages>,
    /// notice, maintenance or incident.
    kind: &'static str,
    /// coming, running or over.
    phase: &'static str,
    /// Title; where one language was not written it is the other's.
    title: TwoLanguages,
    /// Text, likewise; may be empty.
    text: TwoLanguages,
    /// When it begins.
    starts_at: String,
    /// When it ends; null: nobody knows yet.
    ends_at: Option<String>,
    /// Counts the changes from 1.
    revision: i64,
    /// When it was written.
    made_at: String,
    /// When it was last changed; null: as it was made.
    changed_at: Option<String>,
}

impl From<AnnouncementView> for AnnouncementBody {
    fn from(view: AnnouncementView) -> Self {
        let provider = view.provider.as_ref();
        Self {
            id: view.id.to_string(),
            provider: provider.map(|speaker| speaker.id.to_string()),
            provider_name: provider
                .map(|speaker| TwoLanguages::new(&speaker.name_en, &speaker.name_ja)),
            kind: view.kind.as_str(),
            phase: view.phase.as_str(),
            title: TwoLanguages::new(&view.title_en, &view.title_ja),
            text: TwoLanguages::new(&view.text_en, &view.text_ja),
            starts_at: moment(view.starts_at),
            ends_at: view.ends_at.map(moment),
            revision: view.revision,
            made_at: moment(view.made_at),
            changed_at: view.changed_at.map(moment),
        }
    }
}

/// What a notice says of an announcement.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AnnouncementNews)]
pub(super) struct NewsBody {
    /// `ann_…`
    id: String,
    /// Short name of the provider.
    provider: String,
    /// Its name.
    provider_name: TwoLanguages,
    /// maintenance or incident.
    kind: &'static str,
    /// Title.
    title: TwoLanguages,
    /// When it begins.
    starts_at: String,
    /// When it ends; null: nobody knows yet.
    ends_at: Option<String>,
}

impl From<&AnnouncementNews> for NewsBody {
    fn from(news: &AnnouncementNews) -> Self {
        Self {
            id: news.announcement.to_string(),
            provider: news.slug.clone(),
            provider_name: TwoLanguages::new(&news.provider_en, &news.provider_ja),
            kind: news.kind.as_str(),
            title: TwoLanguages::new(&news.title_en, &news.title_ja),
            starts_at: moment(news.starts_at),
            ends_at: news.ends_at.map(moment),
        }
    }
}

/// Announcements.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnnouncementList)]
struct ListBody {
    /// By their beginning, the latest first.
    items: Vec<AnnouncementBody>,
    /// Cursor of the next page; null on the last one.
    next: Option<String>,
}

/// Whose, and which part of the list.
#[derive(Debug)]
struct Whose(Option<String>, PageQuery);

impl FromQuery for Whose {
    fn from_query(params: &mut Params) -> Self {
        Self(params.text("of"), PageQuery::from_query(params))
    }
}

/// List announcements
#[utoipa::path(get, path = "/announcements", tag = "market",
    params(("of" = Option<String>, Query, description = "`market`, or a provider's short name or `prv_…`; without it everybody's"), PageQuery),
    responses((status = 200, body = ListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(Whose(of, page)): Query<Whose>,
) -> Result<Answer<ListBody>, Problem> {
    let cursor = page.cursor.as_deref();
    let found = broker.announcements(&ctx, of.as_deref(), cursor, page.limit).await?;
    let items = found.items.into_iter().map(AnnouncementBody::from).collect();
    Ok(Answer(ListBody { items, next: found.next }))
}

/// Read an announcement
#[utoipa::path(get, path = "/announcements/{announcement}", tag = "market",
    params(("announcement" = String, Path, description = "`ann_…`")),
    responses((status = 200, body = AnnouncementBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<AnnouncementId>,
    _: Query<Nothing>,
) -> Result<Answer<AnnouncementBody>, Problem> {
    Ok(Answer(broker.announcement(&ctx, id).await?.into()))
}

/// A text in one language or in both.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AnnouncementTexts)]
pub(super) struct TextsInput {
    /// English.
    #[serde(default)]
    pub en: String,
    /// Japanese.
    #[serde(default)]
    pub ja: String,
}

/// What is announced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AnnouncementInput)]
struct AnnounceInput {
    /// notice, maintenance or incident. Customers of a provider are told of its maintenance and incidents.
    kind: String,
    /// Up to 120 characters; one language is enough.
    title: TextsInput,
    /// Up to 2,000 characters.
    #[serde(default)]
    text: TextsInput,
    /// RFC 3339. Left out: now, or as it was. An incident has begun.
    #[serde(default)]
    starts_at: Option<String>,
    /// RFC 3339. Left out: nobody knows yet. Maintenance has an end, at most 14 days after its beginning.
    #[serde(default)]
    ends_at: Option<String>,
}

impl AnnounceInput {
    fn read(self) -> Result<Announce, BrokerError> {
        let kind = self.kind.parse::<AnnouncementKind>();
        let kind = kind.map_err(|_| {
            let allowed = AnnouncementKind::ALL.map(AnnouncementKind::as_str).join(", ");
            BrokerError::field("/kind", "kind", &self.kind, &allowed, "there is no such kind")
        })?;
        let at = |pointer: &str, text: Option<String>| -> Result<Option<Timestamp>, BrokerError> {
            text.map(|text| read_moment(pointer, &text)).transpose()
        };
        Ok(Announce {
            kind,
            title_en: self.title.en,
            title_ja: self.title.ja,
            text_en: self.text.en,
            text_ja: self.text.ja,
            starts_at: at("/startsAt", self.starts_at)?,
            ends_at: at("/endsAt", self.ends_at)?,
        })
    }
}

/// Announce something
///
/// A broker speaks for the market, a provider for itself; nobody else may. 409 `too_many_announcements` after 20 in a
/// day.
#[utoipa::path(post, path = "/announcements", tag = "market", request_body = AnnounceInput,
    responses((status = 201, body = AnnouncementBody)))]
async fn add(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<AnnounceInput>,
) -> Result<Created<AnnouncementBody>, Problem> {
    // Who may not speak hears that first.
    broker.may_announce(&ctx).await?;
    Ok(Created(broker.announce(&ctx, &input.read()?).await?.into()))
}

/// An announcement as it shall stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AnnouncementChange)]
struct ChangeInput {
    /// The revision that was read.
    revision: i64,
    /// What shall stand.
    announcement: AnnounceInput,
}

/// Change an announcement
///
/// 409 `changed_meanwhile`: it is at another revision. Customers are told where its times change.
#[utoipa::path(put, path = "/announcements/{announcement}", tag = "market",
    params(("announcement" = String, Path, description = "`ann_…`")), request_body = ChangeInput,
    responses((status = 200, body = AnnouncementBody)))]
async fn change(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<AnnouncementId>,
    Input(input): Input<ChangeInput>,
) -> Result<Json<AnnouncementBody>, Problem> {
    // Whose it is comes before what was typed.
    broker.own_announcement(&ctx, id).await?;
    let wish = input.announcement.read()?;
    Ok(Json(broker.change_announcement(&ctx, (id, input.revision), &wish).await?.into()))
}

/// Say that it is over
///
/// Repeating it changes nothing. 409 `not_begun`: it lies ahead.
#[utoipa::path(post, path = "/announcements/{announcement}/end", tag = "market",
    params(("announcement" = String, Path, description = "`ann_…`")),
    responses((status = 200, body = AnnouncementBody)))]
async fn end(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<AnnouncementId>,
) -> Result<Answer<AnnouncementBody>, Problem> {
    Ok(Answer(broker.end_announcement(&ctx, id).await?.into()))
}

/// Take an announcement back
///
/// One that has not begun, or was written within the hour; 409 `begun` otherwise: what has begun stays as history.
#[utoipa::path(delete, path = "/announcements/{announcement}", tag = "market",
    params(("announcement" = String, Path, description = "`ann_…`")),
    responses((status = 204, description = "taken back")))]
async fn remove(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<AnnouncementId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Problem> {
    broker.take_back_announcement(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
