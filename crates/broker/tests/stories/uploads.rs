//! Files of offers that wait for their turn, are looked at again, stopped, saved after all, and undone.

use crate::on_both;
use broker::offers::{ImportOutcome, OfferFile, Savable, UndoneCounts, UploadView};
use broker::{Broker, BrokerError, OpContext};
use domain::{OfferId, OfferState, ReviewRules, Role, UploadId, UploadState};
use std::ops::Range;
use testkit::{Engine, TestBroker, customer_of};

const HEADER: &str = "name,title.en,model,deployment,regions,calendar,timezone,slice_seconds,\
    min_outage_seconds,commitment,availability.mttr,price.monthly,price.currency";

fn table(numbers: Range<usize>, price: usize) -> String {
    let mut text = format!("{HEADER}\n");
    for number in numbers {
        text.push_str(&format!(
            "row-{number},Row {number},IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,objective,4 h,{},JPY\n",
            price + number
        ));
    }
    text
}

fn file(text: String, publish: bool) -> OfferFile {
    OfferFile { text, publish, file_name: "offers.csv".to_owned(), ..OfferFile::default() }
}

fn stranger() -> OpContext {
    OpContext::stranger("test")
}

async fn on_market(broker: &Broker) -> u64 {
    broker.figures(&stranger()).await.unwrap().offers
}

async fn saved(broker: &Broker, who: &OpContext, text: String, publish: bool) -> UploadView {
    let report = broker.import_offers(who, file(text, publish)).await.unwrap();
    assert!(report.saved, "{:?}", report.faults);
    broker.upload(who, report.upload.unwrap()).await.unwrap()
}

async fn ids(broker: &Broker, who: &OpContext, upload: &UploadView) -> Vec<OfferId> {
    let report = broker.upload_report(who, upload, (0, 10_000)).await.unwrap();
    report.offers.iter().map(|row| row.id).collect()
}

/// Version, published version, state and price line of an offer.
async fn stands(
    broker: &Broker,
    who: &OpContext,
    id: OfferId,
) -> (i64, Option<i64>, OfferState, String) {
    let offer = broker.my_offer(who, id).await.unwrap();
    let price = offer.yaml.lines().find(|line| line.contains("amount:")).unwrap_or_default();
    let card = offer.card;
    (card.current_version, card.published_version, card.state, price.trim().to_owned())
}

fn code(found: Result<UploadView, BrokerError>) -> String {
    match found {
        Err(BrokerError::Conflict { code, .. }) => code.to_owned(),
        other => format!("{other:?}"),
    }
}

async fn a_file_waits_for_its_turn_and_its_rows_are_read_again(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let before = on_market(broker).await;
    let sent = broker.send_offer_file(&provider, file(table(0..700, 1000), true)).await.unwrap();
    assert_eq!((sent.state, sent.counts.rows), (UploadState::Waiting, 0));
    assert_eq!(on_market(broker).await, before, "nothing yet");
    assert_eq!(broker.take_uploads().await.unwrap(), 1);
    assert_eq!(broker.take_uploads().await.unwrap(), 0, "once");
    let done = broker.upload(&provider, sent.id).await.unwrap();
    assert_eq!(done.state, UploadState::Saved);
    let counts = done.counts;
    assert_eq!((counts.rows, counts.created, counts.published, counts.refused), (700, 700, 700, 0));
    assert_eq!(on_market(broker).await, before + 700);
    let all = broker.upload_report(&provider, &done, (0, 10_000)).await.unwrap();
    assert_eq!((all.offers.len(), all.offers[0].row, all.offers[699].row), (700, 2, 701));
    let part = broker.upload_report(&provider, &done, (101, 10)).await.unwrap();
    assert_eq!((part.offers.len(), part.offers[0].row), (10, 102));
    assert_eq!(done.file_name, "offers.csv");
    let listed = broker.uploads(&provider, None, 10).await.unwrap().items;
    assert_eq!((listed.len(), listed[0].id), (1, sent.id));
    market.finish().await;
}

async fn a_file_with_faults_is_refused_and_its_sound_rows_are_saved_after_all(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let before = on_market(broker).await;
    let text = table(0..4, 1000).replacen("4 h", "very long", 1);
    let sent = broker.send_offer_file(&provider, file(text, true)).await.unwrap();
    broker.take_uploads().await.unwrap();
    let refused = broker.upload(&provider, sent.id).await.unwrap();
    assert_eq!((refused.state, refused.counts.faults), (UploadState::Refused, 1));
    assert_eq!(refused.can_save(), Some(Savable::Sound(Some(3))));
    let report = broker.upload_report(&provider, &refused, (0, 10)).await.unwrap();
    assert_eq!((report.faults[0].row, report.faults[0].column.as_str()), (2, "availability.mttr"));
    assert_eq!(report.faults[0].fault.found, "very long");
    assert_eq!(on_market(broker).await, before);
    let again = broker.save_upload(&provider, sent.id, true).await.unwrap();
    assert_eq!(again.state, UploadState::Waiting);
    assert_eq!(broker.save_upload(&provider, sent.id, true).await.unwrap().state, again.state);
    broker.take_uploads().await.unwrap();
    let done = broker.upload(&provider, sent.id).await.unwrap();
    assert_eq!(
        (done.state, done.counts.published, done.counts.refused),
        (UploadState::Saved, 3, 1)
    );
    assert_eq!(on_market(broker).await, before + 3);
    assert_eq!(code(broker.save_upload(&provider, sent.id, true).await), "wrong_state");
    market.finish().await;
}

async fn a_trial_saves_nothing_and_is_saved_when_it_is_wished(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let before = on_market(broker).await;
    let trial = OfferFile { dry_run: true, ..file(table(0..3, 1000), true) };
    let sent = broker.send_offer_file(&provider, trial).await.unwrap();
    broker.take_uploads().await.unwrap();
    let tried = broker.upload(&provider, sent.id).await.unwrap();
    assert_eq!((tried.state, tried.counts.created), (UploadState::Tried, 3));
    assert_eq!((tried.can_save(), tried.can_undo()), (Some(Savable::All), false));
    assert_eq!(on_market(broker).await, before);
    broker.save_upload(&provider, sent.id, false).await.unwrap();
    broker.take_uploads().await.unwrap();
    assert_eq!(broker.upload(&provider, sent.id).await.unwrap().state, UploadState::Saved);
    assert_eq!(on_market(broker).await, before + 3);
    market.finish().await;
}

async fn a_file_that_waits_is_stopped_and_saves_nothing(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let before = on_market(broker).await;
    let sent = broker.send_offer_file(&provider, file(table(0..3, 1000), true)).await.unwrap();
    for _ in 0..2 {
        let stopped = broker.cancel_upload(&provider, sent.id).await.unwrap();
        assert_eq!(stopped.state, UploadState::Cancelled);
    }
    assert_eq!(broker.take_uploads().await.unwrap(), 0);
    assert_eq!(on_market(broker).await, before);
    assert_eq!(code(broker.undo_upload(&provider, sent.id).await), "wrong_state");
    for _ in 0..5 {
        broker.send_offer_file(&provider, file(table(0..1, 1000), true)).await.unwrap();
    }
    let sixth = broker.send_offer_file(&provider, file(table(0..1, 1000), true)).await;
    assert_eq!(code(sixth), "too_many_uploads");
    market.finish().await;
}

async fn undoing_takes_away_what_was_added_and_brings_back_what_was_replaced(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let before = on_market(broker).await;
    let first = saved(broker, &provider, table(0..6, 1000), true).await;
    let drafts = saved(broker, &provider, table(6..8, 1000), false).await;
    let second = saved(broker, &provider, table(4..12, 2000), true).await;
    assert_eq!((second.counts.created, second.counts.revised), (4, 4));
    assert_eq!(on_market(broker).await, before + 12);
    let rows = ids(broker, &provider, &second).await;
    let expected = UndoneCounts { withdrawn: 6, restored: 2, ..UndoneCounts::default() };
    assert_eq!(broker.undo_preview(&provider, second.id).await.unwrap(), expected);
    let undone = broker.undo_upload(&provider, second.id).await.unwrap();
    assert_eq!(undone.state, UploadState::Undone);
    assert_eq!(undone.undone.as_ref().unwrap().counts, expected);
    assert_eq!(on_market(broker).await, before + 6, "the market follows at once");
    let again = stands(broker, &provider, rows[0]).await;
    assert_eq!((again.0, again.1, again.2), (3, Some(3), OfferState::Published));
    assert!(again.3.contains("1004"), "{again:?}");
    let draft = stands(broker, &provider, rows[2]).await;
    assert_eq!((draft.0, draft.2), (3, OfferState::Withdrawn), "it had been a draft");
    assert!(draft.3.contains("1006"), "{draft:?}");
    assert_eq!(stands(broker, &provider, rows[7]).await.2, OfferState::Withdrawn);
    // The second time changes nothing.
    let twice = broker.undo_upload(&provider, second.id).await.unwrap();
    assert_eq!(twice.undone.unwrap().counts, expected);
    assert_eq!(stands(broker, &provider, rows[0]).await, again);
    // What another upload changed since stays as it is.
    let kept = broker.undo_upload(&provider, first.id).await.unwrap().undone.unwrap().counts;
    assert_eq!(kept, UndoneCounts { withdrawn: 4, kept: 2, ..UndoneCounts::default() });
    let kept = broker.undo_upload(&provider, drafts.id).await.unwrap().undone.unwrap().counts;
    assert_eq!(kept, UndoneCounts { kept: 2, ..UndoneCounts::default() });
    market.finish().await;
}

async fn undone_drafts_are_gone_and_their_names_are_free(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let upload = saved(broker, &provider, table(0..5, 1000), false).await;
    let rows = ids(broker, &provider, &upload).await;
    broker.publish_offer(&provider, rows[1]).await.unwrap();
    broker
        .save_offer(
            &provider,
            &broker.my_offer(&provider, rows[2]).await.unwrap().yaml.replace("1002", "7777"),
        )
        .await
        .unwrap();
    let counts = broker.undo_upload(&provider, upload.id).await.unwrap().undone.unwrap().counts;
    assert_eq!(counts, UndoneCounts { deleted: 3, kept: 2, ..UndoneCounts::default() });
    let gone = broker.my_offer(&provider, rows[0]).await;
    assert!(matches!(gone, Err(BrokerError::NotFound { .. })), "{gone:?}");
    assert_eq!(stands(broker, &provider, rows[1]).await.2, OfferState::Published);
    let report = broker.import_offers(&provider, file(table(0..5, 1000), false)).await.unwrap();
    assert_eq!(
        (report.count(ImportOutcome::Created), report.count(ImportOutcome::Revised)),
        (3, 1)
    );
    market.finish().await;
}

async fn undoing_takes_back_what_waits_for_a_person(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let first = saved(broker, &provider, table(0..2, 1000), true).await;
    let rows = ids(broker, &provider, &first).await;
    let desk = market.person(Role::Broker).await;
    let strict = ReviewRules { review_all: true, ..ReviewRules::DEFAULT };
    broker.keep_review_rules(&desk, strict, 0).await.unwrap();
    let second = saved(broker, &provider, table(0..3, 2000), true).await;
    assert_eq!((second.counts.submitted, second.counts.published), (3, 0));
    let counts = broker.undo_upload(&provider, second.id).await.unwrap().undone.unwrap().counts;
    assert_eq!(counts, UndoneCounts { deleted: 1, restored: 2, ..UndoneCounts::default() });
    let offer = broker.my_offer(&provider, rows[0]).await.unwrap();
    assert!(offer.reviews.iter().all(|review| !review.state.is_open()), "{:?}", offer.reviews);
    assert_eq!((offer.card.current_version, offer.card.published_version), (3, Some(1)));
    market.finish().await;
}

async fn an_upload_is_nobody_elses(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let upload = saved(broker, &provider, table(0..1, 1000), true).await;
    let other = customer_of(&market, "Other").await;
    let (customer, desk) = (market.person(Role::Customer).await, market.person(Role::Broker).await);
    for who in [&stranger(), &other, &customer, &desk] {
        assert!(broker.uploads(who, None, 10).await.is_err());
        assert!(broker.upload(who, upload.id).await.is_err());
        assert!(broker.upload_report(who, &upload, (0, 1)).await.is_err());
        assert!(broker.undo_preview(who, upload.id).await.is_err());
        assert!(broker.undo_upload(who, upload.id).await.is_err());
        assert!(broker.cancel_upload(who, upload.id).await.is_err());
        assert!(broker.save_upload(who, upload.id, true).await.is_err());
        assert!(broker.send_offer_file(who, file(table(0..1, 1), true)).await.is_err());
    }
    let none = broker.upload(&provider, UploadId(uuid::Uuid::nil())).await;
    assert!(matches!(none, Err(BrokerError::NotFound { what: "upload" })), "{none:?}");
    assert_eq!(broker.upload(&provider, upload.id).await.unwrap().state, UploadState::Saved);
    market.finish().await;
}

async fn statements_of_undoing_do_not_grow_with_each_row(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let mut sent = Vec::new();
    for rows in [0..5, 100..300] {
        saved(broker, &provider, table(rows.clone(), 1000), true).await;
        let upload = saved(broker, &provider, table(rows, 2000), true).await;
        let work = broker.undo_upload(&provider, upload.id);
        let (undone, statements) = storage::stats::counting(work).await;
        assert_eq!(undone.unwrap().undone.unwrap().counts.kept, 0);
        sent.push(statements);
    }
    assert!(sent[1] <= sent[0] + 4, "{sent:?}");
    market.finish().await;
}

on_both! {
    a_file_waits_for_its_turn_and_its_rows_are_read_again,
    a_file_with_faults_is_refused_and_its_sound_rows_are_saved_after_all,
    a_trial_saves_nothing_and_is_saved_when_it_is_wished,
    a_file_that_waits_is_stopped_and_saves_nothing,
    undoing_takes_away_what_was_added_and_brings_back_what_was_replaced,
    undone_drafts_are_gone_and_their_names_are_free,
    undoing_takes_back_what_waits_for_a_person,
    an_upload_is_nobody_elses,
    statements_of_undoing_do_not_grow_with_each_row,
}
