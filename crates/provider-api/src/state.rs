//! The common states of a resource and the table of their transitions.
//! Every driver maps its own words to exactly these; what causes a change at a provider is left to the provider.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The state of a resource at a provider, the same for every cloud (F7.5.1).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ResourceState {
    /// Found by discovery, not secured.
    Candidate,
    /// Secured until `heldUntilUs`; ends by itself (F7.4.4).
    Held,
    /// Booked without an end; nothing runs.
    Reserved,
    /// Being started.
    Provisioning,
    /// Running, access closed.
    Ready,
    /// Running, access open.
    Active,
    /// Stopped; data wait for erasure.
    Draining,
    /// Capacity is given back.
    Released,
    /// Capacity is given back and a signed erasure statement exists.
    Erased,
    /// Could not start or did not stay up; still holds capacity.
    Failed,
    /// The hold ended before it was confirmed.
    Expired,
    /// The provider could not be asked, or said a word this version does not know.
    #[serde(other)]
    Unknown,
}

/// What moves a resource from one state to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    Hold,
    /// Booked at once, without a hold.
    Reserve,
    Extend,
    Drop,
    Expire,
    Confirm,
    Start,
    Started,
    Allow,
    Deny,
    Drain,
    Stop,
    Resize,
    Backup,
    Restore,
    Erase,
    Release,
    Fail,
    Lose,
    /// A volume is lent to a service.
    Attach,
    /// It is taken back, with the data on it.
    Detach,
}

use Cause as C;
use ResourceState as S;

/// Every lawful transition. From `Unknown` any state may be *observed*, so it has no rows here.
pub const TRANSITIONS: &[(ResourceState, Cause, ResourceState)] = &[
    (S::Candidate, C::Hold, S::Held),
    // Where nothing is held.
    (S::Candidate, C::Reserve, S::Reserved),
    (S::Held, C::Extend, S::Held),
    (S::Held, C::Drop, S::Released),
    (S::Held, C::Release, S::Released),
    (S::Held, C::Expire, S::Expired),
    (S::Held, C::Confirm, S::Reserved),
    (S::Held, C::Lose, S::Unknown),
    (S::Reserved, C::Start, S::Provisioning),
    (S::Reserved, C::Resize, S::Reserved),
    (S::Reserved, C::Erase, S::Reserved),
    (S::Reserved, C::Release, S::Released),
    (S::Reserved, C::Lose, S::Unknown),
    (S::Provisioning, C::Started, S::Ready),
    (S::Provisioning, C::Stop, S::Draining),
    (S::Provisioning, C::Fail, S::Failed),
    (S::Provisioning, C::Lose, S::Unknown),
    (S::Ready, C::Allow, S::Active),
    // Newcomers are turned away; the stop at its end leads on.
    (S::Ready, C::Drain, S::Ready),
    (S::Ready, C::Stop, S::Draining),
    (S::Ready, C::Resize, S::Ready),
    (S::Ready, C::Backup, S::Ready),
    (S::Ready, C::Fail, S::Failed),
    (S::Ready, C::Lose, S::Unknown),
    (S::Active, C::Deny, S::Ready),
    (S::Active, C::Drain, S::Active),
    (S::Active, C::Stop, S::Draining),
    (S::Active, C::Resize, S::Active),
    (S::Active, C::Backup, S::Active),
    (S::Active, C::Fail, S::Failed),
    (S::Active, C::Lose, S::Unknown),
    (S::Draining, C::Start, S::Provisioning),
    (S::Draining, C::Resize, S::Draining),
    (S::Draining, C::Backup, S::Draining),
    (S::Draining, C::Restore, S::Draining),
    (S::Draining, C::Erase, S::Draining),
    (S::Draining, C::Release, S::Released),
    (S::Draining, C::Lose, S::Unknown),
    (S::Failed, C::Start, S::Provisioning),
    (S::Failed, C::Stop, S::Draining),
    (S::Failed, C::Backup, S::Failed),
    (S::Failed, C::Restore, S::Failed),
    (S::Failed, C::Lose, S::Unknown),
    (S::Released, C::Erase, S::Erased),
    // Of volumes by themselves: in use, and kept with their data.
    (S::Reserved, C::Attach, S::Ready),
    (S::Draining, C::Attach, S::Ready),
    (S::Ready, C::Detach, S::Draining),
];

impl ResourceState {
    /// All states, in the order of a life.
    pub const ALL: [Self; 12] = [
        S::Candidate,
        S::Held,
        S::Reserved,
        S::Provisioning,
        S::Ready,
        S::Active,
        S::Draining,
        S::Released,
        S::Erased,
        S::Failed,
        S::Expired,
        S::Unknown,
    ];

    /// The state after `cause`, or nothing when the table does not allow it.
    #[must_use]
    pub fn after(self, cause: Cause) -> Option<Self> {
        TRANSITIONS
            .iter()
            .find(|(from, why, _)| *from == self && *why == cause)
            .map(|(_, _, to)| *to)
    }

    /// Whether a resource may be seen in `next` directly after `self`; unknown may turn out to be anything.
    #[must_use]
    pub fn can_become(self, next: Self) -> bool {
        self == S::Unknown || TRANSITIONS.iter().any(|(from, _, to)| *from == self && *to == next)
    }

    /// Whether the resource takes capacity at the provider; unknown counts, to be safe.
    #[must_use]
    pub fn takes_capacity(self) -> bool {
        !matches!(self, S::Candidate | S::Released | S::Erased | S::Expired)
    }

    /// Whether nothing more can happen to the resource; `Released` may still become `Erased`.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, S::Released | S::Erased | S::Expired)
    }

    /// Whether the service should be running.
    #[must_use]
    pub fn is_running(self) -> bool {
        matches!(self, S::Ready | S::Active)
    }

    /// The word on the wire, also used in databases and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            S::Candidate => "candidate",
            S::Held => "held",
            S::Reserved => "reserved",
            S::Provisioning => "provisioning",
            S::Ready => "ready",
            S::Active => "active",
            S::Draining => "draining",
            S::Released => "released",
            S::Erased => "erased",
            S::Failed => "failed",
            S::Expired => "expired",
            S::Unknown => "unknown",
        }
    }

    /// Reads the word on the wire; a word this version does not know is `Unknown`.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.as_str() == word).unwrap_or(S::Unknown)
    }
}

impl Cause {
    /// All causes, in the order of a life.
    pub const ALL: [Self; 21] = [
        C::Hold,
        C::Reserve,
        C::Extend,
        C::Drop,
        C::Expire,
        C::Confirm,
        C::Start,
        C::Started,
        C::Allow,
        C::Deny,
        C::Drain,
        C::Stop,
        C::Resize,
        C::Backup,
        C::Restore,
        C::Erase,
        C::Release,
        C::Fail,
        C::Lose,
        C::Attach,
        C::Detach,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            C::Hold => "hold",
            C::Reserve => "reserve",
            C::Extend => "extend",
            C::Drop => "drop",
            C::Expire => "expire",
            C::Confirm => "confirm",
            C::Start => "start",
            C::Started => "started",
            C::Allow => "allow",
            C::Deny => "deny",
            C::Drain => "drain",
            C::Stop => "stop",
            C::Resize => "resize",
            C::Backup => "backup",
            C::Restore => "restore",
            C::Erase => "erase",
            C::Release => "release",
            C::Fail => "fail",
            C::Lose => "lose",
            C::Attach => "attach",
            C::Detach => "detach",
        }
    }
}

/// The table as a Mermaid diagram, for the documents; causes that lead the same way share an arrow.
#[must_use]
pub fn diagram() -> String {
    let mut text = "stateDiagram-v2\n    [*] --> candidate\n".to_owned();
    for from in S::ALL {
        for to in S::ALL {
            let causes: Vec<&str> = TRANSITIONS
                .iter()
                .filter(|row| row.0 == from && row.2 == to)
                .map(|row| row.1.as_str())
                .collect();
            if !causes.is_empty() {
                text.push_str(&format!("    {from} --> {to}: {}\n", causes.join(", ")));
            }
        }
    }
    for end in S::ALL.into_iter().filter(|state| state.is_final()) {
        text.push_str(&format!("    {end} --> [*]\n"));
    }
    text
}

impl fmt::Display for ResourceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// One row per state in the order of `ALL`, one column per following state; `x` where it may follow.
    const GRID: [&str; 12] = [
        //chrpyadleFEU  one letter per state in the order of `ALL`
        ".hr.........", // candidate
        ".hr....l..EU", // held
        "..rpy..l...U", // reserved
        "....y.d..F.U", // provisioning
        "....yad..F.U", // ready
        "....yad..F.U", // active
        "...py.dl...U", // draining
        "........e...", // released
        "............", // erased
        "...p..d..F.U", // failed
        "............", // expired
        "xxxxxxxxxxxx", // unknown: may turn out to be anything
    ];

    #[test]
    fn every_pair_of_states_is_allowed_or_refused_as_drawn() {
        for (row, from) in ResourceState::ALL.into_iter().enumerate() {
            for (column, to) in ResourceState::ALL.into_iter().enumerate() {
                let drawn = GRID[row].as_bytes()[column] != b'.';
                assert_eq!(from.can_become(to), drawn, "{from} -> {to}");
            }
        }
    }

    #[test]
    fn a_cause_leads_to_one_state_only() {
        let mut seen = HashSet::new();
        for (from, cause, to) in TRANSITIONS {
            assert!(seen.insert((from, cause)), "{from} has two ends for {cause:?}");
            assert_eq!(from.after(*cause), Some(*to));
        }
    }

    #[test]
    fn every_pair_of_state_and_cause_leads_where_the_table_says_or_nowhere() {
        for from in ResourceState::ALL {
            for cause in Cause::ALL {
                let rows: Vec<_> =
                    TRANSITIONS.iter().filter(|row| row.0 == from && row.1 == cause).collect();
                assert!(rows.len() <= 1, "{from} has two ends for {cause:?}");
                assert_eq!(from.after(cause), rows.first().map(|row| row.2), "{from}, {cause:?}");
            }
        }
    }

    #[test]
    fn every_state_but_the_first_is_reached_and_every_cause_is_used() {
        for state in ResourceState::ALL.into_iter().skip(1) {
            assert!(TRANSITIONS.iter().any(|row| row.2 == state), "{state} is never reached");
        }
        for cause in Cause::ALL {
            assert!(TRANSITIONS.iter().any(|row| row.1 == cause), "{cause:?} moves nothing");
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.as_str());
        }
    }

    #[test]
    fn the_diagram_has_an_arrow_for_every_row_of_the_table() {
        let diagram = diagram();
        for (from, cause, to) in TRANSITIONS {
            let arrow = format!("{from} --> {to}: ");
            let line = diagram.lines().find(|line| line.trim().starts_with(&arrow)).unwrap();
            assert!(line.contains(cause.as_str()), "{line}");
        }
        assert!(diagram.contains("erased --> [*]") && !diagram.contains("active --> [*]"));
    }

    #[test]
    fn words_are_the_same_in_json_and_in_text() {
        for state in ResourceState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(ResourceState::from_word(state.as_str()), state);
        }
        assert_eq!(
            serde_json::from_str::<ResourceState>("\"melting\"").unwrap(),
            ResourceState::Unknown
        );
    }

    #[test]
    fn capacity_is_given_back_only_in_final_states() {
        for state in ResourceState::ALL {
            assert!(!(state.is_final() && state.takes_capacity()), "{state}");
        }
        assert!(ResourceState::Failed.takes_capacity());
    }
}
