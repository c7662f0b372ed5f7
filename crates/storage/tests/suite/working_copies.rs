//! What members typed and did not save, and the needs that demand counts.

use crate::common::{at, offer_id, organisation, requirement, requirement_id, user};
use domain::{OfferId, Role};
use storage::requirements::{NeededLimits, list_needed};
use storage::working_copies::{self, CopyOf, WorkingCopy};
use storage::{Db, on_both_databases};
use uuid::Uuid;

fn copy(way: &str, fields: &str, seconds: i64) -> WorkingCopy {
    let (way, fields) = (way.to_owned(), fields.to_owned());
    WorkingCopy { way, made_of: Some(2), fields, kept_at: at(seconds) }
}

async fn each_member_has_one_copy_of_each_way_and_offer(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let of = organisation(&mut tx, 1, Role::Provider).await;
    let (one, two) = (user(&mut tx, 1, of).await, user(&mut tx, 2, of).await);
    let mine = CopyOf { user_id: one, offer_id: offer_id(1) };
    let new = CopyOf { user_id: one, offer_id: OfferId(Uuid::nil()) };
    working_copies::put(&mut tx, mine, of, &copy("form", "[1]", 1)).await.unwrap();
    working_copies::put(&mut tx, mine, of, &copy("form", "[2]", 2)).await.unwrap();
    working_copies::put(&mut tx, mine, of, &copy("document", "[3]", 3)).await.unwrap();
    working_copies::put(&mut tx, new, of, &copy("form", "[4]", 4)).await.unwrap();
    let kept = working_copies::list(&mut tx, mine, of).await.unwrap();
    assert_eq!(kept, [copy("document", "[3]", 3), copy("form", "[2]", 2)]);
    let theirs = CopyOf { user_id: two, ..mine };
    assert_eq!(working_copies::list(&mut tx, theirs, of).await.unwrap(), []);
    let elsewhere = organisation(&mut tx, 2, Role::Provider).await;
    assert_eq!(working_copies::list(&mut tx, mine, elsewhere).await.unwrap(), []);
    working_copies::drop_all(&mut tx, mine).await.unwrap();
    assert_eq!(working_copies::list(&mut tx, mine, of).await.unwrap(), []);
    assert_eq!(working_copies::list(&mut tx, new, of).await.unwrap().len(), 1);
}

async fn needs_of_everybody_come_in_turns_and_ones_own_do_not(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let asking = organisation(&mut tx, 1, Role::Provider).await;
    let (busy, quiet) = (
        organisation(&mut tx, 2, Role::Customer).await,
        organisation(&mut tx, 3, Role::Customer).await,
    );
    requirement(&mut tx, 1, asking).await;
    for number in [2, 3, 4, 5] {
        requirement(&mut tx, number, busy).await;
    }
    requirement(&mut tx, 6, quiet).await;
    let limits = NeededLimits { recent: 100, of_each: 3, all: 100 };
    let needs = list_needed(&mut tx, asking, limits).await.unwrap();
    let ids: Vec<_> = needs.iter().map(|need| need.id).collect();
    assert_eq!(ids, [6, 5, 4, 3].map(requirement_id), "each one's latest first, three of each");
    let few = NeededLimits { all: 2, ..limits };
    let needs = list_needed(&mut tx, asking, few).await.unwrap();
    let owners: Vec<_> = needs.iter().map(|need| need.organisation_id).collect();
    assert_eq!(owners, [quiet, busy]);
}

on_both_databases! {
    each_member_has_one_copy_of_each_way_and_offer,
    needs_of_everybody_come_in_turns_and_ones_own_do_not,
}
