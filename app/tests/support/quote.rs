//! The form of a quote: its address, what stands in it, and sending it as the page filled it in.

use crate::support::{Answer, Site};
use domain::OfferId;

pub const HOKUSEI: &str = "Hokusei Cloud public-sector IaaS";
pub const NEED: &str = "template%3Acertificate-service";

pub fn quote_path(offer: OfferId) -> String {
    format!("/contracts/new?offer={offer}&need={NEED}")
}

/// The value of a hidden or visible field.
pub fn value(page: &str, name: &str) -> String {
    let start = page.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name}"));
    let tag = page[start..].split('>').next().unwrap();
    let Some(from) = tag.find("value=\"") else {
        let options = page[start..].split("</select>").next().unwrap();
        let chosen = options.split("<option").find(|option| option.contains(" selected"));
        return value(&chosen.unwrap().replace("value=", "name=\"chosen\" value="), "chosen");
    };
    tag[from + 7..].split('"').next().unwrap().to_owned()
}

/// Sends the form of a quote as the page filled it in, with changes.
pub async fn send(site: &Site, page: &str, changes: &[(&str, &str)]) -> Answer {
    send_in(site, "en", page, changes).await
}

pub async fn send_in(site: &Site, language: &str, page: &str, changes: &[(&str, &str)]) -> Answer {
    let names = [
        "offer",
        "need",
        "version",
        "key",
        "knownName",
        "price",
        "serviceName",
        "region",
        "instances",
        "vcpu",
        "ramMb",
        "storageGb",
        "networkMbps",
    ];
    let kept: Vec<(&str, String)> = names
        .into_iter()
        .filter(|name| changes.iter().all(|(changed, _)| changed != name))
        .map(|name| (name, value(page, name)))
        .collect();
    let mut pairs: Vec<(&str, &str)> =
        kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    pairs.extend_from_slice(changes);
    site.post_in("/contracts/new", language, &pairs).await
}
