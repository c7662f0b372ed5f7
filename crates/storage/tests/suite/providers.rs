//! Providers and their connections.

use crate::common::{
    at, draft, organisation, organisation_id, provider, provider_id, provider_row, published,
};
use domain::Role;
use storage::providers::{self, Connection};
use storage::{Db, Secret, StorageError, Tx, on_both_databases};

fn connection(number: u8) -> Connection {
    Connection {
        url: format!("http://127.0.0.1:77{number:02}"),
        token_sealed: Secret(vec![0, number, 255]),
    }
}

async fn provider_is_found_by_every_name(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let owner = organisation(&mut tx, 5, Role::Provider).await;
    let row = provider_row(1, Some(owner));
    providers::insert(&mut tx, &row).await.unwrap();
    provider(&mut tx, 2).await;

    let found = providers::find(&mut tx, row.id).await.unwrap().unwrap();
    assert_eq!((found.name_ja.as_str(), found.revision), ("クラウド 1", 1));
    assert_eq!((found.cloud_url.as_deref(), found.updated_at), (None, at(0)));
    let by_slug = providers::find_by_slug(&mut tx, &row.slug).await.unwrap();
    let by_did = providers::find_by_did(&mut tx, &row.did).await.unwrap();
    let owned = providers::list_by_organisation(&mut tx, owner).await.unwrap();
    assert_eq!((by_slug, by_did), (Some(found.clone()), Some(found.clone())));
    assert_eq!(owned, [found]);
    assert_eq!(providers::find_by_slug(&mut tx, "none").await.unwrap(), None);
    let nobody = providers::list_by_organisation(&mut tx, organisation_id(9)).await.unwrap();
    assert_eq!(nobody, []);
}

async fn short_name_belongs_to_one_provider(db: Db) {
    let mut tx = db.begin().await.unwrap();
    provider(&mut tx, 1).await;
    let mut second = provider_row(2, None);
    second.slug = "cloud-1".to_owned();
    let error = providers::insert(&mut tx, &second).await.unwrap_err();
    assert!(providers::is_slug_taken(&error), "{error:?}");
}

async fn connecting_needs_the_current_revision(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let id = provider(&mut tx, 1).await;
    assert_eq!(providers::find_connection(&mut tx, id).await.unwrap(), None);
    let first = connection(1);
    providers::set_connection(&mut tx, id, 1, Some(&first), at(5)).await.unwrap();
    let late = providers::set_connection(&mut tx, id, 1, Some(&connection(2)), at(6)).await;
    assert!(matches!(late, Err(StorageError::Conflict { what: "provider" })), "{late:?}");
    assert_eq!(providers::find_connection(&mut tx, id).await.unwrap(), Some(first));

    let found = providers::find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((found.revision, found.updated_at), (2, at(5)));
    providers::set_connection(&mut tx, id, 2, None, at(7)).await.unwrap();
    assert_eq!(providers::find_connection(&mut tx, id).await.unwrap(), None);
}

async fn regions_belong_to_the_cloud_that_told_them(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let id = provider(&mut tx, 1).await;
    let (old, new) = (connection(1), connection(2));
    let told = r#"[{"id":"north","country":"JP"}]"#;
    assert!(!providers::set_regions(&mut tx, id, &old.url, told, at(1)).await.unwrap());
    providers::set_connection(&mut tx, id, 1, Some(&old), at(5)).await.unwrap();
    assert_eq!(providers::find(&mut tx, id).await.unwrap().unwrap().cloud_regions, None);
    assert!(providers::set_regions(&mut tx, id, &old.url, told, at(6)).await.unwrap());
    assert!(!providers::set_regions(&mut tx, id, &old.url, told, at(7)).await.unwrap(), "no news");
    let found = providers::find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((found.cloud_regions.as_deref(), found.updated_at), (Some(told), at(6)));
    let listed = providers::list(&mut tx).await.unwrap();
    assert_eq!(listed[0].cloud_regions.as_deref(), Some(told));

    // The same address again, say with a new token, keeps them; another one does not.
    providers::set_connection(&mut tx, id, found.revision, Some(&old), at(8)).await.unwrap();
    let found = providers::find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!(found.cloud_regions.as_deref(), Some(told));
    providers::set_connection(&mut tx, id, found.revision, Some(&new), at(9)).await.unwrap();
    assert_eq!(providers::find(&mut tx, id).await.unwrap().unwrap().cloud_regions, None);
    assert!(!providers::set_regions(&mut tx, id, &old.url, told, at(10)).await.unwrap(), "late");
}

async fn list_counts_published_offers_in_one_statement(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let busy = provider(&mut tx, 1).await;
    provider(&mut tx, 2).await;
    published(&mut tx, 1, busy).await;
    published(&mut tx, 2, busy).await;
    draft(&mut tx, 3, busy).await;
    providers::set_connection(&mut tx, busy, 1, Some(&connection(1)), at(5)).await.unwrap();
    let (listed, statements) = storage::stats::counting(providers::list(&mut tx)).await;
    let listed: Vec<_> =
        listed.unwrap().into_iter().map(|row| (row.id, row.backed, row.published_offers)).collect();
    assert_eq!(listed, [(provider_id(1), true, 2), (provider_id(2), false, 0)]);
    assert_eq!(statements, 1);
}

async fn a_cloud_passes_under_the_address_that_was_examined(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let id = provider(&mut tx, 1).await;
    let (first, second) = (connection(1), connection(2));
    providers::set_connection(&mut tx, id, 1, Some(&first), at(5)).await.unwrap();
    let passed = async |tx: &mut Tx| {
        let all = providers::list(tx).await.unwrap();
        all.iter().find(|one| one.id == id).unwrap().passed
    };
    assert!(!passed(&mut tx).await, "connected is not examined");
    let late = providers::set_passed(&mut tx, id, &second.url, true, at(6)).await.unwrap();
    assert!(!late && !passed(&mut tx).await, "a report about another address changes nothing");
    assert!(providers::set_passed(&mut tx, id, &first.url, true, at(6)).await.unwrap());
    assert!(!providers::set_passed(&mut tx, id, &first.url, true, at(7)).await.unwrap(), "no news");
    assert!(passed(&mut tx).await);
    let found = providers::find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!(found.cloud_passed_url, found.cloud_url);
    providers::set_connection(&mut tx, id, found.revision, Some(&second), at(8)).await.unwrap();
    assert!(!passed(&mut tx).await, "another address is another cloud");
    let revision = providers::find(&mut tx, id).await.unwrap().unwrap().revision;
    providers::set_connection(&mut tx, id, revision, Some(&first), at(9)).await.unwrap();
    assert!(passed(&mut tx).await);
    assert!(providers::set_passed(&mut tx, id, &first.url, false, at(9)).await.unwrap());
    assert!(!passed(&mut tx).await, "it deviates now");
}

on_both_databases!(
    a_cloud_passes_under_the_address_that_was_examined,
    provider_is_found_by_every_name,
    short_name_belongs_to_one_provider,
    connecting_needs_the_current_revision,
    regions_belong_to_the_cloud_that_told_them,
    list_counts_published_offers_in_one_statement,
);
