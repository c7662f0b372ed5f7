//! Measures whole lives of services for `cargo xtask bench lifecycle`: the real broker with its workers
//! over one database, and a modelled cloud that answers at once, so that what is measured is ours. Beside
//! it stands how often the same database commits the smallest unit of work for as many callers. A machine
//! is not equally busy all the time, so both take turns in short rounds, and each round is compared with
//! the commits just before and just after it. One JSON object a line.
//!
//! `lifecycle sqlite|postgres [CONTRACTS]`

#![allow(clippy::print_stdout, reason = "its output is what it is for")]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made should stop")]

mod market;

use std::sync::Arc;
use std::time::{Duration, Instant};

use market::Market;
use storage::testing::{CommitMeter, Engine, TestDatabase};
use tokio_util::sync::CancellationToken;

/// Contracts that live at the same time, workers, and writers of the raw commits beside them.
const AT_ONCE: usize = 8;
/// Contracts of each case where nothing is said.
const CONTRACTS: usize = 280;
/// Turns of commits and lives.
const ROUNDS: usize = 7;
/// Instances of the cloud: more than anybody asks for.
const ROOM: i64 = 1_000_000;
/// How long raw commits are counted in one turn.
const COMMITTING: Duration = Duration::from_secs(1);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let engine = match arguments.next().as_deref() {
        Some("postgres") => Engine::Postgres,
        _ => Engine::Sqlite,
    };
    let contracts = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(CONTRACTS);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure(engine, contracts));
}

async fn measure(engine: Engine, contracts: usize) {
    let database = TestDatabase::create(engine).await;
    let name = match engine {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    let market = Arc::new(Market::open(database.db.clone(), ROOM, AT_ONCE).await);
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (broker, stop) = (market.broker.clone(), stop.clone());
        async move { broker.run(stop).await }
    });
    // The first one warms up what is made once.
    market.live("warm").await;

    let mut alone = Vec::new();
    for number in 0..contracts.div_ceil(4) {
        alone.push(market.live(&format!("alone {number}")).await);
    }
    say(&format!("{name}: sign to active, one at a time"), "ms", &ms(&alone), None);
    let seen = rounds(&database, &market, contracts.div_ceil(ROUNDS)).await;
    say(&format!("{name}: sign to active, {AT_ONCE} at once"), "ms", &ms(&seen.active), None);
    say(&format!("{name}: commits, {AT_ONCE} writers"), "1/s", &seen.commits, None);
    say(&format!("{name}: whole lives"), "1/s", &seen.lives, None);
    say(&format!("{name}: durable steps"), "1/s", &seen.steps, None);
    say(&format!("{name}: durable steps a commit"), "1", &seen.ratios, None);

    assert_eq!(market.still_lent(), 0, "every contract was released");
    stop.cancel();
    running.await.unwrap().unwrap();
    drop(market);
    database.remove().await;
}

/// What the rounds came to, one value for each but for the times.
#[derive(Default)]
struct Seen {
    active: Vec<Duration>,
    commits: Vec<f64>,
    lives: Vec<f64>,
    steps: Vec<f64>,
    ratios: Vec<f64>,
}

async fn rounds(database: &TestDatabase, market: &Arc<Market>, lives: usize) -> Seen {
    let mut seen = Seen::default();
    let mut before = commits(database, AT_ONCE).await;
    for round in 0..ROUNDS {
        let steps_before = storage::testing::count(&database.db, "workflow_step").await;
        let begun = Instant::now();
        seen.active.extend(together(market, round, lives).await);
        let seconds = begun.elapsed().as_secs_f64();
        let steps = storage::testing::count(&database.db, "workflow_step").await - steps_before;
        let after = commits(database, AT_ONCE).await;
        let floor = f64::midpoint(before, after);
        seen.commits.push(floor);
        seen.lives.push(lives as f64 / seconds);
        seen.steps.push(steps as f64 / seconds);
        seen.ratios.push(steps as f64 / seconds / floor);
        before = after;
    }
    seen
}

/// Lets so many services live, as many at a time as there are customers.
async fn together(market: &Arc<Market>, round: usize, lives: usize) -> Vec<Duration> {
    let mut customers = tokio::task::JoinSet::new();
    for customer in 0..AT_ONCE {
        let market = Arc::clone(market);
        let mine = (customer..lives).step_by(AT_ONCE);
        customers.spawn(async move {
            let mut times = Vec::new();
            for number in mine {
                times.push(market.live(&format!("together {round} {number}")).await);
            }
            times
        });
    }
    customers.join_all().await.into_iter().flatten().collect()
}

fn ms(times: &[Duration]) -> Vec<f64> {
    times.iter().map(|time| time.as_secs_f64() * 1e3).collect()
}

/// The smallest units of work that so many writers get committed in a second.
async fn commits(database: &TestDatabase, writers: usize) -> f64 {
    let meter = CommitMeter::open(&database.db).await;
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..writers {
        let meter = meter.clone();
        tasks.spawn(async move {
            let mut done = 0_u32;
            while begun.elapsed() < COMMITTING {
                meter.commit().await;
                done += 1;
            }
            done
        });
    }
    let done: u32 = tasks.join_all().await.into_iter().sum();
    f64::from(done) / begun.elapsed().as_secs_f64()
}

fn say(case: &str, unit: &str, values: &[f64], floor: Option<f64>) {
    let values = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let floor = floor.map_or_else(|| "null".to_owned(), |floor| floor.to_string());
    println!(r#"{{"case":"{case}","unit":"{unit}","values":[{values}],"floor":{floor}}}"#);
}
