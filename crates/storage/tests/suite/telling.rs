//! Newer versions of contracts' offers, deliveries beside the inbox, the public feed, mirrors and reminders.

use crate::common::{at, market, offer_id, organisation_id};
use domain::{EventId, NoticeId};
use storage::channels::{self, Channels};
use storage::feed::{self, Head, NewEvent};
use storage::{Db, StorageError, mirror, notices, offers, on_both_databases, reminders};
use uuid::Uuid;

async fn a_notice_is_to_be_delivered_where_it_is_wanted_and_by_one_process(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let whose = organisation_id(1);
    let notice = |number| (NoticeId(Uuid::from_u128(number)), whose);
    notices::insert_alone(&mut tx, notice(1), "newer_version", "{}", at(5)).await.unwrap();
    assert!(channels::list_due(&mut tx, at(9), 10).await.unwrap().is_empty(), "no channel is on");
    let wanted = Channels {
        organisation_id: whose,
        mail: false,
        webhook: true,
        webhook_url: Some("https://receiver.example/".to_owned()),
        webhook_secret_sealed: Some(storage::Secret(vec![1, 2, 3])),
        updated_at: at(6),
    };
    channels::put(&mut tx, &wanted).await.unwrap();
    assert_eq!(channels::find(&mut tx, whose).await.unwrap().as_ref(), Some(&wanted));
    notices::insert_alone(&mut tx, notice(2), "newer_version", "{}", at(7)).await.unwrap();
    assert!(
        channels::list_due(&mut tx, at(6), 10).await.unwrap().is_empty(),
        "not before it is due"
    );
    let due = channels::list_due(&mut tx, at(7), 10).await.unwrap();
    assert_eq!((due.len(), due[0].key.notice_id, due[0].attempts), (1, notice(2).0, 0));
    assert_eq!(due[0].webhook_url.as_deref(), Some("https://receiver.example/"));
    assert!(channels::claim(&mut tx, &due[0], at(20)).await.unwrap());
    assert!(!channels::claim(&mut tx, &due[0], at(21)).await.unwrap(), "another has it");
    let (key, claimed) = (&due[0].key, at(20));
    channels::postpone(&mut tx, (key, claimed), at(30), "503").await.unwrap();
    channels::end(&mut tx, (key, claimed), ("delivered", None), at(22)).await.unwrap();
    let list = channels::list(&mut tx, whose, None, 10).await.unwrap().items;
    assert_eq!((list[0].state.as_str(), list[0].fault.as_deref()), ("waiting", Some("503")));
    channels::end(&mut tx, (key, at(30)), ("given_up", Some("gone")), at(31)).await.unwrap();
    assert_eq!(
        channels::send_again(&mut tx, key.notice_id, "mail", whose, at(32)).await.unwrap(),
        0
    );
    assert_eq!(
        channels::send_again(&mut tx, key.notice_id, "webhook", whose, at(32)).await.unwrap(),
        1
    );
    let again = channels::list_due(&mut tx, at(32), 10).await.unwrap();
    assert_eq!((again.len(), again[0].attempts), (1, 0));
}

async fn events_have_no_gap_and_say_what_the_public_sees(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let head = feed::lock(&mut tx).await.unwrap();
    assert_eq!(head, Head { number: 0, removed: 0 });
    let found = feed::list_unwritten(&mut tx, at(0), 10).await.unwrap();
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [offer_id(1), offer_id(2)]);
    let event = |number: i64| NewEvent {
        number,
        id: EventId(Uuid::from_u128(number.unsigned_abs().into())),
        kind: "offer.published",
        provider_id: found[0].provider_id,
        offer_id: Some(found[0].id),
        version: Some(1),
        version_before: None,
        verdict: None,
        changes: None,
        at: at(number),
    };
    feed::append(&mut tx, &head, &[event(1), event(2)]).await.unwrap();
    feed::put_offers(&mut tx, &found).await.unwrap();
    assert!(feed::list_unwritten(&mut tx, at(0), 10).await.unwrap().is_empty());
    offers::withdraw(&mut tx, offer_id(2), 2, at(3)).await.unwrap();
    let gone = feed::list_unwritten(&mut tx, at(0), 10).await.unwrap();
    assert_eq!((gone.len(), gone[0].version, gone[0].version_before), (1, None, Some(1)));
    let seen = feed::list_after(&mut tx, 1, 10).await.unwrap();
    assert_eq!((seen.len(), seen[0].number, seen[0].hash.is_some()), (1, 2, true));
    assert_eq!(feed::list_before(&mut tx, 3, 1).await.unwrap()[0].number, 2);
    let providers = feed::list_providers(&mut tx, at(0), None, 10).await.unwrap();
    let said: Vec<_> = providers.iter().map(|one| (one.id, "hash".to_owned())).collect();
    feed::put_providers(&mut tx, &said).await.unwrap();
    let providers = feed::list_providers(&mut tx, at(0), None, 10).await.unwrap();
    assert!(providers.iter().all(|one| one.hash.as_deref() == Some("hash")));
    assert_eq!(feed::remove_older_than(&mut tx, at(2)).await.unwrap(), 1);
    assert_eq!(feed::remove_older_than(&mut tx, at(2)).await.unwrap(), 0);
    assert_eq!(feed::read(&mut tx).await.unwrap().removed, 1);
    let stale = feed::append(&mut tx, &head, &[event(3)]).await;
    assert!(matches!(stale, Err(StorageError::Conflict { what: "feed_head" })));
}

async fn a_market_is_followed_from_its_cursor_and_its_providers_are_known(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let origin = "https://market.example";
    for _ in 0..2 {
        mirror::add(&mut tx, origin, at(1)).await.unwrap();
    }
    assert_eq!(mirror::lock(&mut tx, origin).await.unwrap().unwrap().cursor, None);
    mirror::note_fault(&mut tx, origin, "silent", at(2)).await.unwrap();
    mirror::advance(&mut tx, origin, 7, Some(at(3)), at(3)).await.unwrap();
    mirror::advance(&mut tx, origin, 8, None, at(4)).await.unwrap();
    let row = mirror::find(&mut tx, origin).await.unwrap().unwrap();
    assert_eq!((row.cursor, row.compared_at, row.fault.clone()), (Some(8), Some(at(3)), None));
    assert_eq!(mirror::list(&mut tx).await.unwrap(), [row]);
    let all = mirror::catalogue(&mut tx, None, None, 10).await.unwrap();
    assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), [offer_id(1), offer_id(2)]);
    assert_eq!(mirror::catalogue(&mut tx, None, Some(offer_id(1)), 10).await.unwrap().len(), 1);
    assert!(mirror::catalogue(&mut tx, Some(origin), None, 10).await.unwrap().is_empty());
    let provider = all[0].provider_id;
    assert_eq!(mirror::find_origin(&mut tx, provider).await.unwrap(), None);
    mirror::mark(&mut tx, provider, origin).await.unwrap();
    assert_eq!(mirror::find_origin(&mut tx, provider).await.unwrap().as_deref(), Some(origin));
    assert!(!mirror::catalogue(&mut tx, Some(origin), None, 10).await.unwrap().is_empty());
}

async fn a_reminder_is_noted_once(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let note = reminders::Reminder {
        offer_id: offer_id(1),
        item: "security.certifications".to_owned(),
        evidence: "certificate ismap".to_owned(),
        last_day: 21_000,
        stage: "before".to_owned(),
    };
    reminders::insert(&mut tx, std::slice::from_ref(&note), at(1)).await.unwrap();
    let ids = [offer_id(1), offer_id(2)];
    assert_eq!(reminders::list(&mut tx, &ids).await.unwrap(), std::slice::from_ref(&note));
    assert_eq!(reminders::list_owners(&mut tx, &ids).await.unwrap().len(), 2);
    assert!(reminders::insert(&mut tx, &[note], at(2)).await.is_err(), "the database refuses it");
}

on_both_databases!(
    a_notice_is_to_be_delivered_where_it_is_wanted_and_by_one_process,
    events_have_no_gap_and_say_what_the_public_sees,
    a_market_is_followed_from_its_cursor_and_its_providers_are_known,
    a_reminder_is_noted_once,
);
