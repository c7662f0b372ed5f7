//! The broker is killed after an offer was published and before it can be found: the next start finds it, and what was
//! withdrawn is found no more.

use broker::OpContext;
use domain::{OfferId, Role};
use search::{OfferIndex, SearchQuery};
use std::path::Path;
use std::time::{Duration, Instant};
use testkit::{Engine, TestBroker};

use crate::processes::{BrokerProcess, PATIENCE};
use crate::story::catch_up;

/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(1);
/// Kills that have to fall between the commit and the index, of publications and of withdrawals.
const BETWEEN: usize = 2;
/// Kills until then; each falls anywhere after the commit.
const KILLS: usize = 60;

struct Provider {
    ctx: OpContext,
    token: String,
    client: reqwest::Client,
}

impl Provider {
    /// Sends it and does not wait: whoever answers is killed meanwhile.
    fn send(&self, origin: &str, offer: OfferId, what: &str) {
        let request = self
            .client
            .post(format!("{origin}/api/v1/provider/offers/{offer}/{what}"))
            .bearer_auth(&self.token)
            .header("idempotency-key", format!("{offer}-{what}"));
        tokio::spawn(async move { request.send().await.map(drop) });
    }

    /// Whether everybody finds it by its name.
    async fn is_found(&self, origin: &str, name: &str, offer: OfferId) -> bool {
        let address = format!("{origin}/api/v1/offers?q={name}");
        let Ok(answer) = self.client.get(address).send().await else { return false };
        let text = answer.text().await.unwrap_or_default();
        text.contains(&offer.to_string())
    }
}

async fn until(what: &str, is: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is().await {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// What the index that the killed process left says; a copy is asked, for opening one may mend it.
fn index_has(data: &Path, name: &str, offer: OfferId) -> bool {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(data.join("index")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let index = OfferIndex::open(copy.path(), None).unwrap();
    let query = SearchQuery { text: name.to_owned(), limit: 10, ..SearchQuery::default() };
    index.ids(&query).unwrap().contains(&offer)
}

async fn nothing_that_was_committed_is_lost(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    catch_up(&market);
    let ctx = market.person(Role::Provider).await;
    let (_, token) = market.broker.create_token(&ctx, "publish").await.unwrap();
    let provider = Provider { ctx, token, client: reqwest::Client::new() };
    let known = market.offer("hokusei-gov-iaas").await;
    let yaml = market.broker.my_offer(&provider.ctx, known).await.unwrap().yaml;
    let data = tempfile::tempdir().unwrap();
    let (mut published, mut withdrawn) = (0, 0);
    for number in 0..KILLS {
        if published >= BETWEEN && withdrawn >= BETWEEN {
            break;
        }
        let name = format!("killed{number}");
        let text = yaml.replace("hokusei-gov-iaas", &name);
        let offer = market.broker.save_offer(&provider.ctx, &text).await.unwrap().card.id;
        for (what, gone, between) in
            [("publish", false, &mut published), ("withdraw", true, &mut withdrawn)]
        {
            let broker = BrokerProcess::start(&market, data.path(), None);
            let origin = broker.origin();
            until("the process finds what is there", async || {
                provider.is_found(&origin, &name, offer).await == gone
            })
            .await;
            provider.send(&origin, offer, what);
            until("the commit", async || {
                let card = market.broker.my_offer(&provider.ctx, offer).await.unwrap().card;
                card.state.is_on_market() != gone
            })
            .await;
            broker.kill();
            // As before means that the index did not hear of it.
            *between += usize::from(index_has(data.path(), &name, offer) == gone);
            let again = BrokerProcess::start(&market, data.path(), None);
            let origin = again.origin();
            until("the next start tells what was committed", async || {
                provider.is_found(&origin, &name, offer).await != gone
            })
            .await;
            again.kill();
        }
    }
    let seen = format!("{published} and {withdrawn} kills fell between");
    assert!(published >= BETWEEN && withdrawn >= BETWEEN, "{seen} in {KILLS} rounds");
    market.finish().await;
}

crate::on_both! {
    nothing_that_was_committed_is_lost => f7_1_4_a_kill_between_commit_and_index_loses_nothing,
}
