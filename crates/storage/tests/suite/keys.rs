//! Keys of providers, signatures of versions, and many offers written at once.

use crate::common::{at, draft, offer_id, offer_row, provider, published, version_row};
use domain::{OfferState, ProviderId};
use storage::keys::{self, OfferSignature, ProviderKey};
use storage::offers::{self, Advance};
use storage::{Db, StorageError, on_both_databases};

fn key(provider_id: ProviderId, number: u8) -> ProviderKey {
    ProviderKey {
        provider_id,
        kid: format!("key-{number}"),
        public_key: [number; 32],
        valid_from: at(i64::from(number)),
        created_by: "system".to_owned(),
        created_at: at(i64::from(number)),
        revoked_at: None,
    }
}

async fn key_is_listed_until_for_ever_and_revoked_once(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let other = provider(&mut tx, 2).await;
    keys::insert(&mut tx, &key(cloud, 1)).await.unwrap();
    keys::insert(&mut tx, &key(cloud, 2)).await.unwrap();
    assert_eq!(keys::list(&mut tx, cloud).await.unwrap(), [key(cloud, 2), key(cloud, 1)]);
    assert_eq!(keys::list(&mut tx, other).await.unwrap(), []);
    assert_eq!(keys::find(&mut tx, other, "key-1").await.unwrap(), None);
    keys::revoke(&mut tx, cloud, "key-1", at(9)).await.unwrap();
    let revoked = keys::find(&mut tx, cloud, "key-1").await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(at(9)));
    let again = keys::revoke(&mut tx, cloud, "key-1", at(10)).await.unwrap_err();
    assert!(matches!(again, StorageError::Conflict { .. }), "{again:?}");
}

async fn signature_belongs_to_one_version(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let id = draft(&mut tx, 1, cloud).await;
    let value = "header..signature".to_owned();
    let signature = OfferSignature { offer_id: id, version: 1, kid: "key-1".to_owned(), value };
    keys::insert_signatures(&mut tx, std::slice::from_ref(&signature)).await.unwrap();
    keys::insert(&mut tx, &key(cloud, 1)).await.unwrap();
    keys::revoke(&mut tx, cloud, "key-1", at(9)).await.unwrap();
    let found = keys::find_signature(&mut tx, id, 1).await.unwrap().unwrap();
    assert_eq!((found.kid.as_str(), &found.value), ("key-1", &signature.value));
    assert_eq!(found.revoked_at, Some(at(9)));
    assert_eq!(keys::find_signature(&mut tx, id, 2).await.unwrap(), None);
    assert_eq!(keys::list_signatures(&mut tx, id).await.unwrap(), [signature]);
}

async fn many_offers_are_written_in_few_statements(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    published(&mut tx, 1, cloud).await;
    let rows: Vec<_> = (2..=600).map(|number| offer_row(number, cloud)).collect();
    let versions: Vec<_> = (2..=600).map(|number| version_row(number, 1)).collect();
    let (_, statements) = storage::stats::counting(async {
        offers::insert_offers(&mut tx, &rows, OfferState::Published).await.unwrap();
        offers::insert_versions(&mut tx, &versions).await.unwrap();
    })
    .await;
    assert_eq!(statements, 6);
    let names: Vec<String> = (1..=601).map(|number| format!("offer-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut heads = offers::heads(&mut tx, cloud, &names).await.unwrap();
    heads.sort_by_key(|head| head.id);
    assert_eq!(heads.len(), 600);
    let last = heads.last().unwrap();
    assert_eq!((last.id, last.state), (offer_id(600), OfferState::Published));
    assert_eq!((last.published_version, last.hash.as_str()), (Some(1), &*version_row(600, 1).hash));
    assert!(!last.signed);
}

async fn offers_advance_together_or_not_at_all(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let (shown, hidden) = (published(&mut tx, 1, cloud).await, draft(&mut tx, 2, cloud).await);
    offers::insert_versions(&mut tx, &[version_row(1, 2), version_row(2, 2)]).await.unwrap();
    let step = |id, revision, published_version: Option<i64>| Advance {
        id,
        revision,
        version: 2,
        state: published_version.map_or(OfferState::Draft, |_| OfferState::Published),
        published_version,
    };
    let stale = [step(shown, 2, Some(2)), step(hidden, 7, None)];
    let refused = offers::advance(&mut tx, &stale, at(5)).await.unwrap_err();
    assert!(matches!(refused, StorageError::Conflict { .. }), "{refused:?}");
    drop(tx);

    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let (shown, hidden) = (published(&mut tx, 1, cloud).await, draft(&mut tx, 2, cloud).await);
    offers::insert_versions(&mut tx, &[version_row(1, 2), version_row(2, 2)]).await.unwrap();
    offers::advance(&mut tx, &[step(shown, 2, Some(2)), step(hidden, 1, None)], at(5))
        .await
        .unwrap();
    let shown = offers::find(&mut tx, shown).await.unwrap().unwrap().offer;
    let hidden = offers::find(&mut tx, hidden).await.unwrap().unwrap().offer;
    assert_eq!((shown.current_version, shown.published_version, shown.revision), (2, Some(2), 3));
    assert_eq!((hidden.state, hidden.current_version), (OfferState::Draft, 2));
    assert_eq!((hidden.published_version, hidden.updated_at), (None, at(5)));
}

on_both_databases!(
    key_is_listed_until_for_ever_and_revoked_once,
    signature_belongs_to_one_version,
    many_offers_are_written_in_few_statements,
    offers_advance_together_or_not_at_all,
);
