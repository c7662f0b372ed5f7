//! Admissions of providers, their checks, and offers that are held while a provider is suspended.

use crate::common::{at, draft, offer_id, provider};
use domain::{AdmissionState, AuditId, OfferState, Timestamp};
use storage::admissions::{self, AdmissionStep, AnswerRow, CheckRow, Turn};
use storage::offers;
use storage::{Db, StorageError, on_both_databases};
use uuid::Uuid;

fn turn(to: AdmissionState, moment: i64) -> Turn<'static> {
    let applied_by = (to == AdmissionState::Applied).then_some("usr");
    Turn { to, applied_by, at: at(moment) }
}

async fn a_provider_without_a_row_has_not_applied_and_turns_are_guarded(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let (one, two) = (provider(&mut tx, 1).await, provider(&mut tx, 2).await);
    assert_eq!(admissions::state_of(&mut tx, one).await.unwrap(), None);
    let fresh = admissions::find(&mut tx, one).await.unwrap().unwrap();
    assert_eq!((fresh.state, fresh.revision), (AdmissionState::Preparing, 0));
    admissions::ensure(&mut tx, one, at(1)).await.unwrap();
    admissions::ensure(&mut tx, one, at(2)).await.unwrap();
    admissions::write(&mut tx, (one, 0), ("we", "[]")).await.unwrap();
    admissions::turn(&mut tx, (one, 1), turn(AdmissionState::Applied, 3)).await.unwrap();
    let listed = admissions::list(&mut tx, None).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|row| row.provider_id).collect();
    assert_eq!(ids, [one, two], "what waits stands first");
    assert_eq!(admissions::count_waiting(&mut tx).await.unwrap(), 1);
    admissions::turn(&mut tx, (one, 2), turn(AdmissionState::Admitted, 5)).await.unwrap();
    admissions::turn(&mut tx, (one, 3), turn(AdmissionState::Suspended, 6)).await.unwrap();
    admissions::turn(&mut tx, (one, 4), turn(AdmissionState::Admitted, 7)).await.unwrap();
    let row = admissions::find(&mut tx, one).await.unwrap().unwrap();
    assert_eq!(row.applied_by.as_deref(), Some("usr"));
    assert_eq!((row.applied_at, row.admitted_at), (Some(at(3)), Some(at(5))), "the first time");
    let since: Option<Timestamp> = Some(at(5));
    let known = admissions::state_of(&mut tx, one).await.unwrap();
    assert_eq!(known, Some((AdmissionState::Admitted, since)));
    let admitted = admissions::list(&mut tx, Some(AdmissionState::Admitted)).await.unwrap();
    assert_eq!(admitted, [row]);
    let step = AdmissionStep {
        id: AuditId(Uuid::from_u128(1)),
        provider_id: one,
        at: at(5),
        actor: "usr".to_owned(),
        actor_name: "One".to_owned(),
        event: "admit".to_owned(),
        to_state: AdmissionState::Admitted,
        reason: String::new(),
        checks: Some("[]".to_owned()),
    };
    admissions::insert_step(&mut tx, &step).await.unwrap();
    assert_eq!(admissions::list_steps(&mut tx, one).await.unwrap(), [step]);
    for stale in [
        admissions::turn(&mut tx, (one, 4), turn(AdmissionState::Suspended, 8)).await,
        admissions::write(&mut tx, (one, 4), ("they", "[]")).await,
        admissions::touch(&mut tx, one, 4).await,
    ] {
        assert!(matches!(stale, Err(StorageError::Conflict { .. })), "{stale:?}");
    }
}

async fn checks_have_versions_and_answers_replace_each_other(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let one = provider(&mut tx, 1).await;
    let standard = admissions::list_checks(&mut tx).await.unwrap();
    assert!(standard.iter().any(|row| row.check_key == "conformance" && row.source != "ticked"));
    let row = CheckRow {
        check_key: "insurance".to_owned(),
        version: 1,
        place: 0,
        required: true,
        source: "ticked".to_owned(),
        title_en: "Insurance".to_owned(),
        title_ja: "保険".to_owned(),
        help_en: String::new(),
        help_ja: String::new(),
        state: "active".to_owned(),
        changed_at: at(1),
    };
    assert!(admissions::insert_check(&mut tx, &row).await.unwrap());
    assert!(!admissions::insert_check(&mut tx, &row).await.unwrap(), "the key is taken");
    let next = CheckRow { required: false, state: "retired".to_owned(), ..row };
    admissions::update_check(&mut tx, &next).await.unwrap();
    let stored = admissions::list_checks(&mut tx).await.unwrap();
    assert_eq!(stored[0], CheckRow { version: 2, ..next.clone() });
    let stale = admissions::update_check(&mut tx, &next).await;
    assert!(matches!(stale, Err(StorageError::Conflict { .. })), "{stale:?}");
    let answer = |answer: &str, moment| AnswerRow {
        check_key: "insurance".to_owned(),
        answer: answer.to_owned(),
        note: "seen".to_owned(),
        answered_by: "usr".to_owned(),
        answered_by_name: "One".to_owned(),
        answered_at: at(moment),
    };
    admissions::answer(&mut tx, one, &answer("met", 2)).await.unwrap();
    let other = answer("not_applicable", 3);
    admissions::answer(&mut tx, one, &other).await.unwrap();
    assert_eq!(admissions::list_answers(&mut tx, one).await.unwrap(), [other]);
    admissions::reopen(&mut tx, one, "insurance").await.unwrap();
    assert_eq!(admissions::list_answers(&mut tx, one).await.unwrap(), []);
}

async fn suspended_offers_come_back_as_they_were(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let (one, two) = (provider(&mut tx, 1).await, provider(&mut tx, 2).await);
    for (number, of) in [(1, one), (2, one), (3, one), (4, one), (5, two)] {
        draft(&mut tx, number, of).await;
        if number != 4 {
            offers::publish(&mut tx, offer_id(number), 1, 1, at(1)).await.unwrap();
        }
    }
    let ends = (OfferState::Withdrawing, Some(at(9)));
    offers::set_state(&mut tx, offer_id(2), 2, ends, at(2)).await.unwrap();
    offers::set_state(&mut tx, offer_id(3), 2, (OfferState::Paused, None), at(2)).await.unwrap();
    assert_eq!(admissions::suspend_offers(&mut tx, one, at(3)).await.unwrap(), 2);
    for (number, state) in [
        (1, OfferState::Paused),
        (2, OfferState::Paused),
        (3, OfferState::Paused),
        (4, OfferState::Draft),
        (5, OfferState::Published),
    ] {
        let found = offers::find(&mut tx, offer_id(number)).await.unwrap().unwrap().offer;
        assert_eq!(found.state, state, "{number}");
    }
    assert_eq!(admissions::reinstate_offers(&mut tx, one, at(4)).await.unwrap(), 2);
    assert_eq!(admissions::reinstate_offers(&mut tx, one, at(4)).await.unwrap(), 0);
    for (number, state, ends_at) in [
        (1, OfferState::Published, None),
        (2, OfferState::Withdrawing, Some(at(9))),
        (3, OfferState::Paused, None),
        (4, OfferState::Draft, None),
    ] {
        let found = offers::find(&mut tx, offer_id(number)).await.unwrap().unwrap().offer;
        assert_eq!((found.state, found.ends_at), (state, ends_at), "{number}");
    }
    // What its provider withdraws meanwhile stays withdrawn.
    admissions::suspend_offers(&mut tx, one, at(5)).await.unwrap();
    let revision = offers::find(&mut tx, offer_id(1)).await.unwrap().unwrap().offer.revision;
    let gone = (OfferState::Withdrawn, None);
    offers::set_state(&mut tx, offer_id(1), revision, gone, at(6)).await.unwrap();
    admissions::reinstate_offers(&mut tx, one, at(7)).await.unwrap();
    let found = offers::find(&mut tx, offer_id(1)).await.unwrap().unwrap().offer;
    assert_eq!(found.state, OfferState::Withdrawn);
}

on_both_databases!(
    a_provider_without_a_row_has_not_applied_and_turns_are_guarded,
    checks_have_versions_and_answers_replace_each_other,
    suspended_offers_come_back_as_they_were,
);
