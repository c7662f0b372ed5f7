//! The need in the address of a quote: `template:KEY`, `saved:ID` or `doc:CODE`.

use broker::requirements::RequirementSource;

/// Reads the parameter `need`; `None` when it names nothing.
pub(super) fn read_need(text: &str) -> Option<RequirementSource> {
    let (kind, rest) = text.split_once(':')?;
    if rest.is_empty() {
        return None;
    }
    match kind {
        "template" => Some(RequirementSource::Template(rest.to_owned())),
        "saved" => rest.parse().ok().map(RequirementSource::Saved),
        "doc" => Some(RequirementSource::Shared(rest.to_owned())),
        _ => None,
    }
}

/// The address of a quote.
pub(super) fn quote_address(offer: &str, need: &str) -> String {
    let need = crate::format::percent_encode(need);
    format!("/contracts/new?offer={}&need={need}", crate::format::percent_encode(offer))
}

/// The address on which what runs already is adopted under an offer.
pub(super) fn adopt_address(offer: &str, need: &str) -> String {
    quote_address(offer, need).replacen("/contracts/new", "/contracts/adopt", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_need_is_read_and_nothing_else() {
        let template = read_need("template:certificate-service");
        assert!(
            matches!(template, Some(RequirementSource::Template(key)) if key == "certificate-service")
        );
        assert!(matches!(read_need("doc:eyJ9"), Some(RequirementSource::Shared(_))));
        for bad in ["", "template", "template:", "saved:ofr_1", "file:/etc/passwd"] {
            assert!(read_need(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_address_cannot_be_broken_out_of() {
        assert_eq!(
            quote_address("ofr_1", "doc:a&offer=b"),
            "/contracts/new?offer=ofr_1&need=doc%3Aa%26offer%3Db"
        );
    }
}
