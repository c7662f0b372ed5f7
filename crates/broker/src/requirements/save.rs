//! Saving requirements per organisation, each change as a new immutable version.

use super::{RequirementCard, SavedRequirement};
use crate::audit::{Entry, record};
use crate::contracts::parse_cursor;
use crate::documents::{Stored, field_faults, number, read_requirement, requirement_yaml, stored};
use crate::{Broker, BrokerError, Listed, OpContext};
use domain::{Action, OrganisationId, RequirementId};
use sla::{Document, Requirement};
use storage::lock;
use storage::requirements::{self, CurrentRequirement, NewRequirement, RequirementVersion};
use storage::{StorageError, Tx};

impl Broker {
    /// Saves a text for the actor's organisation; with an id, as its next version. What the organisation
    /// has saved already is not saved again: the answer is what is there. What a person saves is watched
    /// from then on.
    pub async fn save_requirement(
        &self,
        ctx: &OpContext,
        text: &str,
        existing: Option<RequirementId>,
    ) -> Result<SavedRequirement, BrokerError> {
        self.write_requirement(ctx, text, existing.map(|id| (id, None))).await
    }

    /// Saves a text as the next version of what it was made of. Somebody may have saved another version
    /// since: then nothing is written, and the answer is a conflict.
    pub async fn revise_requirement(
        &self,
        ctx: &OpContext,
        text: &str,
        id: RequirementId,
        made_of: i64,
    ) -> Result<SavedRequirement, BrokerError> {
        self.write_requirement(ctx, text, Some((id, Some(made_of)))).await
    }

    async fn write_requirement(
        &self,
        ctx: &OpContext,
        text: &str,
        existing: Option<(RequirementId, Option<i64>)>,
    ) -> Result<SavedRequirement, BrokerError> {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::SaveRequirement, organisation, "requirement")?;
        let organisation = organisation.ok_or(BrokerError::SignInFirst)?;
        let (requirement, _) =
            read_requirement(text).map_err(|faults| BrokerError::Invalid(field_faults(&faults)))?;
        let requirement = self.held_requirement(requirement, existing.is_some())?;
        let mut tx = self.begin().await?;
        lock::organisation(&mut tx, organisation).await?;
        let id = match existing {
            Some((id, made_of)) => self.save_next(ctx, &mut tx, id, made_of, requirement).await?,
            None => self.save_first(ctx, &mut tx, organisation, requirement).await?,
        };
        self.watch_saved(&mut tx, id, existing.is_none()).await?;
        tx.commit().await?;
        self.requirement(ctx, id).await
    }

    /// Saves a new requirement as part of a larger unit of work, or finds it saved. What is found is read at one
    /// moment, so nobody has to wait for others of the organisation who sign for what was saved before.
    pub(crate) async fn save_within(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        requirement: Requirement,
    ) -> Result<CurrentRequirement, BrokerError> {
        let organisation = ctx.actor.organisation();
        ctx.may(Action::SaveRequirement, organisation, "requirement")?;
        let organisation = organisation.ok_or(BrokerError::SignInFirst)?;
        let [first, as_is] = forms(requirement.clone());
        let hashes = [first.hash.as_str(), as_is.hash.as_str()];
        if let Some(found) = requirements::find_same(tx, organisation, hashes).await? {
            return Ok(found);
        }
        lock::organisation(tx, organisation).await?;
        let id = self.save_first(ctx, tx, organisation, requirement).await?;
        let saved = requirements::find(tx, id).await?;
        saved.ok_or(BrokerError::NotFound { what: "requirement" })
    }

    /// Call it with the organisation locked: it looks before it inserts.
    async fn save_first(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        organisation_id: OrganisationId,
        requirement: Requirement,
    ) -> Result<RequirementId, BrokerError> {
        let [first, as_is] = forms(requirement);
        let hashes = [first.hash.as_str(), as_is.hash.as_str()];
        if let Some(found) = requirements::find_same(tx, organisation_id, hashes).await? {
            return Ok(found.requirement.id);
        }
        let id = RequirementId::new(self.ids());
        let new = NewRequirement { id, organisation_id, created_at: self.now() };
        requirements::insert(tx, &new).await?;
        requirements::insert_version(tx, &self.version(ctx, id, 1, first)).await?;
        record(self, ctx, tx, Entry::new("requirement.saved", id)).await?;
        Ok(id)
    }

    async fn save_next(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: RequirementId,
        made_of: Option<i64>,
        mut requirement: Requirement,
    ) -> Result<RequirementId, BrokerError> {
        let row = owned(ctx, tx, Action::SaveRequirement, id).await?;
        let current = row.requirement.current_version;
        number(&mut requirement.metadata, current);
        // Also the answer to a form that was sent twice.
        if stored(&Document::Requirement(requirement.clone())).hash == row.hash {
            return Ok(id);
        }
        if let Some(made_of) = made_of.filter(|made_of| *made_of != current) {
            return Err(BrokerError::newer("requirement_changed", current, made_of));
        }
        let next = current + 1;
        number(&mut requirement.metadata, next);
        let document = stored(&Document::Requirement(requirement));
        let version = self.version(ctx, id, next, document);
        requirements::insert_version(tx, &version).await.map_err(taken)?;
        let (revision, now) = (row.requirement.revision, self.now());
        requirements::set_current_version(tx, id, revision, next, now).await.map_err(taken)?;
        record(self, ctx, tx, Entry::new("requirement.revised", id).with("version", next)).await?;
        Ok(id)
    }

    fn version(
        &self,
        ctx: &OpContext,
        requirement_id: RequirementId,
        version: i64,
        document: Stored,
    ) -> RequirementVersion {
        RequirementVersion {
            requirement_id,
            version,
            document: document.text,
            hash: document.hash,
            title_en: document.title_en,
            title_ja: document.title_ja,
            created_by: ctx.actor.audit_name(),
            created_at: self.now(),
        }
    }

    /// One saved requirement.
    pub async fn requirement(
        &self,
        ctx: &OpContext,
        id: RequirementId,
    ) -> Result<SavedRequirement, BrokerError> {
        let mut tx = self.begin_read().await?;
        let row = owned(ctx, &mut tx, Action::ReadRequirement, id).await?;
        let (document, _) = read_requirement(&row.document).map_err(|faults| {
            let detail = faults.to_string();
            StorageError::Corrupt { what: "requirement_version.document", detail }
        })?;
        Ok(SavedRequirement {
            card: RequirementCard {
                id,
                version: row.requirement.current_version,
                title_en: row.title_en,
                title_ja: row.title_ja,
                updated_at: row.requirement.updated_at,
                watched: row.requirement.watched_since.is_some(),
            },
            yaml: requirement_yaml(&document),
            document,
            hash: row.hash,
        })
    }

    /// The organisation's requirements, newest first.
    pub async fn my_requirements(
        &self,
        ctx: &OpContext,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listed<RequirementCard>, BrokerError> {
        let cursor = parse_cursor(cursor)?;
        let organisation = ctx.actor.organisation();
        ctx.may(Action::ReadRequirement, organisation, "requirement")?;
        let organisation = organisation.ok_or(BrokerError::SignInFirst)?;
        let mut tx = self.begin_read().await?;
        let page =
            requirements::list_by_organisation(&mut tx, organisation, cursor.as_ref(), limit)
                .await?;
        let card = |row: requirements::RequirementListing| RequirementCard {
            id: row.requirement.id,
            version: row.requirement.current_version,
            title_en: row.title_en,
            title_ja: row.title_ja,
            updated_at: row.requirement.updated_at,
            watched: row.requirement.watched_since.is_some(),
        };
        let items = page.items.into_iter().map(card).collect();
        Ok(Listed { items, next: page.next.map(|cursor| cursor.to_string()) })
    }
}

/// A requirement as its first version would be stored, and with the number it came with, as a link to
/// a later version has it.
fn forms(mut requirement: Requirement) -> [Stored; 2] {
    let as_is = stored(&Document::Requirement(requirement.clone()));
    number(&mut requirement.metadata, 1);
    [stored(&Document::Requirement(requirement)), as_is]
}

/// Whether a stored version with this hash says what the requirement says.
pub(crate) fn is_saved_as(requirement: Requirement, hash: &str) -> bool {
    forms(requirement).iter().any(|form| form.hash == hash)
}

/// A requirement that the actor may do this to.
pub(crate) async fn owned(
    ctx: &OpContext,
    tx: &mut Tx,
    action: Action,
    id: RequirementId,
) -> Result<CurrentRequirement, BrokerError> {
    let found = requirements::find(tx, id).await?;
    let owner = found.as_ref().map(|row| row.requirement.organisation_id);
    ctx.may(action, owner, "requirement")?;
    found.ok_or(BrokerError::NotFound { what: "requirement" })
}

fn taken(error: StorageError) -> BrokerError {
    if requirements::is_version_taken(&error) || matches!(error, StorageError::Conflict { .. }) {
        return BrokerError::Conflict {
            code: "requirement_changed",
            detail: "somebody changed this requirement at the same time: read it again".to_owned(),
        };
    }
    error.into()
}
