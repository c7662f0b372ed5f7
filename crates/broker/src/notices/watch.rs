//! Watching a saved need, and no longer.

use super::look::OVERLAP_US;
use crate::audit::{Entry, record};
use crate::requirements::owned;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, RequirementId};
use storage::{Tx, looks, requirements};

impl Broker {
    /// Begins or stops to tell about offers that match a saved need; repeating it changes nothing.
    pub async fn watch_requirement(
        &self,
        ctx: &OpContext,
        id: RequirementId,
        watch: bool,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let row = owned(ctx, &mut tx, Action::WatchRequirement, id).await?;
        if row.requirement.watched_since.is_some() == watch {
            return Ok(());
        }
        let word = if watch {
            self.begin_watch(&mut tx, id).await?;
            "requirement.watched"
        } else {
            requirements::watch(&mut tx, id, None).await?;
            "requirement.unwatched"
        };
        record(self, ctx, &mut tx, Entry::new(word, id)).await?;
        Ok(tx.commit().await?)
    }

    /// After a save in the same unit of work: a new need is watched, and the next version of a
    /// watched one is watched from now on.
    pub(crate) async fn watch_saved(
        &self,
        tx: &mut Tx,
        id: RequirementId,
        is_new: bool,
    ) -> Result<(), BrokerError> {
        let found = requirements::find(tx, id).await?;
        let watched = found.is_some_and(|row| row.requirement.watched_since.is_some());
        if is_new || watched { self.begin_watch(tx, id).await } else { Ok(()) }
    }

    /// The market of this moment is known to the need; everything after it is news.
    async fn begin_watch(&self, tx: &mut Tx, id: RequirementId) -> Result<(), BrokerError> {
        // Nobody looks at the market between what is noted here and the commit.
        let look = looks::lock(tx).await?;
        looks::know_unseen(tx, id, look.seen_until.plus_us(-OVERLAP_US)).await?;
        Ok(requirements::watch(tx, id, Some(self.now())).await?)
    }
}
