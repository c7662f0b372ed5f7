//! Who acts: people with one role in one organisation, tokens, and the system itself.

use crate::{OrganisationId, Sight, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What an organisation is in the market, and so what its people may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Contracts services.
    Customer,
    /// Publishes offers.
    Provider,
    /// Administers the market.
    Broker,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Customer, Self::Provider, Self::Broker];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Provider => "provider",
            Self::Broker => "broker",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a role: use customer, provider or broker"))
    }
}

/// A signed-in person, as pages and use cases see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The person.
    pub user: UserId,
    /// Their organisation.
    pub organisation: OrganisationId,
    /// The organisation's role.
    pub role: Role,
    /// The name shown in the header.
    pub name: String,
    /// The organisation's name.
    pub organisation_name: String,
}

/// On whose behalf a use case runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody is signed in.
    Stranger,
    /// A signed-in person, by session or token.
    Person(Viewer),
    /// A worker or reconciler of the broker itself.
    System,
}

impl Actor {
    /// The signed-in person, if there is one.
    #[must_use]
    pub const fn viewer(&self) -> Option<&Viewer> {
        match self {
            Self::Person(viewer) => Some(viewer),
            Self::Stranger | Self::System => None,
        }
    }

    /// The organisation acted for, if there is one.
    #[must_use]
    pub fn organisation(&self) -> Option<OrganisationId> {
        self.viewer().map(|viewer| viewer.organisation)
    }

    /// What of the market the actor may know of: the broker has to know all of it.
    #[must_use]
    pub const fn sight(&self) -> Sight {
        match self {
            Self::Stranger => Sight::Public,
            Self::Person(Viewer { role: Role::Broker, .. }) | Self::System => Sight::Everything,
            Self::Person(viewer) => Sight::Of(viewer.organisation),
        }
    }

    /// How the audit list names the actor.
    #[must_use]
    pub fn audit_name(&self) -> String {
        match self {
            Self::Stranger => "stranger".to_owned(),
            Self::Person(viewer) => viewer.user.to_string(),
            Self::System => "system".to_owned(),
        }
    }
}
