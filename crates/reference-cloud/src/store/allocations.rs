//! Statements on `allocations` and `operations`, one per method.

use std::collections::HashMap;
use std::net::SocketAddr;

use provider_api::{Amounts, HoldRequest, Zone};

use super::{AllocationRow, Store, Tx, events};

/// What a hold writes.
#[derive(Debug)]
pub(crate) struct NewAllocation<'a> {
    pub id: &'a str,
    pub secret: &'a str,
    pub epoch: i64,
    pub request: &'a HoldRequest,
    pub zone: &'a Zone,
    pub tenant: &'a str,
    pub endpoint: Option<SocketAddr>,
    pub now_us: i64,
    pub held_until_us: i64,
}

/// A key that had its effect.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct RecordedKey {
    pub key: String,
    pub operation: String,
    pub allocation_id: String,
    pub fingerprint: String,
    pub done_at: i64,
}

impl Store {
    pub(crate) async fn get(&self, id: &str) -> Result<Option<AllocationRow>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM allocations WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
    }

    /// A tenant's rows of one label, or of all when it is absent, after a place, oldest first.
    pub(crate) async fn list(
        &self,
        tenant: &str,
        label: Option<&str>,
        (after, limit): (i64, i64),
    ) -> Result<Vec<AllocationRow>, sqlx::Error> {
        sqlx::query_as(
            "SELECT * FROM allocations WHERE tenant = $4 AND seq > $1 AND ($2 IS NULL OR label = $2)
             ORDER BY seq LIMIT $3",
        )
        .bind(after)
        .bind(label)
        .bind(limit)
        .bind(tenant)
        .fetch_all(&self.pool)
        .await
    }

    /// Whose a thing is; nothing when there is no such thing.
    pub(crate) async fn owner(
        &self,
        owned: Owned,
        id: &str,
    ) -> Result<Option<String>, sqlx::Error> {
        let select = match owned {
            Owned::Allocation => "SELECT tenant FROM allocations WHERE id = $1",
            Owned::Backup => {
                "SELECT a.tenant FROM backups o JOIN allocations a ON a.id = o.allocation_id WHERE o.id = $1"
            }
            Owned::Block => {
                "SELECT a.tenant FROM blocks o JOIN allocations a ON a.id = o.allocation_id WHERE o.id = $1"
            }
            Owned::Link => {
                "SELECT a.tenant FROM links o JOIN allocations a ON a.id = o.allocation_id WHERE o.id = $1"
            }
            Owned::Work => {
                "SELECT COALESCE(a.tenant, i.tenant) FROM long_operations o
                 LEFT JOIN allocations a ON a.id = o.allocation_id
                 LEFT JOIN images i ON i.id = o.image_id WHERE o.id = $1"
            }
            Owned::Image => "SELECT tenant FROM images WHERE id = $1",
        };
        sqlx::query_scalar(select).bind(id).fetch_optional(&self.pool).await
    }

    /// Rows that still take capacity or run something.
    pub(crate) async fn living(&self) -> Result<Vec<AllocationRow>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM allocations WHERE state NOT IN ('released', 'erased', 'expired') ORDER BY seq")
            .fetch_all(&self.pool)
            .await
    }

    /// What became of a key, and what its call was on.
    pub(crate) async fn key(&self, key: &str) -> Result<Option<(RecordedKey, KeyOf)>, sqlx::Error> {
        for (text, of) in
            [(KEYS, KeyOf::Allocation), (IMAGE_KEYS, KeyOf::Image), (WEBHOOK_KEYS, KeyOf::Webhook)]
        {
            let found = sqlx::query_as(text).bind(key).fetch_optional(&self.pool).await?;
            if let Some(record) = found {
                return Ok(Some((record, of)));
            }
        }
        Ok(None)
    }

    /// The key of the call that made the allocation.
    pub(crate) async fn made_by(&self, id: &str) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT key FROM operations WHERE allocation_id = $1 AND operation = 'hold'",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
    }

    /// Remembers the highest epoch seen; lower ones change nothing.
    pub(crate) async fn raise_epoch(&self, id: &str, epoch: i64) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE allocations SET epoch = $1, generation = generation + 1 WHERE id = $2 AND epoch < $1")
            .bind(epoch)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// What is lent or held now in each zone; ended holds do not count.
    pub(crate) async fn used(&self, now_us: i64) -> Result<UsedByZone, sqlx::Error> {
        let rows = sqlx::query_as(USED).bind(now_us).fetch_all(&self.pool).await?;
        Ok(by_zone(rows))
    }

    /// What a tenant holds and has booked now, over all zones; ended holds do not count.
    pub(crate) async fn used_by(&self, tenant: &str, now_us: i64) -> Result<Amounts, sqlx::Error> {
        let row = sqlx::query_as(USED_BY).bind(now_us).bind(tenant).fetch_one(&self.pool).await?;
        Ok(amounts(row))
    }

    /// How many addresses are lent now; those of ended holds are not.
    pub(crate) async fn addresses_lent(&self, now_us: i64) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(LENT).bind(now_us).fetch_one(&self.pool).await
    }

    /// Gives what was lent at a time when clouds had one tenant to that tenant.
    pub(crate) async fn settle_tenant(&self, tenant: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.begin().await?;
        for text in [
            "UPDATE allocations SET tenant = $1 WHERE tenant = ''",
            "UPDATE subscriptions SET tenant = $1 WHERE tenant = ''",
            // A key of such a time has no tenant before it, and no key has a space.
            "UPDATE operations SET key = $1 || ' ' || key WHERE instr(key, ' ') = 0",
            "UPDATE webhook_keys SET key = $1 || ' ' || key WHERE instr(key, ' ') = 0",
            "UPDATE long_operations SET key = $1 || ' ' || key WHERE instr(key, ' ') = 0",
            "UPDATE blocks SET key = $1 || ' ' || key WHERE instr(key, ' ') = 0",
        ] {
            sqlx::query(text).bind(tenant).execute(&mut *tx).await?;
        }
        tx.commit().await
    }

    /// Puts allocations of a time when clouds had one zone into that zone.
    pub(crate) async fn settle(&self, zone: &Zone) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE allocations SET zone_id = $1, region = $2, country = $3, hazard_zone = $4 WHERE zone_id IS NULL",
        )
        .bind(&zone.id)
        .bind(&zone.region)
        .bind(&zone.country)
        .bind(&zone.hazard_zone)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

/// Things that belong to a tenant, by what their ids name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owned {
    Allocation,
    Backup,
    Block,
    Link,
    Work,
    Image,
}

/// What the call of a key was on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyOf {
    Allocation,
    Image,
    Webhook,
}

const KEYS: &str =
    "SELECT key, operation, allocation_id, fingerprint, done_at FROM operations WHERE key = $1";
const IMAGE_KEYS: &str = "
    SELECT key, operation, image_id AS allocation_id, fingerprint, done_at FROM image_keys WHERE key = $1";
const WEBHOOK_KEYS: &str = "
    SELECT key, operation, '' AS allocation_id, fingerprint, done_at FROM webhook_keys WHERE key = $1";

/// What is lent or held, by the id of the zone; a zone that lends nothing is absent.
pub(crate) type UsedByZone = HashMap<String, Amounts>;

/// Copies take room of their zone too; gibibytes that are begun count whole.
const USED: &str = "
    SELECT zone_id, SUM(instances), SUM(instances * vcpu_each), SUM(instances * ram_mb_each),
           SUM(storage_gb) + (SUM(copied) + 1073741823) / 1073741824, SUM(mbps + linked)
    FROM (SELECT zone_id, instances, vcpu_each, ram_mb_each, storage_gb, mbps, linked,
                 COALESCE((SELECT SUM(b.bytes) FROM backups b
                           WHERE b.allocation_id = a.id AND b.state IN ('ready', 'damaged', 'deleting', 'erasing')), 0)
                 AS copied
          FROM booked a
          WHERE state IN ('reserved', 'provisioning', 'ready', 'active', 'draining', 'failed')
             OR (state = 'held' AND held_until > $1))
    GROUP BY zone_id";

const USED_BY: &str = "
    SELECT COALESCE(SUM(instances), 0), COALESCE(SUM(instances * vcpu_each), 0),
           COALESCE(SUM(instances * ram_mb_each), 0), COALESCE(SUM(storage_gb), 0), COALESCE(SUM(mbps + linked), 0)
    FROM booked
    WHERE tenant = $2 AND (state IN ('reserved', 'provisioning', 'ready', 'active', 'draining', 'failed')
       OR (state = 'held' AND held_until > $1))";

fn amounts((instances, vcpu, ram_mb, storage_gb, mbps): (i64, i64, i64, i64, i64)) -> Amounts {
    Amounts { instances, vcpu, ram_mb, storage_gb, mbps }
}

fn by_zone(rows: Vec<(String, i64, i64, i64, i64, i64)>) -> UsedByZone {
    rows.into_iter()
        .map(|(zone, instances, vcpu, ram_mb, storage_gb, mbps)| {
            (zone, Amounts { instances, vcpu, ram_mb, storage_gb, mbps })
        })
        .collect()
}

pub(crate) async fn used(tx: &mut Tx, now_us: i64) -> Result<UsedByZone, sqlx::Error> {
    Ok(by_zone(sqlx::query_as(USED).bind(now_us).fetch_all(&mut **tx).await?))
}

/// As [`Store::used_by`], within a change.
pub(crate) async fn used_by(
    tx: &mut Tx,
    tenant: &str,
    now_us: i64,
) -> Result<Amounts, sqlx::Error> {
    let row = sqlx::query_as(USED_BY).bind(now_us).bind(tenant).fetch_one(&mut **tx).await?;
    Ok(amounts(row))
}

pub(crate) async fn load(tx: &mut Tx, id: &str) -> Result<Option<AllocationRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM allocations WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
}

pub(crate) async fn load_key(tx: &mut Tx, key: &str) -> Result<Option<RecordedKey>, sqlx::Error> {
    sqlx::query_as(
        "SELECT key, operation, allocation_id, fingerprint, done_at FROM operations WHERE key = $1
         UNION ALL SELECT key, operation, '', fingerprint, done_at FROM webhook_keys WHERE key = $1
         UNION ALL SELECT key, operation, image_id, fingerprint, done_at FROM image_keys WHERE key = $1",
    )
    .bind(key)
    .fetch_optional(&mut **tx)
    .await
}

pub(crate) async fn record_key(tx: &mut Tx, key: &RecordedKey) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO operations (key, operation, allocation_id, fingerprint, done_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(&key.key)
        .bind(&key.operation)
        .bind(&key.allocation_id)
        .bind(&key.fingerprint)
        .bind(key.done_at)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// How many addresses are lent now.
const LENT: &str = "SELECT COUNT(*) FROM allocations WHERE address IS NOT NULL AND (state <> 'held' OR held_until > $1)";

/// Marks ended holds and gives their addresses back; returns how many.
pub(crate) async fn expire(tx: &mut Tx, now_us: i64) -> Result<u64, sqlx::Error> {
    events::note_expired(tx, now_us).await?;
    let done = sqlx::query(
        "UPDATE allocations SET state = 'expired', address = NULL, port = NULL, generation = generation + 1
         WHERE state = 'held' AND held_until <= $1",
    )
    .bind(now_us)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Addresses that are lent now.
pub(crate) async fn addresses(tx: &mut Tx) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT address, port FROM allocations WHERE address IS NOT NULL AND port IS NOT NULL",
    )
    .fetch_all(&mut **tx)
    .await
}

pub(crate) async fn insert(tx: &mut Tx, new: &NewAllocation<'_>) -> Result<(), sqlx::Error> {
    let group = &new.request.resources;
    let links = &new.request.links;
    let places = (!links.is_empty()).then(|| serde_json::to_string(links)).transpose();
    let places = places.map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query(
        "INSERT INTO allocations (id, label, state, generation, epoch, instances, vcpu_each, ram_mb_each, storage_gb,
                                  mbps, address, port, has_endpoint, secret, created_at, held_until, zone_id, region, country,
                                  hazard_zone, tenant, link_places, places_mbps)
         VALUES ($1, $2, 'held', 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                 $21)",
    )
    .bind(new.id)
    .bind(&new.request.label)
    .bind(new.epoch)
    .bind(i64::from(group.compute.count))
    .bind(i64::from(group.compute.vcpu))
    .bind(i64::from(group.compute.ram_mb))
    .bind(i64::from(group.storage.gb))
    .bind(i64::from(group.network.mbps))
    .bind(new.endpoint.map(|address| address.ip().to_string()))
    .bind(new.endpoint.map(|address| i64::from(address.port())))
    .bind(new.endpoint.is_some())
    .bind(new.secret)
    .bind(new.now_us)
    .bind(new.held_until_us)
    .bind(&new.zone.id)
    .bind(&new.zone.region)
    .bind(&new.zone.country)
    .bind(&new.zone.hazard_zone)
    .bind(new.tenant)
    .bind(places)
    .bind(new.request.links.iter().map(|link| i64::from(link.mbps)).sum::<i64>())
    .execute(&mut **tx)
    .await?;
    let row = load(tx, new.id).await?.ok_or(sqlx::Error::RowNotFound)?;
    events::note(tx, &row, None, new.now_us).await
}

/// Gives an allocation another label.
pub(crate) async fn set_label(tx: &mut Tx, id: &str, label: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE allocations SET label = $1 WHERE id = $2")
        .bind(label)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Writes back every field that may change, guarded by the generation that was read; a new state is an event.
pub(crate) async fn save(
    tx: &mut Tx,
    row: &mut AllocationRow,
    now_us: i64,
) -> Result<(), sqlx::Error> {
    let before: String = sqlx::query_scalar("SELECT state FROM allocations WHERE id = $1")
        .bind(&row.id)
        .fetch_one(&mut **tx)
        .await?;
    write(tx, row).await?;
    row.generation += 1;
    if before != row.state {
        events::note(tx, row, Some(&before), now_us).await?;
    }
    Ok(())
}

async fn write(tx: &mut Tx, row: &AllocationRow) -> Result<(), sqlx::Error> {
    let done = sqlx::query(
        "UPDATE allocations SET generation = generation + 1, state = $1, epoch = $2, address = $3, port = $4,
             quota_bytes = $5, application = $6, service_name = $7, settings = $8, running_wanted = $9,
             access_wanted = $10, erasing_bytes = $11, erasing_items = $12, held_until = $13, reserved_at = $14,
             started_at = $15, stopped_at = $16, released_at = $17, erasure = $18, failure = $19,
             drain_until = $20, instances = $21, vcpu_each = $22, ram_mb_each = $23, storage_gb = $24, mbps = $25,
             resizing = $26, image_id = $27, image_placed = $28, volume_id = $29, attached_to = $30
         WHERE id = $31 AND generation = $32",
    )
    .bind(&row.state)
    .bind(row.epoch)
    .bind(&row.address)
    .bind(row.port)
    .bind(row.quota_bytes)
    .bind(&row.application)
    .bind(&row.service_name)
    .bind(&row.settings)
    .bind(row.running_wanted)
    .bind(row.access_wanted)
    .bind(row.erasing_bytes)
    .bind(row.erasing_items)
    .bind(row.held_until)
    .bind(row.reserved_at)
    .bind(row.started_at)
    .bind(row.stopped_at)
    .bind(row.released_at)
    .bind(&row.erasure)
    .bind(&row.failure)
    .bind(row.drain_until)
    .bind(row.instances)
    .bind(row.vcpu_each)
    .bind(row.ram_mb_each)
    .bind(row.storage_gb)
    .bind(row.mbps)
    .bind(&row.resizing)
    .bind(&row.image_id)
    .bind(row.image_placed)
    .bind(&row.volume_id)
    .bind(&row.attached_to)
    .bind(&row.id)
    .bind(row.generation)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != 1 {
        return Err(sqlx::Error::RowNotFound);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_lent_before_clouds_had_zones_counts_in_the_first_zone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("cloud.db")).await.unwrap();
        sqlx::query(
            "INSERT INTO allocations (id, label, state, generation, epoch, instances, vcpu_each, ram_mb_each, storage_gb,
                                      mbps, has_endpoint, secret, created_at, held_until)
             VALUES ('alc_old', 'l', 'active', 1, 1, 2, 4, 512, 10, 5, FALSE, 's', 0, 0)",
        )
        .execute(&store.pool)
        .await
        .unwrap();
        let zone = Zone {
            id: "z1".into(),
            region: "tokyo".into(),
            country: "JP".into(),
            hazard_zone: "kanto".into(),
        };
        store.settle(&zone).await.unwrap();
        assert_eq!(store.get("alc_old").await.unwrap().unwrap().zone(), zone);
        assert_eq!(store.used(1).await.unwrap()["z1"].vcpu, 8);
    }
}
