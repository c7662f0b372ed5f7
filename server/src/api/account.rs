//! Oneself: who the broker takes the request's sender for, and personal API tokens.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use broker::accounts::{SignUp, TokenView};
use broker::{Broker, BrokerError};
use domain::{TokenId, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Input, Named, Nothing, Query};
use super::idempotent::KeptBody;
use super::problem::Problem;
use super::wire::{Answer, Created, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(me))
        .routes(routes!(list, create))
        .routes(routes!(revoke))
}

/// A signed-in person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeBody {
    /// `usr_…`
    user: String,
    /// The person's name.
    name: String,
    /// `org_…`
    organisation: String,
    /// The organisation's name.
    organisation_name: String,
    /// customer, provider or broker.
    role: String,
}

/// Somebody who signs up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignUpInput {
    /// E-mail address, with which the person signs in.
    email: String,
    /// At least 10 characters.
    password: String,
    /// The person's name, 1 to 80 characters.
    name: String,
    /// The organisation's name, 1 to 80 characters.
    organisation: String,
    /// customer or provider.
    role: String,
}

/// Sign up
///
/// Creates a person and an organisation. An address that has an account is refused with 422.
#[utoipa::path(post, path = "/accounts", tag = "account", request_body = SignUpInput,
    responses((status = 201, description = "Signed up and signed in", body = MeBody)))]
async fn sign_up(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<SignUpInput>,
) -> Result<Created<MeBody>, Problem> {
    let form = SignUp {
        email: input.email,
        password: input.password,
        name: input.name,
        organisation: input.organisation,
        role: input.role,
    };
    Ok(Created(MeBody::from(&broker.sign_up(&ctx, form).await?)))
}

impl From<&Viewer> for MeBody {
    fn from(viewer: &Viewer) -> Self {
        Self {
            user: viewer.user.to_string(),
            name: viewer.name.clone(),
            organisation: viewer.organisation.to_string(),
            organisation_name: viewer.organisation_name.clone(),
            role: viewer.role.to_string(),
        }
    }
}

/// Who am I
#[utoipa::path(get, path = "/me", tag = "account", responses((status = 200, body = MeBody)))]
async fn me(Asker(ctx): Asker, _: Query<Nothing>) -> Result<Answer<MeBody>, Problem> {
    let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
    Ok(Answer(MeBody::from(viewer)))
}

/// A personal token without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TokenSummary {
    /// `tok_…`
    id: String,
    /// What the person called it.
    name: String,
    /// When it was made.
    created_at: String,
    /// When it was last used, exact to a minute; null: never.
    last_used_at: Option<String>,
    /// When it was revoked; null: it works.
    revoked_at: Option<String>,
}

impl From<TokenView> for TokenSummary {
    fn from(token: TokenView) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name,
            created_at: moment(token.created_at),
            last_used_at: token.last_used_at.map(moment),
            revoked_at: token.revoked_at.map(moment),
        }
    }
}

/// One's tokens.
#[derive(Debug, Serialize, ToSchema)]
struct TokenListBody {
    /// Newest first.
    items: Vec<TokenSummary>,
    /// Always null: the list is whole.
    next: Option<String>,
}

/// List one's tokens
#[utoipa::path(get, path = "/tokens", tag = "account", responses((status = 200, body = TokenListBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<TokenListBody>, Problem> {
    let items = broker.tokens(&ctx).await?.into_iter().map(TokenSummary::from).collect();
    Ok(Answer(TokenListBody { items, next: None }))
}

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenInput {
    /// What to call it, 1 to 80 characters.
    name: String,
}

/// A new token with its secret.
#[derive(Serialize, ToSchema)]
struct NewTokenBody {
    /// As in lists.
    #[serde(flatten)]
    summary: TokenSummary,
    /// The secret, shown this once; null when the answer is repeated.
    secret: Option<String>,
}

/// Make a token
///
/// The secret is shown this once: a repeated request answers with the same token and a null secret,
/// because the broker does not keep it.
#[utoipa::path(post, path = "/tokens", tag = "account", request_body = TokenInput,
    responses((status = 201, body = NewTokenBody)))]
async fn create(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Input(input): Input<TokenInput>,
) -> Result<Response, Problem> {
    let (token, secret) = broker.create_token(&ctx, &input.name).await?;
    let mut body = NewTokenBody { summary: token.into(), secret: None };
    let kept = serde_json::to_string(&body).unwrap_or_default();
    body.secret = Some(secret);
    let mut response = Created(body).into_response();
    response.extensions_mut().insert(KeptBody(kept));
    Ok(response)
}

/// Revoke a token
///
/// Repeating it changes nothing.
#[utoipa::path(delete, path = "/tokens/{token}", tag = "account",
    params(("token" = String, Path, description = "`tok_…`")),
    responses((status = 204, description = "revoked")))]
async fn revoke(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<TokenId>,
) -> Result<StatusCode, Problem> {
    broker.revoke_token(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
