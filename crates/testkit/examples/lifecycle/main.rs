//! Measures whole lives of services for `cargo xtask bench lifecycle`: the real broker with its workers
//! over one database, and a modelled cloud that answers at once, so that what is measured is ours. Beside
//! it stands how often the same database commits the smallest unit of work. One JSON object a line.
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

/// Contracts that live at the same time, and writers of the raw commits beside them.
const AT_ONCE: usize = 8;
/// Contracts of each case where nothing is said.
const CONTRACTS: usize = 200;
/// Instances of the cloud: more than anybody asks for.
const ROOM: i64 = 1_000_000;
/// How long raw commits are counted.
const COMMITTING: Duration = Duration::from_secs(3);

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
    let one = commits(&database, 1).await;
    say(&format!("{name}: commits, one writer"), "1/s", &[one], None);
    let many = commits(&database, AT_ONCE).await;
    say(&format!("{name}: commits, {AT_ONCE} writers"), "1/s", &[many], None);

    let market = Arc::new(Market::open(database.db.clone(), ROOM).await);
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
    let ms =
        |times: &[Duration]| times.iter().map(|time| time.as_secs_f64() * 1e3).collect::<Vec<_>>();
    say(&format!("{name}: sign to active, one at a time"), "ms", &ms(&alone), None);

    let steps_before = storage::testing::count(&database.db, "workflow_step").await;
    let begun = Instant::now();
    let mut lives = tokio::task::JoinSet::new();
    for customer in 0..AT_ONCE {
        let market = Arc::clone(&market);
        let mine = (customer..contracts).step_by(AT_ONCE);
        lives.spawn(async move {
            let mut times = Vec::new();
            for number in mine {
                times.push(market.live(&format!("together {number}")).await);
            }
            times
        });
    }
    let together: Vec<Duration> = lives.join_all().await.into_iter().flatten().collect();
    let seconds = begun.elapsed().as_secs_f64();
    let steps = storage::testing::count(&database.db, "workflow_step").await - steps_before;
    say(&format!("{name}: sign to active, {AT_ONCE} at once"), "ms", &ms(&together), None);
    let rate = |count: f64| count / seconds;
    say(&format!("{name}: whole lives"), "1/s", &[rate(together.len() as f64)], None);
    say(&format!("{name}: durable steps"), "1/s", &[rate(steps as f64)], Some(many));

    assert_eq!(market.still_lent(), 0, "every contract was released");
    stop.cancel();
    running.await.unwrap().unwrap();
    drop(market);
    database.remove().await;
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
