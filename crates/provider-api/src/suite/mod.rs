//! The facts every provider must show, as code that any `Driver` can be run through.
//! It reports instead of panicking, so that it also serves to check a stranger's cloud before it is admitted.

mod holds;
mod lives;
mod regions;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use crate::driver::{
    AllocationCommand, Call, ConfirmCommand, Driver, DriverError, HoldCommand, StartCommand,
};
use crate::problem::ProblemCode;
use crate::state::ResourceState;
use crate::wire::{
    Allocation, AllocationId, DiscoverAnswer, DiscoverRequest, HoldRequest, IdempotencyKey, Quota,
    ResourceGroup, StartRequest,
};

/// A cloud under test and the little the suite must know about it.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The cloud.
    fn driver(&self) -> &dyn Driver;
    /// A region of the cloud, in which everything is held unless a fact is about another.
    fn region(&self) -> String;
    /// A second region that the same groups fit into; nothing when the cloud has only one.
    fn other_region(&self) -> Option<String>;
    /// A small group of which at least two fit into the empty region.
    fn group(&self) -> ResourceGroup;
    /// A group that fits into the empty region once and not twice.
    fn large_group(&self) -> ResourceGroup;
    /// What to start.
    fn start_request(&self) -> StartRequest;
    /// Lets time pass at the cloud: a moved clock, or patience.
    async fn pass(&self, time: Duration);
}

/// A fact that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fact}: {detail}")]
pub struct Finding {
    /// The fact, as a sentence.
    pub fact: &'static str,
    /// What was seen instead.
    pub detail: String,
}

type Outcome = Result<(), String>;
type Check = for<'a> fn(&'a Desk<'a>) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Every fact with its check, in an order that leaves the cloud empty after each.
const CHECKS: [(&str, Check); 16] = [
    ("a hold repeated with its key is the same hold", |desk| Box::pin(holds::repeats(desk))),
    ("a key cannot be used for something else", |desk| Box::pin(holds::reused_key(desk))),
    ("a group that does not fit whole is refused whole", |desk| {
        Box::pin(holds::all_or_nothing(desk))
    }),
    ("of two callers racing for the last capacity one wins", |desk| Box::pin(holds::race(desk))),
    ("every zone is told whole and a hold is where it was asked for", |desk| {
        Box::pin(regions::told_and_kept(desk))
    }),
    ("a region it does not have is refused by its name", |desk| Box::pin(regions::unknown(desk))),
    ("a full region leaves the others free", |desk| Box::pin(regions::full(desk))),
    ("a hold ends by itself and dropping it afterwards is fine", |desk| {
        Box::pin(holds::expiry(desk))
    }),
    ("an extended hold lasts longer", |desk| Box::pin(holds::extension(desk))),
    ("a refused value is named by its place", |desk| Box::pin(holds::bad_values(desk))),
    ("a whole life works with every call made twice", |desk| Box::pin(lives::twice(desk))),
    ("an epoch behind the highest seen is refused", |desk| Box::pin(lives::stale_epoch(desk))),
    ("an old key repeated later changes nothing", |desk| Box::pin(lives::old_key(desk))),
    ("data must be erased before release", |desk| Box::pin(lives::not_erased(desk))),
    ("what was booked and never started can be given back", |desk| {
        Box::pin(lives::never_started(desk))
    }),
    ("what does not exist is gone", |desk| Box::pin(lives::unknown(desk))),
];

/// Runs every check on an empty cloud; stops at the first finding.
///
/// # Errors
/// With the first fact that does not hold.
pub async fn run(subject: &dyn Subject) -> Result<Vec<&'static str>, Finding> {
    let mut shown = Vec::new();
    for (fact, check) in CHECKS {
        let desk = Desk { subject, run: fresh() };
        check(&desk).await.map_err(|detail| Finding { fact, detail })?;
        shown.push(fact);
    }
    Ok(shown)
}

/// A number that differs between checks and, by the clock, between runs against a lasting cloud.
fn fresh() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let micros = u64::try_from(since.as_micros()).unwrap_or(0);
    micros.wrapping_mul(1000).wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed))
}

/// What a check works with: the cloud and names of its own.
struct Desk<'a> {
    subject: &'a dyn Subject,
    run: u64,
}

impl Desk<'_> {
    fn driver(&self) -> &dyn Driver {
        self.subject.driver()
    }

    fn label(&self) -> String {
        format!("suite-{}", self.run)
    }

    fn call(&self, name: &str, epoch: i64) -> Result<Call, String> {
        let key = IdempotencyKey::parse(format!("suite-{}-{name}", self.run)).map_err(text)?;
        Ok(Call { key, epoch })
    }

    fn command(
        &self,
        name: &str,
        epoch: i64,
        id: &AllocationId,
    ) -> Result<AllocationCommand, String> {
        Ok(AllocationCommand { call: self.call(name, epoch)?, allocation_id: id.clone() })
    }

    async fn hold_as(
        &self,
        name: &str,
        resources: ResourceGroup,
        ttl: u32,
    ) -> Result<Allocation, DriverError> {
        self.hold_in(name, self.subject.region(), resources, ttl).await
    }

    async fn hold_in(
        &self,
        name: &str,
        region: String,
        resources: ResourceGroup,
        ttl: u32,
    ) -> Result<Allocation, DriverError> {
        let request =
            HoldRequest { label: self.label(), region, resources, ttl_seconds: Some(ttl) };
        let call = self.call(name, 1).map_err(|detail| DriverError::Unknown { detail })?;
        self.driver().hold(HoldCommand { call, request }).await
    }

    async fn discover_in(
        &self,
        region: String,
        resources: ResourceGroup,
    ) -> Result<DiscoverAnswer, DriverError> {
        self.driver().discover(&DiscoverRequest { region, resources }).await
    }

    async fn drop_hold(&self, name: &str, id: &AllocationId) -> Outcome {
        self.driver().drop_hold(self.command(name, 1, id)?).await.map_err(text)?;
        Ok(())
    }

    /// A small hold for a minute.
    async fn hold(&self) -> Result<Allocation, String> {
        self.hold_as("hold", self.subject.group(), 60).await.map_err(text)
    }

    async fn confirm(
        &self,
        name: &str,
        epoch: i64,
        id: &AllocationId,
    ) -> Result<Allocation, DriverError> {
        let call = self.call(name, epoch).map_err(|detail| DriverError::Unknown { detail })?;
        self.driver()
            .confirm(ConfirmCommand { call, allocation_id: id.clone(), quota: Quota::default() })
            .await
    }

    async fn start(&self, name: &str, id: &AllocationId) -> Result<Allocation, String> {
        let request = self.subject.start_request();
        let command =
            StartCommand { call: self.call(name, 1)?, allocation_id: id.clone(), request };
        self.driver().start(command).await.map_err(text)
    }

    /// Held, booked and started.
    async fn running(&self) -> Result<Allocation, String> {
        let held = self.hold().await?;
        self.confirm("confirm", 1, &held.id).await.map_err(text)?;
        self.start("start", &held.id).await
    }

    /// Stops, erases and releases whatever it is, with the given epoch.
    async fn clear_away(&self, id: &AllocationId, epoch: i64) -> Outcome {
        self.driver().stop(self.command("away-stop", epoch, id)?).await.map_err(text)?;
        self.driver().erase(self.command("away-erase", epoch, id)?).await.map_err(text)?;
        let end =
            self.driver().release(self.command("away-release", epoch, id)?).await.map_err(text)?;
        state(&end, ResourceState::Erased)
    }
}

fn text(error: impl fmt::Display) -> String {
    error.to_string()
}

fn state(allocation: &Allocation, expected: ResourceState) -> Outcome {
    same("state", allocation.state, expected)
}

#[expect(clippy::needless_pass_by_value, reason = "values read as a sentence at the call")]
fn same<T: PartialEq + fmt::Debug>(what: &str, found: T, expected: T) -> Outcome {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what} is {found:?}, expected is {expected:?}"))
    }
}

fn holds(what: &str, fact: bool) -> Outcome {
    if fact { Ok(()) } else { Err(what.to_owned()) }
}

/// The outcome is a refusal with exactly this code.
fn refused<T: fmt::Debug>(outcome: Result<T, DriverError>, code: ProblemCode) -> Outcome {
    match outcome {
        Err(error) if error.code() == Some(code) => Ok(()),
        other => Err(format!("expected is the refusal {}, found is {other:?}", code.as_str())),
    }
}
