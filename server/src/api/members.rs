//! Who belongs to one's own organisation.

use axum::extract::State;
use broker::Broker;
use broker::accounts::MemberView;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, Nothing, Query};
use super::problem::Problem;
use super::wire::{Answer, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A person of an organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
struct MemberBody {
    /// `usr_…`
    id: String,
    /// The name.
    name: String,
    /// With which the person signs in.
    email: String,
    /// customer, provider or broker: a role belongs to the whole organisation.
    role: &'static str,
    /// Since when.
    since: String,
}

impl From<MemberView> for MemberBody {
    fn from(view: MemberView) -> Self {
        Self {
            id: view.id.to_string(),
            name: view.name,
            email: view.email,
            role: view.role.as_str(),
            since: moment(view.since),
        }
    }
}

/// The people of an organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberList)]
struct MembersBody {
    /// The first one first.
    items: Vec<MemberBody>,
}

/// List the members of one's own organisation
#[utoipa::path(get, path = "/account/members", tag = "account",
    responses((status = 200, body = MembersBody)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<MembersBody>, Problem> {
    let members = broker.members(&ctx).await?;
    Ok(Answer(MembersBody { items: members.into_iter().map(MemberBody::from).collect() }))
}
