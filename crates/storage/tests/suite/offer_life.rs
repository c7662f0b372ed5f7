//! The life of offers: states that came later, reviews, comments, history, rules; and the migration that brought them.

use crate::common::{at, draft, offer_id, provider, published, version_row};
use domain::{AuditId, CommentId, OfferState, ReviewId, ReviewState, Role};
use sqlx::{Connection, PgConnection, SqliteConnection};
use storage::offers::{self, Comment, OfferStep, Review, ReviewStep, RulesRow};
use storage::{Db, StorageError, on_both_databases};
use uuid::Uuid;

/// The last migration before offers had a life.
const BEFORE: i64 = 29;

fn review_id(number: u128) -> ReviewId {
    ReviewId(Uuid::from_u128(number))
}

fn review_row(number: u128, offer: u128, state: ReviewState) -> Review {
    let decided = !matches!(state, ReviewState::Submitted | ReviewState::InReview);
    Review {
        id: review_id(number),
        offer_id: offer_id(offer),
        version: 1,
        state,
        submitted_by: "usr_1".to_owned(),
        submitted_by_name: "雲 太郎".to_owned(),
        submitted_at: at(i64::try_from(number).unwrap()),
        note: "see \"α\"".to_owned(),
        publish_at: None,
        evaluation: "{}".to_owned(),
        reviewer: None,
        reviewer_name: None,
        decided_at: decided.then(|| at(50)),
        reason: None,
        published_at: None,
    }
}

async fn an_offer_that_ends_is_on_the_market_and_a_paused_one_is_not(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    let id = published(&mut tx, 1, cloud).await;
    let listed = async |tx: &mut storage::Tx| {
        let page = offers::list_published_page(tx, None, 10).await.unwrap();
        let own = offers::list_published_by_provider(tx, cloud, None, 10).await.unwrap();
        let ids = offers::published_by_ids(tx, &[id]).await.unwrap();
        let revisions = offers::published_revisions(tx, None, 10).await.unwrap();
        assert_eq!(
            (page.items.len(), own.items.len(), ids.len()),
            (ids.len(), ids.len(), revisions.len())
        );
        let (sum, _) = offers::published_sum(tx).await.unwrap();
        assert_eq!(usize::try_from(sum).unwrap(), ids.len());
        ids.len()
    };
    let ending = (OfferState::Withdrawing, Some(at(100)));
    offers::set_state(&mut tx, id, 2, ending, at(2)).await.unwrap();
    assert_eq!(listed(&mut tx).await, 1);
    assert_eq!(offers::find_published(&mut tx, id).await.unwrap().unwrap().ends_at, Some(at(100)));
    assert_eq!(offers::list_ended(&mut tx, at(99), 10).await.unwrap(), []);
    assert_eq!(offers::list_ended(&mut tx, at(100), 10).await.unwrap()[0].id, id);
    let counts = offers::counts(&mut tx).await.unwrap();
    assert_eq!((counts.withdrawing, counts.on_market()), (1, 1));
    offers::set_state(&mut tx, id, 3, (OfferState::Paused, None), at(3)).await.unwrap();
    assert_eq!(listed(&mut tx).await, 0);
    assert_eq!(offers::list_ended(&mut tx, at(900), 10).await.unwrap(), []);
    let stale = offers::set_state(&mut tx, id, 3, (OfferState::Published, None), at(4)).await;
    assert!(matches!(stale, Err(StorageError::Conflict { .. })));
    offers::publish(&mut tx, id, 4, 1, at(5)).await.unwrap();
    assert_eq!(listed(&mut tx).await, 1);
}

async fn one_review_of_an_offer_is_open_and_steps_are_guarded(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    draft(&mut tx, 1, cloud).await;
    let closed = review_row(1, 1, ReviewState::Refused);
    let open = review_row(2, 1, ReviewState::Submitted);
    offers::insert_reviews(&mut tx, &[closed.clone(), open.clone()]).await.unwrap();
    assert_eq!(offers::find_open_review(&mut tx, offer_id(1)).await.unwrap(), Some(open.clone()));
    let many = offers::list_open_reviews(&mut tx, &[offer_id(1), offer_id(9)]).await.unwrap();
    assert_eq!(many, std::slice::from_ref(&open));
    assert_eq!(
        offers::list_reviews_of(&mut tx, offer_id(1)).await.unwrap(),
        [open.clone(), closed]
    );
    let step = |from, to| ReviewStep {
        from,
        to,
        reviewer: Some(("usr_2", "Desk")),
        reason: None,
        at: at(60),
    };
    let begin = step(ReviewState::Submitted, ReviewState::InReview);
    offers::step_review(&mut tx, open.id, &begin).await.unwrap();
    let again = offers::step_review(&mut tx, open.id, &begin).await;
    assert!(matches!(again, Err(StorageError::Conflict { .. })));
    offers::reschedule_review(&mut tx, open.id, Some(at(70))).await.unwrap();
    let approve = step(ReviewState::InReview, ReviewState::Approved);
    offers::step_review(&mut tx, open.id, &approve).await.unwrap();
    assert_eq!(offers::list_due_reviews(&mut tx, at(69), true, 10).await.unwrap(), []);
    assert_eq!(offers::list_due_reviews(&mut tx, at(70), true, 10).await.unwrap()[0].id, open.id);
    let held = offers::list_due_reviews(&mut tx, at(70), false, 10).await.unwrap();
    assert_eq!(held, [], "its provider is not admitted");
    let publish = ReviewStep {
        reviewer: None,
        at: at(71),
        ..step(ReviewState::Approved, ReviewState::Published)
    };
    offers::step_review(&mut tx, open.id, &publish).await.unwrap();
    let row = offers::find_review(&mut tx, open.id).await.unwrap().unwrap();
    assert_eq!((row.review.decided_at, row.review.published_at), (Some(at(60)), Some(at(71))));
    assert_eq!(row.review.reviewer_name.as_deref(), Some("Desk"));
    assert_eq!((row.title_en.as_str(), row.provider_name_en.as_str()), ("Offer 1 v1", "Cloud 1"));
    let closed = offers::reschedule_review(&mut tx, open.id, None).await;
    assert!(matches!(closed, Err(StorageError::Conflict { .. })));
    offers::insert_reviews(&mut tx, &[review_row(3, 1, ReviewState::Submitted)]).await.unwrap();
    offers::take_back_reviews(&mut tx, &[review_id(3), open.id], at(80)).await.unwrap();
    assert_eq!(offers::find_open_review(&mut tx, offer_id(1)).await.unwrap(), None);
    let kept = offers::find_review(&mut tx, open.id).await.unwrap().unwrap();
    assert_eq!(kept.review.state, ReviewState::Published, "what is closed stays as it was");
}

async fn who_waits_longest_comes_first_and_what_was_decided_last(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    for number in 1..=4 {
        draft(&mut tx, number, cloud).await;
    }
    let rows = [
        review_row(2, 1, ReviewState::Submitted),
        review_row(1, 2, ReviewState::InReview),
        review_row(3, 3, ReviewState::Submitted),
        review_row(4, 4, ReviewState::Refused),
    ];
    offers::insert_reviews(&mut tx, &rows).await.unwrap();
    assert_eq!(offers::count_waiting_reviews(&mut tx).await.unwrap(), 3);
    let first = offers::list_waiting_reviews(&mut tx, None, 2).await.unwrap();
    let next = offers::list_waiting_reviews(&mut tx, first.next.as_ref(), 2).await.unwrap();
    let ids = |page: &storage::Page<offers::ReviewListing>| {
        page.items.iter().map(|row| row.review.id).collect::<Vec<_>>()
    };
    assert_eq!((ids(&first), ids(&next)), (vec![review_id(1), review_id(2)], vec![review_id(3)]));
    assert!(next.next.is_none());
    let decided = offers::list_decided_reviews(&mut tx, None, 10).await.unwrap();
    assert_eq!(ids(&decided), [review_id(4)]);
    assert_eq!(offers::provider_record(&mut tx, cloud, at(50)).await.unwrap(), (0, 1));
    assert_eq!(offers::provider_record(&mut tx, cloud, at(51)).await.unwrap(), (0, 0));
}

async fn the_middle_price_is_of_what_is_on_the_market(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    assert_eq!(offers::middle_price(&mut tx, "IaaS", "JPY").await.unwrap(), None);
    for (number, minor) in [(1, 500), (2, 100), (3, 300), (4, 200)] {
        let id = draft(&mut tx, number, cloud).await;
        let mut second = version_row(number, 2);
        second.price = Some(domain::Money::new(minor, domain::Currency::Jpy));
        offers::insert_version(&mut tx, &second).await.unwrap();
        if number != 4 {
            offers::publish(&mut tx, id, 1, 2, at(2)).await.unwrap();
        }
    }
    assert_eq!(offers::middle_price(&mut tx, "IaaS", "JPY").await.unwrap(), Some((300, 3)));
    offers::publish(&mut tx, offer_id(4), 1, 2, at(2)).await.unwrap();
    let even = offers::middle_price(&mut tx, "IaaS", "JPY").await.unwrap();
    assert_eq!(even, Some((200, 4)), "the lower one of two");
    assert_eq!(offers::middle_price(&mut tx, "SaaS", "JPY").await.unwrap(), None);
}

async fn history_comments_and_rules_come_back_as_they_were_written(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let cloud = provider(&mut tx, 1).await;
    draft(&mut tx, 1, cloud).await;
    let step = |number: u128, step: &str| OfferStep {
        id: AuditId(Uuid::from_u128(number)),
        offer_id: offer_id(1),
        at: at(7),
        actor: "rules".to_owned(),
        actor_name: String::new(),
        step: step.to_owned(),
        version: 1,
        moment: (number == 2).then(|| at(9)),
        reason: "\"why\"".to_owned(),
    };
    let rows = [step(1, "submitted"), step(2, "approved")];
    offers::insert_steps(&mut tx, &rows).await.unwrap();
    let [first, second] = rows;
    assert_eq!(offers::list_steps(&mut tx, offer_id(1)).await.unwrap(), [second, first]);

    offers::insert_reviews(&mut tx, &[review_row(1, 1, ReviewState::Submitted)]).await.unwrap();
    let comment = |number: u128, answers: Option<u128>| Comment {
        id: CommentId(Uuid::from_u128(number)),
        review_id: review_id(1),
        answers: answers.map(|id| CommentId(Uuid::from_u128(id))),
        pointer: "/spec/items/0".to_owned(),
        text: "本当ですか".to_owned(),
        author: "usr_2".to_owned(),
        author_name: "Desk".to_owned(),
        author_role: Role::Broker,
        at: at(i64::try_from(number).unwrap()),
        settled_at: None,
        settled_by_name: None,
    };
    let (asked, answered) = (comment(1, None), comment(2, Some(1)));
    offers::insert_comment(&mut tx, &asked).await.unwrap();
    offers::insert_comment(&mut tx, &answered).await.unwrap();
    let said = offers::list_comments(&mut tx, offer_id(1)).await.unwrap();
    assert_eq!(said, [asked.clone(), answered]);
    offers::settle_comment(&mut tx, asked.id, at(9), "Desk").await.unwrap();
    let settled = offers::find_comment(&mut tx, asked.id).await.unwrap().unwrap();
    assert_eq!(
        (settled.settled_at, settled.settled_by_name.as_deref()),
        (Some(at(9)), Some("Desk"))
    );
    let twice = offers::settle_comment(&mut tx, asked.id, at(10), "Other").await;
    assert!(matches!(twice, Err(StorageError::Conflict { .. })));

    assert_eq!(offers::newest_rules(&mut tx).await.unwrap(), None);
    let rules = |version| RulesRow {
        version,
        rules: format!("{{\"v\":{version}}}"),
        made_by: "usr_2".to_owned(),
        made_by_name: "Desk".to_owned(),
        made_at: at(version),
    };
    offers::insert_rules(&mut tx, &rules(1)).await.unwrap();
    offers::insert_rules(&mut tx, &rules(2)).await.unwrap();
    assert_eq!(offers::newest_rules(&mut tx).await.unwrap(), Some(rules(2)));
    assert_eq!(offers::list_rules(&mut tx, 10).await.unwrap(), [rules(2), rules(1)]);
    let taken = offers::insert_rules(&mut tx, &rules(2)).await.unwrap_err();
    assert!(offers::is_rules_taken(&taken), "{taken:?}");
}

on_both_databases!(
    an_offer_that_ends_is_on_the_market_and_a_paused_one_is_not,
    one_review_of_an_offer_is_open_and_steps_are_guarded,
    who_waits_longest_comes_first_and_what_was_decided_last,
    the_middle_price_is_of_what_is_on_the_market,
    history_comments_and_rules_come_back_as_they_were_written,
);

/// Three offers with a version and a look each, as the tables were before; `id` writes an id.
fn rows(id: impl Fn(u8) -> String) -> String {
    let mut text = format!(
        "INSERT INTO provider (id, slug, did, name_en, name_ja, description_en, description_ja, country,
            created_at, updated_at, revision)
        VALUES ({}, 'cloud', 'did:web:cloud.example', 'Cloud', '雲', '', '', 'JP', 1, 1, 1);",
        id(100)
    );
    for (number, state) in [(1, "draft"), (2, "published"), (3, "withdrawn")] {
        let shown = if state == "draft" { "NULL" } else { "1" };
        let (offer, cloud) = (id(number), id(100));
        text.push_str(&format!(
            "INSERT INTO offer (id, provider_id, slug, state, current_version, published_version,
                created_at, updated_at, revision)
            VALUES ({offer}, {cloud}, 'offer-{number}', '{state}', 1, {shown}, 1, 1, 1);
            INSERT INTO offer_version (offer_id, version, document, hash, title_en, title_ja,
                service_model, deployment_model, created_by, created_at)
            VALUES ({offer}, 1, '{{}}', 'h', 'Offer', '提供', 'IaaS', 'public', 'system', 1);
            INSERT INTO offer_look (offer_id, revision, version) VALUES ({offer}, 1, {shown});"
        ));
    }
    text
}

/// Nothing that refers to an offer went with the column, and each offer stands where it stood.
async fn stands_as_before(address: &str) {
    let db = Db::open(address).await.unwrap();
    db.migrate().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let states = [(1, OfferState::Draft), (2, OfferState::Published), (3, OfferState::Withdrawn)];
    for (number, state) in states {
        let id = offer_id(number);
        let offer = offers::find(&mut tx, id).await.unwrap().unwrap().offer;
        assert_eq!((offer.state, offer.ends_at, offer.revision), (state, None, 1));
        assert!(offers::find_version(&mut tx, id, 1).await.unwrap().is_some());
    }
    let start = (domain::Timestamp(0), domain::OfferId(Uuid::nil()));
    let looked = storage::looks::list_changed(&mut tx, start, 10).await.unwrap();
    assert!(looked.len() == 3 && looked.iter().all(|offer| offer.seen), "{looked:?}");
    let paused = (OfferState::Paused, None);
    offers::set_state(&mut tx, offer_id(2), 1, paused, at(1)).await.unwrap();
    assert_eq!(offers::published_revisions(&mut tx, None, 10).await.unwrap(), []);
    tx.commit().await.unwrap();
    db.close().await;
}

#[tokio::test]
async fn offers_of_an_older_sqlite_database_stay_with_all_that_refers_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("old.db").display());
    let mut old = SqliteConnection::connect(&format!("{address}?mode=rwc")).await.unwrap();
    let steps = sqlx::migrate!("../../migrations/sqlite");
    steps.run_direct(Some(BEFORE), &mut old, false).await.unwrap();
    let rows = rows(|number| format!("x'{:032x}'", u128::from(number)));
    sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(&mut old).await.unwrap();
    old.close().await.unwrap();
    stands_as_before(&address).await;
}

#[tokio::test]
async fn offers_of_an_older_postgres_database_stay_with_all_that_refers_to_them() {
    let server = std::env::var("KUMOICHI_TEST_POSTGRES").unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    let name = format!("kumoichi_old_{}", std::process::id());
    let mut first = PgConnection::connect(&server).await.unwrap();
    let run = async |connection: &mut PgConnection, text: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(connection).await.unwrap();
    };
    run(&mut first, format!("CREATE DATABASE \"{name}\"")).await;
    let address = format!("{base}/{name}");
    let mut old = PgConnection::connect(&address).await.unwrap();
    let steps = sqlx::migrate!("../../migrations/postgres");
    steps.run_direct(Some(BEFORE), &mut old, false).await.unwrap();
    let rows = rows(|number| format!("CAST('{}' AS UUID)", Uuid::from_u128(u128::from(number))));
    run(&mut old, rows).await;
    old.close().await.unwrap();
    stands_as_before(&address).await;
    run(&mut first, format!("DROP DATABASE \"{name}\" WITH (FORCE)")).await;
}
