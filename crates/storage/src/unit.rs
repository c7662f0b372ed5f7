//! What a unit of work holds: a connection inside a transaction, or one on which every statement is a
//! transaction of its own.

use sqlx::pool::PoolConnection;
use sqlx::{Database, Transaction};
use std::ops::{Deref, DerefMut};

/// A connection, whole or for one statement.
#[derive(Debug)]
pub struct Unit<DB: Database>(Way<DB>);

#[derive(Debug)]
enum Way<DB: Database> {
    /// Statements become durable together.
    Whole(Transaction<'static, DB>),
    /// The one statement is durable when it is answered; it spares a server two round trips.
    Single(PoolConnection<DB>),
}

impl<DB: Database> Unit<DB> {
    pub(crate) const fn whole(tx: Transaction<'static, DB>) -> Self {
        Self(Way::Whole(tx))
    }

    pub(crate) const fn single(connection: PoolConnection<DB>) -> Self {
        Self(Way::Single(connection))
    }

    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self.0 {
            Way::Whole(tx) => tx.commit().await,
            Way::Single(_) => Ok(()),
        }
    }
}

impl<DB: Database> Deref for Unit<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &Self::Target {
        match &self.0 {
            Way::Whole(tx) => tx,
            Way::Single(connection) => connection,
        }
    }
}

impl<DB: Database> DerefMut for Unit<DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match &mut self.0 {
            Way::Whole(tx) => tx,
            Way::Single(connection) => connection,
        }
    }
}
