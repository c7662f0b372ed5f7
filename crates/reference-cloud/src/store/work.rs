//! Statements on `long_operations`, and long work on the wire.

use provider_api::{
    AllocationId, BackupId, IdempotencyKey, ImageId, LongOperation, OperationEvent, OperationId,
    Problem, WorkKind, WorkState, paths,
};
use sqlx::FromRow;

use super::{Store, Tx, events};
use crate::error::OpError;
use crate::tenants::OwnKey;

/// One row, with the label of its allocation or the name of its image.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct WorkRow {
    pub seq: i64,
    pub id: String,
    pub kind: String,
    pub state: String,
    /// Whose work it is: this, or an image.
    pub allocation_id: Option<String>,
    pub backup_id: Option<String>,
    pub image_id: Option<String>,
    /// What an image is made of.
    pub source_id: Option<String>,
    /// What is taken through a link.
    pub link_id: Option<String>,
    pub label: String,
    pub key: String,
    pub runs: i64,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    pub problem: Option<String>,
}

const SELECT: &str = "
    SELECT o.seq, o.id, o.kind, o.state, o.allocation_id, o.backup_id, o.image_id, o.source_id, o.link_id,
           COALESCE(a.label, i.name) AS label, o.key, o.runs, o.created_at, o.ended_at, o.problem
    FROM long_operations o
    LEFT JOIN allocations a ON a.id = o.allocation_id
    LEFT JOIN images i ON i.id = o.image_id";

impl WorkRow {
    /// Work that begins now, on nothing yet.
    pub(crate) fn begins(
        id: String,
        kind: WorkKind,
        label: &str,
        key: &OwnKey,
        now_us: i64,
    ) -> Self {
        Self {
            seq: 0,
            id,
            kind: kind.as_str().to_owned(),
            state: WorkState::Running.as_str().to_owned(),
            allocation_id: None,
            backup_id: None,
            image_id: None,
            source_id: None,
            link_id: None,
            label: label.to_owned(),
            key: key.as_str().to_owned(),
            runs: 1,
            created_at: now_us,
            ended_at: None,
            problem: None,
        }
    }

    pub(crate) fn kind(&self) -> WorkKind {
        WorkKind::from_word(&self.kind)
    }

    pub(crate) fn state(&self) -> WorkState {
        // The column allows no other words.
        WorkState::from_word(&self.state).unwrap_or(WorkState::Running)
    }

    /// The allocation; no name of any for work on an image.
    pub(crate) fn allocation(&self) -> &str {
        self.allocation_id.as_deref().unwrap_or_default()
    }

    /// The backup; no name of any for work without one.
    pub(crate) fn backup(&self) -> &str {
        self.backup_id.as_deref().unwrap_or_default()
    }

    /// The image that is made; no name of any for other work.
    pub(crate) fn image(&self) -> &str {
        self.image_id.as_deref().unwrap_or_default()
    }

    /// Where to read what comes of it.
    fn result(&self) -> String {
        match (self.kind(), &self.image_id, &self.backup_id) {
            (_, Some(image), _) => paths::with(paths::IMAGE, image),
            (WorkKind::Backup | WorkKind::Verify, _, Some(backup)) => {
                paths::with(paths::BACKUP, backup)
            }
            _ => paths::with(paths::ALLOCATION, self.allocation()),
        }
    }

    /// The work on the wire; how far running work is knows only the running cloud.
    pub(crate) fn view(&self, progress: u8) -> Result<LongOperation, OpError> {
        let state = self.state();
        let problem = self.problem.as_deref().map(serde_json::from_str::<Problem>);
        Ok(LongOperation {
            id: OperationId(self.id.clone()),
            kind: self.kind(),
            state,
            progress: if state == WorkState::Succeeded { 100 } else { progress.min(99) },
            allocation_id: self.allocation_id.clone().map(AllocationId),
            label: self.label.clone(),
            backup_id: self.backup_id.clone().map(BackupId),
            image_id: self.image_id.clone().map(ImageId),
            key: IdempotencyKey::parse(OwnKey::bare(&self.key))
                .map_err(|error| OpError::Io(std::io::Error::other(error)))?,
            created_at_us: self.created_at,
            ended_at_us: self.ended_at,
            result: (state == WorkState::Succeeded).then(|| self.result()),
            problem: problem.transpose()?,
        })
    }

    /// What the feed tells of it in a state.
    pub(crate) fn event(&self, state: WorkState) -> OperationEvent {
        OperationEvent {
            id: OperationId(self.id.clone()),
            kind: self.kind(),
            state,
            backup_id: self.backup_id.clone().map(BackupId),
        }
    }
}

impl Store {
    pub(crate) async fn work(&self, id: &str) -> Result<Option<WorkRow>, sqlx::Error> {
        self.one(format!("{SELECT} WHERE o.id = $1"), id).await
    }

    /// The work that the call with this key began.
    pub(crate) async fn work_of(&self, key: &str) -> Result<Option<WorkRow>, sqlx::Error> {
        self.one(format!("{SELECT} WHERE o.key = $1"), key).await
    }

    /// The key of the call that made a backup.
    pub(crate) async fn backed_up_by(&self, backup: &str) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT key FROM long_operations WHERE backup_id = $1 AND kind = 'backup'",
        )
        .bind(backup)
        .fetch_optional(&self.pool)
        .await
    }

    /// Work on an allocation after a place, oldest first.
    pub(crate) async fn works(
        &self,
        allocation: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<WorkRow>, sqlx::Error> {
        let text =
            format!("{SELECT} WHERE o.allocation_id = $1 AND o.seq > $2 ORDER BY o.seq LIMIT $3");
        self.page(text, allocation, (after, limit)).await
    }

    /// The last drain of an allocation.
    pub(crate) async fn drain_of(&self, allocation: &str) -> Result<Option<WorkRow>, sqlx::Error> {
        let text = "WHERE o.allocation_id = $1 AND o.kind = 'drain' ORDER BY o.seq DESC LIMIT 1";
        self.one(format!("{SELECT} {text}"), allocation).await
    }

    /// Work that has not ended; drains are ended by the watch.
    pub(crate) async fn running_work(&self) -> Result<Vec<WorkRow>, sqlx::Error> {
        let text =
            format!("{SELECT} WHERE o.state = 'running' AND o.kind <> 'drain' ORDER BY o.seq");
        sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_all(&self.pool).await
    }

    pub(crate) async fn has_running_work(&self, allocation: &str) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM long_operations WHERE allocation_id = $1 AND state = 'running'
                            AND kind <> 'drain')",
        )
        .bind(allocation)
        .fetch_one(&self.pool)
        .await
    }

    /// Counts that the work is begun once more.
    pub(crate) async fn count_run(&self, id: &str) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE long_operations SET runs = runs + 1 WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Writes work that begins, and tells it; work on an image is told by its image.
pub(crate) async fn insert_work(tx: &mut Tx, row: &WorkRow) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO long_operations (id, kind, state, allocation_id, backup_id, image_id, source_id, link_id, key, runs,
                                      created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&row.id)
    .bind(&row.kind)
    .bind(&row.state)
    .bind(&row.allocation_id)
    .bind(&row.backup_id)
    .bind(&row.image_id)
    .bind(&row.source_id)
    .bind(&row.link_id)
    .bind(&row.key)
    .bind(row.runs)
    .bind(row.created_at)
    .execute(&mut **tx)
    .await?;
    tell(tx, row, row.state(), row.created_at).await
}

/// Writes that work has ended, and tells it; without a problem it has succeeded.
pub(crate) async fn end_work(
    tx: &mut Tx,
    row: &WorkRow,
    problem: Option<&str>,
    now_us: i64,
) -> Result<(), sqlx::Error> {
    let state = if problem.is_some() { WorkState::Failed } else { WorkState::Succeeded };
    let done = sqlx::query(
        "UPDATE long_operations SET state = $1, ended_at = $2, problem = $3 WHERE id = $4 AND state = 'running'",
    )
    .bind(state.as_str())
    .bind(now_us)
    .bind(problem)
    .bind(&row.id)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() != 1 {
        return Err(sqlx::Error::RowNotFound);
    }
    tell(tx, row, state, now_us).await
}

/// Writes that the drain of an allocation has ended, where one is under way.
pub(crate) async fn end_drain(
    tx: &mut Tx,
    allocation: &str,
    problem: Option<&str>,
    now_us: i64,
) -> Result<(), sqlx::Error> {
    let text =
        format!("{SELECT} WHERE o.allocation_id = $1 AND o.kind = 'drain' AND o.state = 'running'");
    let running: Option<WorkRow> = sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(allocation)
        .fetch_optional(&mut **tx)
        .await?;
    match running {
        Some(row) => end_work(tx, &row, problem, now_us).await,
        None => Ok(()),
    }
}

async fn tell(
    tx: &mut Tx,
    row: &WorkRow,
    state: WorkState,
    now_us: i64,
) -> Result<(), sqlx::Error> {
    match &row.allocation_id {
        Some(allocation) => events::note_work(tx, allocation, &row.event(state), now_us).await,
        None => Ok(()),
    }
}

/// Leaves only the codes of why work failed: the details may name files.
pub(crate) async fn forget_reasons(tx: &mut Tx, allocation: &str) -> Result<(), OpError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT id, problem FROM long_operations WHERE allocation_id = $1 AND problem IS NOT NULL",
    )
    .bind(allocation)
    .fetch_all(&mut **tx)
    .await?;
    for (id, problem) in rows {
        let code = serde_json::from_str::<Problem>(&problem)?.code;
        let bare = serde_json::to_string(&Problem::new(code, "the details went with the data"))?;
        sqlx::query("UPDATE long_operations SET problem = $1 WHERE id = $2")
            .bind(bare)
            .bind(id)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
