//! Statements on `images`, `image_keys` and `image_events`, and an image on the wire.

use provider_api::{
    AllocationId, EventData, Image, ImageFormat, ImageId, ImageNotice, ImageState, LinkId,
    OperationEvent, OperationId, Problem, WorkKind, WorkState,
};
use sqlx::FromRow;

use super::events::Told;
use super::{RecordedKey, Store, Tx};
use crate::error::OpError;

/// One row.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct ImageRow {
    pub seq: i64,
    pub id: String,
    pub tenant: String,
    pub name: String,
    pub format: String,
    pub architecture: String,
    pub state: String,
    pub generation: i64,
    pub epoch: i64,
    pub bytes: i64,
    pub sha256: Option<String>,
    pub received: i64,
    pub tar_bytes: Option<i64>,
    pub content_bytes: Option<i64>,
    pub application: Option<String>,
    pub settings: Option<String>,
    pub source_id: Option<String>,
    pub problem: Option<String>,
    pub created_at: i64,
    pub ready_at: Option<i64>,
    pub deleted_at: Option<i64>,
    /// What it comes or came through, when it was not uploaded.
    pub link_id: Option<String>,
}

impl ImageRow {
    /// How it stands for callers: what is on its way out is gone for them.
    pub(crate) fn state(&self) -> ImageState {
        state_of(&self.state)
    }

    pub(crate) fn format(&self) -> ImageFormat {
        ImageFormat::from_word(&self.format)
    }

    /// The image on the wire.
    pub(crate) fn view(&self, used_by: Vec<String>) -> Result<Image, OpError> {
        let state = self.state();
        let known =
            !matches!(state, ImageState::Converting | ImageState::Unknown) && self.sha256.is_some();
        Ok(Image {
            id: ImageId(self.id.clone()),
            name: self.name.clone(),
            format: self.format(),
            architecture: self.architecture.clone(),
            state,
            epoch: self.epoch,
            bytes: known.then_some(self.bytes),
            sha256: self.sha256.clone(),
            received_bytes: self.received,
            application: self.application.clone().filter(|_| state == ImageState::Ready),
            converted_from: self.source_id.as_deref().map(ImageId::from),
            pulled_through: self.link_id.as_deref().map(LinkId::from),
            used_by: used_by.into_iter().map(AllocationId).collect(),
            created_at_us: self.created_at,
            ready_at_us: self.ready_at,
            deleted_at_us: self.deleted_at,
            problem: self.problem.as_deref().map(serde_json::from_str::<Problem>).transpose()?,
        })
    }
}

fn state_of(word: &str) -> ImageState {
    match word {
        "deleting" => ImageState::Deleted,
        word => ImageState::from_word(word),
    }
}

/// Which images to list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ImageFilter<'a> {
    pub tenant: &'a str,
    pub name: Option<&'a str>,
    pub sha256: Option<&'a str>,
}

impl Store {
    pub(crate) async fn image(&self, id: &str) -> Result<Option<ImageRow>, sqlx::Error> {
        self.one("SELECT * FROM images WHERE id = $1".to_owned(), id).await
    }

    /// Images after a place, oldest first.
    pub(crate) async fn images(
        &self,
        filter: ImageFilter<'_>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<ImageRow>, sqlx::Error> {
        sqlx::query_as(
            "SELECT * FROM images
             WHERE tenant = $1 AND ($2 IS NULL OR name = $2) AND ($3 IS NULL OR sha256 = $3) AND seq > $4
             ORDER BY seq LIMIT $5",
        )
        .bind(filter.tenant)
        .bind(filter.name)
        .bind(filter.sha256)
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await
    }

    /// Bytes that the images of a tenant take.
    pub(crate) async fn image_bytes(&self, tenant: &str) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(ROOM).bind(tenant).fetch_one(&self.pool).await
    }

    /// Allocations whose data came from an image and are still there.
    pub(crate) async fn image_users(&self, id: &str) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar(USERS).bind(id).fetch_all(&self.pool).await
    }

    /// Remembers the highest epoch seen; lower ones change nothing.
    pub(crate) async fn raise_image_epoch(&self, id: &str, epoch: i64) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE images SET epoch = $1 WHERE id = $2 AND epoch < $1")
            .bind(epoch)
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Images that were being deleted, or had failed, when the cloud was cut off; of neither a file may be left.
    pub(crate) async fn images_without_file(&self) -> Result<Vec<ImageRow>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM images WHERE state IN ('deleting', 'failed') ORDER BY seq")
            .fetch_all(&self.pool)
            .await
    }

    /// Notes that what an image holds is on the volume; no new generation, since nothing was decided.
    pub(crate) async fn note_placed(&self, allocation: &str) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE allocations SET image_placed = TRUE WHERE id = $1")
            .bind(allocation)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

const ROOM: &str = "
    SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM images
    WHERE tenant = $1 AND state IN ('uploading', 'converting', 'ready', 'deleting')";
const USERS: &str = "
    SELECT id FROM allocations
    WHERE image_id = $1 AND erasure IS NULL AND state NOT IN ('released', 'erased', 'expired') ORDER BY seq";

/// Bytes that the images of a tenant take, and how many they are.
pub(crate) async fn room_of_images(tx: &mut Tx, tenant: &str) -> Result<(i64, i64), sqlx::Error> {
    let bytes = sqlx::query_scalar(ROOM).bind(tenant).fetch_one(&mut **tx).await?;
    let count = sqlx::query_scalar(
        "SELECT COUNT(*) FROM images WHERE tenant = $1 AND state NOT IN ('failed', 'deleted')",
    );
    Ok((bytes, count.bind(tenant).fetch_one(&mut **tx).await?))
}

/// Whether data that came from an image are still there, or something is being made of it.
pub(crate) async fn image_used(tx: &mut Tx, id: &str) -> Result<bool, sqlx::Error> {
    let users: Vec<String> = sqlx::query_scalar(USERS).bind(id).fetch_all(&mut **tx).await?;
    let made: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM long_operations WHERE (source_id = $1 OR image_id = $1) AND state = 'running')",
    )
    .bind(id)
    .fetch_one(&mut **tx)
    .await?;
    Ok(made || !users.is_empty())
}

pub(crate) async fn load_image(tx: &mut Tx, id: &str) -> Result<Option<ImageRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM images WHERE id = $1").bind(id).fetch_optional(&mut **tx).await
}

/// Writes a new image, and tells it.
pub(crate) async fn insert_image(
    tx: &mut Tx,
    row: &ImageRow,
    work: Option<&OperationEvent>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO images (id, tenant, name, format, architecture, state, generation, epoch, bytes, sha256, received,
                             tar_bytes, content_bytes, application, settings, source_id, created_at, link_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(&row.id)
    .bind(&row.tenant)
    .bind(&row.name)
    .bind(&row.format)
    .bind(&row.architecture)
    .bind(&row.state)
    .bind(row.generation)
    .bind(row.epoch)
    .bind(row.bytes)
    .bind(&row.sha256)
    .bind(row.received)
    .bind(row.tar_bytes)
    .bind(row.content_bytes)
    .bind(&row.application)
    .bind(&row.settings)
    .bind(&row.source_id)
    .bind(row.created_at)
    .bind(&row.link_id)
    .execute(&mut **tx)
    .await?;
    note(tx, row, None, work, row.created_at).await
}

/// Writes back every field that may change, guarded by the generation that was read; a new state is an event.
pub(crate) async fn save_image(
    tx: &mut Tx,
    row: &mut ImageRow,
    work: Option<&OperationEvent>,
    now_us: i64,
) -> Result<(), sqlx::Error> {
    let before: String = sqlx::query_scalar("SELECT state FROM images WHERE id = $1")
        .bind(&row.id)
        .fetch_one(&mut **tx)
        .await?;
    let done = sqlx::query(
        "UPDATE images SET generation = generation + 1, state = $1, bytes = $2, sha256 = $3, received = $4,
             tar_bytes = $5, content_bytes = $6, application = $7, settings = $8, problem = $9, ready_at = $10,
             deleted_at = $11
         WHERE id = $12 AND generation = $13",
    )
    .bind(&row.state)
    .bind(row.bytes)
    .bind(&row.sha256)
    .bind(row.received)
    .bind(row.tar_bytes)
    .bind(row.content_bytes)
    .bind(&row.application)
    .bind(&row.settings)
    .bind(&row.problem)
    .bind(row.ready_at)
    .bind(row.deleted_at)
    .bind(&row.id)
    .bind(row.generation)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != 1 {
        return Err(sqlx::Error::RowNotFound);
    }
    row.generation += 1;
    if state_of(&before) == row.state() {
        return Ok(());
    }
    note(tx, row, Some(&before), work, now_us).await
}

pub(crate) async fn record_image_key(tx: &mut Tx, key: &RecordedKey) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO image_keys (key, operation, image_id, fingerprint, done_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(&key.key)
    .bind(&key.operation)
    .bind(&key.allocation_id)
    .bind(&key.fingerprint)
    .bind(key.done_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes how an image stands now, with the next number of the feed.
async fn note(
    tx: &mut Tx,
    row: &ImageRow,
    before: Option<&str>,
    work: Option<&OperationEvent>,
    at_us: i64,
) -> Result<(), sqlx::Error> {
    // What the table of the other events would number next; changes are written one after the other.
    for text in [
        "INSERT INTO sqlite_sequence (name, seq)
         SELECT 'events', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'events')",
        "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'events'",
    ] {
        sqlx::query(text).execute(&mut **tx).await?;
    }
    sqlx::query(
        "INSERT INTO image_events (seq, image_id, name, before, state, generation, epoch, at, operation_id,
                                   operation_state, operation_kind)
         SELECT seq, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM sqlite_sequence WHERE name = 'events'",
    )
    .bind(&row.id)
    .bind(&row.name)
    .bind(before)
    .bind(&row.state)
    .bind(row.generation)
    .bind(row.epoch)
    .bind(at_us)
    .bind(work.map(|work| work.id.as_str()))
    .bind(work.map(|work| work.state.as_str()))
    .bind(work.map(|work| work.kind.as_str()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct ImageEventRow {
    seq: i64,
    image_id: String,
    name: String,
    before: Option<String>,
    state: String,
    generation: i64,
    epoch: i64,
    at: i64,
    operation_id: Option<String>,
    operation_state: Option<String>,
    operation_kind: Option<String>,
}

impl ImageEventRow {
    fn told(self) -> Told {
        let state = state_of(&self.state);
        let work = self.operation_id.zip(self.operation_state);
        let operation = work.and_then(|(id, state)| {
            let (id, state) = (OperationId(id), WorkState::from_word(&state)?);
            let kind = WorkKind::from_word(self.operation_kind.as_deref().unwrap_or_default());
            Some(OperationEvent { id, kind, state, backup_id: None })
        });
        let data = EventData {
            allocation_id: None,
            label: self.name,
            before: self.before.as_deref().map(|word| state_of(word).common()),
            state: state.common(),
            generation: self.generation,
            epoch: self.epoch,
            at_us: self.at,
            operation,
            security: None,
            block: None,
            link: None,
            resized: None,
            image: Some(ImageNotice { id: ImageId(self.image_id), state }),
        };
        Told { seq: self.seq, data }
    }
}

/// A tenant's events of images of one name, or of all when it is absent, after a place, oldest first.
pub(super) async fn events(
    tx: &mut Tx,
    tenant: &str,
    name: Option<&str>,
    (after, limit): (i64, i64),
) -> Result<Vec<Told>, sqlx::Error> {
    let rows: Vec<ImageEventRow> = sqlx::query_as(
        "SELECT e.* FROM image_events e JOIN images i ON i.id = e.image_id AND i.tenant = $4
         WHERE e.seq > $1 AND ($2 IS NULL OR e.name = $2) ORDER BY e.seq LIMIT $3",
    )
    .bind(after)
    .bind(name)
    .bind(limit)
    .bind(tenant)
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(ImageEventRow::told).collect())
}
