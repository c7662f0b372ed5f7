//! The channels of an organisation beside the inbox, and its deliveries.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use broker::Broker;
use broker::channels::{Channel, ChannelSettings, ChannelsSet, DeliveryView, SetChannels};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Input, Nothing, Query};
use super::problem::Problem;
use super::wire::{Answer, PageQuery, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(read, set))
        .routes(routes!(renew))
        .routes(routes!(list))
        .routes(routes!(again))
}

/// Where an organisation's notices arrive beside the inbox.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Channels)]
struct ChannelsBody {
    /// Whether everybody of the organisation gets mail.
    mail: bool,
    /// Whether this installation can send mail.
    mail_possible: bool,
    /// Whether events are posted.
    webhook: bool,
    /// Where to; null: no address was said yet.
    webhook_url: Option<String>,
    /// Whether there is a secret that signs them.
    has_secret: bool,
    /// en or ja, in which the asker is written to; null: as the installation says.
    language: Option<String>,
    /// When the channels were last set; null: never.
    updated_at: Option<String>,
    /// The secret where this request made one, `whsec_…`; it is never shown again.
    secret: Option<String>,
}

impl From<ChannelSettings> for ChannelsBody {
    fn from(settings: ChannelSettings) -> Self {
        Self {
            mail: settings.mail,
            mail_possible: settings.mail_possible,
            webhook: settings.webhook,
            webhook_url: settings.webhook_url,
            has_secret: settings.has_secret,
            language: settings.language,
            updated_at: settings.updated_at.map(moment),
            secret: None,
        }
    }
}

impl From<ChannelsSet> for ChannelsBody {
    fn from(set: ChannelsSet) -> Self {
        Self { secret: set.secret, ..Self::from(set.settings) }
    }
}

/// Read the channels of one's organisation
#[utoipa::path(get, path = "/channels", tag = "inbox", responses((status = 200, body = ChannelsBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<ChannelsBody>, Problem> {
    Ok(Answer(broker.channels(&ctx).await?.into()))
}

/// What an organisation wants.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ChannelsInput)]
struct ChannelsInput {
    /// Whether everybody of the organisation gets mail.
    mail: bool,
    /// Whether events are posted.
    webhook: bool,
    /// Where to; absent or empty: nowhere.
    #[serde(default)]
    webhook_url: String,
    /// en or ja, in which the asker is written to; absent or empty: as the installation says.
    #[serde(default)]
    language: String,
}

/// Set the channels of one's organisation
///
/// Notices are posted as CloudEvents of the type `notice.KIND`, signed as Standard Webhooks says: `webhook-id` is the id of
/// the notice and the same for every try. An address on a private network is refused. The first address gets a secret,
/// which only this answer shows.
#[utoipa::path(put, path = "/channels", tag = "inbox", request_body = ChannelsInput,
    responses((status = 200, body = ChannelsBody)))]
async fn set(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<ChannelsInput>,
) -> Result<Json<ChannelsBody>, Problem> {
    let wish = SetChannels {
        mail: input.mail,
        webhook: input.webhook,
        webhook_url: input.webhook_url,
        language: input.language,
    };
    Ok(Json(broker.set_channels(&ctx, &wish).await?.into()))
}

/// A new secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
struct SecretBody {
    /// `whsec_…`; it is never shown again.
    secret: String,
}

/// Exchange the secret that signs events
///
/// What is sent from now on is signed with the new one. 409 `no_webhook`: no address was said.
#[utoipa::path(post, path = "/channels/secret", tag = "inbox", responses((status = 200, body = SecretBody)))]
async fn renew(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
) -> Result<Json<SecretBody>, Problem> {
    Ok(Json(SecretBody { secret: broker.renew_webhook_secret(&ctx).await? }))
}

/// What became of a notice on a channel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Delivery)]
struct DeliveryBody {
    /// `ntc_…`
    notice: String,
    /// As in the inbox.
    kind: String,
    /// When the notice was made.
    created_at: String,
    /// mail or webhook.
    channel: &'static str,
    /// Name of the person who gets the mail; null: it is no mail.
    person: Option<String>,
    /// waiting, delivered or given_up.
    state: String,
    /// Tries begun since it was last asked for.
    attempts: i64,
    /// When it is tried next; null: it is not.
    next_at: Option<String>,
    /// Why the last try did not succeed.
    fault: Option<String>,
    /// When it was delivered or given up.
    ended_at: Option<String>,
}

impl From<DeliveryView> for DeliveryBody {
    fn from(view: DeliveryView) -> Self {
        Self {
            notice: view.notice.to_string(),
            kind: view.kind,
            created_at: moment(view.created_at),
            channel: view.channel.as_str(),
            person: view.person,
            state: view.state,
            attempts: view.attempts,
            next_at: view.next_at.map(moment),
            fault: view.fault,
            ended_at: view.ended_at.map(moment),
        }
    }
}

/// Deliveries of an organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryList)]
struct DeliveryListBody {
    /// Of the newest notices first.
    items: Vec<DeliveryBody>,
    /// Cursor of the next page; null on the last one.
    next: Option<String>,
}

/// List deliveries of one's organisation
#[utoipa::path(get, path = "/deliveries", tag = "inbox", params(PageQuery),
    responses((status = 200, body = DeliveryListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(page): Query<PageQuery>,
) -> Result<Answer<DeliveryListBody>, Problem> {
    let list = broker.deliveries(&ctx, page.cursor.as_deref(), page.limit).await?;
    let items = list.items.into_iter().map(DeliveryBody::from).collect();
    Ok(Answer(DeliveryListBody { items, next: list.next }))
}

/// How many deliveries are made again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveriesAgain)]
struct AgainBody {
    count: u64,
}

/// Deliver a notice again
///
/// On one channel, `mail` or `webhook`, with the same id. What waits already is not counted.
#[utoipa::path(post, path = "/notices/{notice}/deliveries/{channel}", tag = "inbox",
    params(("notice" = String, Path, description = "`ntc_…`"),
        ("channel" = String, Path, description = "mail or webhook")),
    responses((status = 200, body = AgainBody)))]
async fn again(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Path((notice, channel)): Path<(String, String)>,
) -> Result<Json<AgainBody>, Problem> {
    let none = || Problem::new(StatusCode::NOT_FOUND, "not_found", "no such delivery".to_owned());
    let id = notice.parse().map_err(|_| none())?;
    let channel = Channel::from_word(&channel).ok_or_else(none)?;
    Ok(Json(AgainBody { count: broker.send_again(&ctx, id, channel).await? }))
}
