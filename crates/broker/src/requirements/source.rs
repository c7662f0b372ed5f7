//! Where a requirement comes from: template, saved, text, or a link that anybody can open.

use super::{RequirementSource, Template};
use crate::documents::{field_faults, read_requirement};
use crate::{Broker, BrokerError, OpContext};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sla::Requirement;
use std::sync::LazyLock;

/// Longest code in a link; addresses beyond 8 kB are refused by common proxies.
const SHARE_CODE_BYTES_MAX: usize = 7000;

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    sla::EXAMPLE_REQUIREMENTS
        .iter()
        .filter_map(|example| {
            let (requirement, _) = read_requirement(example.yaml).ok()?;
            Some(Template { key: requirement.metadata.name.clone(), requirement })
        })
        .collect()
});

impl Broker {
    /// The three sample services of the paper's Table 1.
    #[must_use]
    pub fn templates(&self) -> Vec<Template> {
        TEMPLATES.clone()
    }

    /// The compact text of a requirement for links (base64url of canonical JSON).
    #[must_use]
    pub fn share_code(&self, requirement: &Requirement) -> String {
        let text = sla::canonical_json(requirement);
        URL_SAFE_NO_PAD.encode(text)
    }

    /// Reads the requirement a source names, with remarks.
    pub async fn resolve_requirement(
        &self,
        ctx: &OpContext,
        source: &RequirementSource,
    ) -> Result<(Requirement, Vec<String>), BrokerError> {
        let text = match source {
            RequirementSource::Template(key) => {
                let found = TEMPLATES.iter().find(|template| template.key == *key);
                let template = found.ok_or(BrokerError::NotFound { what: "template" })?;
                return Ok((template.requirement.clone(), Vec::new()));
            }
            RequirementSource::Saved(id) => {
                return Ok((self.requirement(ctx, *id).await?.document, Vec::new()));
            }
            RequirementSource::Text(text) => text.clone(),
            RequirementSource::Shared(code) => shared_text(code)?,
        };
        let (requirement, notices) = read_requirement(&text)
            .map_err(|faults| BrokerError::Invalid(field_faults(&faults)))?;
        let requirement = match source {
            // A link that was shared before an item was registered still says what it said.
            RequirementSource::Shared(_) => {
                self.held_requirement(requirement.clone(), true).unwrap_or(requirement)
            }
            _ => self.held_requirement(requirement, true)?,
        };
        Ok((requirement, notices.iter().map(ToString::to_string).collect()))
    }
}

fn shared_text(code: &str) -> Result<String, BrokerError> {
    let fault = || {
        let allowed = "the code of a shared link, unchanged";
        BrokerError::field("/code", "share_code", code, allowed, "this link is cut or changed")
    };
    if code.len() > SHARE_CODE_BYTES_MAX {
        return Err(fault());
    }
    let bytes = URL_SAFE_NO_PAD.decode(code).map_err(|_| fault())?;
    String::from_utf8(bytes).map_err(|_| fault())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_sample_services_are_templates() {
        let keys: Vec<_> = TEMPLATES.iter().map(|template| template.key.as_str()).collect();
        assert_eq!(keys, ["certificate-service", "collaboration-service", "tracking-service"]);
    }

    #[test]
    fn a_cut_link_is_refused_with_its_reason() {
        assert!(matches!(shared_text("a"), Err(BrokerError::Invalid(_))));
        assert!(shared_text(&"A".repeat(SHARE_CODE_BYTES_MAX + 1)).is_err());
    }
}
