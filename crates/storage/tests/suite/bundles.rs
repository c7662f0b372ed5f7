//! Several offers that are ordered together.

use crate::common::{at, draft, offer_id, provider, published};
use domain::BundleId;
use storage::bundles::{self, BundleText, Whose};
use storage::offers::delete_drafts;
use storage::{Db, Tx, on_both_databases};
use uuid::Uuid;

fn id(number: u128) -> BundleId {
    BundleId(Uuid::from_u128(number))
}

fn text(title: &str, shown: bool) -> BundleText {
    let none = String::new;
    BundleText {
        title_en: title.to_owned(),
        title_ja: none(),
        text_en: none(),
        text_ja: "説明".to_owned(),
        shown,
    }
}

async fn ids(tx: &mut Tx, whose: Whose) -> Vec<BundleId> {
    bundles::list(tx, whose, None, 10).await.unwrap().items.iter().map(|row| row.id).collect()
}

async fn bundles_are_listed_by_whose_they_are_and_who_sees_them(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let of = provider(&mut tx, 1).await;
    let (one, two) = (published(&mut tx, 1, of).await, published(&mut tx, 2, of).await);
    let by = ("system", at(0));
    bundles::insert(&mut tx, (id(1), None), &text("one", true), &[two, one], by).await.unwrap();
    bundles::insert(&mut tx, (id(2), Some(of)), &text("two", false), &[one], by).await.unwrap();
    bundles::insert(&mut tx, (id(3), Some(of)), &text("three", true), &[one], by).await.unwrap();
    assert_eq!(ids(&mut tx, Whose::Shown).await, [id(3), id(1)]);
    assert_eq!(ids(&mut tx, Whose::Market).await, [id(1)]);
    assert_eq!(ids(&mut tx, Whose::Provider(of)).await, [id(3), id(2)]);
    let with = bundles::list_with(&mut tx, two).await.unwrap();
    assert_eq!(with.iter().map(|row| row.id).collect::<Vec<_>>(), [id(1)]);
    let members = bundles::members(&mut tx, &[id(1), id(2)]).await.unwrap();
    assert_eq!(
        (members[&id(1)].as_slice(), members[&id(2)].as_slice()),
        (&[two, one][..], &[one][..])
    );
    assert_eq!(bundles::count(&mut tx, None).await.unwrap(), 1);
    assert_eq!(bundles::count(&mut tx, Some(of)).await.unwrap(), 2);
}

async fn a_bundle_is_changed_at_the_revision_that_was_read_and_loses_deleted_drafts(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let of = provider(&mut tx, 1).await;
    let (one, two) = (draft(&mut tx, 1, of).await, published(&mut tx, 2, of).await);
    bundles::insert(&mut tx, (id(1), None), &text("one", true), &[one], ("system", at(0)))
        .await
        .unwrap();
    let changed = text("changed", false);
    assert!(bundles::update(&mut tx, (id(1), 1), &changed, &[two, one], at(1)).await.unwrap());
    assert!(!bundles::update(&mut tx, (id(1), 1), &changed, &[two], at(2)).await.unwrap());
    let row = bundles::find(&mut tx, id(1)).await.unwrap().unwrap();
    assert_eq!((row.revision, row.changed_at, &row.text), (2, Some(at(1)), &changed));
    delete_drafts(&mut tx, &[(one, 1)]).await.unwrap();
    assert_eq!(bundles::members(&mut tx, &[id(1)]).await.unwrap()[&id(1)], [offer_id(2)]);
    bundles::delete(&mut tx, id(1)).await.unwrap();
    assert!(bundles::find(&mut tx, id(1)).await.unwrap().is_none());
    assert!(bundles::members(&mut tx, &[id(1)]).await.unwrap().is_empty());
}

on_both_databases! {
    bundles_are_listed_by_whose_they_are_and_who_sees_them,
    a_bundle_is_changed_at_the_revision_that_was_read_and_loses_deleted_drafts,
}
