//! The market's list of checks, and changing it. A changed list takes no admission away.

use crate::audit::{Entry, record};
use crate::names::text_fault;
use crate::{Broker, BrokerError, FieldFault, OpContext};
use domain::Action;
use storage::admissions::{self, CheckRow};

/// Longest title and explanation.
const TITLE_MAX: usize = 120;
const HELP_MAX: usize = 1_000;
/// Longest key.
const KEY_MAX: usize = 40;
/// Where a check can stand at most.
const PLACE_MAX: i64 = 9_999;

/// One check of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckView {
    /// Its key; it never changes.
    pub key: String,
    /// Counts the changes from 1.
    pub version: i64,
    /// Where it stands in the list.
    pub place: i64,
    /// Whether nobody is admitted without it.
    pub required: bool,
    /// Whether the market tells it by itself.
    pub computed: bool,
    /// English title.
    pub title_en: String,
    /// Japanese title.
    pub title_ja: String,
    /// English explanation.
    pub help_en: String,
    /// Japanese explanation.
    pub help_ja: String,
    /// Whether it is asked no longer.
    pub retired: bool,
}

/// A check as a broker writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckForm {
    /// Lower-case letters, digits and `_`, 3 to 40 characters.
    pub key: String,
    /// The version that was read; 0: the check is new.
    pub made_of: i64,
    /// Where it stands in the list, 0 to 9,999.
    pub place: i64,
    /// Whether nobody is admitted without it.
    pub required: bool,
    /// English title.
    pub title_en: String,
    /// Japanese title.
    pub title_ja: String,
    /// English explanation.
    pub help_en: String,
    /// Japanese explanation.
    pub help_ja: String,
    /// Whether it is asked no longer.
    pub retired: bool,
}

impl From<CheckRow> for CheckView {
    fn from(row: CheckRow) -> Self {
        Self {
            computed: row.source != "ticked",
            retired: row.state != "active",
            key: row.check_key,
            version: row.version,
            place: row.place,
            required: row.required,
            title_en: row.title_en,
            title_ja: row.title_ja,
            help_en: row.help_en,
            help_ja: row.help_ja,
        }
    }
}

impl Broker {
    /// The list of checks in its order, with those that are asked no longer.
    pub async fn admission_checks(&self, ctx: &OpContext) -> Result<Vec<CheckView>, BrokerError> {
        ctx.may(Action::AdmitProvider, None, "check")?;
        let rows = admissions::list_checks(&mut self.look().await?).await?;
        Ok(rows.into_iter().map(CheckView::from).collect())
    }

    /// Adds a check or writes its next version; what is admitted stays admitted. Repeating it changes nothing.
    ///
    /// # Errors
    /// A fault at each field; `Conflict` `check_changed`, `too_many_checks`.
    pub async fn keep_admission_check(
        &self,
        ctx: &OpContext,
        form: &CheckForm,
    ) -> Result<Vec<CheckView>, BrokerError> {
        ctx.may(Action::AdmitProvider, None, "check")?;
        let faults = faults(form);
        if !faults.is_empty() {
            return Err(BrokerError::Invalid(faults));
        }
        let mut tx = self.begin().await?;
        let rows = admissions::list_checks(&mut tx).await?;
        let known = rows.iter().find(|row| row.check_key == form.key);
        let row = self.check_row(form);
        if known.is_some_and(|known| same(known, &row)) {
            drop(tx);
            return self.admission_checks(ctx).await;
        }
        let version = known.map_or(0, |known| known.version);
        if version != form.made_of {
            return Err(BrokerError::newer("check_changed", version, form.made_of));
        }
        if known.is_some() {
            admissions::update_check(&mut tx, &row).await?;
        } else {
            if i64::try_from(rows.len()).is_ok_and(|count| count >= admissions::CHECKS_MAX) {
                let detail = format!("a list has at most {} checks", admissions::CHECKS_MAX);
                return Err(BrokerError::Conflict { code: "too_many_checks", detail });
            }
            if !admissions::insert_check(&mut tx, &row).await? {
                return Err(BrokerError::newer("check_changed", 1, 0));
            }
        }
        let entry = Entry::new("admission.list_changed", &form.key)
            .with("version", version + 1)
            .with("required", form.required)
            .with("retired", form.retired);
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        self.admission_checks(ctx).await
    }

    fn check_row(&self, form: &CheckForm) -> CheckRow {
        CheckRow {
            check_key: form.key.clone(),
            version: form.made_of,
            place: form.place,
            required: form.required,
            source: "ticked".to_owned(),
            title_en: form.title_en.trim().to_owned(),
            title_ja: form.title_ja.trim().to_owned(),
            help_en: form.help_en.trim().to_owned(),
            help_ja: form.help_ja.trim().to_owned(),
            state: if form.retired { "retired" } else { "active" }.to_owned(),
            changed_at: self.now(),
        }
    }
}

fn same(known: &CheckRow, row: &CheckRow) -> bool {
    let (version, source, changed_at) = (known.version, known.source.clone(), known.changed_at);
    *known == CheckRow { version, source, changed_at, ..row.clone() }
}

fn faults(form: &CheckForm) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !(3..=KEY_MAX).contains(&form.key.len()) || !form.key.chars().all(simple) {
        let allowed = "3 to 40 lower-case letters, digits and underscores";
        let message = "this cannot be the key of a check";
        faults.push(FieldFault::new("/key", "key", &form.key, allowed, message));
    }
    if !(0..=PLACE_MAX).contains(&form.place) {
        let found = form.place.to_string();
        faults.push(FieldFault {
            expected: Some(sla::Expected::Between { min: 0.into(), max: PLACE_MAX.into() }),
            ..FieldFault::new(
                "/place",
                "range",
                &found,
                "0 to 9999",
                "this number is out of bounds",
            )
        });
    }
    for (pointer, text, least, most) in [
        ("/titleEn", &form.title_en, 1, TITLE_MAX),
        ("/titleJa", &form.title_ja, 1, TITLE_MAX),
        ("/helpEn", &form.help_en, 0, HELP_MAX),
        ("/helpJa", &form.help_ja, 0, HELP_MAX),
    ] {
        let say = ("reason", "say what is looked at, in both languages");
        faults.extend(text_fault(pointer, text.trim(), least..=most, say));
    }
    faults
}
