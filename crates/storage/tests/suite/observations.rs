//! Samples of running services.

use crate::common::{at, contract, contract_id, market, offer_id};
use domain::ContractId;
use storage::observations::{self, Bucket, Observation, ObservationKind};
use storage::{Db, Tx, on_both_databases};

const RESPONSE: ObservationKind = ObservationKind::Response;

fn sample(contract_id: ContractId, seconds: i64, value_us: Option<i64>) -> Observation {
    Observation { contract_id, kind: RESPONSE, at: at(seconds), ok: value_us.is_some(), value_us }
}

async fn begin(db: &Db) -> (Tx, ContractId) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    let id = contract(&mut tx, 1, 1).await;
    (tx, id)
}

async fn add(tx: &mut Tx, contract: ContractId, samples: &[(i64, Option<i64>)]) {
    for (seconds, value_us) in samples {
        let row = sample(contract, *seconds, *value_us);
        assert!(observations::insert(tx, &row).await.unwrap());
    }
}

async fn sample_of_one_moment_is_kept_once(db: Db) {
    let (mut tx, id) = begin(&db).await;
    assert!(observations::insert(&mut tx, &sample(id, 1, Some(5))).await.unwrap());
    assert!(!observations::insert(&mut tx, &sample(id, 1, Some(6))).await.unwrap());
    let other_kind = Observation { kind: ObservationKind::Liveness, ..sample(id, 1, None) };
    assert!(observations::insert(&mut tx, &other_kind).await.unwrap());
    // One that nobody measured is not there.
    let both = [id, contract_id(9)];
    let latest = observations::latest(&mut tx, &both, RESPONSE).await.unwrap();
    assert_eq!(latest, [sample(id, 1, Some(5))]);
    let latest = observations::latest(&mut tx, &both, ObservationKind::Liveness).await.unwrap();
    assert_eq!(latest, std::slice::from_ref(&other_kind));
    assert!(observations::insert(&mut tx, &sample(id, 2, Some(7))).await.unwrap());
    let latest = observations::latest(&mut tx, &both, RESPONSE).await.unwrap();
    assert_eq!(latest, [sample(id, 2, Some(7))]);
    assert_eq!(observations::latest(&mut tx, &[], RESPONSE).await.unwrap(), []);
}

async fn series_holds_its_start_and_not_its_end(db: Db) {
    let (mut tx, id) = begin(&db).await;
    add(&mut tx, id, &[(3, None), (1, Some(10)), (2, Some(20)), (4, Some(40))]).await;
    let window = (at(2), at(4));
    let series = observations::series(&mut tx, id, RESPONSE, window, 10).await.unwrap();
    assert_eq!(series, [sample(id, 2, Some(20)), sample(id, 3, None)]);
    let series = observations::series(&mut tx, id, RESPONSE, window, 1).await.unwrap();
    assert_eq!(series, [sample(id, 2, Some(20))]);
}

async fn buckets_sum_up_and_silence_has_none(db: Db) {
    let (mut tx, id) = begin(&db).await;
    add(&mut tx, id, &[(0, Some(10)), (5, Some(15)), (9, None), (10, None), (35, Some(7))]).await;
    let window = (at(0), at(40));
    let ten = 10_000_000;
    let buckets = observations::buckets(&mut tx, id, RESPONSE, window, ten).await.unwrap();
    let bucket = |number, samples, ok_samples, value_mean_us, value_max_us| Bucket {
        number,
        samples,
        ok_samples,
        value_mean_us,
        value_max_us,
    };
    assert_eq!(
        buckets,
        [
            bucket(0, 3, 2, Some(12), Some(15)),
            bucket(1, 1, 0, None, None),
            bucket(3, 1, 1, Some(7), Some(7)),
        ]
    );
}

async fn history_of_an_offer_spans_its_contracts(db: Db) {
    let (mut tx, first) = begin(&db).await;
    let second = contract(&mut tx, 2, 1).await;
    let foreign = contract(&mut tx, 3, 2).await;
    add(&mut tx, first, &[(1, Some(999)), (10, Some(10)), (20, None)]).await;
    add(&mut tx, second, &[(30, Some(21))]).await;
    add(&mut tx, foreign, &[(40, Some(5_000))]).await;
    let history = observations::history(&mut tx, offer_id(1), at(2)).await.unwrap();
    assert_eq!(history.len(), 1);
    let row = &history[0];
    assert_eq!((row.kind, row.contracts, row.samples, row.ok_samples), (RESPONSE, 2, 3, 2));
    assert_eq!((row.value_mean_us, row.value_max_us), (Some(15), Some(21)));
    assert_eq!((row.first_at, row.last_at), (at(10), at(30)));
    let nothing = observations::history(&mut tx, offer_id(1), at(100)).await.unwrap();
    assert_eq!(nothing, []);
}

async fn old_samples_are_removed(db: Db) {
    let (mut tx, id) = begin(&db).await;
    add(&mut tx, id, &[(1, None), (2, None), (3, None)]).await;
    assert_eq!(observations::delete_older_than(&mut tx, at(3)).await.unwrap(), 2);
    let left = observations::series(&mut tx, id, RESPONSE, (at(0), at(9)), 9).await.unwrap();
    assert_eq!(left, [sample(id, 3, None)]);
}

on_both_databases!(
    sample_of_one_moment_is_kept_once,
    series_holds_its_start_and_not_its_end,
    buckets_sum_up_and_silence_has_none,
    history_of_an_offer_spans_its_contracts,
    old_samples_are_removed,
);
