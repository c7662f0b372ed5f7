//! How the market does, for those who run it: what happened on each day, what runs, and who delivers it.

use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, Money, Timestamp};
use storage::statistics::{self, DayCount, Delivering};

/// Days when nothing is said.
pub const DAYS_USUAL: i64 = 30;
/// The longest time.
pub const DAYS_MAX: i64 = 366;
/// Microseconds of a day; days are UTC days.
const DAY_US: i64 = 86_400 * 1_000_000;

/// One day; what did not happen happened 0 times, as everything is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayFigures {
    /// Its beginning, UTC.
    pub at: Timestamp,
    /// Contracts that were signed.
    pub signed: i64,
    /// Services that came to run.
    pub activated: i64,
    /// Contracts whose activation failed.
    pub failed: i64,
    /// Services of which nothing is left.
    pub released: i64,
    /// Needs that were saved for the first time.
    pub needs: i64,
    /// Versions of offers that were written.
    pub versions: i64,
}

/// What one provider delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFigures {
    /// Its short name.
    pub slug: String,
    /// Its English name.
    pub name_en: String,
    /// Its Japanese name.
    pub name_ja: String,
    /// Contracts that run now.
    pub running: i64,
    /// Signed in the time.
    pub signed: i64,
    /// Of those, the ones that came to run.
    pub activated: i64,
    /// Of those, the ones that failed.
    pub failed: i64,
}

/// How the market does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketStatistics {
    /// Each day, the oldest first; the last one is today and not over.
    pub days: Vec<DayFigures>,
    /// What runs now: prices for a month summed up, and how many contracts, in each currency.
    pub running: Vec<(Money, i64)>,
    /// Who delivers, the largest first.
    pub providers: Vec<ProviderFigures>,
}

impl DayFigures {
    /// A day on which nothing happened.
    #[must_use]
    pub const fn quiet(at: Timestamp) -> Self {
        Self { at, signed: 0, activated: 0, failed: 0, released: 0, needs: 0, versions: 0 }
    }
}

impl MarketStatistics {
    /// Everything of all days together; it stands at the first of them.
    #[must_use]
    pub fn total(&self) -> DayFigures {
        let first = self.days.first().map_or(Timestamp(0), |day| day.at);
        self.days.iter().fold(DayFigures::quiet(first), |sum, day| DayFigures {
            at: sum.at,
            signed: sum.signed.saturating_add(day.signed),
            activated: sum.activated.saturating_add(day.activated),
            failed: sum.failed.saturating_add(day.failed),
            released: sum.released.saturating_add(day.released),
            needs: sum.needs.saturating_add(day.needs),
            versions: sum.versions.saturating_add(day.versions),
        })
    }
}

impl Broker {
    /// The last so many days, today included.
    ///
    /// # Errors
    /// `/days` outside of 1 to 366.
    pub async fn market_statistics(
        &self,
        ctx: &OpContext,
        days: i64,
    ) -> Result<MarketStatistics, BrokerError> {
        ctx.may(Action::ReadStatistics, None, "desk")?;
        if !(1..=DAYS_MAX).contains(&days) {
            let allowed = format!("1 to {DAYS_MAX}");
            let message = "say how many days are counted";
            let fault = FieldFault::new("/days", "days", &days.to_string(), &allowed, message);
            return Err(BrokerError::Invalid(vec![fault]));
        }
        let first = self.now().0.div_euclid(DAY_US).saturating_sub(days - 1);
        let since = Timestamp(first.saturating_mul(DAY_US));
        let mut tx = self.begin_read().await?;
        let counts = statistics::days(&mut tx, since).await?;
        let running = statistics::running(&mut tx).await?;
        let delivering = statistics::delivering(&mut tx, since).await?;
        Ok(MarketStatistics {
            days: by_day(first, days, &counts),
            running: running.into_iter().map(|row| (row.price, row.contracts)).collect(),
            providers: delivering.into_iter().map(ProviderFigures::from).collect(),
        })
    }
}

/// Every day has its row.
fn by_day(first: i64, days: i64, counts: &[DayCount]) -> Vec<DayFigures> {
    let mut figures: Vec<DayFigures> = (0..days)
        .map(|day| Timestamp(first.saturating_add(day).saturating_mul(DAY_US)))
        .map(DayFigures::quiet)
        .collect();
    for count in counts {
        let place = usize::try_from(count.day.saturating_sub(first)).ok();
        let Some(day) = place.and_then(|place| figures.get_mut(place)) else { continue };
        let place = match count.what.as_str() {
            "signed" => &mut day.signed,
            "activated" => &mut day.activated,
            "failed" => &mut day.failed,
            "released" => &mut day.released,
            "needs" => &mut day.needs,
            _ => &mut day.versions,
        };
        *place = count.times;
    }
    figures
}

impl From<Delivering> for ProviderFigures {
    fn from(row: Delivering) -> Self {
        Self {
            slug: row.slug,
            name_en: row.name_en,
            name_ja: row.name_ja,
            running: row.running,
            signed: row.signed,
            activated: row.activated,
            failed: row.failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(what: &str, day: i64, times: i64) -> DayCount {
        DayCount { what: what.to_owned(), day, times }
    }

    #[test]
    fn every_day_has_a_row_and_what_lies_outside_has_none() {
        let counts = [
            count("signed", 99, 7),
            count("signed", 100, 2),
            count("failed", 102, 1),
            count("signed", 103, 9),
        ];
        let days = by_day(100, 3, &counts);
        let told: Vec<_> =
            days.iter().map(|day| (day.at.0 / DAY_US, day.signed, day.failed)).collect();
        assert_eq!(told, [(100, 2, 0), (101, 0, 0), (102, 0, 1)]);
        let all = MarketStatistics { days, running: Vec::new(), providers: Vec::new() }.total();
        assert_eq!((all.signed, all.failed, all.needs), (2, 1, 0));
    }
}
