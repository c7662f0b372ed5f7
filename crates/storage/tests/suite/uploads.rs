//! Files of offers: taken by one process at a time, kept with what has to be known to undo them.

use crate::common::{at, draft, offer_id, provider, published};
use domain::{OfferState, UploadId, UploadState};
use storage::offers::{self, delete_drafts};
use storage::uploads::{
    self, NewUpload, Turn, UndoneCounts, UploadFound, UploadRow, count_under_way, find, take,
};
use storage::{Db, StorageError, Tx, on_both_databases};
use uuid::Uuid;

fn id(number: u128) -> UploadId {
    UploadId(Uuid::from_u128(number))
}

async fn waiting(tx: &mut Tx, number: u128, of: u128) {
    let new = NewUpload {
        id: id(number),
        provider_id: crate::common::provider_id(of),
        file_name: "価格表.csv",
        file_hash: "00ff",
        text: Some("name\nα"),
        reading: "{}",
        publish: true,
        dry_run: false,
        valid_rows_only: false,
        made_by: "system",
        made_by_name: "花子",
        made_at: at(0),
        state: UploadState::Waiting,
    };
    uploads::insert(tx, &new).await.unwrap();
}

fn row(number: i64, offer: u128) -> UploadRow {
    UploadRow {
        row_number: number,
        name: format!("offer-{offer}"),
        offer_id: offer_id(offer),
        version: 2,
        outcome: "revised".to_owned(),
        entered: "published".to_owned(),
        before_version: Some(1),
        before_state: Some(OfferState::Published),
        before_published: None,
        undone: None,
    }
}

fn turn(from: UploadState, to: UploadState, keeps_text: bool) -> Turn<'static> {
    Turn { from, to, failure: "", at: at(9), keeps_text }
}

async fn one_process_takes_it_and_another_after_its_lease(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let of = provider(&mut tx, 1).await;
    waiting(&mut tx, 1, 1).await;
    waiting(&mut tx, 2, 1).await;
    assert_eq!(count_under_way(&mut tx, of).await.unwrap(), 2);
    assert_eq!(uploads::next(&mut tx, at(1)).await.unwrap(), Some(id(1)));
    assert!(take(&mut tx, id(1), (at(1), at(31))).await.unwrap());
    assert!(!take(&mut tx, id(1), (at(2), at(32))).await.unwrap(), "taken");
    assert_eq!(uploads::next(&mut tx, at(2)).await.unwrap(), Some(id(2)));
    assert!(take(&mut tx, id(1), (at(32), at(62))).await.unwrap(), "its lease ran out");
    let row = find(&mut tx, id(1)).await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts), (UploadState::Running, 2));
    uploads::turn(&mut tx, id(1), turn(UploadState::Running, UploadState::Saved, false))
        .await
        .unwrap();
    let again = turn(UploadState::Running, UploadState::Failed, false);
    let again = uploads::turn(&mut tx, id(1), again).await;
    assert!(matches!(again, Err(StorageError::Conflict { what: "upload" })), "{again:?}");
    assert!(uploads::find_text(&mut tx, id(1)).await.unwrap().is_none(), "not needed any more");
    assert_eq!(count_under_way(&mut tx, of).await.unwrap(), 1);
}

async fn what_was_tried_waits_again_with_its_file(db: Db) {
    let mut tx = db.begin().await.unwrap();
    provider(&mut tx, 1).await;
    waiting(&mut tx, 1, 1).await;
    take(&mut tx, id(1), (at(1), at(31))).await.unwrap();
    let found = UploadFound {
        row_count: 4,
        created: 1,
        revised: 1,
        unchanged: 0,
        published: 2,
        submitted: 0,
        fault_count: 2,
        faults: "[1]".to_owned(),
    };
    uploads::set_found(&mut tx, id(1), &found).await.unwrap();
    uploads::turn(&mut tx, id(1), turn(UploadState::Running, UploadState::Tried, true))
        .await
        .unwrap();
    let wrong = uploads::wait_again(&mut tx, id(1), UploadState::Refused, (false, true)).await;
    assert!(matches!(wrong, Err(StorageError::Conflict { .. })), "{wrong:?}");
    uploads::wait_again(&mut tx, id(1), UploadState::Tried, (false, true)).await.unwrap();
    let row = find(&mut tx, id(1)).await.unwrap().unwrap();
    assert_eq!((row.state, row.valid_rows_only, row.found), (UploadState::Waiting, true, found));
    let text = uploads::find_text(&mut tx, id(1)).await.unwrap().unwrap();
    assert_eq!((text.text.as_str(), text.reading.as_str()), ("name\nα", "{}"));
}

async fn rows_are_read_in_order_and_marked_once_undone(db: Db) {
    let mut tx = db.begin().await.unwrap();
    provider(&mut tx, 1).await;
    waiting(&mut tx, 1, 1).await;
    waiting(&mut tx, 2, 1).await;
    uploads::put_rows(&mut tx, id(1), &[row(7, 7)]).await.unwrap();
    uploads::put_rows(&mut tx, id(2), &[row(2, 1)]).await.unwrap();
    let rows = [row(2, 1), row(3, 2), row(4, 3)];
    uploads::put_rows(&mut tx, id(1), &rows).await.unwrap();
    assert_eq!(uploads::list_rows(&mut tx, id(1), 0, 2).await.unwrap(), rows[..2]);
    assert_eq!(uploads::list_rows(&mut tx, id(1), 3, 9).await.unwrap(), rows[2..]);
    uploads::mark_undone(&mut tx, id(1), &[(2, "restored"), (4, "kept")]).await.unwrap();
    let counts = UndoneCounts { restored: 1, kept: 1, ..<_>::default() };
    assert_eq!(uploads::count_undone(&mut tx, id(1)).await.unwrap(), counts);
    assert_eq!(uploads::count_undone(&mut tx, id(2)).await.unwrap(), UndoneCounts::default());
    take(&mut tx, id(1), (at(1), at(31))).await.unwrap();
    uploads::turn(&mut tx, id(1), turn(UploadState::Running, UploadState::Saved, false))
        .await
        .unwrap();
    uploads::set_undone(&mut tx, id(1), at(10), "花子").await.unwrap();
    assert!(uploads::set_undone(&mut tx, id(1), at(10), "花子").await.is_err(), "once");
    // One that waits is never tidied away.
    assert_eq!(uploads::delete_older_than(&mut tx, at(5)).await.unwrap(), 1);
    assert!(uploads::list_rows(&mut tx, id(1), 0, 9).await.unwrap().is_empty());
}

async fn a_provider_lists_its_own_the_latest_first(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let of = provider(&mut tx, 1).await;
    provider(&mut tx, 2).await;
    for (number, owner) in [(1, 1), (2, 2), (3, 1), (4, 1)] {
        waiting(&mut tx, number, owner).await;
    }
    let page = uploads::list(&mut tx, of, None, 2).await.unwrap();
    assert_eq!(page.items.iter().map(|row| row.id).collect::<Vec<_>>(), [id(4), id(3)]);
    let rest = uploads::list(&mut tx, of, page.next.as_ref(), 2).await.unwrap();
    assert_eq!(rest.items.iter().map(|row| row.id).collect::<Vec<_>>(), [id(1)]);
    assert!(rest.next.is_none());
}

async fn only_drafts_that_nobody_saw_are_deleted(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let of = provider(&mut tx, 1).await;
    let (unseen, seen) = (draft(&mut tx, 1, of).await, published(&mut tx, 2, of).await);
    let wrong = delete_drafts(&mut tx, &[(unseen, 9)]).await;
    assert!(matches!(wrong, Err(StorageError::Conflict { what: "offer" })), "{wrong:?}");
    assert!(delete_drafts(&mut tx, &[(seen, 2)]).await.is_err());
    delete_drafts(&mut tx, &[(unseen, 1)]).await.unwrap();
    assert!(offers::find(&mut tx, unseen).await.unwrap().is_none());
    assert!(offers::find_version(&mut tx, unseen, 1).await.unwrap().is_none());
    assert!(offers::find(&mut tx, seen).await.unwrap().is_some());
}

on_both_databases! {
    one_process_takes_it_and_another_after_its_lease,
    what_was_tried_waits_again_with_its_file,
    rows_are_read_in_order_and_marked_once_undone,
    a_provider_lists_its_own_the_latest_first,
    only_drafts_that_nobody_saw_are_deleted,
}
