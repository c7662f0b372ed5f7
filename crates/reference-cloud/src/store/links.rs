//! Statements on `links`, and a link on the wire.

use std::collections::HashSet;

use provider_api::{
    AllocationId, Link, LinkId, LinkIsolation, LinkOffer, LinkPeer, LinkSide, LinkState,
};
use sqlx::FromRow;

use super::{Store, Tx, events};
use crate::error::OpError;
use crate::links::{Hello, LinkKey, Live};

/// One row, with the label of its allocation.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct LinkRow {
    pub seq: i64,
    pub id: String,
    pub allocation_id: String,
    pub label: String,
    pub side: String,
    pub state: String,
    pub peer_address: String,
    pub peer_key: String,
    pub peer_link_id: Option<String>,
    pub mbps: i64,
    pub isolation: String,
    pub activation: String,
    pub key: String,
    pub created_at: i64,
    pub waits_until: i64,
    pub down_at: Option<i64>,
    pub reason: Option<String>,
    pub sent_bytes: i64,
    pub received_bytes: i64,
    pub shared: Option<String>,
    /// Which place of its allocation it stands in.
    pub place: Option<i64>,
}

const SELECT: &str = "
    SELECT l.seq, l.id, l.allocation_id, a.label, l.side, l.state, l.peer_address, l.peer_key, l.peer_link_id, l.mbps,
           l.isolation, l.activation, l.key, l.created_at, l.waits_until, l.down_at, l.reason, l.sent_bytes,
           l.received_bytes, l.shared, l.place
    FROM links l JOIN allocations a ON a.id = l.allocation_id";

/// The words of the sides in the column.
pub(crate) const ASKED: &str = "asked";
pub(crate) const ACCEPTED: &str = "accepted";

impl LinkRow {
    /// As written down, or down when nobody accepted it in time; whether a tunnel stands is not in the row.
    pub(crate) fn state_at(&self, now_us: i64) -> LinkState {
        match LinkState::from_word(&self.state) {
            Some(LinkState::Requested) if self.waits_until <= now_us => LinkState::Down,
            // The column allows no other words.
            state => state.unwrap_or(LinkState::Down),
        }
    }

    pub(crate) fn isolation(&self) -> LinkIsolation {
        serde_json::from_value(serde_json::Value::String(self.isolation.clone()))
            .unwrap_or(LinkIsolation::Other)
    }

    fn mbps(&self) -> u32 {
        u32::try_from(self.mbps).unwrap_or(0)
    }

    /// What the side that calls says.
    pub(crate) fn hello(&self, bye: bool) -> Hello {
        Hello {
            version: crate::links::VERSION,
            link: self.peer_link_id.clone().unwrap_or_default(),
            own: self.id.clone(),
            activation_key: self.activation.clone(),
            mbps: self.mbps(),
            isolation: self.isolation(),
            bye,
        }
    }

    /// The link on the wire; `own` is how this cloud is called.
    pub(crate) fn view(&self, now_us: i64, live: Option<&Live>, own: Option<LinkPeer>) -> Link {
        let written = self.state_at(now_us);
        let live = live.filter(|_| written == LinkState::Accepted);
        let state = if live.is_some() { LinkState::Up } else { written };
        let requested = state == LinkState::Requested;
        let carried = live.map_or((0, 0), Live::carried);
        let offer = own.filter(|_| requested && self.side == ASKED).map(|peer| LinkOffer {
            link_id: LinkId(self.id.clone()),
            peer,
            activation_key: self.activation.clone(),
            mbps: self.mbps(),
            isolation: self.isolation(),
        });
        let ended = state == LinkState::Down;
        Link {
            id: LinkId(self.id.clone()),
            allocation_id: AllocationId(self.allocation_id.clone()),
            label: self.label.clone(),
            side: if self.side == ASKED { LinkSide::Asked } else { LinkSide::Accepted },
            state,
            common: state.common(),
            peer: LinkPeer {
                address: self.peer_address.clone(),
                public_key: self.peer_key.clone(),
            },
            peer_link_id: self.peer_link_id.clone().map(LinkId),
            mbps: self.mbps(),
            isolation: self.isolation(),
            offer,
            shared: crate::operations::shared(self).filter(|_| !ended),
            created_at_us: self.created_at,
            waits_until_us: requested.then_some(self.waits_until),
            up_since_us: live.map(|live| live.since_us),
            down_at_us: self.down_at.or(ended.then_some(self.waits_until)),
            reason: self.reason.clone().filter(|_| live.is_none()),
            rtt_us: live.and_then(Live::rtt_us),
            sent_bytes: self.sent_bytes.saturating_add(carried.0),
            received_bytes: self.received_bytes.saturating_add(carried.1),
        }
    }
}

impl Store {
    pub(crate) async fn link(&self, id: &str) -> Result<Option<LinkRow>, sqlx::Error> {
        self.one(format!("{SELECT} WHERE l.id = $1"), id).await
    }

    /// The link that the call with this key made.
    pub(crate) async fn link_of(&self, key: &str) -> Result<Option<LinkRow>, sqlx::Error> {
        self.one(format!("{SELECT} WHERE l.key = $1"), key).await
    }

    /// Links of an allocation after a place, oldest first.
    pub(crate) async fn links(
        &self,
        allocation: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<LinkRow>, sqlx::Error> {
        let text =
            format!("{SELECT} WHERE l.allocation_id = $1 AND l.seq > $2 ORDER BY l.seq LIMIT $3");
        self.page(text, allocation, (after, limit)).await
    }

    /// Links whose other side is to be called.
    pub(crate) async fn links_to_call(&self) -> Result<Vec<LinkRow>, sqlx::Error> {
        let text = format!("{SELECT} WHERE l.side = 'accepted' AND l.state = 'accepted'");
        sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_all(&self.pool).await
    }

    /// Keys of the clouds that a link is with which is not down, and of links that are down and may still hear so.
    pub(crate) async fn link_keys(&self) -> Result<HashSet<LinkKey>, sqlx::Error> {
        let keys: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT peer_key FROM links").fetch_all(&self.pool).await?;
        Ok(keys.iter().filter_map(|key| LinkKey::parse(key)).collect())
    }

    /// Adds what a tunnel has carried.
    pub(crate) async fn count_carried(
        &self,
        id: &str,
        (sent, received): (i64, i64),
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE links SET sent_bytes = sent_bytes + $1, received_bytes = received_bytes + $2 WHERE id = $3",
        )
        .bind(sent)
        .bind(received)
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Notes why a tunnel does not come up.
    pub(crate) async fn note_link_reason(&self, id: &str, reason: &str) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE links SET reason = $1 WHERE id = $2 AND state = 'accepted'")
            .bind(reason)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Ends links that nobody accepted in time.
    pub(crate) async fn end_unaccepted(&self, now_us: i64) -> Result<(), OpError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM links WHERE state = 'requested' AND waits_until <= $1",
        )
        .bind(now_us)
        .fetch_all(&self.pool)
        .await?;
        for id in ids {
            let mut tx = self.begin().await?;
            end_link(&mut tx, &id, "not accepted in time", now_us).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Tells in the feed how a tunnel stands now.
    pub(crate) async fn tell_link(
        &self,
        id: &str,
        state: LinkState,
        now_us: i64,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.begin().await?;
        events::note_link(&mut tx, id, state, now_us).await?;
        tx.commit().await
    }
}

/// Writes a link, and tells it.
pub(crate) async fn insert_link(tx: &mut Tx, row: &LinkRow) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO links (id, allocation_id, side, state, peer_address, peer_key, peer_link_id, mbps, isolation,
                            activation, key, created_at, waits_until, place)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(&row.id)
    .bind(&row.allocation_id)
    .bind(&row.side)
    .bind(&row.state)
    .bind(&row.peer_address)
    .bind(&row.peer_key)
    .bind(&row.peer_link_id)
    .bind(row.mbps)
    .bind(&row.isolation)
    .bind(&row.activation)
    .bind(&row.key)
    .bind(row.created_at)
    .bind(row.waits_until)
    .bind(row.place)
    .execute(&mut **tx)
    .await?;
    let state = row.state_at(row.created_at);
    events::note_link(tx, &row.id, state, row.created_at).await
}

/// Whether an offer of this cloud of the other side was accepted here before, at any allocation. The key that proves its
/// consent is part of it: whoever guessed one has accepted nothing that the true one would have to wait for.
pub(crate) async fn was_accepted(
    tx: &mut Tx,
    peer_key: &str,
    (offered, activation): (&str, &str),
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM links WHERE side = 'accepted' AND peer_key = $1 AND peer_link_id = $2
                            AND activation = $3)",
    )
    .bind(peer_key)
    .bind(offered)
    .bind(activation)
    .fetch_one(&mut **tx)
    .await
}

/// Notes that the other side has accepted; false when it was accepted or ended before.
pub(crate) async fn accept_link(
    tx: &mut Tx,
    id: &str,
    peer_link: &str,
    now_us: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE links SET state = 'accepted', peer_link_id = $1 WHERE id = $2 AND state = 'requested' AND waits_until > $3",
    )
    .bind(peer_link)
    .bind(id)
    .bind(now_us)
    .execute(&mut **tx)
    .await?;
    let accepted = done.rows_affected() == 1;
    if accepted {
        events::note_link(tx, id, LinkState::Accepted, now_us).await?;
    }
    Ok(accepted)
}

/// Takes a link down; false when it was down.
pub(crate) async fn end_link(
    tx: &mut Tx,
    id: &str,
    reason: &str,
    now_us: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE links SET state = 'down', down_at = $1, reason = $2 WHERE id = $3 AND state <> 'down'",
    )
    .bind(now_us)
    .bind(reason)
    .bind(id)
    .execute(&mut **tx)
    .await?;
    let ended = done.rows_affected() == 1;
    if ended {
        events::note_link(tx, id, LinkState::Down, now_us).await?;
    }
    Ok(ended)
}

/// Takes down every link of an allocation; those that were not down.
pub(crate) async fn end_links(
    tx: &mut Tx,
    allocation: &str,
    reason: &str,
    now_us: i64,
) -> Result<Vec<LinkRow>, sqlx::Error> {
    let text = format!("{SELECT} WHERE l.allocation_id = $1 AND l.state <> 'down' ORDER BY l.seq");
    let rows: Vec<LinkRow> =
        sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(allocation).fetch_all(&mut **tx).await?;
    for row in &rows {
        end_link(tx, &row.id, reason, now_us).await?;
    }
    Ok(rows)
}

/// Sets what the other side of a link may take.
pub(crate) async fn share_link(
    tx: &mut Tx,
    id: &str,
    shared: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE links SET shared = $1 WHERE id = $2")
        .bind(shared)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
