//! Watched needs (issue B: a new or changed offer that matches makes a notice).

mod inbox;

use crate::on_both;
use broker::OpContext;
use broker::notices::{Cause, Notice, NoticeKind};
use broker::offers::{ChecklistHead, OfferFile};
use broker::requirements::RequirementSource;
use domain::{OfferId, RequirementId, Role};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use testkit::{Engine, TestBroker};

/// What the stories' offers promise: repair within four hours, and a price.
const HEADER: &str = "name,title.en,model,deployment,regions,calendar,timezone,slice_seconds,\
    min_outage_seconds,commitment,availability.mttr,price.monthly,price.currency";
/// Seconds of a day.
const DAY: i64 = 86_400;

/// A table of offers; `mttr` and price are each offer's own.
fn table(numbers: std::ops::Range<usize>, mttr: &str, price: usize) -> String {
    let row = |number: usize| {
        format!(
            "row-{number},Row {number},IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,objective,{mttr},{},JPY\n",
            price + number
        )
    };
    format!("{HEADER}\n{}", numbers.map(row).collect::<String>())
}

/// A need that asks one thing.
fn need(item: &str) -> String {
    format!(
        "apiVersion: sla.kumoichi/v1alpha1\nkind: QualityRequirement\n\
         metadata: {{name: watched, version: 1, title: {{en: Watched, ja: 見張る要件}}}}\n\
         spec: {{userRegions: [JP], profiles: {{normal: {{items: [{{{item}, level: must}}]}}}}}}\n"
    )
}

/// Repair within five hours.
fn repair() -> String {
    need("item: availability.mttr, op: lte, value: 18000")
}

/// Everything a story needs: a customer who watches a need, and a provider.
struct Scene {
    market: TestBroker,
    customer: OpContext,
    provider: OpContext,
    need: RequirementId,
}

impl Scene {
    async fn open(engine: Engine) -> Self {
        Self::watching(engine, &repair()).await
    }

    async fn watching(engine: Engine, text: &str) -> Self {
        let market = TestBroker::catalogue(engine).await;
        let customer = market.person(Role::Customer).await;
        let provider = market.person(Role::Provider).await;
        let need = market.broker.save_requirement(&customer, text, None).await.unwrap().card.id;
        Self { market, customer, provider, need }
    }

    async fn import(&self, text: &str) -> Vec<OfferId> {
        let file = OfferFile {
            file_name: String::new(),
            text: text.to_owned(),
            format: None,
            dry_run: false,
            valid_rows_only: false,
            checklist: ChecklistHead::default(),
            publish: true,
        };
        let report = self.market.broker.import_offers(&self.provider, file).await.unwrap();
        assert_eq!(report.fault_count, 0, "{report:?}");
        report.offers.iter().map(|offer| offer.id).collect()
    }

    /// Lets time pass and everybody be told; the notices that came, oldest first.
    async fn told(&self) -> Vec<Notice> {
        self.market.clock.advance_seconds(1);
        let count = self.market.broker.tell_watchers().await.unwrap();
        let mut all = self.inbox().await;
        all.truncate(usize::try_from(count).unwrap());
        all.reverse();
        all
    }

    async fn inbox(&self) -> Vec<Notice> {
        self.market.broker.notices(&self.customer, None, None, 200).await.unwrap().items
    }

    /// How many offers the page of the need shows as matches.
    async fn matched(&self) -> u64 {
        let source = RequirementSource::Saved(self.need);
        let order = matching::Order::default();
        self.market.broker.rank(&self.customer, &source, order, 1).await.unwrap().matched
    }
}

fn kinds(notices: &[Notice]) -> Vec<NoticeKind> {
    notices.iter().map(|notice| notice.kind).collect()
}

async fn a_published_offer_that_contains_a_watched_need_makes_one_notice(engine: Engine) {
    let scene = Scene::open(engine).await;
    let before = scene.matched().await;
    let offers = scene.import(&table(0..1, "4 h", 1000)).await;
    let told = scene.told().await;
    assert_eq!(kinds(&told), [NoticeKind::Gained]);
    let (notice, offer) = (&told[0], &told[0].offers[0]);
    let need = notice.need.as_ref().unwrap();
    assert_eq!((notice.count, need.id, need.version), (1, scene.need, 1));
    assert_eq!((need.title_en.as_str(), need.title_ja.as_str()), ("Watched", "見張る要件"));
    assert_eq!((offer.id, offer.version, offer.cause), (offers[0], 1, Cause::Published));
    assert_eq!(offer.title_en, "Row 0");
    assert!(!offer.provider_en.is_empty() && !offer.provider_ja.is_empty());
    assert_eq!(scene.matched().await, before + 1, "the page agrees");
    assert!(scene.told().await.is_empty(), "news is told once");
    assert_eq!(scene.market.broker.unread_notices(&scene.customer).await.unwrap(), 1);
    scene.market.finish().await;
}

async fn offers_that_matched_when_the_need_was_saved_are_no_news(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (customer, provider) =
        (market.person(Role::Customer).await, market.person(Role::Provider).await);
    // Published, and nobody has looked at it yet.
    let file = OfferFile {
        file_name: String::new(),
        text: table(0..3, "4 h", 1000),
        format: None,
        dry_run: false,
        valid_rows_only: false,
        checklist: ChecklistHead::default(),
        publish: true,
    };
    market.broker.import_offers(&provider, file).await.unwrap();
    let need = market.broker.save_requirement(&customer, &repair(), None).await.unwrap().card.id;
    let scene = Scene { market, customer, provider, need };
    assert!(scene.matched().await >= 3);
    assert!(scene.told().await.is_empty());
    // What changes about them from now on is news.
    scene.import(&table(0..1, "40 h", 1000)).await;
    assert_eq!(kinds(&scene.told().await), [NoticeKind::Lost]);
    // A new version of the need begins with the market of its own moment.
    let wider = need_text_of_forty_hours();
    scene.market.broker.save_requirement(&scene.customer, &wider, Some(scene.need)).await.unwrap();
    assert!(scene.told().await.is_empty());
    scene.import(&table(0..1, "30 h", 1000)).await;
    let told = scene.told().await;
    assert_eq!(
        (kinds(&told), told[0].need.as_ref().unwrap().version),
        (vec![NoticeKind::Changed], 2)
    );
    scene.market.finish().await;
}

fn need_text_of_forty_hours() -> String {
    need("item: availability.mttr, op: lte, value: 144000")
}

async fn a_version_that_breaks_a_match_is_told_with_what_it_misses(engine: Engine) {
    let scene = Scene::open(engine).await;
    scene.import(&table(0..1, "4 h", 1000)).await;
    scene.told().await;
    scene.import(&table(0..1, "6 h", 1000)).await;
    let told = scene.told().await;
    assert_eq!(kinds(&told), [NoticeKind::Lost]);
    let offer = &told[0].offers[0];
    assert_eq!((offer.version, offer.cause), (2, Cause::Version));
    assert_eq!(offer.missed, ["availability.mttr"]);
    assert_eq!(offer.verdict(), sla::Verdict::Worse);
    assert_eq!(offer.changes[0].subject, "availability.mttr");
    // And back again.
    scene.import(&table(0..1, "3 h", 1000)).await;
    let told = scene.told().await;
    assert_eq!((kinds(&told), told[0].offers[0].cause), (vec![NoticeKind::Gained], Cause::Version));
    scene.market.finish().await;
}

async fn a_match_that_changes_is_told_as_far_as_the_need_asks(engine: Engine) {
    let scene = Scene::open(engine).await;
    scene.import(&table(0..1, "4 h", 1000)).await;
    scene.told().await;
    scene.import(&table(0..1, "4 h", 900)).await;
    let told = scene.told().await;
    assert_eq!(kinds(&told), [NoticeKind::Changed]);
    let offer = &told[0].offers[0];
    assert_eq!(
        (offer.verdict(), offer.changes[0].subject.as_str()),
        (sla::Verdict::Better, "price")
    );
    // Other words, and an item nobody asks for, are no news.
    let other = table(0..1, "4 h", 900)
        .replace("Row 0", "Row nought")
        .replace("availability.mttr", "availability.rto,availability.mttr");
    let other = other.replace(",objective,4 h", ",objective,9 h,4 h");
    scene.import(&other).await;
    assert!(scene.told().await.is_empty());
    // Nor is a draft.
    let file = OfferFile {
        file_name: String::new(),
        text: table(0..1, "1 h", 1),
        format: None,
        dry_run: false,
        valid_rows_only: false,
        checklist: ChecklistHead::default(),
        publish: false,
    };
    scene.market.broker.import_offers(&scene.provider, file).await.unwrap();
    assert!(scene.told().await.is_empty());
    scene.market.finish().await;
}

async fn an_offer_that_leaves_and_comes_back_is_told_both_times(engine: Engine) {
    let scene = Scene::open(engine).await;
    let id = scene.import(&table(0..1, "4 h", 1000)).await[0];
    scene.told().await;
    scene.market.broker.withdraw_offer(&scene.provider, id).await.unwrap();
    let told = scene.told().await;
    assert_eq!((kinds(&told), told[0].offers[0].cause), (vec![NoticeKind::Lost], Cause::Withdrawn));
    assert_eq!((told[0].offers[0].title_en.as_str(), told[0].offers[0].version), ("Row 0", 1));
    scene.market.broker.publish_offer(&scene.provider, id).await.unwrap();
    let told = scene.told().await;
    assert_eq!(
        (kinds(&told), told[0].offers[0].cause),
        (vec![NoticeKind::Gained], Cause::Published)
    );
    scene.market.finish().await;
}

async fn a_need_that_is_not_watched_hears_nothing_and_watching_again_starts_anew(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    for _ in 0..2 {
        broker.watch_requirement(&scene.customer, scene.need, false).await.unwrap();
    }
    assert!(!broker.requirement(&scene.customer, scene.need).await.unwrap().card.watched);
    scene.import(&table(0..2, "4 h", 1000)).await;
    assert!(scene.told().await.is_empty());
    scene.import(&table(2..3, "4 h", 1000)).await;
    broker.watch_requirement(&scene.customer, scene.need, true).await.unwrap();
    assert!(broker.my_requirements(&scene.customer, None, 200).await.unwrap().items[0].watched);
    assert!(scene.told().await.is_empty());
    scene.import(&table(3..4, "4 h", 1000)).await;
    assert_eq!(scene.told().await.len(), 1);
    // Who stops while news is under way is not told either.
    scene.import(&table(4..5, "4 h", 1000)).await;
    let news = broker.find_news().await.unwrap().unwrap();
    broker.watch_requirement(&scene.customer, scene.need, false).await.unwrap();
    assert_eq!((news.len(), broker.tell(news).await.unwrap()), (1, Some(0)));
    scene.market.finish().await;
}

async fn a_need_that_a_signature_keeps_is_not_watched(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 4).await;
    let customer = market.person(Role::Customer).await;
    market.sign(&customer, "hokusei-gov-iaas", "key").await.unwrap();
    let saved = market.broker.my_requirements(&customer, None, 200).await.unwrap().items;
    assert_eq!(saved.iter().map(|card| card.watched).collect::<Vec<_>>(), [false]);
    market.run_workflows().await;
    market.finish().await;
}

async fn several_processes_tell_once(engine: Engine) {
    let scene = Scene::open(engine).await;
    scene.import(&table(0..1, "4 h", 1000)).await;
    let broker = &scene.market.broker;
    let (first, second) = (broker.find_news().await.unwrap(), broker.find_news().await.unwrap());
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_eq!(broker.tell(second).await.unwrap(), Some(1));
    assert_eq!(broker.tell(first).await.unwrap(), None, "somebody else was first");
    scene.import(&table(1..3, "4 h", 1000)).await;
    let all = [(); 6].map(|()| {
        let broker = broker.clone();
        tokio::spawn(async move { broker.tell_watchers().await.unwrap() })
    });
    let mut told = 0;
    for one in all {
        told += one.await.unwrap();
    }
    assert_eq!((told, scene.inbox().await.len()), (2, 3));
    scene.market.finish().await;
}

/// Polls a future so often and drops it then; `None`: it had not ended.
async fn cut<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

async fn a_process_that_dies_anywhere_while_telling_tells_once(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let mut number = 0;
    let mut ended = false;
    for polls in 0.. {
        scene.import(&table(number..number + 1, "4 h", 1000)).await;
        number += 1;
        let news = broker.find_news().await.unwrap().unwrap();
        ended = cut(broker.tell(news), polls).await.is_some();
        broker.tell_watchers().await.unwrap();
        let inbox = scene.inbox().await;
        let about: Vec<_> = inbox.iter().map(|notice| notice.offers[0].id).collect();
        let distinct: std::collections::BTreeSet<_> = about.iter().collect();
        assert_eq!((about.len(), distinct.len()), (number, number), "cut after {polls} polls");
        if ended || polls > 300 {
            break;
        }
    }
    assert!(ended, "the last round was not cut");
    scene.market.finish().await;
}

async fn a_need_saved_between_look_and_notice_knows_what_it_was_saved_with(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let ids = scene.import(&table(0..2, "4 h", 1000)).await;
    let news = broker.find_news().await.unwrap().unwrap();
    let late = broker.save_requirement(&scene.customer, &need_text_of_forty_hours(), None).await;
    let late = late.unwrap().card.id;
    // One of them changes once more before anything is written.
    broker.withdraw_offer(&scene.provider, ids[1]).await.unwrap();
    assert_eq!(broker.tell(news).await.unwrap(), Some(2), "the earlier need hears of both");
    let told = scene.told().await;
    let to_late: Vec<_> =
        told.iter().filter(|notice| notice.need.as_ref().unwrap().id == late).collect();
    assert_eq!((told.len(), to_late.len()), (2, 1));
    assert_eq!((to_late[0].kind, to_late[0].offers[0].id), (NoticeKind::Lost, ids[1]));
    scene.market.finish().await;
}

async fn the_first_need_saved_while_nobody_watched_hears_what_came_after_it(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    broker.watch_requirement(&scene.customer, scene.need, false).await.unwrap();
    let ids = scene.import(&table(0..2, "4 h", 1000)).await;
    // Nobody watches: the look reads no documents.
    let news = broker.find_news().await.unwrap().unwrap();
    broker.save_requirement(&scene.customer, &need_text_of_forty_hours(), None).await.unwrap();
    broker.withdraw_offer(&scene.provider, ids[1]).await.unwrap();
    assert_eq!(broker.tell(news).await.unwrap(), None, "it is looked at again, with documents");
    let told = scene.told().await;
    assert_eq!((told[0].kind, told[0].offers[0].id), (NoticeKind::Lost, ids[1]));
    scene.market.finish().await;
}

async fn ten_thousand_imported_offers_make_one_notice_with_the_best_three(engine: Engine) {
    let scene = Scene::open(engine).await;
    let before = scene.matched().await;
    // Every second one is too slow to match.
    let text = table(0..10_000, "4 h", 1000);
    let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
    for row in rows.iter_mut().skip(1).step_by(2) {
        *row = row.replace(",4 h,", ",40 h,");
    }
    scene.import(&rows.join("\n")).await;
    let told = scene.told().await;
    assert_eq!((kinds(&told), told[0].count), (vec![NoticeKind::Gained], 5_000));
    assert_eq!(scene.matched().await, before + 5_000);
    // All promise the same, so that the cheapest are the best.
    let named: Vec<_> = told[0].offers.iter().map(|offer| offer.title_en.as_str()).collect();
    assert_eq!(named, ["Row 1", "Row 3", "Row 5"]);
    // A handful is told one by one.
    scene.import(&table(20_000..20_005, "4 h", 1000)).await;
    assert_eq!(kinds(&scene.told().await), [NoticeKind::Gained; 5]);
    scene.market.finish().await;
}

async fn a_certificate_that_ends_is_told_on_the_day_it_stops_counting(engine: Engine) {
    let text = need("item: security.certifications, op: all_of, value: [ismap]");
    let scene = Scene::watching(engine, &text).await;
    assert!(scene.told().await.is_empty());
    let before = scene.matched().await;
    let id = scene.market.offer("hokusei-gov-iaas").await;
    // The register says 31 August 2027, 282 days from now; other certificates may end as well.
    scene.market.clock.advance_seconds(280 * DAY);
    scene.told().await;
    let day_before = scene.matched().await;
    scene.market.clock.advance_seconds(5 * DAY);
    let told = scene.told().await;
    let about =
        told.iter().find(|notice| notice.offers.iter().any(|offer| offer.id == id)).unwrap();
    let offer = about.offers.iter().find(|offer| offer.id == id).unwrap();
    assert_eq!((about.kind, offer.cause), (NoticeKind::Lost, Cause::Evidence));
    assert_eq!(offer.missed, ["security.certifications"]);
    assert!(scene.matched().await < day_before && day_before <= before);
    assert!(scene.told().await.is_empty());
    scene.market.finish().await;
}

on_both!(
    a_published_offer_that_contains_a_watched_need_makes_one_notice,
    offers_that_matched_when_the_need_was_saved_are_no_news,
    a_version_that_breaks_a_match_is_told_with_what_it_misses,
    a_match_that_changes_is_told_as_far_as_the_need_asks,
    an_offer_that_leaves_and_comes_back_is_told_both_times,
    a_need_that_is_not_watched_hears_nothing_and_watching_again_starts_anew,
    a_need_that_a_signature_keeps_is_not_watched,
    several_processes_tell_once,
    a_process_that_dies_anywhere_while_telling_tells_once,
    a_need_saved_between_look_and_notice_knows_what_it_was_saved_with,
    the_first_need_saved_while_nobody_watched_hears_what_came_after_it,
    ten_thousand_imported_offers_make_one_notice_with_the_best_three,
    a_certificate_that_ends_is_told_on_the_day_it_stops_counting,
);
