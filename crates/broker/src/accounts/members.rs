//! Who belongs to one's own organisation.

use crate::{Broker, BrokerError, OpContext};
use domain::{Action, Role, Timestamp, UserId};
use storage::accounts;

/// A person of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// The person.
    pub id: UserId,
    /// The name.
    pub name: String,
    /// With which the person signs in.
    pub email: String,
    /// What the person may do: a role belongs to the whole organisation.
    pub role: Role,
    /// Since when.
    pub since: Timestamp,
    /// Whether it is the reader.
    pub own: bool,
}

impl Broker {
    /// The people of the actor's own organisation, the first one first.
    pub async fn members(&self, ctx: &OpContext) -> Result<Vec<MemberView>, BrokerError> {
        ctx.may(Action::ReadMembers, ctx.actor.organisation(), "member")?;
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let mut tx = self.look().await?;
        let users = accounts::list_users(&mut tx, viewer.organisation).await?;
        let view = |user: accounts::User| MemberView {
            id: user.id,
            name: user.name,
            email: user.email,
            role: viewer.role,
            since: user.created_at,
            own: user.id == viewer.user,
        };
        Ok(users.into_iter().map(view).collect())
    }
}
