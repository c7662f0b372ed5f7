//! Why a use case did not do what was asked; mapped to HTTP in one place in `server`.

use crate::contracts::{AlternativeOffer, Requote};
use domain::{ContractId, InvalidTransition, Refusal, Timestamp};
use serde::Serialize;
use storage::StorageError;
use thiserror::Error;

/// One fault of the input, tied to its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldFault {
    /// JSON pointer into the document, or `/name` of the form field.
    pub pointer: String,
    /// Stable code; pages translate by it.
    pub code: String,
    /// What was found, shortened.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// One sentence in English.
    pub message: String,
    /// What is allowed as data, for pages in other languages; `None` where `allowed` are words.
    #[serde(skip)]
    pub expected: Option<sla::Expected>,
    /// Where it stands in the text of a document; `None` where the input is none.
    #[serde(skip)]
    pub place: Option<sla::Place>,
}

/// Found values are cut here, so that an answer stays small.
const FOUND_CHARACTERS_MAX: usize = 80;

/// A found value as an answer repeats it: short, and with the name of what nobody sees.
pub(crate) fn shown(found: &str) -> String {
    let cut: String = found.chars().take(FOUND_CHARACTERS_MAX).collect();
    sla::made_visible(&cut).into_owned()
}

/// A moment as an answer repeats it: RFC 3339.
pub(crate) fn shown_moment(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.0).map(|at| at.to_string()).unwrap_or_default()
}

impl FieldFault {
    /// A fault whose `allowed` are words or a sentence of its own code.
    #[must_use]
    pub fn new(pointer: &str, code: &str, found: &str, allowed: &str, message: &str) -> Self {
        Self {
            pointer: pointer.to_owned(),
            code: code.to_owned(),
            found: shown(found),
            allowed: allowed.to_owned(),
            message: message.to_owned(),
            expected: None,
            place: None,
        }
    }
}

/// After so long it is worth asking again for a list that is being prepared.
const PREPARING_SECONDS: i64 = 10;

/// A refused or failed use case.
#[derive(Debug, Error)]
pub enum BrokerError {
    /// Signing in may help.
    #[error("sign in first")]
    SignInFirst,
    /// The role may never do this.
    #[error("your role may not do this")]
    WrongRole,
    /// It does not exist, or it belongs to somebody else: the same answer for both.
    #[error("{what} was not found")]
    NotFound {
        /// The kind of thing, in lower case.
        what: &'static str,
    },
    /// E-mail and password do not belong together.
    #[error("the e-mail address or the password is wrong")]
    WrongCredentials,
    /// The input has faults; all of them are listed.
    #[error("the input has {} faults", .0.len())]
    Invalid(Vec<FieldFault>),
    /// The thing is not in a state that allows this.
    #[error("{detail}")]
    Conflict {
        /// Stable code.
        code: &'static str,
        /// One sentence.
        detail: String,
    },
    /// The key of this signature signed another contract before.
    #[error(
        "this page signed {contract} before; signing again with a new key makes another contract"
    )]
    SignedBefore {
        /// The contract it signed.
        contract: ContractId,
    },
    /// What would be signed is not what was shown: one quote anew for each offer that it is so of.
    #[error("{}", requoted(.0))]
    Requote(Vec<Requote>),
    /// The offer cannot be contracted; these can.
    #[error("{detail}")]
    NotOrderable {
        /// `catalogue_only`, `cloud_not_passed`, `not_valid_yet`, `no_longer_valid`, `region_not_served`, `withdrawn`, `paused`, `no_price`, `no_capacity` or
        /// `cloud_unreachable`.
        code: &'static str,
        /// One sentence.
        detail: String,
        /// What can be contracted instead, and how it stands to the need.
        alternatives: Vec<AlternativeOffer>,
    },
    /// A part was asked for that begins behind the end.
    #[error("there are {whole} bytes, and what was asked for begins behind them")]
    BeyondEnd {
        /// Bytes of the whole.
        whole: i64,
    },
    /// Too many attempts; try again after the seconds.
    #[error("too many attempts, try again in {retry_after_seconds} seconds")]
    TooManyAttempts {
        /// Seconds to wait.
        retry_after_seconds: i64,
    },
    /// The documents of a large market are being read for what this need asks about; the same request
    /// gets its answer a little later.
    #[error(
        "the offers are being read for this need: {done} of {total} so far; try again in a while"
    )]
    Preparing {
        /// Offers read so far.
        done: u64,
        /// Offers to read.
        total: u64,
    },
    /// The database.
    #[error("the database did not do its part")]
    Storage(#[from] StorageError),
    /// The search index.
    #[error("the search index did not do its part")]
    Search(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something that should never happen; the message says which invariant.
    #[error("{0}")]
    Internal(String),
}

impl BrokerError {
    /// The stable code of problem documents and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SignInFirst => "sign_in_first",
            Self::WrongRole => "wrong_role",
            Self::NotFound { .. } => "not_found",
            Self::WrongCredentials => "wrong_credentials",
            Self::Invalid(_) => "invalid",
            Self::SignedBefore { .. } => "idempotency_key_reused",
            Self::Requote(quotes) => match quotes.as_slice() {
                [first, ..] => first.code,
                [] => "price_changed",
            },
            Self::Conflict { code, .. } | Self::NotOrderable { code, .. } => code,
            Self::BeyondEnd { .. } => "range_unsatisfiable",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Preparing { .. } => "preparing",
            Self::Storage(_) | Self::Search(_) | Self::Internal(_) => "internal",
        }
    }

    /// When the same request may succeed.
    #[must_use]
    pub const fn retry_after_seconds(&self) -> Option<i64> {
        match self {
            Self::TooManyAttempts { retry_after_seconds } => Some(*retry_after_seconds),
            Self::Preparing { .. } => Some(PREPARING_SECONDS),
            _ => None,
        }
    }

    /// A single fault.
    #[must_use]
    pub fn field(pointer: &str, code: &str, found: &str, allowed: &str, message: &str) -> Self {
        Self::Invalid(vec![FieldFault::new(pointer, code, found, allowed, message)])
    }

    /// A change that was made of a version which is not the newest any more.
    #[must_use]
    pub(crate) fn newer(code: &'static str, newest: i64, made_of: i64) -> Self {
        let detail = format!(
            "the change was made of version {made_of}, but version {newest} is the newest: read it again"
        );
        Self::Conflict { code, detail }
    }

    /// Turns a policy refusal into the answer for `what`.
    #[must_use]
    pub const fn refused(refusal: Refusal, what: &'static str) -> Self {
        match refusal {
            Refusal::SignInFirst => Self::SignInFirst,
            Refusal::WrongRole => Self::WrongRole,
            Refusal::NotYours => Self::NotFound { what },
        }
    }
}

fn requoted(quotes: &[Requote]) -> String {
    let one = |quote: &Requote| {
        let now = quote.now.charges();
        match (quote.code, quote.shown) {
            ("offer_changed", _) => format!(
                "version {} was shown, version {} is on offer now at {now}: read it before signing",
                quote.version_before, quote.version
            ),
            ("price_stale", _) => format!(
                "the price of {now} was last checked on {}, {} days ago, and the cloud does not confirm it: name that day to sign at it",
                quote.age.day, quote.age.days
            ),
            (_, Some(shown)) => format!("the price is {now}, and {shown} was shown"),
            (_, None) => format!("the price is {now} now, which is not that of the price book"),
        }
    };
    quotes.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl From<InvalidTransition> for BrokerError {
    fn from(error: InvalidTransition) -> Self {
        Self::Conflict { code: "wrong_state", detail: error.to_string() }
    }
}
