//! Statements on `image_work`, and long work on images on the wire.

use provider_api::{
    IdempotencyKey, ImageId, LongOperation, OperationEvent, OperationId, Problem, WorkKind,
    WorkState, paths,
};
use sqlx::FromRow;

use super::{Store, Tx};
use crate::error::OpError;
use crate::tenants::OwnKey;

/// One row, with the name of its image.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct ImageWorkRow {
    pub id: String,
    pub state: String,
    pub image_id: String,
    pub source_id: String,
    pub name: String,
    pub key: String,
    pub runs: i64,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    pub problem: Option<String>,
}

const SELECT: &str = "
    SELECT w.id, w.state, w.image_id, w.source_id, i.name, w.key, w.runs, w.created_at, w.ended_at, w.problem
    FROM image_work w JOIN images i ON i.id = w.image_id";

impl ImageWorkRow {
    pub(crate) fn state(&self) -> WorkState {
        // The column allows no other words.
        WorkState::from_word(&self.state).unwrap_or(WorkState::Running)
    }

    /// The work on the wire; how far running work is knows only the running cloud.
    pub(crate) fn view(&self, progress: u8) -> Result<LongOperation, OpError> {
        let state = self.state();
        let result = paths::with(paths::IMAGE, &self.image_id);
        let problem = self.problem.as_deref().map(serde_json::from_str::<Problem>);
        Ok(LongOperation {
            id: OperationId(self.id.clone()),
            kind: WorkKind::Convert,
            state,
            progress: if state == WorkState::Succeeded { 100 } else { progress.min(99) },
            allocation_id: None,
            label: self.name.clone(),
            backup_id: None,
            image_id: Some(ImageId(self.image_id.clone())),
            key: IdempotencyKey::parse(OwnKey::bare(&self.key))
                .map_err(|error| OpError::Io(std::io::Error::other(error)))?,
            created_at_us: self.created_at,
            ended_at_us: self.ended_at,
            result: (state == WorkState::Succeeded).then_some(result),
            problem: problem.transpose()?,
        })
    }

    /// What the feed tells of it.
    pub(crate) fn event(&self, state: WorkState) -> OperationEvent {
        let id = OperationId(self.id.clone());
        OperationEvent { id, kind: WorkKind::Convert, state, backup_id: None }
    }
}

impl Store {
    pub(crate) async fn image_work(&self, id: &str) -> Result<Option<ImageWorkRow>, sqlx::Error> {
        self.one(format!("{SELECT} WHERE w.id = $1"), id).await
    }

    /// The work that the call with this key began.
    pub(crate) async fn image_work_of(
        &self,
        key: &str,
    ) -> Result<Option<ImageWorkRow>, sqlx::Error> {
        self.one(format!("{SELECT} WHERE w.key = $1"), key).await
    }

    /// Work that has not ended.
    pub(crate) async fn running_image_work(&self) -> Result<Vec<ImageWorkRow>, sqlx::Error> {
        let text = format!("{SELECT} WHERE w.state = 'running' ORDER BY w.seq");
        sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_all(&self.pool).await
    }

    /// Counts that the work is begun once more.
    pub(crate) async fn count_image_run(&self, id: &str) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE image_work SET runs = runs + 1 WHERE id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Writes work that begins; its image tells it.
pub(crate) async fn insert_image_work(tx: &mut Tx, row: &ImageWorkRow) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO image_work (id, state, image_id, source_id, key, runs, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&row.id)
    .bind(&row.state)
    .bind(&row.image_id)
    .bind(&row.source_id)
    .bind(&row.key)
    .bind(row.runs)
    .bind(row.created_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes that work has ended; without a problem it has succeeded. Its image tells it.
pub(crate) async fn end_image_work(
    tx: &mut Tx,
    row: &ImageWorkRow,
    problem: Option<&str>,
    now_us: i64,
) -> Result<(), sqlx::Error> {
    let state = if problem.is_some() { WorkState::Failed } else { WorkState::Succeeded };
    let done = sqlx::query(
        "UPDATE image_work SET state = $1, ended_at = $2, problem = $3 WHERE id = $4 AND state = 'running'",
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
    Ok(())
}
