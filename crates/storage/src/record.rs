//! From columns to domain types: `record!` declares a public row struct and how it is read.
//!
//! A value that the domain cannot read becomes [`StorageError::Corrupt`] with table and column.

use crate::StorageError;
use domain::{
    AdmissionState, AnnouncementId, AnnouncementKind, AudienceId, AudienceKind, AuditId, BundleId,
    ChangeKind, ChangeState, CommentId, ContractId, ContractState, Currency, EventId, FirmListId,
    InvitationId, InvitationState, Money, NoticeId, OfferId, OfferState, OrderId, OrganisationId,
    PreemptionState, ProposalId, ProviderId, RequirementId, ResourceId, ReviewId, ReviewState,
    Role, SecuringId, Stars, StatementId, Timestamp, TokenId, UploadId, UploadState, UserId,
};
use std::fmt;
use uuid::Uuid;

/// A value that takes part in no log line; its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(pub T);

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A type that is read from a raw column, or from several.
pub(crate) trait Column: Sized {
    /// What the driver decodes.
    type Raw;

    /// Parses the raw value of `what`, which is `table.column`.
    fn read(raw: Self::Raw, what: &'static str) -> Result<Self, StorageError>;
}

/// Reads a looked-up row.
pub(crate) fn read_optional<T: Column>(raw: Option<T::Raw>) -> Result<Option<T>, StorageError> {
    raw.map(|raw| T::read(raw, "row")).transpose()
}

/// Reads the rows of a list.
pub(crate) fn read_all<T: Column>(raw: Vec<T::Raw>) -> Result<Vec<T>, StorageError> {
    raw.into_iter().map(|raw| T::read(raw, "row")).collect()
}

fn corrupt(what: &'static str, detail: impl fmt::Display) -> StorageError {
    StorageError::Corrupt { what, detail: detail.to_string() }
}

/// Implements [`Column`] for a type and its optional form.
macro_rules! column {
    ($($type:ty, $raw:ty, |$value:ident, $what:ident| $read:expr;)+) => {$(
        impl Column for $type {
            type Raw = $raw;

            fn read($value: $raw, $what: &'static str) -> Result<Self, StorageError> {
                let _ = $what;
                $read
            }
        }

        impl Column for Option<$type> {
            type Raw = Option<$raw>;

            fn read(raw: Self::Raw, what: &'static str) -> Result<Self, StorageError> {
                raw.map(|raw| <$type>::read(raw, what)).transpose()
            }
        }
    )+};
}

column! {
    String, String, |value, what| Ok(value);
    i64, i64, |value, what| Ok(value);
    bool, bool, |value, what| Ok(value);
    Vec<u8>, Vec<u8>, |value, what| Ok(value);
    Secret<String>, String, |value, what| Ok(Self(value));
    Secret<Vec<u8>>, Vec<u8>, |value, what| Ok(Self(value));
    Timestamp, i64, |value, what| Ok(Self(value));
    Role, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
    OfferState, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
    UploadState, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
    AdmissionState, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
    ReviewState, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
    ContractState, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
    ChangeKind, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
    ChangeState, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
    PreemptionState, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
    Stars, i64, |value, what| {
        Self::new(value).ok_or_else(|| corrupt(what, format_args!("{value} is not 1 to 5")))
    };
    u16, i64, |value, what| Self::try_from(value).map_err(|_| corrupt(what, value));
    [u8; 32], Vec<u8>, |value, what| {
        Self::try_from(value).map_err(|found| corrupt(what, format_args!("{} bytes", found.len())))
    };
    OrganisationId, Uuid, |value, what| Ok(Self(value));
    UserId, Uuid, |value, what| Ok(Self(value));
    ProviderId, Uuid, |value, what| Ok(Self(value));
    OfferId, Uuid, |value, what| Ok(Self(value));
    RequirementId, Uuid, |value, what| Ok(Self(value));
    ContractId, Uuid, |value, what| Ok(Self(value));
    OrderId, Uuid, |value, what| Ok(Self(value));
    FirmListId, Uuid, |value, what| Ok(Self(value));
    SecuringId, Uuid, |value, what| Ok(Self(value));
    ResourceId, Uuid, |value, what| Ok(Self(value));
    TokenId, Uuid, |value, what| Ok(Self(value));
    AuditId, Uuid, |value, what| Ok(Self(value));
    StatementId, Uuid, |value, what| Ok(Self(value));
    NoticeId, Uuid, |value, what| Ok(Self(value));
    ReviewId, Uuid, |value, what| Ok(Self(value));
    CommentId, Uuid, |value, what| Ok(Self(value));
    EventId, Uuid, |value, what| Ok(Self(value));
    AnnouncementId, Uuid, |value, what| Ok(Self(value));
    UploadId, Uuid, |value, what| Ok(Self(value));
    BundleId, Uuid, |value, what| Ok(Self(value));
    ProposalId, Uuid, |value, what| Ok(Self(value));
    AudienceId, Uuid, |value, what| Ok(Self(value));
    AudienceKind, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
    InvitationId, Uuid, |value, what| Ok(Self(value));
    InvitationState, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
    AnnouncementKind, String, |value, what| value.parse().map_err(|error| corrupt(what, error));
}

/// An amount in the columns `price_minor` and `currency`.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RawMoney {
    price_minor: i64,
    currency: String,
}

/// An amount that may be absent, in the columns `price_minor` and `currency`.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct RawOptionalMoney {
    price_minor: Option<i64>,
    currency: Option<String>,
}

impl Column for Money {
    type Raw = RawMoney;

    fn read(raw: RawMoney, what: &'static str) -> Result<Self, StorageError> {
        let currency: Currency = raw.currency.parse().map_err(|error| corrupt(what, error))?;
        Ok(Self::new(raw.price_minor, currency))
    }
}

impl Column for Option<Money> {
    type Raw = RawOptionalMoney;

    fn read(raw: RawOptionalMoney, what: &'static str) -> Result<Self, StorageError> {
        match (raw.price_minor, raw.currency) {
            (None, None) => Ok(None),
            (Some(price_minor), Some(currency)) => {
                Money::read(RawMoney { price_minor, currency }, what).map(Some)
            }
            (Some(_), None) => Err(corrupt(what, "amount without currency")),
            (None, Some(_)) => Err(corrupt(what, "currency without amount")),
        }
    }
}

/// Declares a public row struct; `[flatten]` takes several columns, `[rename = "…"]` another one.
macro_rules! record {
    (
        $(#[$doc:meta])*
        pub struct $name:ident in $table:literal {
            $($(#[$field_doc:meta])* $([$($sqlx:tt)+])? pub $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        const _: () = {
            #[derive(Debug, sqlx::FromRow)]
            pub struct Raw {
                $($(#[sqlx($($sqlx)+)])? $field: <$type as $crate::record::Column>::Raw,)+
            }

            impl $crate::record::Column for $name {
                type Raw = Raw;

                fn read(raw: Raw, _: &'static str) -> Result<Self, $crate::StorageError> {
                    Ok(Self {
                        $($field: $crate::record::Column::read(
                            raw.$field,
                            concat!($table, ".", stringify!($field)),
                        )?,)+
                    })
                }
            }
        };
    };
}

/// Looks up at most one record.
macro_rules! find {
    ($tx:expr, $record:ty, $statement:expr $(, $bind:expr)* $(,)?) => {
        $crate::statement::fetch_optional!(
            $tx, <$record as $crate::record::Column>::Raw, $statement $(, $bind)*
        )
        .and_then($crate::record::read_optional::<$record>)
    };
}

/// Reads a list of records; the statement carries its LIMIT.
macro_rules! list {
    ($tx:expr, $record:ty, $statement:expr $(, $bind:expr)* $(,)?) => {
        $crate::statement::fetch_all!(
            $tx, <$record as $crate::record::Column>::Raw, $statement $(, $bind)*
        )
        .and_then($crate::record::read_all::<$record>)
    };
}

pub(crate) use {find, list, record};

/// Ids as a statement takes many of them at once, whatever their number: a JSON list of hexadecimal digits.
pub(crate) fn ids_text(ids: impl Iterator<Item = Uuid>) -> String {
    let texts: Vec<_> = ids.map(|id| id.simple().to_string()).collect();
    serde_json::Value::from(texts).to_string()
}

/// Turns "no row was changed" of a guarded update into a conflict.
pub(crate) const fn expect_one(affected: u64, what: &'static str) -> Result<(), StorageError> {
    match affected {
        0 => Err(StorageError::Conflict { what }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amount_without_currency_is_corrupt_and_absent_is_not_zero() {
        let read = |price_minor, currency: Option<&str>| {
            Option::<Money>::read(
                RawOptionalMoney { price_minor, currency: currency.map(ToOwned::to_owned) },
                "offer_version.price",
            )
        };
        assert_eq!(read(None, None).unwrap(), None);
        assert_eq!(read(Some(0), Some("JPY")).unwrap(), Some(Money::new(0, Currency::Jpy)));
        for (minor, currency) in [(Some(1), None), (None, Some("JPY")), (Some(1), Some("XXX"))] {
            assert!(matches!(read(minor, currency), Err(StorageError::Corrupt { .. })));
        }
    }

    #[test]
    fn unreadable_columns_name_their_place() {
        let error = OfferState::read("gone".to_owned(), "offer.state").unwrap_err();
        assert!(error.to_string().starts_with("offer.state holds"), "{error}");
        assert!(<[u8; 32]>::read(vec![0; 31], "session.id_hash").is_err());
        assert!(u16::read(70_000, "idempotency.status").is_err());
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        assert!(!format!("{:?}", Secret("argon2id$hash")).contains("argon"));
    }
}
