//! Looks at the market, and the notices they make.

use crate::common::{
    at, market, offer_id, organisation, organisation_id, published, requirement_id,
};
use domain::{NoticeId, OfferId, Role};
use std::collections::HashMap;
use storage::looks::{self, MarketLook, Unseen};
use storage::notices::{self, Marking, NewNotice};
use storage::{Db, StorageError, Tx, offers, on_both_databases, requirements};
use uuid::Uuid;

fn notice_id(number: u128) -> NoticeId {
    NoticeId(Uuid::from_u128(number))
}

fn notice(number: u128, kind: &'static str, about: &[(OfferId, i64)]) -> NewNotice {
    NewNotice {
        id: notice_id(number),
        organisation_id: organisation_id(1),
        kind,
        requirement_id: requirement_id(1),
        requirement_version: 1,
        offers: about.to_vec(),
        payload: "[{\"title\":\"雲 \\\"α\\\"\"}]".to_owned(),
        created_at: at(5),
    }
}

/// The first `limit` changed offers without those that were looked at, read one by one.
async fn list_unseen(tx: &mut Tx, limit: usize) -> Vec<Unseen> {
    let (mut unseen, mut after) = (Vec::new(), (at(0), OfferId(Default::default())));
    loop {
        let Some(row) = looks::list_changed(tx, after, 1).await.unwrap().pop() else {
            return unseen;
        };
        after = (row.offer.updated_at, row.offer.id);
        if !row.seen && unseen.len() < limit {
            unseen.push(row.offer);
        }
    }
}

async fn unseen(tx: &mut Tx) -> Vec<(OfferId, Option<i64>, Option<i64>)> {
    let rows = list_unseen(tx, 10).await;
    rows.into_iter().map(|row| (row.id, row.seen_version, row.version)).collect()
}

async fn an_offer_is_unseen_until_its_revision_is_noted(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    assert_eq!(unseen(&mut tx).await, [(offer_id(1), None, Some(1)), (offer_id(2), None, Some(1))]);
    let rows = list_unseen(&mut tx, 10).await;
    assert_eq!((rows[0].provider_name_en.as_str(), rows[0].revision), ("Cloud 1", 2));
    looks::put(&mut tx, &rows, &HashMap::new()).await.unwrap();
    assert_eq!(unseen(&mut tx).await, []);
    offers::withdraw(&mut tx, offer_id(2), 2, at(3)).await.unwrap();
    assert_eq!(unseen(&mut tx).await, [(offer_id(2), Some(1), None)]);
    let rows = list_unseen(&mut tx, 10).await;
    looks::put(&mut tx, &rows, &HashMap::new()).await.unwrap();
    offers::publish(&mut tx, offer_id(2), 3, 1, at(4)).await.unwrap();
    assert_eq!(unseen(&mut tx).await, [(offer_id(2), None, Some(1))]);
    let wanted = [(offer_id(1), 1), (offer_id(2), 1), (offer_id(2), 9)];
    let mut texts = looks::list_texts(&mut tx, &wanted).await.unwrap();
    texts.sort_by_key(|row| row.offer_id);
    assert_eq!(
        texts.iter().map(|row| (row.offer_id, row.version)).collect::<Vec<_>>(),
        wanted[..2]
    );
}

async fn a_requirement_knows_what_was_there_unseen_when_it_was_saved(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let first = list_unseen(&mut tx, 1).await;
    looks::put(&mut tx, &first, &HashMap::new()).await.unwrap();
    for _ in 0..2 {
        looks::know_unseen(&mut tx, requirement_id(1), at(0)).await.unwrap();
    }
    let known = looks::list_known(&mut tx, &[offer_id(1), offer_id(2)]).await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].offer_id, known[0].revision, known[0].version), (offer_id(2), 2, Some(1)));
    assert_eq!(looks::forget_seen(&mut tx).await.unwrap(), 0, "nobody has looked at it yet");
    let rest = list_unseen(&mut tx, 10).await;
    looks::put(&mut tx, &rest, &HashMap::new()).await.unwrap();
    assert_eq!(looks::forget_seen(&mut tx).await.unwrap(), 1);
}

async fn a_look_that_was_planned_twice_is_written_once(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let look = looks::lock(&mut tx).await.unwrap();
    assert_eq!(
        look,
        MarketLook { seen_until: domain::Timestamp(0), judged_day: None, revision: 1 }
    );
    let to = MarketLook { seen_until: at(7), judged_day: Some(20_000), revision: look.revision };
    looks::advance(&mut tx, &to).await.unwrap();
    let again = looks::advance(&mut tx, &to).await;
    assert!(matches!(again, Err(StorageError::Conflict { what: "market_look" })), "{again:?}");
    assert_eq!(looks::read(&mut tx).await.unwrap(), MarketLook { revision: 2, ..to });
}

async fn watched_requirements_are_listed_with_their_newest_version(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let id = requirement_id(1);
    assert_eq!(requirements::list_watched(&mut tx, None, 10).await.unwrap(), []);
    requirements::watch(&mut tx, id, Some(at(9))).await.unwrap();
    let watched = requirements::list_watched(&mut tx, None, 10).await.unwrap();
    assert_eq!(
        (watched[0].id, watched[0].current_version, watched[0].watched_since),
        (id, 1, at(9))
    );
    assert_eq!(requirements::list_watched(&mut tx, Some(id), 10).await.unwrap(), []);
    let newest = requirements::list_newest(&mut tx, &[id, requirement_id(7)]).await.unwrap();
    assert_eq!(newest, [crate::common::requirement_version_row(1, 1)]);
    let found = requirements::find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((found.requirement.watched_since, found.requirement.revision), (Some(at(9)), 1));
    requirements::watch(&mut tx, id, None).await.unwrap();
    assert_eq!(requirements::list_watched(&mut tx, None, 10).await.unwrap(), []);
    let unknown = requirements::watch(&mut tx, requirement_id(7), None).await;
    assert!(matches!(unknown, Err(StorageError::Conflict { .. })), "{unknown:?}");
}

async fn news_that_was_told_is_not_told_again(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    published(&mut tx, 3, crate::common::provider_id(1)).await;
    let (one, two, three) = ((offer_id(1), 2), (offer_id(2), 2), (offer_id(3), 2));
    notices::insert(&mut tx, &[notice(1, "offer_gained", &[one])]).await.unwrap();
    let more = [
        notice(2, "offer_gained", &[one]),
        notice(3, "offer_gained", &[two, three]),
        notice(4, "offer_lost", &[one]),
        notice(5, "offer_gained", &[(offer_id(1), 3)]),
    ];
    notices::insert(&mut tx, &more).await.unwrap();
    let page = notices::list(&mut tx, organisation_id(1), None, None, 10).await.unwrap();
    let shown: Vec<_> = page.items.iter().map(|row| (row.id, row.offers)).collect();
    assert_eq!(shown, [(notice_id(5), 1), (notice_id(4), 1), (notice_id(3), 2), (notice_id(1), 1)]);
    let row = &page.items[0];
    assert_eq!(
        (row.payload.as_str(), row.kind.as_str()),
        (more[3].payload.as_str(), "offer_gained")
    );
    assert_eq!(
        (row.title_en.as_deref(), row.title_ja.as_deref()),
        (Some("Need 1 v1"), Some("要件 1"))
    );
    assert_eq!(notices::delete_older_than(&mut tx, at(5)).await.unwrap(), 0);
    assert_eq!(notices::delete_older_than(&mut tx, at(6)).await.unwrap(), 4);
    assert_eq!(notices::find(&mut tx, notice_id(1)).await.unwrap(), None);
}

async fn unread_notices_come_first_page_by_page(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let other = organisation(&mut tx, 2, Role::Customer).await;
    let all: Vec<_> = (1..=5)
        .map(|number| notice(number, "offer_gained", &[(offer_id(1), number as i64)]))
        .collect();
    notices::insert(&mut tx, &all).await.unwrap();
    for number in [5, 2] {
        assert!(notices::mark_read(&mut tx, notice_id(number), at(6), "usr").await.unwrap());
        assert!(!notices::mark_read(&mut tx, notice_id(number), at(7), "usr").await.unwrap());
    }
    let owner = organisation_id(1);
    for about in [None, Some(requirement_id(1))] {
        let mut cursor = None;
        let mut seen = Vec::new();
        loop {
            let page = notices::list(&mut tx, owner, about, cursor.as_ref(), 2).await.unwrap();
            seen.extend(page.items.iter().map(|row| (row.id.uuid().as_u128(), row.unread)));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [(4, true), (3, true), (1, true), (5, false), (2, false)]);
    }
    let nothing = notices::list(&mut tx, owner, Some(requirement_id(9)), None, 2).await.unwrap();
    assert_eq!(nothing.items, []);
    assert_eq!(notices::count_unread(&mut tx, owner, 100).await.unwrap(), 3);
    assert_eq!(notices::count_unread(&mut tx, owner, 2).await.unwrap(), 2);
    assert_eq!(notices::count_unread(&mut tx, other, 100).await.unwrap(), 0);
}

async fn what_was_marked_at_once_is_taken_back_at_once(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let other = organisation(&mut tx, 2, Role::Customer).await;
    let all: Vec<_> = (1..=4)
        .map(|number| notice(number, "offer_gained", &[(offer_id(1), number as i64)]))
        .collect();
    notices::insert(&mut tx, &all).await.unwrap();
    notices::mark_read(&mut tx, notice_id(1), at(6), "usr").await.unwrap();
    let owner = organisation_id(1);
    let marking = |organisation_id, requirement_id, seconds| Marking {
        organisation_id,
        requirement_id,
        until: notice_id(3),
        at: at(seconds),
        by: "usr",
    };
    let elsewhere = marking(other, None, 7);
    assert_eq!(notices::mark_all_read(&mut tx, &elsewhere).await.unwrap(), 0);
    let about_another = marking(owner, Some(requirement_id(9)), 7);
    assert_eq!(notices::mark_all_read(&mut tx, &about_another).await.unwrap(), 0);
    let about_it = marking(owner, Some(requirement_id(1)), 7);
    assert_eq!(notices::mark_all_read(&mut tx, &about_it).await.unwrap(), 2);
    assert_eq!(notices::count_unread(&mut tx, owner, 9).await.unwrap(), 1, "number 4 came later");
    assert_eq!(notices::mark_unread_again(&mut tx, other, at(7)).await.unwrap(), 0);
    assert_eq!(notices::mark_unread_again(&mut tx, owner, at(7)).await.unwrap(), 2);
    let first = notices::find(&mut tx, notice_id(1)).await.unwrap().unwrap();
    assert_eq!((first.unread, first.read_at), (false, Some(at(6))));
    assert_eq!(notices::mark_all_read(&mut tx, &marking(owner, None, 8)).await.unwrap(), 2);
    assert!(notices::mark_unread(&mut tx, notice_id(1)).await.unwrap());
    assert!(!notices::mark_unread(&mut tx, notice_id(1)).await.unwrap());
}

on_both_databases!(
    an_offer_is_unseen_until_its_revision_is_noted,
    a_requirement_knows_what_was_there_unseen_when_it_was_saved,
    a_look_that_was_planned_twice_is_written_once,
    watched_requirements_are_listed_with_their_newest_version,
    news_that_was_told_is_not_told_again,
    unread_notices_come_first_page_by_page,
    what_was_marked_at_once_is_taken_back_at_once,
);
