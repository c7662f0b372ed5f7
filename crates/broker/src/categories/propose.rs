//! Proposing a change of the categories, and deciding about somebody else's.

use super::{
    ATTRIBUTES_MAX, CATEGORY_HELP_MAX, CATEGORY_TITLE_MAX, CHOICES_MAX, CategoryPage, DEPTH_MAX,
    Proposal, ProposalKind, ProposalState, ProposalView, corrupt, entry, view,
};
use crate::audit::{Entry, record};
use crate::names::text_fault;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::{Action, ProposalId, is_second_pair_of_eyes};
use search::FacetField;
use sla::{AttributeDef, AttributeKind, Category, Expected, Text, attribute_key};
use std::collections::BTreeSet;
use storage::Tx;
use storage::categories::{self, Decided, ProposalRow};

/// Longest note beside a proposal, and longest reason of a refusal.
const NOTE_MAX: usize = 1_000;
/// Longest unit of a number.
const UNIT_MAX: usize = 20;
const LANGUAGES: [&str; 2] = ["en", "ja"];

impl Broker {
    /// Proposes a change; it holds when another broker has accepted it. One proposal about a category waits at a
    /// time.
    ///
    /// # Errors
    /// Faults with pointers into the category, `/parent`, `/note`; `Conflict` `category_changed`,
    /// `proposal_waiting`, `no_change`.
    pub async fn propose_category(
        &self,
        ctx: &OpContext,
        proposal: &Proposal,
        note: &str,
    ) -> Result<ProposalView, BrokerError> {
        ctx.may(Action::KeepCategories, None, "category")?;
        let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
        let note = note.trim();
        let mut tx = self.begin().await?;
        let (kind, category, made_of) = self.proposed(&mut tx, proposal, note).await?;
        let row = ProposalRow {
            id: ProposalId::new(self.ids()),
            category_key: category.key.clone(),
            kind: kind.as_str().to_owned(),
            body: text(&category)?,
            made_of,
            state: ProposalState::Waiting.as_str().to_owned(),
            note: note.to_owned(),
            proposed_by: viewer.user.to_string(),
            proposed_by_name: viewer.name.clone(),
            proposed_at: self.now(),
            decided_by: None,
            decided_by_name: None,
            decided_at: None,
            reason: None,
            version: None,
        };
        categories::insert_proposal(&mut tx, &row).await.map_err(|error| {
            if !categories::is_waiting_already(&error) {
                return error.into();
            }
            let detail = "another proposal about this category waits for its decision".to_owned();
            BrokerError::Conflict { code: "proposal_waiting", detail }
        })?;
        let entry = Entry::new("category.proposed", &row.category_key)
            .with("proposal", row.id.to_string())
            .with("kind", row.kind.as_str());
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        Ok(view(row, Some(&viewer.user.to_string()))?)
    }

    /// Whether the actor may propose anything at all.
    pub fn may_keep_categories(&self, ctx: &OpContext) -> Result<(), BrokerError> {
        ctx.may(Action::KeepCategories, None, "category")
    }

    /// What is proposed, checked against what stands.
    async fn proposed(
        &self,
        tx: &mut Tx,
        proposal: &Proposal,
        note: &str,
    ) -> Result<(ProposalKind, Category, i64), BrokerError> {
        let rows = categories::list(tx).await?;
        let known: Result<Vec<_>, _> = rows.iter().map(entry).collect();
        let known = super::Categories::of(known?);
        let mut faults: Vec<FieldFault> =
            text_fault("/note", note, 0..=NOTE_MAX, ("note", "the note is too long"))
                .into_iter()
                .collect();
        let (key, retires) = match proposal {
            Proposal::Define { category, made_of } => {
                let category = trimmed(category);
                faults.extend(category_faults(&category));
                faults.extend(parent_fault(&known, &category));
                if !faults.is_empty() {
                    return Err(BrokerError::Invalid(faults));
                }
                let stands = known.get(&category.key);
                let version = stands.map_or(0, |stands| stands.version);
                if version != *made_of {
                    return Err(BrokerError::newer("category_changed", version, *made_of));
                }
                if stands.is_some_and(|stands| stands.category == category) {
                    let detail = "the category is like this already".to_owned();
                    return Err(BrokerError::Conflict { code: "no_change", detail });
                }
                return Ok((ProposalKind::Define, category, version));
            }
            Proposal::Retire(key) => (key, true),
            Proposal::Restore(key) => (key, false),
        };
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        let stands = known.get(key).ok_or(BrokerError::NotFound { what: "category" })?;
        if stands.retired == retires {
            let detail = "the category is like this already".to_owned();
            return Err(BrokerError::Conflict { code: "no_change", detail });
        }
        let kind = if retires { ProposalKind::Retire } else { ProposalKind::Restore };
        Ok((kind, stands.category.clone(), stands.version))
    }

    /// Accepts somebody else's proposal: from now on it holds. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `own_proposal`, `wrong_state`, `category_changed`.
    pub async fn accept_proposal(
        &self,
        ctx: &OpContext,
        id: ProposalId,
    ) -> Result<ProposalView, BrokerError> {
        let mut tx = self.begin().await?;
        let row = self.decidable_proposal(ctx, &mut tx, id, ProposalState::Accepted).await?;
        if row.state == ProposalState::Waiting.as_str() {
            let version = row.made_of + 1;
            self.take_decision(ctx, &mut tx, &row, (ProposalState::Accepted, None, Some(version)))
                .await?;
            let now = self.now();
            if row.made_of == 0 {
                categories::insert(&mut tx, &row.category_key, &row.body, now).await?;
            } else {
                let stands = categories::find(&mut tx, &row.category_key).await?;
                let stands = stands.ok_or(BrokerError::NotFound { what: "category" })?;
                if stands.version != row.made_of {
                    let (newest, of) = (stands.version, row.made_of);
                    return Err(BrokerError::newer("category_changed", newest, of));
                }
                let state = match row.kind.as_str() {
                    "retire" => "retired",
                    "restore" => "active",
                    _ => stands.state.as_str(),
                };
                let which = (row.category_key.as_str(), stands.version);
                categories::update(&mut tx, which, (state, &row.body), now).await?;
            }
            tx.commit().await?;
            self.refresh_categories().await?;
        }
        self.proposal(ctx, id).await
    }

    /// Refuses somebody else's proposal with a reason. Repeating it changes nothing.
    ///
    /// # Errors
    /// `/reason`; `Conflict` `own_proposal`, `wrong_state`.
    pub async fn refuse_proposal(
        &self,
        ctx: &OpContext,
        id: ProposalId,
        reason: &str,
    ) -> Result<ProposalView, BrokerError> {
        let mut tx = self.begin().await?;
        let row = self.decidable_proposal(ctx, &mut tx, id, ProposalState::Refused).await?;
        let reason = reason.trim();
        if let Some(fault) =
            text_fault("/reason", reason, 1..=NOTE_MAX, ("reason", "say why it is refused"))
        {
            return Err(BrokerError::Invalid(vec![fault]));
        }
        if row.state == ProposalState::Waiting.as_str() {
            let decision = (ProposalState::Refused, Some(reason), None);
            self.take_decision(ctx, &mut tx, &row, decision).await?;
            tx.commit().await?;
        }
        self.proposal(ctx, id).await
    }

    /// Takes one's own proposal back. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` `foreign_proposal`, `wrong_state`.
    pub async fn take_back_proposal(
        &self,
        ctx: &OpContext,
        id: ProposalId,
    ) -> Result<ProposalView, BrokerError> {
        ctx.may(Action::KeepCategories, None, "proposal")?;
        let mut tx = self.begin().await?;
        let row = self.proposal_in_state(&mut tx, id, ProposalState::TakenBack).await?;
        if ctx.actor.audit_name() != row.proposed_by {
            let detail = "somebody else made this proposal; refuse it instead".to_owned();
            return Err(BrokerError::Conflict { code: "foreign_proposal", detail });
        }
        if row.state == ProposalState::Waiting.as_str() {
            let decision = (ProposalState::TakenBack, None, None);
            self.take_decision(ctx, &mut tx, &row, decision).await?;
            tx.commit().await?;
        }
        self.proposal(ctx, id).await
    }

    /// Proposals that wait, whoever waits longest first; or what was decided, the latest first.
    pub async fn proposals(
        &self,
        ctx: &OpContext,
        waiting: bool,
    ) -> Result<Vec<ProposalView>, BrokerError> {
        ctx.may(Action::KeepCategories, None, "proposal")?;
        let mut tx = self.look().await?;
        let rows = categories::list_proposals(&mut tx, waiting).await?;
        shown(ctx, rows)
    }

    /// One proposal.
    pub async fn proposal(
        &self,
        ctx: &OpContext,
        id: ProposalId,
    ) -> Result<ProposalView, BrokerError> {
        ctx.may(Action::KeepCategories, None, "proposal")?;
        let mut tx = self.look().await?;
        let row = categories::find_proposal(&mut tx, id).await?;
        let row = row.ok_or(BrokerError::NotFound { what: "proposal" })?;
        Ok(view(row, Some(&ctx.actor.audit_name()))?)
    }

    /// A category with its history, as the desk sees it.
    pub async fn category_page(
        &self,
        ctx: &OpContext,
        key: &str,
    ) -> Result<CategoryPage, BrokerError> {
        ctx.may(Action::KeepCategories, None, "category")?;
        let mut tx = self.begin_read().await?;
        let row = categories::find(&mut tx, key).await?;
        let proposals = shown(ctx, categories::list_of(&mut tx, key).await?)?;
        drop(tx);
        if row.is_none() && proposals.is_empty() {
            return Err(BrokerError::NotFound { what: "category" });
        }
        let offers = self.offers_in_category(key).await?;
        Ok(CategoryPage { entry: row.as_ref().map(entry).transpose()?, offers, proposals })
    }

    /// How many offers on the market name a category or one below it.
    async fn offers_in_category(&self, key: &str) -> Result<u64, BrokerError> {
        let query = search::SearchQuery {
            chosen: vec![(FacetField::Category, key.to_owned())],
            limit: 1,
            ..search::SearchQuery::default()
        };
        Ok(self.on_index(move |index| index.search(&query)).await?.total)
    }

    async fn proposal_in_state(
        &self,
        tx: &mut Tx,
        id: ProposalId,
        or: ProposalState,
    ) -> Result<ProposalRow, BrokerError> {
        let row = categories::find_proposal(tx, id).await?;
        let row = row.ok_or(BrokerError::NotFound { what: "proposal" })?;
        if row.state != ProposalState::Waiting.as_str() && row.state != or.as_str() {
            let detail = format!("the proposal is {}", row.state);
            return Err(BrokerError::Conflict { code: "wrong_state", detail });
        }
        Ok(row)
    }

    /// A proposal that the actor may decide about: somebody else's, that waits or was decided likewise.
    async fn decidable_proposal(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        id: ProposalId,
        to: ProposalState,
    ) -> Result<ProposalRow, BrokerError> {
        ctx.may(Action::KeepCategories, None, "proposal")?;
        let row = self.proposal_in_state(tx, id, to).await?;
        if !is_second_pair_of_eyes(&ctx.actor, &row.proposed_by, None) {
            let detail = "whoever proposes does not decide".to_owned();
            return Err(BrokerError::Conflict { code: "own_proposal", detail });
        }
        Ok(row)
    }

    async fn take_decision(
        &self,
        ctx: &OpContext,
        tx: &mut Tx,
        row: &ProposalRow,
        (state, reason, version): (ProposalState, Option<&str>, Option<i64>),
    ) -> Result<(), BrokerError> {
        let by = ctx.actor.audit_name();
        let by_name = ctx.actor.viewer().map(|viewer| viewer.name.clone()).unwrap_or_default();
        let decided = Decided {
            state: state.as_str(),
            by: &by,
            by_name: &by_name,
            at: self.now(),
            reason,
            version,
        };
        if !categories::decide(tx, row.id, decided).await? {
            let detail = "somebody decided at the same time; read it again".to_owned();
            return Err(BrokerError::Conflict { code: "wrong_state", detail });
        }
        let action = match state {
            ProposalState::Accepted => "category.changed",
            ProposalState::Refused => "category.refused",
            ProposalState::TakenBack | ProposalState::Waiting => "category.taken_back",
        };
        let entry = Entry::new(action, &row.category_key)
            .with("proposal", row.id.to_string())
            .with("kind", row.kind.as_str())
            .with("version", version);
        record(self, ctx, tx, entry).await
    }
}

pub(super) fn text(category: &Category) -> Result<String, BrokerError> {
    let text = serde_json::to_string(category);
    text.map_err(|error| corrupt("category", &error).into())
}

fn shown(ctx: &OpContext, rows: Vec<ProposalRow>) -> Result<Vec<ProposalView>, BrokerError> {
    let reader = ctx.actor.audit_name();
    Ok(rows.into_iter().map(|row| view(row, Some(&reader))).collect::<Result<_, _>>()?)
}

/// Without blanks around texts, and without empty ones.
fn trimmed(category: &Category) -> Category {
    let words = |text: &Text| {
        let kept = text.0.iter().map(|(language, text)| (language.clone(), text.trim().to_owned()));
        Text(kept.filter(|(_, text)| !text.is_empty()).collect())
    };
    let mut category = category.clone();
    category.title = words(&category.title);
    category.help = words(&category.help);
    for attribute in &mut category.attributes {
        attribute.title = words(&attribute.title);
        attribute.help = words(&attribute.help);
        match &mut attribute.kind {
            AttributeKind::Choice { choices } => {
                for choice in choices {
                    choice.title = words(&choice.title);
                }
            }
            AttributeKind::Number { unit, .. } => *unit = unit.trim().to_owned(),
            AttributeKind::Boolean | AttributeKind::Version => {}
        }
    }
    category
}

pub(super) fn category_faults(category: &Category) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(3..=63).contains(&category.key.len()) || !category.key.bytes().all(plain) {
        let message = "a key has 3 to 63 lower-case letters, digits and hyphens";
        faults.push(FieldFault {
            expected: Some(Expected::Name),
            ..FieldFault::new("/key", "wrong_form", &category.key, message, message)
        });
    }
    faults.extend(words_faults("", &category.title, &category.help));
    if category.attributes.len() > ATTRIBUTES_MAX {
        let allowed = format!("at most {ATTRIBUTES_MAX} attributes");
        let found = category.attributes.len().to_string();
        faults.push(FieldFault::new("/attributes", "too_many", &found, &allowed, &allowed));
    }
    let mut seen = BTreeSet::new();
    for (index, attribute) in category.attributes.iter().enumerate() {
        let at = format!("/attributes/{index}");
        if !attribute_key(&attribute.key) || !seen.insert(attribute.key.as_str()) {
            let message = "a key of its own: lower-case letters, digits and _, a letter first";
            faults.push(FieldFault {
                expected: Some(Expected::AttributeKey),
                ..FieldFault::new(
                    &format!("{at}/key"),
                    "wrong_form",
                    &attribute.key,
                    message,
                    message,
                )
            });
        }
        faults.extend(words_faults(&at, &attribute.title, &attribute.help));
        faults.extend(kind_faults(&at, attribute));
    }
    faults
}

/// A title in both languages: the market is read in both.
fn words_faults(at: &str, title: &Text, help: &Text) -> Vec<FieldFault> {
    let of = |text: &Text, language: &str| text.0.get(language).cloned().unwrap_or_default();
    LANGUAGES
        .into_iter()
        .flat_map(|language| {
            [
                text_fault(
                    &format!("{at}/title/{language}"),
                    &of(title, language),
                    1..=CATEGORY_TITLE_MAX,
                    ("title", "a name in English and in Japanese is needed"),
                ),
                text_fault(
                    &format!("{at}/help/{language}"),
                    &of(help, language),
                    0..=CATEGORY_HELP_MAX,
                    ("help", "the help is too long"),
                ),
            ]
        })
        .flatten()
        .collect()
}

fn kind_faults(at: &str, attribute: &AttributeDef) -> Vec<FieldFault> {
    match &attribute.kind {
        AttributeKind::Choice { choices } => {
            let mut faults = Vec::new();
            if choices.is_empty() || choices.len() > CHOICES_MAX {
                let allowed = format!("1 to {CHOICES_MAX} choices");
                let (place, found) = (format!("{at}/choices"), choices.len().to_string());
                faults.push(FieldFault::new(&place, "choices", &found, &allowed, &allowed));
            }
            let plain = |byte: u8| {
                byte.is_ascii_lowercase()
                    || byte.is_ascii_digit()
                    || matches!(byte, b'_' | b'-' | b'.')
            };
            let mut seen = BTreeSet::new();
            for choice in choices {
                let sound = (1..=40).contains(&choice.key.len()) && choice.key.bytes().all(plain);
                if !sound || !seen.insert(choice.key.as_str()) {
                    let message = "each choice once: 1 to 40 lower-case letters, digits and . _ -";
                    let place = format!("{at}/choices");
                    faults.push(FieldFault::new(
                        &place,
                        "choice_key",
                        &choice.key,
                        message,
                        message,
                    ));
                }
                faults.extend(words_faults(
                    &format!("{at}/choices"),
                    &choice.title,
                    &Text::default(),
                ));
            }
            faults
        }
        AttributeKind::Number { unit, min, max } => {
            let place = format!("{at}/unit");
            let long = ("unit", "the unit is too long");
            let mut faults: Vec<_> =
                text_fault(&place, unit, 0..=UNIT_MAX, long).into_iter().collect();
            if min.zip(*max).is_some_and(|(min, max)| min > max) {
                let (place, message) = (format!("{at}/max"), "the most is less than the least");
                let found = max.map(|max| max.to_string()).unwrap_or_default();
                faults.push(FieldFault::new(&place, "range", &found, message, message));
            }
            faults
        }
        AttributeKind::Boolean | AttributeKind::Version => Vec::new(),
    }
}

/// The wider category is there, and no circle or too deep a tree comes of it.
fn parent_fault(known: &super::Categories, category: &Category) -> Option<FieldFault> {
    let parent = category.parent.as_deref()?;
    let path = known.path(parent);
    let circle = path.iter().any(|entry| entry.category.key == category.key);
    let below = known
        .tree()
        .iter()
        .map(|(_, entry)| known.path(&entry.category.key))
        .filter_map(|path| path.iter().position(|entry| entry.category.key == category.key))
        .max()
        .unwrap_or(0);
    let sound = !path.is_empty() && !circle && path.len() + 1 + below <= DEPTH_MAX;
    let allowed = format!("another category, {DEPTH_MAX} deep at most");
    let message = "it cannot belong to that category";
    (!sound).then(|| FieldFault::new("/parent", "parent", parent, &allowed, message))
}
