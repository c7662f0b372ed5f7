//! Offers: versions, publishing, the public view, changes.

use crate::common::{
    at, draft, market, offer_id, offer_row, provider, provider_id, published, version_row,
};
use domain::{OfferId, OfferState, Timestamp};
use std::time::Instant;
use storage::offers::{self, OfferCounts};
use storage::{Db, StorageError, on_both_databases};
use uuid::Uuid;

async fn draft_is_seen_by_its_provider_only(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let id = draft(&mut tx, 1, cloud).await;
    let found = offers::find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!(found.offer.state, OfferState::Draft);
    assert_eq!((found.offer.current_version, found.offer.published_version), (1, None));
    assert_eq!((found.provider.name_en.as_str(), found.provider.backed), ("Cloud 1", false));
    assert_eq!(offers::find_published(&mut tx, id).await.unwrap(), None);
    assert_eq!(offers::published_by_ids(&mut tx, &[id]).await.unwrap(), []);
    let by_slug = offers::find_by_slug(&mut tx, cloud, "offer-1").await.unwrap();
    assert_eq!(by_slug, Some(found.offer));
}

async fn name_is_unique_at_its_provider(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let other = provider(&mut tx, 2).await;
    draft(&mut tx, 1, cloud).await;
    let mut same = offer_row(2, other);
    same.slug = "offer-1".to_owned();
    offers::insert(&mut tx, &same).await.unwrap();
    let mut taken = offer_row(3, cloud);
    taken.slug = "offer-1".to_owned();
    let error = offers::insert(&mut tx, &taken).await.unwrap_err();
    assert!(offers::is_slug_taken(&error), "{error:?}");
}

async fn version_is_written_once(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    draft(&mut tx, 1, cloud).await;
    let error = offers::insert_version(&mut tx, &version_row(1, 1)).await.unwrap_err();
    assert!(offers::is_version_taken(&error), "{error:?}");
}

async fn texts_of_versions_come_back_exactly(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let id = draft(&mut tx, 1, cloud).await;
    let mut second = version_row(1, 2);
    second.price = None;
    offers::insert_version(&mut tx, &second).await.unwrap();
    assert_eq!(offers::find_version(&mut tx, id, 1).await.unwrap(), Some(version_row(1, 1)));
    assert_eq!(offers::find_version(&mut tx, id, 2).await.unwrap(), Some(second));
    assert_eq!(offers::find_version(&mut tx, id, 3).await.unwrap(), None);
    let listed = offers::list_versions(&mut tx, id).await.unwrap();
    let listed: Vec<_> = listed.into_iter().map(|row| (row.version, row.price)).collect();
    assert_eq!(listed, [(2, None), (1, version_row(1, 1).price)]);
}

async fn public_sees_the_published_version_until_withdrawal(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let id = published(&mut tx, 1, cloud).await;
    offers::insert_version(&mut tx, &version_row(1, 2)).await.unwrap();
    offers::set_current_version(&mut tx, id, 2, 2, at(2)).await.unwrap();
    let seen = offers::find_published(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((seen.version, seen.revision, seen.updated_at), (1, 3, at(2)));
    assert_eq!(seen.document, version_row(1, 1).document);

    offers::publish(&mut tx, id, 3, 2, at(3)).await.unwrap();
    let seen = offers::find_published(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((seen.version, seen.title_ja.as_str()), (2, "提供 1 第2版"));

    offers::withdraw(&mut tx, id, 4, at(4)).await.unwrap();
    assert_eq!(offers::find_published(&mut tx, id).await.unwrap(), None);
    let offer = offers::find(&mut tx, id).await.unwrap().unwrap().offer;
    assert_eq!((offer.state, offer.published_version), (OfferState::Withdrawn, Some(2)));
}

async fn publishing_a_new_version_makes_it_the_newest(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let id = published(&mut tx, 1, cloud).await;
    offers::insert_version(&mut tx, &version_row(1, 2)).await.unwrap();
    offers::publish(&mut tx, id, 2, 2, at(2)).await.unwrap();
    let offer = offers::find(&mut tx, id).await.unwrap().unwrap().offer;
    assert_eq!((offer.current_version, offer.published_version), (2, Some(2)));
    offers::publish(&mut tx, id, 3, 1, at(3)).await.unwrap();
    let offer = offers::find(&mut tx, id).await.unwrap().unwrap().offer;
    assert_eq!((offer.current_version, offer.published_version), (2, Some(1)));
}

async fn of_two_writers_with_one_revision_the_second_conflicts(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let id = draft(&mut tx, 1, cloud).await;
    tx.commit().await.unwrap();
    let write = |db: Db| async move {
        let mut tx = db.begin().await.unwrap();
        let outcome = offers::publish(&mut tx, id, 1, 1, at(1)).await;
        if outcome.is_ok() {
            tx.commit().await.unwrap();
        }
        outcome
    };
    let outcomes: [Result<(), StorageError>; 2] =
        tokio::join!(write(db.clone()), write(db.clone())).into();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let conflicts = |outcome: &&Result<(), StorageError>| {
        matches!(outcome, Err(StorageError::Conflict { what: "offer" }))
    };
    assert_eq!(outcomes.iter().filter(conflicts).count(), 1, "{outcomes:?}");
    let mut tx = db.begin_read().await.unwrap();
    assert_eq!(offers::find(&mut tx, id).await.unwrap().unwrap().offer.revision, 2);
}

async fn pages_show_every_published_offer_once_newest_first(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let other = provider(&mut tx, 2).await;
    for number in 1..=7 {
        published(&mut tx, number, if number == 4 { other } else { cloud }).await;
    }
    draft(&mut tx, 8, cloud).await;
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = offers::list_published_page(&mut tx, cursor.as_ref(), 3).await.unwrap();
        seen.push(page.items.iter().map(|offer| offer.id).collect::<Vec<_>>());
        let Some(next) = page.next else { break };
        cursor = Some(next.to_string().parse().unwrap());
    }
    let expect = |numbers: &[u128]| numbers.iter().map(|n| offer_id(*n)).collect::<Vec<_>>();
    assert_eq!(seen, [expect(&[7, 6, 5]), expect(&[4, 3, 2]), expect(&[1])]);

    let page = offers::list_published_by_provider(&mut tx, other, None, 3).await.unwrap();
    assert_eq!(page.map(|offer| offer.id).items, expect(&[4]));
    let page = offers::list_by_provider(&mut tx, cloud, None, 3).await.unwrap();
    assert!(page.next.is_some());
    let states: Vec<_> = page.items.iter().map(|row| (row.offer.id, row.offer.state)).collect();
    assert_eq!(states[0], (offer_id(8), OfferState::Draft));
    let rest = offers::list_by_provider(&mut tx, cloud, page.next.as_ref(), 50).await.unwrap();
    let rest: Vec<_> = rest.items.iter().map(|row| row.offer.id).collect();
    assert_eq!(rest, expect(&[5, 3, 2, 1]));
}

async fn offers_by_ids_come_in_the_order_asked_for_in_one_statement(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    for number in 1..=4 {
        published(&mut tx, number, cloud).await;
    }
    let wanted: Vec<_> = [3, 99, 1, 4].map(offer_id).to_vec();
    let (found, statements) =
        storage::stats::counting(offers::published_by_ids(&mut tx, &wanted)).await;
    let found: Vec<_> = found.unwrap().into_iter().map(|offer| offer.id).collect();
    assert_eq!(found, [offer_id(3), offer_id(1), offer_id(4)]);
    assert_eq!(statements, 1);
    assert_eq!(offers::published_by_ids(&mut tx, &[]).await.unwrap(), []);
}

async fn offers_that_exist_are_known_in_any_state_in_one_statement(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    published(&mut tx, 1, cloud).await;
    draft(&mut tx, 2, cloud).await;
    draft(&mut tx, 3, cloud).await;
    let wanted = [1, 2, 99].map(offer_id);
    let (known, statements) = storage::stats::counting(offers::known(&mut tx, &wanted)).await;
    assert_eq!(known.unwrap(), [1, 2].map(offer_id).into());
    assert_eq!(statements, 1);
    assert!(offers::known(&mut tx, &[]).await.unwrap().is_empty());
}

async fn changes_are_followed_to_the_end(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    published(&mut tx, 1, cloud).await;
    published(&mut tx, 2, cloud).await;
    draft(&mut tx, 3, cloud).await;
    let nil = OfferId(Uuid::nil());
    let first = offers::changed_since(&mut tx, Timestamp(0), nil, 2).await.unwrap();
    let keys: Vec<_> = first.iter().map(|row| (row.id, row.published_version)).collect();
    assert_eq!(keys, [(offer_id(3), None), (offer_id(1), Some(1))]);
    let last = &first[1];
    let rest = offers::changed_since(&mut tx, last.updated_at, last.id, 10).await.unwrap();
    assert_eq!(rest.iter().map(|row| row.id).collect::<Vec<_>>(), [offer_id(2)]);

    offers::withdraw(&mut tx, offer_id(1), 2, at(50)).await.unwrap();
    let last = &rest[0];
    let rest = offers::changed_since(&mut tx, last.updated_at, last.id, 10).await.unwrap();
    assert_eq!((rest[0].id, rest[0].state), (offer_id(1), OfferState::Withdrawn));
    let revisions = offers::published_revisions(&mut tx, None, 10).await.unwrap();
    let revisions: Vec<_> = revisions.iter().map(|row| (row.id, row.revision)).collect();
    assert_eq!(revisions, [(offer_id(2), 2)]);
    let after = offers::published_revisions(&mut tx, Some(offer_id(2)), 10).await.unwrap();
    assert_eq!(after, []);
}

async fn the_published_sum_tells_any_two_states_apart_that_differ_in_one_offer(db: Db) {
    let mut tx = db.begin().await.unwrap();
    assert_eq!(offers::published_sum(&mut tx).await.unwrap(), (0, 0));
    let cloud = provider(&mut tx, 1).await;
    published(&mut tx, 1, cloud).await;
    published(&mut tx, 2, cloud).await;
    draft(&mut tx, 3, cloud).await;
    let both = offers::published_sum(&mut tx).await.unwrap();
    assert_eq!(both.0, 2);
    offers::touch_published(&mut tx, cloud, at(40)).await.unwrap();
    assert_eq!(offers::published_sum(&mut tx).await.unwrap(), (2, both.1 + 2));
    offers::withdraw(&mut tx, offer_id(1), 3, at(50)).await.unwrap();
    assert_eq!(offers::published_sum(&mut tx).await.unwrap().0, 1);
}

async fn documents_of_versions_come_in_one_statement_published_or_not(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    published(&mut tx, 1, cloud).await;
    draft(&mut tx, 2, cloud).await;
    let wanted = [(offer_id(2), 1), (offer_id(1), 1), (offer_id(1), 7), (offer_id(9), 1)];
    let (found, statements) = storage::stats::counting(offers::texts(&mut tx, &wanted)).await;
    let mut found = found.unwrap();
    found.sort_by_key(|text| text.offer_id);
    let keys: Vec<_> = found.iter().map(|text| (text.offer_id, text.version)).collect();
    assert_eq!((keys.as_slice(), statements), (&[(offer_id(1), 1), (offer_id(2), 1)][..], 1));
    let version = offers::find_version(&mut tx, offer_id(1), 1).await.unwrap().unwrap();
    assert_eq!((&found[0].document, &found[0].hash), (&version.document, &version.hash));
    assert_eq!(offers::texts(&mut tx, &[]).await.unwrap(), []);
}

async fn offers_are_counted_by_state(db: Db) {
    let mut tx = db.begin().await.unwrap();
    assert_eq!(offers::counts(&mut tx).await.unwrap(), OfferCounts::default());
    market(&mut tx).await;
    draft(&mut tx, 3, provider_id(1)).await;
    let counts = offers::counts(&mut tx).await.unwrap();
    assert_eq!(counts, OfferCounts { draft: 1, published: 2, ..OfferCounts::default() });
}

async fn ten_thousand_offers_are_added_in_seconds(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let rows: Vec<_> = (1..=10_000)
        .map(|number| {
            let mut version = version_row(number, 1);
            version.price = version.price.filter(|_| number % 2 == 0);
            version.document =
                format!("{{\"n\":{number},\"pad\":\"{}\"}}", "雲\\u0000".repeat(200));
            (offer_row(number, cloud), version)
        })
        .collect();
    let start = Instant::now();
    offers::insert_published(&mut tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
    let took = start.elapsed();
    // Wide: the test machine is busy; one statement for each row would take far longer.
    assert!(took.as_secs() < 30, "{took:?}");

    let mut tx = db.begin_read().await.unwrap();
    assert_eq!(offers::counts(&mut tx).await.unwrap().published, 10_000);
    for (_, version) in &rows[9_998..] {
        let found = offers::find_version(&mut tx, version.offer_id, 1).await.unwrap();
        assert_eq!(found.as_ref(), Some(version));
    }
    let offer = offers::find(&mut tx, offer_id(5)).await.unwrap().unwrap().offer;
    assert_eq!((offer.slug.as_str(), offer.created_at), ("offer-5", at(0)));
}

on_both_databases!(
    draft_is_seen_by_its_provider_only,
    name_is_unique_at_its_provider,
    version_is_written_once,
    texts_of_versions_come_back_exactly,
    public_sees_the_published_version_until_withdrawal,
    publishing_a_new_version_makes_it_the_newest,
    of_two_writers_with_one_revision_the_second_conflicts,
    pages_show_every_published_offer_once_newest_first,
    offers_by_ids_come_in_the_order_asked_for_in_one_statement,
    offers_that_exist_are_known_in_any_state_in_one_statement,
    changes_are_followed_to_the_end,
    the_published_sum_tells_any_two_states_apart_that_differ_in_one_offer,
    documents_of_versions_come_in_one_statement_published_or_not,
    offers_are_counted_by_state,
    ten_thousand_offers_are_added_in_seconds,
);
