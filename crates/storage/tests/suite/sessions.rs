//! Sessions and API tokens.

use crate::common::{at, organisation, user, user_id};
use domain::{Role, TokenId, Viewer};
use storage::sessions::{self, Session};
use storage::tokens::{self, NewToken};
use storage::{Db, on_both_databases};
use uuid::Uuid;

fn session(byte: u8, data: &str) -> Session {
    Session {
        id_hash: [byte; 32],
        user_id: Some(user_id(1)),
        data: data.to_owned(),
        expires_at: at(100),
    }
}

async fn with_user(db: &Db) -> storage::Tx {
    let mut tx = db.begin().await.unwrap();
    let home = organisation(&mut tx, 1, Role::Customer).await;
    user(&mut tx, 1, home).await;
    tx
}

async fn session_in_use_is_not_created_again(db: Db) {
    let mut tx = with_user(&db).await;
    assert!(sessions::create(&mut tx, &session(1, "first")).await.unwrap());
    assert!(!sessions::create(&mut tx, &session(1, "second")).await.unwrap());
    let loaded = sessions::load(&mut tx, &[1; 32], at(0)).await.unwrap();
    assert_eq!(loaded, Some(session(1, "first")));
}

async fn saving_replaces_or_adds(db: Db) {
    let mut tx = with_user(&db).await;
    sessions::save(&mut tx, &session(1, "first")).await.unwrap();
    sessions::save(&mut tx, &session(1, "second")).await.unwrap();
    let loaded = sessions::load(&mut tx, &[1; 32], at(0)).await.unwrap();
    assert_eq!(loaded, Some(session(1, "second")));
}

async fn expired_session_is_not_loaded_and_is_swept(db: Db) {
    let mut tx = with_user(&db).await;
    sessions::save(&mut tx, &session(1, "")).await.unwrap();
    let later = Session { expires_at: at(200), user_id: None, ..session(2, "") };
    sessions::save(&mut tx, &later).await.unwrap();
    assert!(sessions::load(&mut tx, &[1; 32], at(99)).await.unwrap().is_some());
    assert!(sessions::load(&mut tx, &[1; 32], at(100)).await.unwrap().is_none());
    assert_eq!(sessions::delete_expired(&mut tx, at(100)).await.unwrap(), 1);
    assert!(sessions::load(&mut tx, &[1; 32], at(0)).await.unwrap().is_none());
    assert_eq!(sessions::load(&mut tx, &[2; 32], at(100)).await.unwrap(), Some(later));
}

async fn sessions_end_one_by_one_or_all_of_a_person(db: Db) {
    let mut tx = with_user(&db).await;
    for byte in [1, 2, 3] {
        sessions::save(&mut tx, &session(byte, "")).await.unwrap();
    }
    let stranger = Session { user_id: None, ..session(4, "") };
    sessions::save(&mut tx, &stranger).await.unwrap();
    assert!(sessions::delete(&mut tx, &[1; 32]).await.unwrap());
    assert!(!sessions::delete(&mut tx, &[1; 32]).await.unwrap());
    assert_eq!(sessions::delete_for_user(&mut tx, user_id(1)).await.unwrap(), 2);
    assert_eq!(sessions::load(&mut tx, &[4; 32], at(0)).await.unwrap(), Some(stranger));
}

fn token(number: u8) -> NewToken {
    NewToken {
        id: TokenId(Uuid::from_u128(number.into())),
        user_id: user_id(1),
        name: format!("laptop {number}"),
        secret_hash: [number; 32],
        created_at: at(1),
    }
}

async fn token_stands_for_its_person_until_revoked(db: Db) {
    let mut tx = with_user(&db).await;
    tokens::insert(&mut tx, &token(1)).await.unwrap();
    let found = tokens::find_viewer(&mut tx, &[1; 32]).await.unwrap().unwrap();
    assert_eq!(found.token, token(1).id);
    assert_eq!(Viewer::from(found.viewer).user, user_id(1));
    assert_eq!(tokens::find_viewer(&mut tx, &[2; 32]).await.unwrap(), None);

    assert!(!tokens::revoke(&mut tx, token(1).id, user_id(2), at(5)).await.unwrap());
    assert!(tokens::find_viewer(&mut tx, &[1; 32]).await.unwrap().is_some());
    assert!(tokens::revoke(&mut tx, token(1).id, user_id(1), at(5)).await.unwrap());
    assert!(tokens::revoke(&mut tx, token(1).id, user_id(1), at(6)).await.unwrap());
    assert_eq!(tokens::find_viewer(&mut tx, &[1; 32]).await.unwrap(), None);
    let listed = tokens::list_by_user(&mut tx, user_id(1)).await.unwrap();
    assert_eq!(listed[0].revoked_at, Some(at(5)));
}

async fn tokens_are_listed_newest_first_with_their_last_use(db: Db) {
    let mut tx = with_user(&db).await;
    tokens::insert(&mut tx, &token(1)).await.unwrap();
    tokens::insert(&mut tx, &token(2)).await.unwrap();
    tokens::touch(&mut tx, token(1).id, at(9)).await.unwrap();
    let listed = tokens::list_by_user(&mut tx, user_id(1)).await.unwrap();
    let listed: Vec<_> = listed.into_iter().map(|token| (token.name, token.last_used_at)).collect();
    assert_eq!(listed, [("laptop 2".to_owned(), None), ("laptop 1".to_owned(), Some(at(9)))]);
}

on_both_databases!(
    session_in_use_is_not_created_again,
    saving_replaces_or_adds,
    expired_session_is_not_loaded_and_is_swept,
    sessions_end_one_by_one_or_all_of_a_person,
    token_stands_for_its_person_until_revoked,
    tokens_are_listed_newest_first_with_their_last_use,
);
