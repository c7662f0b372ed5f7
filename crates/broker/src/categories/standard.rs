//! The categories that a fresh market begins with.

use super::propose::text;
use crate::audit::{Entry, record};
use crate::{Broker, BrokerError, OpContext};
use domain::Action;
use sla::Category;
use storage::categories;

/// Kinds that most markets have; a broker changes them like any other.
const STANDARD: &str = include_str!("standard.json");

impl Broker {
    /// Adds the standard categories to a market that has none; how many. Repeating it changes nothing.
    pub async fn add_standard_categories(&self, ctx: &OpContext) -> Result<usize, BrokerError> {
        ctx.may(Action::KeepCategories, None, "category")?;
        let standard: Vec<Category> = serde_json::from_str(STANDARD)
            .map_err(|error| BrokerError::Internal(format!("standard categories: {error}")))?;
        let mut tx = self.begin().await?;
        if categories::count(&mut tx).await? > 0 {
            return Ok(0);
        }
        for category in &standard {
            categories::insert(&mut tx, &category.key, &text(category)?, self.now()).await?;
            let entry = Entry::new("category.changed", &category.key).with("version", 1);
            record(self, ctx, &mut tx, entry).await?;
        }
        tx.commit().await?;
        self.refresh_categories().await?;
        Ok(standard.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_categories_are_sound() {
        let standard: Vec<Category> = serde_json::from_str(STANDARD).unwrap();
        for category in &standard {
            assert_eq!(super::super::propose::category_faults(category), [], "{}", category.key);
            let parent = category.parent.as_ref();
            let known = |key: &String| standard.iter().any(|other| other.key == *key);
            assert!(parent.is_none_or(known), "{}", category.key);
        }
    }
}
