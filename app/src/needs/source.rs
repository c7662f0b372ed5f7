//! Where a need comes from, as it stands in addresses: `template:KEY`, `saved:ID` or `doc:CODE`.

use broker::{
    BrokerError,
    requirements::{RequirementCard, RequirementSource},
};

use crate::{AppState, PageContext, address::Address};

/// A need that can be chosen from a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The value of the parameter `need`.
    pub need: String,
    /// Its title in the reader's language.
    pub label: String,
}

/// Reads the parameter `need`; `None` when it names nothing.
pub(crate) fn read_source(text: &str) -> Option<RequirementSource> {
    RequirementSource::read(text)
}

/// The value of the parameter `need`; `None` for a text that has no address.
pub(crate) fn source_text(source: &RequirementSource) -> Option<String> {
    match source {
        RequirementSource::Template(key) => Some(format!("template:{key}")),
        RequirementSource::Saved(id) => Some(format!("saved:{id}")),
        RequirementSource::Shared(code) => Some(format!("doc:{code}")),
        RequirementSource::Text(_) => None,
    }
}

/// The page that ranks offers for this need.
pub(crate) fn source_href(source: &RequirementSource) -> Option<String> {
    source_address(source).map(|address| address.to_string())
}

/// As [`source_href`], to be continued.
pub(super) fn source_address(source: &RequirementSource) -> Option<Address> {
    match source {
        RequirementSource::Template(key) => Some(Address::new(format!("/needs/templates/{key}"))),
        RequirementSource::Saved(id) => Some(Address::new(format!("/needs/{id}"))),
        RequirementSource::Shared(code) => Some(Address::new("/needs").and("doc", code.clone())),
        RequirementSource::Text(_) => None,
    }
}

/// Saved needs that can be chosen from; older ones are found in their list.
const CHOICES: u32 = 200;

/// What the viewer's organisation saved, newest first, to choose from.
pub(crate) async fn saved(
    ctx: &PageContext,
    state: &AppState,
) -> Result<Vec<RequirementCard>, BrokerError> {
    Ok(state.broker.my_requirements(&ctx.op(), None, CHOICES).await?.items)
}

/// The templates, then what the viewer's organisation saved.
pub(crate) async fn choices(ctx: &PageContext, state: &AppState) -> Vec<Choice> {
    let templates = state.broker.templates().into_iter().map(|template| Choice {
        need: format!("template:{}", template.key),
        label: template.requirement.metadata.title.get(ctx.locale.sla()).to_owned(),
    });
    let mut choices: Vec<Choice> = templates.collect();
    if ctx.viewer.is_some() {
        // A list that cannot be read leaves the templates; the page is about something else.
        if let Ok(saved) = saved(ctx, state).await {
            choices.extend(saved.into_iter().map(|card| Choice {
                need: format!("saved:{}", card.id),
                label: ctx.locale.pick(&card.title_en, &card.title_ja).to_owned(),
            }));
        }
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_comes_back_from_its_text() {
        let id = "req_00000000000000000000000001";
        for text in ["template:tracking-service", &format!("saved:{id}"), "doc:eyJ9"] {
            let source = read_source(text).unwrap();
            assert_eq!(source_text(&source).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_names_nothing_is_not_read() {
        for bad in ["", "template", "template:", "saved:ofr_1", "file:/etc/passwd"] {
            assert!(read_source(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn each_source_has_its_page() {
        let href = |text: &str| source_href(&read_source(text).unwrap()).unwrap();
        assert_eq!(href("template:tracking-service"), "/needs/templates/tracking-service");
        assert_eq!(href("doc:a&b"), "/needs?doc=a%26b");
    }
}
