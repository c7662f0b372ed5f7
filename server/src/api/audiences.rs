//! Who may know of offers that are not public: audiences, and invitations on both sides.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use broker::audience::{AudienceCard, AudienceView, Invitation, InvitationNews, Invite};
use broker::{Broker, BrokerError};
use domain::{AudienceId, AudienceKind, InvitationId, OfferId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Input, Named, Nothing, Query};
use super::problem::Problem;
use super::wire::{Answer, Created, TwoLanguages, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list, make))
        .routes(routes!(read))
        .routes(routes!(invite))
        .routes(routes!(take_back))
        .routes(routes!(choose))
        .routes(routes!(list_mine))
        .routes(routes!(accept_code))
        .routes(routes!(accept))
        .routes(routes!(decline))
}

/// Those who may know of some offers of a provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Audience)]
struct AudienceBody {
    /// `adc_…`
    id: String,
    /// private: one organisation; community: several.
    kind: &'static str,
    /// As its provider calls it; whoever is invited reads it.
    name: String,
    /// Organisations that accepted.
    members: u64,
    /// Offers that are shown to them alone.
    offers: u64,
    /// When it was made.
    created_at: String,
}

impl From<AudienceCard> for AudienceBody {
    fn from(card: AudienceCard) -> Self {
        Self {
            id: card.id.to_string(),
            kind: card.kind.as_str(),
            name: card.name,
            members: card.members,
            offers: card.offers,
            created_at: moment(card.created_at),
        }
    }
}

/// The audiences of a provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AudienceList)]
struct ListBody {
    /// The newest first.
    items: Vec<AudienceBody>,
    /// Always null: the list is whole.
    next: Option<String>,
}

/// An organisation's way into an audience.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invitation)]
struct InvitationBody {
    /// `inv_…`
    id: String,
    /// `adc_…`
    audience: String,
    /// As its provider calls it.
    audience_name: String,
    /// private: one organisation; community: several.
    kind: &'static str,
    /// Short name of the provider.
    provider: String,
    /// Its name.
    provider_name: TwoLanguages,
    /// The provider's own note; empty for everybody else.
    note: String,
    /// `org_…` of who is invited; null: whoever brings the code first.
    organisation: Option<String>,
    /// Its name.
    organisation_name: Option<String>,
    /// Whether it came by a code.
    by_code: bool,
    /// open, accepted, declined, left or taken_back.
    state: &'static str,
    /// Whether its time is over without an answer.
    expired: bool,
    /// When it was made.
    created_at: String,
    /// Until when it can be accepted.
    expires_at: String,
    /// When it was answered; null: not yet.
    answered_at: Option<String>,
}

impl From<Invitation> for InvitationBody {
    fn from(one: Invitation) -> Self {
        let (organisation, organisation_name) = one.organisation.unzip();
        Self {
            id: one.id.to_string(),
            audience: one.audience.to_string(),
            audience_name: one.audience_name,
            kind: one.kind.as_str(),
            provider: one.provider_slug,
            provider_name: TwoLanguages::new(&one.provider_name_en, &one.provider_name_ja),
            note: one.note,
            organisation: organisation.map(|id| id.to_string()),
            organisation_name,
            by_code: one.by_code,
            state: one.state.as_str(),
            expired: one.expired,
            created_at: moment(one.created_at),
            expires_at: moment(one.expires_at),
            answered_at: one.answered_at.map(moment),
        }
    }
}

/// What a notice says of an invitation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InvitationNews)]
pub(super) struct NewsBody {
    /// `inv_…`
    id: String,
    /// The audience, as its provider calls it.
    audience: String,
    /// Short name of the provider.
    provider: String,
    /// Its name.
    provider_name: TwoLanguages,
}

impl From<&InvitationNews> for NewsBody {
    fn from(news: &InvitationNews) -> Self {
        Self {
            id: news.invitation.to_string(),
            audience: news.audience.clone(),
            provider: news.slug.clone(),
            provider_name: TwoLanguages::new(&news.provider_en, &news.provider_ja),
        }
    }
}

/// An offer of an audience.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AudienceOfferBody {
    /// `ofr_…`
    id: String,
    /// Title of the newest version.
    title: TwoLanguages,
    /// Whether those who may know of it find it.
    on_market: bool,
}

/// An audience with everything in it.
#[derive(Debug, Serialize, ToSchema)]
struct AudienceDetailBody {
    /// As in lists.
    #[serde(flatten)]
    summary: AudienceBody,
    /// The newest first.
    invitations: Vec<InvitationBody>,
    /// Offers that are shown to it alone, the newest first.
    #[serde(rename = "offerList")]
    offer_list: Vec<AudienceOfferBody>,
}

impl From<AudienceView> for AudienceDetailBody {
    fn from(view: AudienceView) -> Self {
        let offer = |one: broker::audience::AudienceOffer| AudienceOfferBody {
            id: one.id.to_string(),
            title: TwoLanguages::new(&one.title_en, &one.title_ja),
            on_market: one.on_market,
        };
        Self {
            summary: view.card.into(),
            invitations: view.invitations.into_iter().map(InvitationBody::from).collect(),
            offer_list: view.offers.into_iter().map(offer).collect(),
        }
    }
}

/// List one's own audiences
#[utoipa::path(get, path = "/provider/audiences", tag = "provider",
    responses((status = 200, body = ListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<ListBody>, Problem> {
    let found = broker.my_audiences(&ctx).await?;
    let items = found.into_iter().map(AudienceBody::from).collect();
    Ok(Answer(ListBody { items, next: None }))
}

/// A new audience.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AudienceInput)]
struct MakeInput {
    /// private: one organisation; community: several.
    kind: String,
    /// 1 to 80 characters; whoever is invited reads it.
    name: String,
}

/// Make an audience
///
/// 409 `too_many_audiences` after 200.
#[utoipa::path(post, path = "/provider/audiences", tag = "provider", request_body = MakeInput,
    responses((status = 201, body = AudienceBody)))]
async fn make(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<MakeInput>,
) -> Result<Created<AudienceBody>, Problem> {
    // Who may make none hears that first.
    broker.my_audiences(&ctx).await?;
    let kind = input.kind.parse::<AudienceKind>().map_err(|_| {
        let allowed = AudienceKind::ALL.map(AudienceKind::as_str).join(", ");
        BrokerError::field("/kind", "kind", &input.kind, &allowed, "there is no such kind")
    })?;
    Ok(Created(broker.make_audience(&ctx, kind, &input.name).await?.into()))
}

/// Read an audience
#[utoipa::path(get, path = "/provider/audiences/{audience}", tag = "provider",
    params(("audience" = String, Path, description = "`adc_…`")),
    responses((status = 200, body = AudienceDetailBody)))]
async fn read(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<AudienceId>,
    _: Query<Nothing>,
) -> Result<Answer<AudienceDetailBody>, Problem> {
    Ok(Answer(broker.audience(&ctx, id).await?.into()))
}

/// Whom to invite.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvitationInput)]
struct InviteInput {
    /// `org_…` or the exact name of an organisation. Left out: a code is made for whoever brings it first.
    #[serde(default)]
    organisation: String,
    /// One's own note, up to 200 characters.
    #[serde(default)]
    note: String,
    /// Days in which it can be accepted, 1 to 90; 14 where nothing is said.
    #[serde(default)]
    days: Option<i64>,
}

/// An invitation that was made.
#[derive(Debug, Serialize, ToSchema)]
struct MadeBody {
    /// The invitation.
    #[serde(flatten)]
    invitation: InvitationBody,
    /// The code, this once; null: an organisation is named.
    code: Option<String>,
}

/// Invite an organisation
///
/// 409 `audience_full`: a private audience is one organisation; 409 `invited_already`.
#[utoipa::path(post, path = "/provider/audiences/{audience}/invitations", tag = "provider",
    params(("audience" = String, Path, description = "`adc_…`")), request_body = InviteInput,
    responses((status = 201, body = MadeBody)))]
async fn invite(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<AudienceId>,
    Input(input): Input<InviteInput>,
) -> Result<Created<MadeBody>, Problem> {
    let wish = Invite { organisation: input.organisation, note: input.note, days: input.days };
    let (invitation, code) = broker.invite(&ctx, id, &wish).await?;
    Ok(Created(MadeBody { invitation: invitation.into(), code }))
}

/// Take an invitation back
///
/// Accepted or not: the organisation may not know of the offers any more, and its contracts go on. Repeating it
/// changes nothing. 409 `wrong_state`: it was declined.
#[utoipa::path(delete, path = "/provider/invitations/{invitation}", tag = "provider",
    params(("invitation" = String, Path, description = "`inv_…`")),
    responses((status = 204, description = "taken back")))]
async fn take_back(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<InvitationId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Problem> {
    broker.take_back_invitation(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who may know of an offer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OfferAudienceInput)]
struct ChooseInput {
    /// `adc_…`; null: everybody.
    audience: Option<String>,
}

/// Say who may know of an offer
///
/// On the market it is told of like a publication, or like a withdrawal. Repeating it changes nothing.
#[utoipa::path(put, path = "/provider/offers/{offer}/audience", tag = "provider",
    params(("offer" = String, Path, description = "`ofr_…`")), request_body = ChooseInput,
    responses((status = 204, description = "it stands so")))]
async fn choose(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    Input(input): Input<ChooseInput>,
) -> Result<StatusCode, Problem> {
    // Whose it is comes before what was typed.
    broker.my_offer(&ctx, id).await?;
    let audience = input.audience.map(|text| {
        text.parse::<AudienceId>().map_err(|_| {
            let allowed = "`adc_…` of an audience";
            BrokerError::field("/audience", "audience", &text, allowed, "there is no such audience")
        })
    });
    broker.show_offer_to(&ctx, id, audience.transpose()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The invitations of an organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvitationList)]
struct InvitationListBody {
    /// The newest first.
    items: Vec<InvitationBody>,
    /// Always null: the list is whole.
    next: Option<String>,
}

/// List the invitations of one's organisation
#[utoipa::path(get, path = "/invitations", tag = "market",
    responses((status = 200, body = InvitationListBody)))]
async fn list_mine(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<InvitationListBody>, Problem> {
    let found = broker.my_invitations(&ctx).await?;
    let items = found.into_iter().map(InvitationBody::from).collect();
    Ok(Answer(InvitationListBody { items, next: None }))
}

/// A code that a provider gave.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InvitationCode)]
struct CodeInput {
    /// `kmc_…`
    code: String,
}

/// Accept an invitation by its code
///
/// Repeating it changes nothing. 409 `invitation_expired`, `invited_already`, `own_audience`.
#[utoipa::path(post, path = "/invitations/code", tag = "market", request_body = CodeInput,
    responses((status = 200, body = InvitationBody)))]
async fn accept_code(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<CodeInput>,
) -> Result<Json<InvitationBody>, Problem> {
    Ok(Json(broker.accept_code(&ctx, &input.code).await?.into()))
}

/// Accept an invitation
///
/// From then on one's organisation knows of the offers. Repeating it changes nothing. 409 `invitation_expired`,
/// `wrong_state`.
#[utoipa::path(post, path = "/invitations/{invitation}/accept", tag = "market",
    params(("invitation" = String, Path, description = "`inv_…`")),
    responses((status = 200, body = InvitationBody)))]
async fn accept(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<InvitationId>,
) -> Result<Answer<InvitationBody>, Problem> {
    Ok(Answer(broker.accept_invitation(&ctx, id).await?.into()))
}

/// Decline an invitation, or leave
///
/// One's organisation knows of the offers no more; its contracts go on. Repeating it changes nothing.
#[utoipa::path(post, path = "/invitations/{invitation}/decline", tag = "market",
    params(("invitation" = String, Path, description = "`inv_…`")),
    responses((status = 200, body = InvitationBody)))]
async fn decline(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<InvitationId>,
) -> Result<Answer<InvitationBody>, Problem> {
    Ok(Answer(broker.decline_invitation(&ctx, id).await?.into()))
}
