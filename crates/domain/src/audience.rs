//! Who may know of an offer: everybody, or the organisations that its provider invited.

use crate::OrganisationId;
use std::fmt;
use std::str::FromStr;

/// What of the market a reader may know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Sight {
    /// What everybody may.
    #[default]
    Public,
    /// That, and what this organisation offers or was invited to.
    Of(OrganisationId),
    /// All of it: the broker and its workers.
    Everything,
}

impl Sight {
    /// The organisation that reads, where it is one of those that are invited.
    #[must_use]
    pub const fn organisation(self) -> Option<OrganisationId> {
        match self {
            Self::Of(organisation) => Some(organisation),
            Self::Public | Self::Everything => None,
        }
    }
}

/// For how many organisations an audience is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AudienceKind {
    /// One organisation.
    Private,
    /// Several.
    Community,
}

impl AudienceKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Private, Self::Community];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Community => "community",
        }
    }
}

impl fmt::Display for AudienceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AudienceKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a kind of audience: use private or community"))
    }
}

/// Where an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvitationState {
    /// Not answered yet; after its time it cannot be any more.
    Open,
    /// The organisation is in the audience.
    Accepted,
    /// The organisation said no.
    Declined,
    /// The organisation was in the audience and went.
    Left,
    /// The provider changed its mind.
    TakenBack,
}

impl InvitationState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Open, Self::Accepted, Self::Declined, Self::Left, Self::TakenBack];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Left => "left",
            Self::TakenBack => "taken_back",
        }
    }

    /// Where it stands after this answer; `None`: it cannot be given any more.
    #[must_use]
    pub const fn after(self, answer: InvitationAnswer) -> Option<Self> {
        match (self, answer) {
            (Self::Open, InvitationAnswer::Accept) => Some(Self::Accepted),
            (Self::Open, InvitationAnswer::Decline) => Some(Self::Declined),
            (Self::Accepted, InvitationAnswer::Decline) => Some(Self::Left),
            (Self::Open | Self::Accepted, InvitationAnswer::TakeBack) => Some(Self::TakenBack),
            _ => None,
        }
    }
}

impl fmt::Display for InvitationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for InvitationState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a state of an invitation"))
    }
}

/// What is done about an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationAnswer {
    /// The organisation joins.
    Accept,
    /// The organisation says no, or leaves.
    Decline,
    /// The provider takes it back.
    TakeBack,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_answered_once_and_ends_once() {
        use InvitationAnswer::{Accept, Decline, TakeBack};
        use InvitationState::{Accepted, Declined, Left, Open, TakenBack};
        let of =
            |state: InvitationState| [Accept, Decline, TakeBack].map(|answer| state.after(answer));
        assert_eq!(of(Open), [Some(Accepted), Some(Declined), Some(TakenBack)]);
        assert_eq!(of(Accepted), [None, Some(Left), Some(TakenBack)]);
        for ended in [Declined, Left, TakenBack] {
            assert_eq!(of(ended), [None; 3]);
        }
        for state in InvitationState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }
}
