//! Recipes (F7.6.2): settings whose variables are resolved here, from what the cloud and the booking are and from what the
//! caller gives. One that nobody knows blocks the start. A dry run tells what a start would do.

use std::collections::BTreeMap;

use provider_api::recipe::{self, Unresolved};
use provider_api::{
    AllocationId, FieldFault, ImageState, Problem, ProblemCode, RecipeVariable, ResolvedRecipe,
    StartRequest,
};

use super::hold::invalid;
use super::life::{check, must_offer};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::store::{AllocationRow, ImageRow};

/// Of a setting with everything put in.
const RESOLVED_MAX: usize = 1000;

/// What the cloud knows by itself: name, text, and the value in one allocation.
type Known = (&'static str, &'static str, fn(&Cloud, &AllocationRow) -> Option<String>);

const KNOWN: &[Known] = &[
    ("cloud.name", "The cloud's name for people", |cloud, _| Some(cloud.config.name.clone())),
    ("zone.id", "The zone in which the service runs", |_, row| row.zone_id.clone()),
    ("zone.region", "The region of the zone", |_, row| row.region.clone()),
    ("zone.country", "The country of the zone, ISO 3166-1", |_, row| row.country.clone()),
    ("zone.hazardZone", "What is struck together with it", |_, row| row.hazard_zone.clone()),
    ("allocation.id", "The cloud's id of the allocation", |_, row| Some(row.id.clone())),
    ("allocation.label", "The caller's name for it", |_, row| Some(row.label.clone())),
    ("endpoint.url", "The whole address for users", |_, row| {
        Some(format!("http://{}/", row.endpoint()?))
    }),
    ("endpoint.host", "The host of the address", |_, row| Some(row.endpoint()?.ip().to_string())),
    ("endpoint.port", "The port of the address", |_, row| Some(row.endpoint()?.port().to_string())),
    ("compute.count", "How many machines", |_, row| Some(row.instances.to_string())),
    ("compute.vcpu", "Virtual processors of each", |_, row| Some(row.vcpu_each.to_string())),
    ("compute.ramMb", "Mebibytes of memory of each", |_, row| Some(row.ram_mb_each.to_string())),
    ("storage.gb", "Gibibytes of the volume", |_, row| Some(row.storage_gb.to_string())),
    ("storage.quotaBytes", "Bytes the volume may hold", |_, row| {
        Some(row.quota_bytes?.to_string())
    }),
    ("network.mbps", "Megabits per second", |_, row| Some(row.mbps.to_string())),
];
/// What is so in every reference cloud.
const FIXED: &[(&str, &str, &str)] = &[
    ("storage.class", "How volumes are kept", "directory"),
    ("licence.demo", "The licence of the demo application", "Apache-2.0"),
];

/// Whether the cloud knows a variable by itself, so that nobody else can say what it is.
pub(crate) fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|(known, ..)| *known == name)
}

impl Cloud {
    /// The variables as capabilities tell them.
    pub(super) fn recipe_variables(&self) -> Vec<RecipeVariable> {
        let known = KNOWN.iter().map(|(name, text, _)| RecipeVariable {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
            value: (*name == "cloud.name").then(|| self.config.name.clone()),
        });
        let fixed = FIXED.iter().filter(|(name, ..)| !self.config.variables.contains_key(*name));
        let fixed = fixed.map(|(name, text, value)| RecipeVariable {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
            value: Some((*value).to_owned()),
        });
        let own = self.config.variables.iter().map(|(name, value)| RecipeVariable {
            name: name.clone(),
            text: "Set by the operator of the cloud".to_owned(),
            value: Some(value.clone()),
        });
        known.chain(fixed).chain(own).collect()
    }

    /// What every variable is in an allocation; one that makes no sense there is absent.
    fn variables(&self, row: &AllocationRow) -> BTreeMap<String, String> {
        let fixed = FIXED.iter().map(|(name, _, value)| ((*name).to_owned(), (*value).to_owned()));
        let known = KNOWN
            .iter()
            .filter_map(|(name, _, value)| Some(((*name).to_owned(), value(self, row)?)));
        // What the operator says wins over what is so in every reference cloud.
        fixed.chain(self.config.variables.clone()).chain(known).collect()
    }

    pub(crate) async fn check_recipe(
        &self,
        id: &str,
        request: &StartRequest,
    ) -> Result<ResolvedRecipe, OpError> {
        check(request)?;
        let row = self.row(id).await?;
        let state = row.state_at(self.now_us());
        let wrong = |detail: String| Err(OpError::refuse(ProblemCode::WrongState, detail));
        if state.is_final() {
            return wrong(format!("nothing starts any more while {state}"));
        }
        let image = match &request.image {
            Some(image) => {
                let seen = self.store.image(image.as_str()).await?;
                // Another tenant's is answered as one that does not exist.
                let seen = seen.filter(|seen| seen.tenant == row.tenant);
                let none = format!("there is no image {image}");
                Some(seen.ok_or_else(|| OpError::refuse(ProblemCode::NotFound, none))?)
            }
            None => None,
        };
        if let Some(image) = image.as_ref().filter(|image| image.state() != ImageState::Ready) {
            return wrong(format!(
                "the image is {}; nothing starts from it",
                image.state().as_str()
            ));
        }
        self.resolve(&row, request, image.as_ref())
    }

    /// What would run with which settings.
    pub(super) fn resolve(
        &self,
        row: &AllocationRow,
        request: &StartRequest,
        image: Option<&ImageRow>,
    ) -> Result<ResolvedRecipe, OpError> {
        let application = match image {
            Some(image) => image.application.clone(),
            None => request.application.clone(),
        };
        let application = application.unwrap_or_default();
        must_offer(&application)?;
        let mut variables = self.variables(row);
        must_not_shadow(&self.recipe_variables(), request)?;
        variables.extend(request.values.clone());
        let mut settings: BTreeMap<String, String> =
            match image.and_then(|each| each.settings.as_deref()) {
                Some(brought) => serde_json::from_str(brought)?,
                None => BTreeMap::new(),
            };
        settings.extend(request.settings.clone());
        let settings = resolve_all(&settings, &variables)?;
        Ok(ResolvedRecipe {
            allocation_id: AllocationId(row.id.clone()),
            application,
            image: request.image.clone(),
            settings,
            variables,
        })
    }
}

/// A value of the caller never stands for something the cloud says.
fn must_not_shadow(known: &[RecipeVariable], request: &StartRequest) -> Result<(), OpError> {
    let mut faults = Vec::new();
    for (name, value) in &request.values {
        let fault = if known.iter().any(|each| each.name == *name) {
            "the cloud says what this is; allowed are names of your own"
        } else if !recipe::is_name(name) {
            "a name has 1 to 100 letters, digits, dots, hyphens and underscores"
        } else if value.chars().count() > 200 {
            "a value has at most 200 characters"
        } else {
            continue;
        };
        faults.push(FieldFault { pointer: pointer("values", name), detail: fault.to_owned() });
    }
    if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
}

/// Every setting resolved, or every place that could not be.
fn resolve_all(
    settings: &BTreeMap<String, String>,
    variables: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, OpError> {
    let (mut resolved, mut unknown, mut wrong) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (name, text) in settings {
        let fault = |detail: String| FieldFault { pointer: pointer("settings", name), detail };
        match recipe::resolve(text, variables) {
            Ok(value) if value.chars().count() > RESOLVED_MAX => {
                wrong.push(fault(format!("it comes to more than {RESOLVED_MAX} characters")));
            }
            Ok(value) => {
                resolved.insert(name.clone(), value);
            }
            Err(unresolved @ Unresolved::Unknown(_)) => unknown.push(fault(unresolved.to_string())),
            Err(unresolved) => wrong.push(fault(unresolved.to_string())),
        }
    }
    if !wrong.is_empty() {
        return Err(invalid(wrong));
    }
    if unknown.is_empty() {
        return Ok(resolved);
    }
    let names: Vec<&str> = variables.keys().map(String::as_str).collect();
    let first = unknown.first().map(|fault| fault.detail.clone()).unwrap_or_default();
    let detail = format!("{first}; known are {}", names.join(", "));
    let problem = Problem::new(ProblemCode::VariableUnresolved, detail).with_errors(unknown);
    Err(OpError::Refused(Box::new(problem)))
}

/// A place in the body (RFC 6901).
fn pointer(field: &str, name: &str) -> String {
    format!("/{field}/{}", name.replace('~', "~0").replace('/', "~1"))
}
