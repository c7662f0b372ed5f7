//! Which need a body means, and where its faults stand in the body.

use axum::http::StatusCode;
use broker::requirements::RequirementSource;
use broker::{Broker, BrokerError, FieldFault, OpContext};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::extract::fault;
use super::problem::{FieldProblem, Problem};

/// Which need: exactly one of the four.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NeedBody {
    /// Key of a template.
    #[serde(default)]
    pub template: Option<String>,
    /// A saved requirement, `req_…`.
    #[serde(default)]
    pub requirement_id: Option<String>,
    /// A QualityRequirement document.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub document: Option<Value>,
    /// The code of a shared link.
    #[serde(default)]
    pub share_code: Option<String>,
}

impl NeedBody {
    /// The one that is given; it stands in the body's field `need`.
    pub fn source(self) -> Result<RequirementSource, Problem> {
        let given = [
            self.template.is_some(),
            self.requirement_id.is_some(),
            self.document.is_some(),
            self.share_code.is_some(),
        ];
        if given.into_iter().filter(|given| *given).count() != 1 {
            let allowed = "exactly one of template, requirementId, document, shareCode";
            let text = "say which need is meant";
            return Err(Problem::invalid(vec![fault("/need", "need", "", allowed, text)]));
        }
        if let Some(key) = self.template {
            return Ok(RequirementSource::Template(key));
        }
        if let Some(code) = self.share_code {
            return Ok(RequirementSource::Shared(code));
        }
        if let Some(document) = self.document {
            return Ok(RequirementSource::Text(document.to_string()));
        }
        let text = self.requirement_id.unwrap_or_default();
        let id = text.parse().map_err(|error: domain::IdError| {
            let pointer = "/need/requirementId";
            Problem::invalid(vec![fault(pointer, "id", &text, "req_…", &error.to_string())])
        })?;
        Ok(RequirementSource::Saved(id))
    }
}

/// The answer to a request whose need may be at fault. Faults of the need are told where it stands in
/// the body; others, of a plan for example, stand where they are. What a body names and does not exist
/// is a fault of the body, not of the address.
pub(super) async fn need_problem(
    broker: &Broker,
    ctx: &OpContext,
    source: &RequirementSource,
    error: BrokerError,
) -> Problem {
    let faults = match error {
        BrokerError::Invalid(faults) => faults,
        BrokerError::NotFound { what } => {
            let detail = format!("the {what} that the request names was not found");
            return Problem::new(StatusCode::NOT_FOUND, "not_found", detail);
        }
        other => return other.into(),
    };
    let own = match broker.resolve_requirement(ctx, source).await {
        Err(BrokerError::Invalid(own)) => own,
        _ => Vec::new(),
    };
    let told = faults.into_iter().map(|fault| {
        let of_need = fault.code == UNCOMPARABLE || own.contains(&fault);
        FieldProblem::from(if of_need { placed(source, fault) } else { fault })
    });
    Problem::invalid(told.collect())
}

/// Code of a need that is read and cannot be compared.
const UNCOMPARABLE: &str = "requirement";

/// A fault of a need with its pointer into the body.
fn placed(source: &RequirementSource, fault: FieldFault) -> FieldFault {
    let inside = if fault.code == UNCOMPARABLE { "" } else { fault.pointer.as_str() };
    let pointer = match source {
        RequirementSource::Template(_) => "/need/template".to_owned(),
        RequirementSource::Saved(_) => "/need/requirementId".to_owned(),
        RequirementSource::Text(_) => format!("/need/document{inside}"),
        // What stands in a code is told in words: no pointer leads into it.
        RequirementSource::Shared(_) => {
            let message = match inside {
                "" | "/code" => fault.message,
                inside => {
                    format!("the code holds a document with a fault at {inside}: {}", fault.message)
                }
            };
            return FieldFault { pointer: "/need/shareCode".to_owned(), message, ..fault };
        }
    };
    FieldFault { pointer, ..fault }
}
