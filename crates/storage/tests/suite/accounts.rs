//! Organisations and people.

use crate::common::{organisation, organisation_id, user, user_id, user_row};
use domain::{Role, Viewer};
use storage::{Db, Secret, accounts, on_both_databases};

async fn person_is_found_by_id_and_by_email_with_their_organisation(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let home = organisation(&mut tx, 7, Role::Provider).await;
    let id = user(&mut tx, 1, home).await;
    tx.commit().await.unwrap();

    let mut tx = db.begin_read().await.unwrap();
    let row = user_row(1, home);
    assert_eq!(accounts::find_user(&mut tx, id).await.unwrap(), Some(row.clone()));
    let by_email = accounts::find_user_by_email(&mut tx, &row.email).await.unwrap();
    assert_eq!(by_email, Some(row));
    assert_eq!(
        accounts::find_viewer(&mut tx, id).await.unwrap(),
        Some(Viewer {
            user: id,
            organisation: home,
            role: Role::Provider,
            name: "Person 1".to_owned(),
            organisation_name: "株式会社 7".to_owned(),
        })
    );
    assert_eq!(accounts::find_organisation(&mut tx, home).await.unwrap().unwrap().id, home);
}

async fn unknown_people_are_absent(db: Db) {
    let mut tx = db.begin_read().await.unwrap();
    assert_eq!(accounts::find_user(&mut tx, user_id(9)).await.unwrap(), None);
    assert_eq!(accounts::find_viewer(&mut tx, user_id(9)).await.unwrap(), None);
    assert_eq!(accounts::find_user_by_email(&mut tx, "no@example.test").await.unwrap(), None);
    assert_eq!(accounts::find_organisation(&mut tx, organisation_id(9)).await.unwrap(), None);
}

async fn address_belongs_to_one_person(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let home = organisation(&mut tx, 1, Role::Customer).await;
    user(&mut tx, 1, home).await;
    let mut second = user_row(2, home);
    second.email = user_row(1, home).email;
    let error = accounts::insert_user(&mut tx, &second).await.unwrap_err();
    assert!(accounts::is_email_taken(&error), "{error:?}");
}

async fn person_without_organisation_is_refused_for_another_reason(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let stray = user_row(1, organisation_id(404));
    let error = accounts::insert_user(&mut tx, &stray).await.unwrap_err();
    assert!(!accounts::is_email_taken(&error), "{error:?}");
}

async fn people_are_listed_by_organisation(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let home = organisation(&mut tx, 1, Role::Customer).await;
    let other = organisation(&mut tx, 2, Role::Customer).await;
    for number in [3, 1, 2] {
        user(&mut tx, number, home).await;
    }
    user(&mut tx, 4, other).await;
    let listed = accounts::list_users(&mut tx, home).await.unwrap();
    let listed: Vec<_> = listed.into_iter().map(|user| user.id).collect();
    assert_eq!(listed, [user_id(1), user_id(2), user_id(3)]);
}

async fn password_hash_is_replaced(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let home = organisation(&mut tx, 1, Role::Customer).await;
    let id = user(&mut tx, 1, home).await;
    let stronger = Secret("$argon2id$stronger".to_owned());
    assert!(accounts::set_password_hash(&mut tx, id, &stronger).await.unwrap());
    let found = accounts::find_user(&mut tx, id).await.unwrap().unwrap();
    assert_eq!(found.password_hash, stronger);
    assert!(!accounts::set_password_hash(&mut tx, user_id(9), &stronger).await.unwrap());
}

async fn dropped_unit_of_work_leaves_nothing(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let home = organisation(&mut tx, 1, Role::Customer).await;
    drop(tx);
    let mut tx = db.begin_read().await.unwrap();
    assert_eq!(accounts::find_organisation(&mut tx, home).await.unwrap(), None);
}

on_both_databases!(
    person_is_found_by_id_and_by_email_with_their_organisation,
    unknown_people_are_absent,
    address_belongs_to_one_person,
    person_without_organisation_is_refused_for_another_reason,
    people_are_listed_by_organisation,
    password_hash_is_replaced,
    dropped_unit_of_work_leaves_nothing,
);
