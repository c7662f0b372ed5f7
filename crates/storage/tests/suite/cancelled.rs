//! Callers that are dropped at any moment leave no connection behind that cannot be used.

use crate::common::{organisation, organisation_id};
use domain::Role;
use storage::{Db, accounts, on_both_databases};

/// How many turns of the runtime a caller waits before it is dropped, at most.
const TURNS: u32 = 40;

/// Lets `future` run for so many turns of the runtime, and drops it.
async fn dropped_after<T>(turns: u32, future: impl Future<Output = T>) {
    let over = async {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = future => {}
        () = over => {}
    }
}

async fn a_unit_of_work_dropped_while_it_begins_leaves_no_open_transaction(db: Db) {
    for turns in 0..TURNS {
        dropped_after(turns, db.begin_read()).await;
        dropped_after(turns, db.begin()).await;
        let mut tx = db.begin().await.unwrap();
        organisation(&mut tx, u128::from(turns) + 1, Role::Customer).await;
        tx.commit().await.unwrap();
    }
    // Another pool sees only what is durable.
    let mut tx = db.begin_read().await.unwrap();
    for turns in 0..TURNS {
        let id = organisation_id(u128::from(turns) + 1);
        let found = accounts::find_organisation(&mut tx, id).await.unwrap();
        assert!(found.is_some(), "the organisation of round {turns} is there");
    }
}

on_both_databases!(a_unit_of_work_dropped_while_it_begins_leaves_no_open_transaction);
