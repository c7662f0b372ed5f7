//! Stories of what customers say of providers.

use crate::common::{at, contract, market, offer_id, provider_id};
use domain::{ContractId, Stars};
use storage::ratings::{self, NewRating};
use storage::{Db, on_both_databases};

fn row(contract_id: ContractId, stars: (i64, i64), comment: &str, second: i64) -> NewRating {
    NewRating {
        contract_id,
        provider_id: provider_id(1),
        offer_id: offer_id(1),
        offer_version: 1,
        service: Stars::new(stars.0).unwrap(),
        ordering: Stars::new(stars.1).unwrap(),
        comment: comment.to_owned(),
        given_by: "usr_1".to_owned(),
        at: at(second),
    }
}

async fn a_rating_is_given_once_changed_and_taken_back_with_its_answer(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let id = contract(&mut tx, 1, 1).await;
    let by = (id, provider_id(1));
    assert!(ratings::put(&mut tx, &row(id, (4, 5), "well", 20)).await.unwrap());
    assert!(!ratings::put(&mut tx, &row(id, (4, 5), "well", 21)).await.unwrap(), "the same");
    let found = ratings::find(&mut tx, id, by.1).await.unwrap().unwrap();
    assert_eq!((found.given_at, found.changed_at, found.answer), (at(20), None, None));
    assert!(ratings::answer(&mut tx, by, Some("thanks"), "usr_2", at(22)).await.unwrap());
    assert!(!ratings::answer(&mut tx, by, Some("thanks"), "usr_2", at(23)).await.unwrap());
    assert!(ratings::put(&mut tx, &row(id, (2, 5), "worse", 24)).await.unwrap());
    let found = ratings::find(&mut tx, id, by.1).await.unwrap().unwrap();
    assert_eq!((found.given_at, found.changed_at), (at(20), Some(at(24))));
    assert_eq!((found.answer.as_deref(), found.answered_at), (Some("thanks"), Some(at(22))));
    assert!(ratings::answer(&mut tx, by, None, "usr_2", at(25)).await.unwrap());
    assert!(!ratings::answer(&mut tx, by, None, "usr_2", at(25)).await.unwrap());
    let found = ratings::find(&mut tx, id, by.1).await.unwrap().unwrap();
    assert_eq!((found.answer, found.answered_at), (None, None));
    assert!(ratings::delete(&mut tx, id, by.1).await.unwrap());
    assert!(!ratings::delete(&mut tx, id, by.1).await.unwrap());
    assert_eq!(ratings::find(&mut tx, id, by.1).await.unwrap(), None);
}

async fn ratings_are_listed_newest_first_and_summed_up(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let nothing = ratings::summary(&mut tx, provider_id(1)).await.unwrap();
    assert_eq!((nothing.service.count(), nothing.service.mean_tenths()), (0, None));
    assert!(ratings::summaries(&mut tx).await.unwrap().is_empty());
    let mut ids = Vec::new();
    for (number, stars) in [(1, (5, 4)), (2, (4, 4)), (3, (2, 1))] {
        let id = contract(&mut tx, number, 1).await;
        let second = i64::try_from(number).unwrap();
        ratings::put(&mut tx, &row(id, stars, "", second)).await.unwrap();
        ids.push(id);
    }
    let first =
        ratings::list_by_provider(&mut tx, (provider_id(1), domain::Sight::Public), None, 2)
            .await
            .unwrap();
    let shown: Vec<_> = first.items.iter().map(|row| row.contract_id).collect();
    assert_eq!(shown, [ids[2], ids[1]]);
    let next = first.next.as_ref();
    let rest = ratings::list_by_provider(&mut tx, (provider_id(1), domain::Sight::Public), next, 2)
        .await
        .unwrap();
    assert_eq!((rest.items[0].contract_id, rest.next), (ids[0], None));
    assert!(!rest.items[0].title_en.is_empty());
    let summary = ratings::summary(&mut tx, provider_id(1)).await.unwrap();
    assert_eq!((summary.service.count(), summary.service.mean_tenths()), (3, Some(36)));
    assert_eq!(summary.ordering.mean_tenths(), Some(30));
    let all = ratings::summaries(&mut tx).await.unwrap();
    assert_eq!(all, [(provider_id(1), summary.service)]);
}

on_both_databases!(
    a_rating_is_given_once_changed_and_taken_back_with_its_answer,
    ratings_are_listed_newest_first_and_summed_up,
);
