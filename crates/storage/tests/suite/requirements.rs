//! Saved requirements.

use crate::common::{at, organisation, requirement, requirement_id, requirement_version_row};
use domain::{OrganisationId, RequirementId, Role};
use storage::{Db, StorageError, Tx, on_both_databases, requirements};

async fn newest_version_is_read_and_older_ones_stay(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let owner = organisation(&mut tx, 1, Role::Customer).await;
    let id = requirement(&mut tx, 1, owner).await;
    let second = requirement_version_row(1, 2);
    requirements::insert_version(&mut tx, &second).await.unwrap();
    requirements::set_current_version(&mut tx, id, 1, 2, at(2)).await.unwrap();

    let current = requirements::find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((&current.document, &current.hash), (&second.document, &second.hash));
    assert_eq!(current.requirement.organisation_id, owner);
    assert_eq!((current.requirement.revision, current.requirement.updated_at), (2, at(2)));
    let first = requirements::find_version(&mut tx, id, 1).await.unwrap();
    assert_eq!(first, Some(requirement_version_row(1, 1)));
    assert_eq!(requirements::find(&mut tx, requirement_id(9)).await.unwrap(), None);
}

async fn second_writer_of_a_version_is_refused(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let owner = organisation(&mut tx, 1, Role::Customer).await;
    let id = requirement(&mut tx, 1, owner).await;
    let stale = requirements::set_current_version(&mut tx, id, 7, 1, at(2)).await;
    assert!(matches!(stale, Err(StorageError::Conflict { what: "requirement" })), "{stale:?}");
    let row = requirement_version_row(1, 1);
    let error = requirements::insert_version(&mut tx, &row).await.unwrap_err();
    assert!(requirements::is_version_taken(&error), "{error:?}");
}

async fn organisation_sees_its_own_requirements_page_by_page(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let owner = organisation(&mut tx, 1, Role::Customer).await;
    let other = organisation(&mut tx, 2, Role::Customer).await;
    for number in [1, 3, 5] {
        requirement(&mut tx, number, owner).await;
    }
    requirement(&mut tx, 4, other).await;
    let first = requirements::list_by_organisation(&mut tx, owner, None, 2).await.unwrap();
    let titles: Vec<_> = first.items.iter().map(|row| row.title_en.as_str()).collect();
    assert_eq!(titles, ["Need 5 v1", "Need 3 v1"]);
    let next = first.next.as_ref();
    let second = requirements::list_by_organisation(&mut tx, owner, next, 2).await.unwrap();
    assert_eq!(second.items[0].requirement.id, requirement_id(1));
    assert_eq!((second.items.len(), second.next), (1, None));
}

async fn same(tx: &mut Tx, owner: OrganisationId, hashes: [&str; 2]) -> Option<RequirementId> {
    let found = requirements::find_same(tx, owner, hashes).await.unwrap()?;
    assert!(hashes.contains(&found.hash.as_str()), "it is read as it is now");
    Some(found.requirement.id)
}

async fn the_same_need_is_found_by_its_newest_hash_within_its_organisation(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let owner = organisation(&mut tx, 1, Role::Customer).await;
    let other = organisation(&mut tx, 2, Role::Customer).await;
    let id = requirement(&mut tx, 1, owner).await;
    let (old, new) = (requirement_version_row(1, 1).hash, requirement_version_row(1, 2));
    let either = [old.as_str(), "none"];
    assert_eq!(same(&mut tx, owner, either).await, Some(id));
    assert_eq!(same(&mut tx, other, either).await, None);
    requirements::insert_version(&mut tx, &new).await.unwrap();
    requirements::set_current_version(&mut tx, id, 1, 2, at(2)).await.unwrap();
    assert_eq!(same(&mut tx, owner, either).await, None);
    let newer = ["none", new.hash.as_str()];
    assert_eq!(same(&mut tx, owner, newer).await, Some(id));
}

on_both_databases!(
    the_same_need_is_found_by_its_newest_hash_within_its_organisation,
    newest_version_is_read_and_older_ones_stay,
    second_writer_of_a_version_is_refused,
    organisation_sees_its_own_requirements_page_by_page,
);
