//! Examinations of clouds: asked for, taken by one process, kept for one address.

use crate::common::{at, provider};
use storage::cloud_reports::{self, Finding};
use storage::{Db, on_both_databases};

const FINDING: Finding<'static> = Finding {
    cloud_url: "http://127.0.0.1:7701",
    verdict: "conforms",
    report: "{\"checks\":[]}",
    examined_at: domain::Timestamp(30),
};

async fn an_examination_is_taken_by_one_process_and_kept(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let id = provider(&mut tx, 1).await;
    assert_eq!(cloud_reports::find(&mut tx, id).await.unwrap(), None);
    assert!(!cloud_reports::claim(&mut tx, id, at(0), at(1)).await.unwrap(), "nobody waits");
    cloud_reports::request(&mut tx, id, at(5)).await.unwrap();
    cloud_reports::request(&mut tx, id, at(6)).await.unwrap();
    let waiting = cloud_reports::list_waiting(&mut tx, at(0)).await.unwrap();
    assert_eq!(waiting.iter().map(|each| each.provider_id).collect::<Vec<_>>(), [id]);
    assert!(cloud_reports::claim(&mut tx, id, at(0), at(10)).await.unwrap());
    assert!(!cloud_reports::claim(&mut tx, id, at(0), at(11)).await.unwrap(), "it is taken");
    assert_eq!(cloud_reports::list_waiting(&mut tx, at(0)).await.unwrap(), []);
    let found = cloud_reports::find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((found.requested_at, found.claimed_at), (Some(at(5)), Some(at(10))));
    assert!(cloud_reports::store(&mut tx, id, at(10), &FINDING).await.unwrap());
    let found = cloud_reports::find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((found.requested_at, found.claimed_at), (None, None));
    assert_eq!(found.verdict.as_deref(), Some("conforms"));
    assert_eq!(found.cloud_url.as_deref(), Some(FINDING.cloud_url));
    assert_eq!(found.report.as_deref(), Some(FINDING.report));
    assert_eq!(found.examined_at, Some(FINDING.examined_at));
}

async fn an_examination_that_was_cut_off_is_taken_again_and_its_late_end_changes_nothing(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let id = provider(&mut tx, 1).await;
    cloud_reports::request(&mut tx, id, at(1)).await.unwrap();
    assert!(cloud_reports::claim(&mut tx, id, at(0), at(2)).await.unwrap());
    assert_eq!(cloud_reports::list_waiting(&mut tx, at(2)).await.unwrap().len(), 0);
    assert_eq!(cloud_reports::list_waiting(&mut tx, at(3)).await.unwrap().len(), 1);
    assert!(cloud_reports::claim(&mut tx, id, at(3), at(4)).await.unwrap());
    assert!(!cloud_reports::store(&mut tx, id, at(2), &FINDING).await.unwrap(), "the late one");
    assert!(cloud_reports::store(&mut tx, id, at(4), &FINDING).await.unwrap());
}

on_both_databases!(
    an_examination_is_taken_by_one_process_and_kept,
    an_examination_that_was_cut_off_is_taken_again_and_its_late_end_changes_nothing,
);
