//! Units of work that lock what they read find nothing outdated, however many come at once.

use crate::common::{at, contract, contract_id, market, offer_id, organisation, organisation_id};
use crate::common::{provider_id, requirement_id, requirement_version_row};
use domain::Role;
use storage::contracts::{self, StateChange};
use storage::providers::{self, Connection};
use storage::requirements::{self, NewRequirement};
use storage::{Db, Secret, StorageError, Tx, lock, offers, on_both_databases};

/// Units of work at the same moment.
const AT_ONCE: u128 = 8;

/// Does the same in several units of work at once; each has to succeed.
async fn at_once<F, Fut>(db: &Db, work: F)
where
    F: Fn(Tx, u128) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Tx, StorageError>> + Send + 'static,
{
    let mut running = tokio::task::JoinSet::new();
    for number in 1..=AT_ONCE {
        let (db, work) = (db.clone(), work.clone());
        running.spawn(async move { work(db.begin().await?, number).await?.commit().await });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap().unwrap();
    }
}

async fn one_organisation_saves_one_need_however_often_it_is_sent_at_once(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let owner = organisation(&mut tx, 1, Role::Customer).await;
    tx.commit().await.unwrap();
    at_once(&db, move |mut tx, number| async move {
        lock::organisation(&mut tx, owner).await?;
        let hash = requirement_version_row(1, 1).hash;
        if requirements::find_same(&mut tx, owner, [&hash, ""]).await?.is_none() {
            let id = requirement_id(number);
            let row = NewRequirement { id, organisation_id: owner, created_at: at(0) };
            requirements::insert(&mut tx, &row).await?;
            let version = requirement_version_row(number, 1);
            requirements::insert_version(
                &mut tx,
                &requirements::RequirementVersion { hash, ..version },
            )
            .await?;
        }
        Ok(tx)
    })
    .await;
    let mut tx = db.begin_read().await.unwrap();
    let saved = requirements::list_by_organisation(&mut tx, owner, None, 100).await.unwrap();
    assert_eq!(saved.items.len(), 1);
}

async fn no_revision_is_outdated_behind_its_lock(db: Db) {
    let mut tx = db.begin().await.unwrap();
    market(&mut tx).await;
    contract(&mut tx, 1, 1).await;
    tx.commit().await.unwrap();
    at_once(&db, |mut tx, _| async move {
        let id = provider_id(1);
        lock::provider(&mut tx, id).await?;
        let row = providers::find(&mut tx, id).await?.unwrap();
        let connection =
            Connection { url: "http://127.0.0.1:7".to_owned(), token_sealed: Secret(vec![1]) };
        providers::set_connection(&mut tx, id, row.revision, Some(&connection), at(1)).await?;
        Ok(tx)
    })
    .await;
    at_once(&db, |mut tx, _| async move {
        let id = offer_id(1);
        lock::offer(&mut tx, id).await?;
        let row = offers::find(&mut tx, id).await?.unwrap();
        offers::withdraw(&mut tx, id, row.offer.revision, at(2)).await?;
        Ok(tx)
    })
    .await;
    at_once(&db, |mut tx, _| async move {
        let id = contract_id(1);
        lock::contract(&mut tx, id).await?;
        let head = contracts::find_head(&mut tx, id).await?.unwrap();
        contracts::set_state(&mut tx, &StateChange::to(&head, head.state, at(3))).await?;
        Ok(tx)
    })
    .await;
}

async fn what_does_not_exist_locks_nothing(db: Db) {
    let mut tx = db.begin().await.unwrap();
    lock::organisation(&mut tx, organisation_id(9)).await.unwrap();
    lock::provider(&mut tx, provider_id(9)).await.unwrap();
    lock::offer(&mut tx, offer_id(9)).await.unwrap();
    lock::contract(&mut tx, contract_id(9)).await.unwrap();
}

on_both_databases!(
    one_organisation_saves_one_need_however_often_it_is_sent_at_once,
    no_revision_is_outdated_behind_its_lock,
    what_does_not_exist_locks_nothing,
);
