//! Browser sessions in the database, by the hash of their id.
//!
//! What stands in a session: `user` ([`super::USER_KEY`], a user id as text) once somebody signed in,
//! and `seen`, which keeps it alive. Signing in calls `Session::cycle_id`, so that an id from before
//! is worth nothing afterwards; signing out calls `Session::flush`.

use std::collections::HashMap;

use async_trait::async_trait;
use broker::Broker;
use domain::{Timestamp, UserId};
use serde_json::Value;
use sha2::{Digest, Sha256};
use storage::sessions::{self, Session};
use storage::{Db, StorageError};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::{Duration, OffsetDateTime};
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, SessionManagerLayer, SessionStore};

use super::USER_KEY;

/// Days without a visit after which a session ends.
const IDLE_DAYS: i64 = 14;
/// Ids are 128 random bits: a second try is already beyond belief.
const TRIES: usize = 3;

/// Sessions of the broker's database.
#[derive(Debug, Clone)]
pub struct DbSessions {
    db: Db,
    broker: Broker,
}

/// The layer that opens the session of each request; nothing is read until somebody asks.
pub(super) fn layer(broker: Broker, secure: bool) -> SessionManagerLayer<DbSessions> {
    // The prefix makes browsers refuse a cookie that another host or plain HTTP set.
    let name = if secure { "__Host-kumoichi" } else { "kumoichi" };
    SessionManagerLayer::new(DbSessions::new(broker))
        .with_name(name)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(secure)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::days(IDLE_DAYS)))
}

impl DbSessions {
    /// The sessions of this broker.
    #[must_use]
    pub fn new(broker: Broker) -> Self {
        Self { db: broker.db().clone(), broker }
    }
}

#[async_trait]
impl SessionStore for DbSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        for _ in 0..TRIES {
            let mut tx = self.db.begin().await.map_err(backend)?;
            if sessions::create(&mut tx, &stored(record)?).await.map_err(backend)? {
                return tx.commit().await.map_err(backend);
            }
            record.id = Id::default();
        }
        Err(Error::Backend("no free session id was found".to_owned()))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let mut tx = self.db.begin().await.map_err(backend)?;
        sessions::save(&mut tx, &stored(record)?).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let mut tx = self.db.begin_read().await.map_err(backend)?;
        let found = sessions::load(&mut tx, &hash(id), self.broker.now()).await.map_err(backend)?;
        found.map(|session| record(*id, &session)).transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut tx = self.db.begin().await.map_err(backend)?;
        sessions::delete(&mut tx, &hash(id)).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

fn hash(id: &Id) -> [u8; 32] {
    Sha256::digest(id.0.to_le_bytes()).into()
}

fn stored(record: &Record) -> Result<Session> {
    let user = record.data.get(USER_KEY).and_then(Value::as_str);
    let data =
        serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
    Ok(Session {
        id_hash: hash(&record.id),
        user_id: user.and_then(|text| text.parse::<UserId>().ok()),
        data,
        expires_at: Timestamp::from_seconds(record.expiry_date.unix_timestamp()),
    })
}

fn record(id: Id, session: &Session) -> Result<Record> {
    let decode = |error: &dyn std::fmt::Display| Error::Decode(error.to_string());
    let data: HashMap<String, Value> =
        serde_json::from_str(&session.data).map_err(|error| decode(&error))?;
    let expiry_date = OffsetDateTime::from_unix_timestamp(session.expires_at.seconds())
        .map_err(|error| decode(&error))?;
    Ok(Record { id, data, expiry_date })
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn backend(error: StorageError) -> Error {
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    Error::Backend(format!("{error}: {cause}"))
}
