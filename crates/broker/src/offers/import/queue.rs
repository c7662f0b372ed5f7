//! Files that wait for their turn: taken in by one process at a time beside the requests, stopped or taken again.

use super::OfferFile;
use super::kept::{Belongs, signature, write_json};
use super::view::UploadView;
use crate::offers::write::taken;
use crate::{Broker, BrokerError, OpContext};
use domain::{Action, DurationUs, UploadEvent, UploadId, UploadState};
use sha2::{Digest, Sha256};
use storage::providers::{self, Provider};
use storage::uploads::{self, NewUpload, Turn, Upload};
use storage::{StorageError, Tx, lock};

/// Files of one provider that wait or are taken in at once.
const UNDER_WAY_MAX: i64 = 5;
/// A process that took a file and was not done by then has stopped; two at once harm nobody, for the first one
/// that ends saves everything in one unit of work, and the other one nothing.
const LEASE_US: DurationUs = 60 * 1_000_000;
/// How often a file is tried before it is given up.
const ATTEMPTS_MAX: i64 = 3;

impl Broker {
    /// Has a file of offers wait for its turn, which comes within a second; a dry run saves nothing.
    ///
    /// # Errors
    /// `Conflict` `too_many_uploads` while five of the provider's files are under way.
    pub async fn send_offer_file(
        &self,
        ctx: &OpContext,
        file: OfferFile,
    ) -> Result<UploadView, BrokerError> {
        ctx.may(Action::WriteOffer, ctx.actor.organisation(), "offer")?;
        let mut tx = self.begin().await?;
        let provider = self.own_provider(ctx, &mut tx).await?;
        lock::provider(&mut tx, provider.id).await?;
        self.check_room(&mut tx, &provider).await?;
        if file.text.contains('\0') {
            let (allowed, message) = ("text in UTF-8", "the file holds NUL, so it is no text");
            return Err(BrokerError::field("", "control_character", "NUL", allowed, message));
        }
        let id = UploadId::new(self.ids());
        let way = file.way();
        let hash = hex::encode(Sha256::digest(file.text.as_bytes()));
        let (reading, (by, by_name)) = (write_json(&way.reading)?, signature(ctx));
        let row = way.row((self, id), &provider, (&hash, &reading), (&by, &by_name));
        let (text, state) = (Some(file.text.as_str()), UploadState::Waiting);
        uploads::insert(&mut tx, &NewUpload { text, state, ..row }).await?;
        uploads::drop_old_texts(&mut tx, provider.id).await?;
        tx.commit().await?;
        self.upload(ctx, id).await
    }

    /// Has a file that was tried or refused wait again, now to be saved; `valid_rows_only` takes its rows without
    /// a fault. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `wrong_state`; `file_gone` where it was kept too long ago.
    pub async fn save_upload(
        &self,
        ctx: &OpContext,
        id: UploadId,
        valid_rows_only: bool,
    ) -> Result<UploadView, BrokerError> {
        let mut tx = self.begin().await?;
        let (provider, found) = self.own_upload(ctx, &mut tx, Action::WriteOffer, id).await?;
        lock::provider(&mut tx, provider.id).await?;
        if !found.state.is_under_way() || found.dry_run {
            found.state.apply(UploadEvent::Take)?;
            self.check_room(&mut tx, &provider).await?;
            let wish = (false, valid_rows_only);
            match uploads::wait_again(&mut tx, id, found.state, wish).await {
                Err(StorageError::Conflict { .. }) => {
                    let detail = "the file is not kept any more; send it again".to_owned();
                    return Err(BrokerError::Conflict { code: "file_gone", detail });
                }
                done => done?,
            }
            tx.commit().await?;
        }
        self.upload(ctx, id).await
    }

    /// Stops a file that waits or is taken in: nothing of it is saved. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `wrong_state` where it was faster.
    pub async fn cancel_upload(
        &self,
        ctx: &OpContext,
        id: UploadId,
    ) -> Result<UploadView, BrokerError> {
        let mut tx = self.begin().await?;
        let (_, found) = self.own_upload(ctx, &mut tx, Action::WriteOffer, id).await?;
        if found.state != UploadState::Cancelled {
            let to = found.state.apply(UploadEvent::Cancel)?;
            let (from, failure, at) = (found.state, "", self.now());
            let turn = Turn { from, to, failure, at, keeps_text: false };
            uploads::turn(&mut tx, id, turn).await.map_err(taken)?;
            tx.commit().await?;
        }
        self.upload(ctx, id).await
    }

    /// Takes the files in that wait, one after the other; returns how many. May run in several processes at once.
    pub async fn take_uploads(&self) -> Result<usize, BrokerError> {
        let mut count = 0;
        while !self.is_closing() {
            let mut tx = self.look().await?;
            let Some(id) = uploads::next(&mut tx, self.now()).await? else { break };
            drop(tx);
            let mut tx = self.begin().await?;
            let now = self.now();
            let mine = uploads::take(&mut tx, id, (now, now.plus_us(LEASE_US))).await?;
            tx.commit().await?;
            if mine {
                self.take_upload(id).await?;
                count += 1;
            }
        }
        Ok(count)
    }

    async fn take_upload(&self, id: UploadId) -> Result<(), BrokerError> {
        let progress = self.inner.uploads.begin(id);
        let done = self.take_upload_in(id, &progress).await;
        self.inner.uploads.end(id);
        match done {
            Ok(()) => Ok(()),
            // Its sender stopped it, or another process was faster.
            Err(BrokerError::Storage(StorageError::Conflict { what: "upload" })) => Ok(()),
            Err(error) => self.give_up(id, error).await,
        }
    }

    async fn take_upload_in(
        &self,
        id: UploadId,
        progress: &super::Progress,
    ) -> Result<(), BrokerError> {
        let mut tx = self.begin_read().await?;
        let Some(row) = uploads::find(&mut tx, id).await? else { return Ok(()) };
        let text = uploads::find_text(&mut tx, id).await?;
        let provider = providers::find(&mut tx, row.provider_id).await?;
        drop(tx);
        let (Some(text), Some(provider)) = (text, provider) else {
            return Err(BrokerError::NotFound { what: "upload" });
        };
        let ctx = self.sender(&row).await?;
        // Whoever sent it may have left since.
        ctx.may(Action::WriteOffer, provider.organisation_id, "offer")?;
        let file = OfferFile::of(&row, text)?;
        let (dry_run, valid) = (file.dry_run, file.valid_rows_only);
        let work = self.take_file(&ctx, &provider, file, (Belongs::To(id), progress));
        let report = Box::pin(work).await?;
        if report.upload.is_some() {
            return Ok(());
        }
        let to = match report.is_taken(valid) {
            true if dry_run => UploadState::Tried,
            true => UploadState::Saved,
            false => UploadState::Refused,
        };
        let mut tx = self.begin().await?;
        self.keep_outcome(&mut tx, id, to, &report).await?;
        Ok(tx.commit().await?)
    }

    /// What no repetition mends ends the upload; the rest is tried again when the lease is over, some times.
    async fn give_up(&self, id: UploadId, error: BrokerError) -> Result<(), BrokerError> {
        let mut tx = self.begin().await?;
        let Some(row) = uploads::find(&mut tx, id).await? else { return Ok(()) };
        let code = match &error {
            BrokerError::Storage(_) | BrokerError::Internal(_) | BrokerError::Search(_) => {
                "internal"
            }
            BrokerError::Conflict { code, .. } => code,
            _ => "sender",
        };
        if code == "internal" && row.attempts < ATTEMPTS_MAX {
            return Err(error);
        }
        tracing::warn!(upload.id = %id, %error, "a file of offers could not be taken in");
        let (from, to, at) = (UploadState::Running, UploadState::Failed, self.now());
        let turn = Turn { from, to, failure: code, at, keeps_text: false };
        match uploads::turn(&mut tx, id, turn).await {
            Err(StorageError::Conflict { .. }) => Ok(()),
            done => {
                done?;
                Ok(tx.commit().await?)
            }
        }
    }

    /// On whose behalf a file is taken in: as they are today.
    async fn sender(&self, row: &Upload) -> Result<OpContext, BrokerError> {
        let request = format!("upload {}", row.id);
        if row.made_by == "system" {
            return Ok(OpContext::system(request));
        }
        let user = row.made_by.parse().map_err(|_| BrokerError::SignInFirst)?;
        let viewer = self.viewer(user).await?.ok_or(BrokerError::SignInFirst)?;
        Ok(OpContext::person(viewer, request))
    }

    async fn check_room(&self, tx: &mut Tx, provider: &Provider) -> Result<(), BrokerError> {
        if uploads::count_under_way(tx, provider.id).await? >= UNDER_WAY_MAX {
            let detail = format!("wait until one of the {UNDER_WAY_MAX} files is done");
            return Err(BrokerError::Conflict { code: "too_many_uploads", detail });
        }
        Ok(())
    }

    /// An upload of one's own provider; somebody else's is not found.
    pub(super) async fn own_upload(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        action: Action,
        id: UploadId,
    ) -> Result<(Provider, Upload), BrokerError> {
        let provider = self.own_provider(ctx, tx).await?;
        ctx.may(action, provider.organisation_id, "upload")?;
        let found = uploads::find(tx, id).await?.filter(|row| row.provider_id == provider.id);
        Ok((provider, found.ok_or(BrokerError::NotFound { what: "upload" })?))
    }
}
