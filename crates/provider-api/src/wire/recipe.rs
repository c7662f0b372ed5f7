//! Recipes (F7.6.2): settings with variables, and what a cloud makes of them. How a placeholder is read is in `recipe`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AllocationId, ImageId};

/// A variable that a cloud resolves, as its capabilities tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecipeVariable {
    /// Such as `zone.region`; in a setting it is written `${zone.region}`.
    pub name: String,
    /// One line.
    pub text: String,
    /// What it is, where that is the same for the whole cloud; absent when it depends on the allocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What a start would do with a recipe, without starting anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResolvedRecipe {
    pub allocation_id: AllocationId,
    /// What would run.
    pub application: String,
    /// The image it would be started from; absent for an application of the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageId>,
    /// What the application would receive: settings of the image, those of the request over them, all resolved.
    pub settings: BTreeMap<String, String>,
    /// Every variable that is known here, the cloud's and those that the request gives.
    pub variables: BTreeMap<String, String>,
}
