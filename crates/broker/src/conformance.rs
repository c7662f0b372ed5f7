//! Does a provider's cloud keep the contract of the provider API? Asked for by the provider or the broker's team, done
//! by [`Broker::examine_clouds`], shown to everybody.
//!
//! Nothing of a cloud can be ordered before an examination of the address that is connected found that it conforms.
//! An examination holds and starts small things at the cloud and gives them back. It leaves out what would fill a
//! region, since customers order there at the same time; `kumoichi conform` does that too, in a tenant of its own.

use crate::audit::{Entry, record};
use crate::ports::CloudConnection;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, DurationUs, ProviderId, Timestamp};
use provider_api::DiscoverRequest;
use provider_api::suite::{
    CATALOGUE, CheckReport, CheckResult, Options, Report, Verdict, examined_region, examined_with,
};
use std::time::Duration;
use storage::cloud_reports::{self, Finding};
use storage::{offers, providers};

/// The whole of one examination; what is left then counts as failed.
const RUN_LIMIT: Duration = Duration::from_secs(300);
/// An examination that took longer was cut off with its process, and is taken again.
const STALE_US: DurationUs = 15 * 60 * 1_000_000;
/// A cloud that could not be examined is looked at again after this time.
const NOT_RUN_AGAIN_US: DurationUs = 3600 * 1_000_000;
/// Why a cloud that is full was not examined.
const FULL: &str = "the cloud has no room left for an examination; it is tried again";
/// Why a cloud that had passed was not found to deviate.
const ONCE: &str = "what was found was not found again: customers ordered there at the same time; it is tried again";

/// How the last examination of a cloud went, or that one is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conformance {
    /// Somebody waits for an examination.
    pub waiting: bool,
    /// The last report; `None`: never examined.
    pub report: Option<CloudReport>,
}

/// The last report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudReport {
    /// What came out.
    pub outcome: Outcome,
    /// When it was made.
    pub examined_at: Timestamp,
    /// It is about the cloud that is connected now.
    pub current: bool,
    /// Why nothing was examined.
    pub reason: Option<String>,
    /// Checks that passed.
    pub passed: usize,
    /// Checks that were left out.
    pub skipped: usize,
    /// What the cloud does not do as it should.
    pub deviations: Vec<Deviation>,
}

/// A connected cloud in the desk's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudCard {
    /// Whose cloud it is.
    pub provider: ProviderId,
    /// The provider's short name for addresses.
    pub slug: String,
    /// The provider's English name.
    pub name_en: String,
    /// The provider's Japanese name.
    pub name_ja: String,
    /// What came out last; `None`: never examined, or the last one was of another address.
    pub outcome: Option<Outcome>,
    /// When that was.
    pub examined_at: Option<Timestamp>,
    /// Somebody waits for an examination.
    pub waiting: bool,
    /// When it is examined again by itself; `None`: it waits now, was never examined, or never again.
    pub next_at: Option<Timestamp>,
}

/// What came out of an examination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every check that was done passed.
    Conforms,
    /// At least one failed.
    Deviates,
    /// The cloud could not be examined.
    NotExamined,
}

/// A check that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// Stable name of the check; pages translate by it.
    pub check: String,
    /// The fact that does not hold, in English.
    pub fact: String,
    /// What the API promises.
    pub expected: String,
    /// What the cloud did.
    pub found: String,
}

/// The stable name and the English fact of every check.
pub fn checks() -> impl Iterator<Item = (&'static str, &'static str)> {
    CATALOGUE.iter().map(|check| (check.id, check.fact))
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Conforms, Self::Deviates, Self::NotExamined];

    /// The word in the database and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Deviates => "deviates",
            Self::NotExamined => "not_run",
        }
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Conforms => Self::Conforms,
            Verdict::Deviates => Self::Deviates,
            Verdict::NotRun => Self::NotExamined,
        }
    }
}

impl Broker {
    /// Asks for an examination of one's own cloud; asking again while it is waited for changes nothing.
    pub async fn request_examination(&self, ctx: &OpContext) -> Result<(), BrokerError> {
        ctx.may(Action::ExamineCloud, ctx.actor.organisation(), "cloud")?;
        let now = self.now();
        let mut tx = self.begin().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        if provider.cloud_url.is_none() {
            let detail = "no cloud is connected that could be examined".to_owned();
            return Err(BrokerError::Conflict { code: "no_cloud", detail });
        }
        cloud_reports::request(&mut tx, provider.id, now).await?;
        record(self, ctx, &mut tx, Entry::new("cloud.examination_requested", provider.id)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Where the examination of a provider's cloud stands; `None`: never asked for.
    pub async fn conformance(
        &self,
        ctx: &OpContext,
        provider: ProviderId,
    ) -> Result<Option<Conformance>, BrokerError> {
        ctx.may(Action::ReadMarket, None, "provider")?;
        let mut tx = self.begin_read().await?;
        let row = providers::find(&mut tx, provider).await?;
        let row = row.ok_or(BrokerError::NotFound { what: "provider" })?;
        let Some(stored) = cloud_reports::find(&mut tx, provider).await? else { return Ok(None) };
        if stored.requested_at.is_none() && stored.examined_at.is_none() {
            return Ok(None);
        }
        let current = stored.cloud_url.is_some() && stored.cloud_url == row.cloud_url;
        // A text of another version counts as not examined.
        let read = stored.report.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let report = read
            .zip(stored.examined_at)
            .map(|(report, at)| CloudReport { current, ..summary(&report, at) });
        Ok(Some(Conformance { waiting: stored.requested_at.is_some(), report }))
    }

    /// Every connected cloud with its last examination and the next, by the provider's short name.
    pub async fn examined_clouds(&self, ctx: &OpContext) -> Result<Vec<CloudCard>, BrokerError> {
        ctx.may(Action::ReadWorkflows, None, "desk")?;
        let rows = cloud_reports::list_connected(&mut self.look().await?).await?;
        let interval = self.examine_interval_us();
        Ok(rows.into_iter().map(|row| card(row, interval)).collect())
    }

    /// `None`: clouds are not examined again by themselves.
    fn examine_interval_us(&self) -> Option<DurationUs> {
        let seconds = self.inner.config.examine_interval_seconds;
        (seconds > 0).then(|| seconds.saturating_mul(1_000_000))
    }

    /// Asks for those that were examined too long ago.
    async fn request_old(&self) -> Result<(), BrokerError> {
        let Some(interval) = self.examine_interval_us() else { return Ok(()) };
        let now = self.now();
        let mut tx = self.look().await?;
        let old = |row: &cloud_reports::ExaminedCloud| {
            let after = again_after(row.verdict.as_deref(), interval);
            row.requested_at.is_none() && row.examined_at.is_some_and(|at| now.since(at) >= after)
        };
        // An idle market must not keep the database busy with writing.
        if !cloud_reports::list_connected(&mut tx).await?.iter().any(old) {
            return Ok(());
        }
        drop(tx);
        let mut tx = self.begin().await?;
        let before = |verdict| now.plus_us(-again_after(verdict, interval));
        let not_run = Some(Outcome::NotExamined.as_str());
        let asked =
            cloud_reports::request_old(&mut tx, (before(None), before(not_run)), now).await?;
        tx.commit().await?;
        tracing::info!(asked, "clouds are examined again");
        Ok(())
    }

    /// Examines every cloud that somebody waits for or whose report is old; returns how many reports were kept.
    pub async fn examine_clouds(&self) -> Result<usize, BrokerError> {
        self.request_old().await?;
        let stale = self.now().plus_us(-STALE_US);
        let mut tx = self.begin_read().await?;
        let waiting = cloud_reports::list_waiting(&mut tx, stale).await?;
        drop(tx);
        let mut kept = 0;
        for provider in waiting {
            kept += usize::from(self.examine_cloud(provider.provider_id, stale).await?);
        }
        Ok(kept)
    }

    /// Takes a cloud that this program itself started as examined: it is the reference cloud, whose
    /// examination is part of the program's own tests. One that was examined here is left as it was found.
    pub async fn vouch_for(
        &self,
        ctx: &OpContext,
        id: ProviderId,
        url: &str,
    ) -> Result<(), BrokerError> {
        ctx.may(Action::AdministerProviders, None, "provider")?;
        let mut tx = self.begin().await?;
        let known = cloud_reports::find(&mut tx, id).await?;
        if known.is_some_and(|known| known.examined_at.is_some()) {
            return Ok(());
        }
        let now = self.now();
        if providers::set_passed(&mut tx, id, url, true, now).await? {
            offers::touch_published(&mut tx, id, now).await?;
            record(self, ctx, &mut tx, Entry::new("cloud.vouched_for", id)).await?;
        }
        cloud_reports::take_back(&mut tx, id).await?;
        tx.commit().await?;
        self.sync_market().await
    }

    async fn examine_cloud(&self, id: ProviderId, stale: Timestamp) -> Result<bool, BrokerError> {
        let claimed_at = self.now();
        let mut tx = self.begin().await?;
        if !cloud_reports::claim(&mut tx, id, stale, claimed_at).await? {
            return Ok(false);
        }
        let connection = self.cloud_of(&mut tx, id).await?;
        tx.commit().await?;
        let (url, outcome, report) = match connection {
            Some(connection) => {
                let report = self.examined_beside_customers(&connection, claimed_at).await?;
                (connection.url, Outcome::from(report.verdict), report)
            }
            None => (String::new(), Outcome::NotExamined, not_run("", "no cloud is connected")),
        };
        let text = serde_json::to_string(&report)
            .map_err(|error| BrokerError::Internal(error.to_string()))?;
        let finding = Finding {
            cloud_url: &url,
            verdict: outcome.as_str(),
            report: &text,
            examined_at: self.now(),
        };
        let mut tx = self.begin().await?;
        let kept = cloud_reports::store(&mut tx, id, claimed_at, &finding).await?;
        // A cloud that could not be examined stays what it was.
        if kept && outcome != Outcome::NotExamined {
            let (passed, now) = (outcome == Outcome::Conforms, self.now());
            if providers::set_passed(&mut tx, id, &url, passed, now).await? {
                offers::touch_published(&mut tx, id, now).await?;
                let action = if passed { "cloud.passed" } else { "cloud.failed" };
                record(self, &OpContext::system("examination"), &mut tx, Entry::new(action, id))
                    .await?;
            }
        }
        tx.commit().await?;
        self.sync_market().await?;
        tracing::info!(provider.id = %id, outcome = outcome.as_str(), kept, "a cloud was examined");
        Ok(kept)
    }

    /// Customers order at the same time: a cloud that has no room left could not be examined, and of one that had passed
    /// only what is found twice counts, because what somebody else held or gave back in between is found once.
    async fn examined_beside_customers(
        &self,
        connection: &CloudConnection,
        at: Timestamp,
    ) -> Result<Report, BrokerError> {
        let first = self.examined(connection, at).await;
        if first.verdict != Verdict::Deviates {
            return Ok(first);
        }
        if self.is_full(connection).await {
            return Ok(not_run(&connection.url, FULL));
        }
        let mut tx = self.begin_read().await?;
        let row = providers::find(&mut tx, connection.provider).await?;
        drop(tx);
        if row.is_none_or(|row| row.cloud_passed_url.as_deref() != Some(&connection.url)) {
            return Ok(first);
        }
        let second = self.examined(connection, self.now()).await;
        let full = second.verdict == Verdict::Deviates && self.is_full(connection).await;
        Ok(match second.verdict {
            Verdict::Deviates if full => not_run(&connection.url, FULL),
            Verdict::Deviates if !agree(&first, &second) => not_run(&connection.url, ONCE),
            _ => second,
        })
    }

    /// Whether the region in which a cloud is examined has no room for the little that this takes.
    async fn is_full(&self, connection: &CloudConnection) -> bool {
        let Ok(driver) = self.inner.drivers.driver(connection) else { return false };
        let Ok(capabilities) = driver.capabilities().await else { return false };
        let Some(region) = examined_region(&capabilities) else { return false };
        let request = DiscoverRequest { region, resources: examined_with(), links: Vec::new() };
        driver.discover(&request).await.is_ok_and(|answer| !answer.available)
    }

    /// The report without what was sent and came: that is for `kumoichi conform`, and large.
    async fn examined(&self, connection: &CloudConnection, at: Timestamp) -> Report {
        // Fresh for every run: the names of allocations and keys are never used twice.
        let run = self.ids().next_uuid().simple().to_string();
        let mut options = Options::new(run, at.0);
        options.fill = false;
        options.run_limit = RUN_LIMIT;
        match self.inner.drivers.examine(connection, &options).await {
            Ok(mut report) => {
                report.checks.iter_mut().for_each(|check| check.exchanges.clear());
                report
            }
            Err(reason) => not_run(&connection.url, &reason),
        }
    }
}

/// How long after an examination the next one begins by itself: what could not be examined, because it was full or
/// silent, is not left alone as long as what was.
fn again_after(verdict: Option<&str>, interval: DurationUs) -> DurationUs {
    match verdict == Some(Outcome::NotExamined.as_str()) {
        true => interval.min(NOT_RUN_AGAIN_US),
        false => interval,
    }
}

fn card(row: cloud_reports::ExaminedCloud, interval: Option<DurationUs>) -> CloudCard {
    let waiting = row.requested_at.is_some();
    let interval = interval.map(|interval| again_after(row.verdict.as_deref(), interval));
    let verdict = row.verdict.filter(|_| row.current);
    let outcome = verdict.and_then(|word| Outcome::ALL.into_iter().find(|it| it.as_str() == word));
    let next = row.examined_at.zip(interval).map(|(at, interval)| at.plus_us(interval));
    CloudCard {
        provider: row.provider_id,
        slug: row.slug,
        name_en: row.name_en,
        name_ja: row.name_ja,
        outcome,
        examined_at: row.examined_at.filter(|_| row.current),
        waiting,
        next_at: next.filter(|_| !waiting),
    }
}

/// Whether something was found both times.
fn agree(first: &Report, second: &Report) -> bool {
    second.failed().any(|check| first.failed().any(|before| before.id == check.id))
}

fn not_run(url: &str, reason: &str) -> Report {
    Report {
        version: 1,
        run: String::new(),
        url: url.to_owned(),
        provider: None,
        verdict: Verdict::NotRun,
        reason: Some(reason.to_owned()),
        began_at_us: 0,
        took_ms: 0,
        checks: Vec::new(),
        left_behind: Vec::new(),
    }
}

/// What pages show of a report.
fn summary(report: &Report, examined_at: Timestamp) -> CloudReport {
    let deviation = |check: &CheckReport| match &check.result {
        CheckResult::Failed { expected, found } => Some(Deviation {
            check: check.id.clone(),
            fact: check.fact.clone(),
            expected: expected.clone(),
            found: found.clone(),
        }),
        _ => None,
    };
    CloudReport {
        outcome: report.verdict.into(),
        examined_at,
        current: false,
        reason: report.reason.clone(),
        passed: report.passed(),
        skipped: report.skipped(),
        deviations: report.checks.iter().filter_map(deviation).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_the_word_that_the_database_takes() {
        let words = Outcome::ALL.map(Outcome::as_str);
        assert_eq!(words, ["conforms", "deviates", "not_run"]);
    }

    #[test]
    fn what_could_not_be_examined_says_why() {
        let shown = summary(&not_run("http://127.0.0.1:1", "nobody answers"), Timestamp(5));
        assert_eq!(shown.outcome, Outcome::NotExamined);
        assert_eq!(shown.reason.as_deref(), Some("nobody answers"));
        assert_eq!((shown.passed, shown.skipped, shown.deviations.len()), (0, 0, 0));
    }
}
