//! Counting the market for those who run it: what happened on each day, what runs, and for whom.

use crate::record::{list, record};
use crate::statement::statements;
use crate::{StorageError, Tx};
use domain::{Money, ProviderId, Timestamp};

/// Microseconds of a day; days are UTC days.
const DAY_US: i64 = 86_400 * 1_000_000;
/// Providers of one list.
const PROVIDERS_MAX: i64 = 200;

record! {
    /// How often something happened on a day.
    pub struct DayCount in "contract" {
        /// `signed`, `activated`, `failed`, `released`, `needs` or `versions`.
        pub what: String,
        /// Days since 1970.
        pub day: i64,
        /// How often.
        pub times: i64,
    }
}

record! {
    /// What runs in one currency.
    pub struct Running in "contract" {
        /// Its prices for a month, summed up.
        [flatten]
        pub price: Money,
        /// How many contracts.
        pub contracts: i64,
    }
}

record! {
    /// What one provider delivers.
    pub struct Delivering in "provider" {
        /// The provider.
        pub id: ProviderId,
        /// Its short name.
        pub slug: String,
        /// Its English name.
        pub name_en: String,
        /// Its Japanese name.
        pub name_ja: String,
        /// Contracts that run.
        pub running: i64,
        /// Signed in the time that was asked for.
        pub signed: i64,
        /// Of those, the ones that came to run.
        pub activated: i64,
        /// Of those, the ones that failed.
        pub failed: i64,
    }
}

statements! {
    DAYS = "
        SELECT 'signed' AS what, signed_at / $2 AS day, COUNT(*) AS times
        FROM contract WHERE signed_at >= $1 GROUP BY 2
        UNION ALL
        SELECT 'activated', activated_at / $2, COUNT(*)
        FROM contract WHERE activated_at >= $1 GROUP BY 2
        UNION ALL
        SELECT 'failed', updated_at / $2, COUNT(*)
        FROM contract WHERE state = 'failed' AND updated_at >= $1 GROUP BY 2
        UNION ALL
        SELECT 'released', released_at / $2, COUNT(*)
        FROM contract WHERE released_at >= $1 GROUP BY 2
        UNION ALL
        SELECT 'needs', created_at / $2, COUNT(*)
        FROM requirement WHERE created_at >= $1 GROUP BY 2
        UNION ALL
        SELECT 'versions', created_at / $2, COUNT(*)
        FROM offer_version WHERE created_at >= $1 GROUP BY 2
        ORDER BY 2, 1";
    RUNNING = "
        SELECT CAST(SUM(price_minor) AS BIGINT) AS price_minor, currency, COUNT(*) AS contracts
        FROM contract WHERE state = 'active' AND NOT waits
        GROUP BY currency ORDER BY currency";
    DELIVERING = "
        SELECT provider.id AS id, slug, name_en, name_ja,
            CAST(SUM(CASE WHEN state = 'active' AND NOT waits THEN 1 ELSE 0 END) AS BIGINT) AS running,
            CAST(SUM(CASE WHEN signed_at >= $1 THEN 1 ELSE 0 END) AS BIGINT) AS signed,
            CAST(SUM(CASE WHEN signed_at >= $1 AND activated_at IS NOT NULL THEN 1 ELSE 0 END)
                AS BIGINT) AS activated,
            CAST(SUM(CASE WHEN signed_at >= $1 AND state = 'failed' THEN 1 ELSE 0 END)
                AS BIGINT) AS failed
        FROM contract JOIN provider ON provider.id = contract.provider_id
        GROUP BY provider.id, slug, name_en, name_ja
        ORDER BY 5 DESC, 6 DESC, slug LIMIT $2";
}

/// What happened on each day since the beginning of a day; a day without a row is one on which it did not happen.
pub async fn days(tx: &mut Tx, since: Timestamp) -> Result<Vec<DayCount>, StorageError> {
    list!(tx, DayCount, DAYS, since.0, DAY_US)
}

/// What runs now, in each currency.
pub async fn running(tx: &mut Tx) -> Result<Vec<Running>, StorageError> {
    list!(tx, Running, RUNNING)
}

/// Who delivers, the largest first, at most 200; who never had a contract is not in it.
pub async fn delivering(tx: &mut Tx, since: Timestamp) -> Result<Vec<Delivering>, StorageError> {
    list!(tx, Delivering, DELIVERING, since.0, PROVIDERS_MAX)
}
