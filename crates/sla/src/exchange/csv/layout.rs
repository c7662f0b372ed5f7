//! Which column stands for which field of a document.

use super::cell::Kind;
use crate::nearest::nearest;
use crate::read::value::is_extension;
use crate::{ItemDef, ItemKind, registry};

/// A column of the offer itself: its name, the fields it leads to, and how its cells are written.
pub(super) struct Fixed {
    pub name: &'static str,
    pub path: &'static [&'static str],
    pub kind: Kind,
    pub help: &'static str,
}

const fn fixed(
    name: &'static str,
    path: &'static [&'static str],
    kind: Kind,
    help: &'static str,
) -> Fixed {
    Fixed { name, path, kind, help }
}

/// Whether the provider's own rule for all promises of a row; it belongs to no field.
pub(super) const COMMITMENT: &str = "commitment";
/// What a column of further fields is called.
pub(super) const MORE: &str = "more";
/// Between the key of an item and what is said about it.
pub(super) const MARK: char = ':';

/// The columns of the offer itself, in the order they are written.
pub(super) const FIXED: &[Fixed] = &[
    fixed(
        "name",
        &["metadata", "name"],
        Kind::Text,
        "3 to 63 lower-case letters, digits and hyphens",
    ),
    fixed("provider", &["metadata", "provider"], Kind::Text, "DID or address of the provider"),
    fixed("version", &["metadata", "version"], Kind::Number, "1 unless stated"),
    fixed("supersedes", &["metadata", "supersedes"], Kind::Number, "the version it replaces"),
    fixed("valid_from", &["metadata", "validFrom"], Kind::Text, "2026-10-01T00:00:00+09:00"),
    fixed("valid_until", &["metadata", "validUntil"], Kind::Text, "2027-10-01T00:00:00+09:00"),
    fixed("model", &["spec", "service", "model"], Kind::Text, "IaaS, PaaS, SaaS or Network"),
    fixed(
        "deployment",
        &["spec", "service", "deployment"],
        Kind::Text,
        "private, community, public or hybrid",
    ),
    fixed(
        "regions",
        &["spec", "service", "regions"],
        Kind::Regions,
        "id, country and hazard zone, `;` between: `jp-tokyo-1 JP JP-13; jp-osaka-1 JP`",
    ),
    fixed(
        "middleware",
        &["spec", "service", "middleware"],
        Kind::Middleware,
        "name and version, `;` between: `PostgreSQL 16; nginx`",
    ),
    fixed(
        "apps",
        &["spec", "service", "apps"],
        Kind::Middleware,
        "name and version, `;` between: `WordPress 6.8`",
    ),
    fixed(
        "images",
        &["spec", "service", "images"],
        Kind::Middleware,
        "name and version, `;` between: `Ubuntu Server 24.04; Debian 13`; with an instruction set as JSON",
    ),
    fixed(
        "recipes",
        &["spec", "service", "recipes"],
        Kind::Middleware,
        "name and version, `;` between: `Three-node PostgreSQL 2.1`; with what it installs as JSON",
    ),
    fixed(
        "category",
        &["spec", "service", "category"],
        Kind::Text,
        "category of the market, such as `managed-database`",
    ),
    fixed(
        "attributes",
        &["spec", "service", "attributes"],
        Kind::Json,
        "what the category asks for as JSON: `{\"engine\": \"postgresql\", \"replicas\": 2}`",
    ),
    fixed(
        "machine_types",
        &["spec", "service", "machineTypes"],
        Kind::MachineTypes,
        "name, vCPU, GiB of memory and of disk, `;` between: `m1.small 2 8 80; m1.large 8 32`; with more as JSON",
    ),
    fixed("calendar", &["spec", "measurement", "calendar"], Kind::Text, "period of account: `1M`"),
    fixed("timezone", &["spec", "measurement", "timezone"], Kind::Text, "IANA name: `Asia/Tokyo`"),
    fixed(
        "slice_seconds",
        &["spec", "measurement", "sliceSeconds"],
        Kind::Number,
        "length of a time slice",
    ),
    fixed(
        "min_outage_seconds",
        &["spec", "measurement", "minOutageSeconds"],
        Kind::Number,
        "shortest outage counted",
    ),
    fixed(
        "exclusions",
        &["spec", "measurement", "exclusions"],
        Kind::Texts,
        "what is not counted for any promise, `;` between",
    ),
    fixed(
        "vantage",
        &["spec", "measurement", "vantage"],
        Kind::Text,
        "from where it is measured: resource, provider_edge, broker_probes or user_regions",
    ),
    fixed(
        "price.monthly",
        &["spec", "price", "monthlyTotal", "amount"],
        Kind::Number,
        "monthly total in major units: `98000`, `14.20`",
    ),
    fixed(
        "price.currency",
        &["spec", "price", "monthlyTotal", "currency"],
        Kind::Text,
        "JPY, EUR, USD or GBP; read only beside a total",
    ),
    fixed(
        "price.tax_excluded",
        &["spec", "price", "monthlyTotal", "taxExcluded"],
        Kind::YesNo,
        "`true` or `false`; read only beside a total",
    ),
    fixed(
        "price.basket",
        &["spec", "price", "basket"],
        Kind::Text,
        "bill of quantities that the total is for",
    ),
    fixed("price.tier", &["spec", "price", "tier"], Kind::Text, "cost class, 1 to 5"),
    fixed(
        "price.minimum",
        &["spec", "price", "minimum"],
        Kind::Json,
        "least charge a month as JSON: `{\"amount\": 5000, \"currency\": \"JPY\"}`",
    ),
    fixed(
        "price.one_time",
        &["spec", "price", "oneTime"],
        Kind::Json,
        "what is charged once, likewise",
    ),
    fixed(
        "price.as_of",
        &["spec", "price", "asOf"],
        Kind::Text,
        "day on which prices were last checked: `2026-11-01`",
    ),
    fixed(
        "price.per_unit",
        &["spec", "price", "perUnit"],
        Kind::UnitPrices,
        "unit, amount, currency, `;` between: `vcpu-hour 5 JPY; egress-gb 9 USD per 100; egress-gb 5 USD per 100 from 1000`",
    ),
    fixed(
        "price.limits",
        &["spec", "price", "limits"],
        Kind::Json,
        "how much may be ordered as JSON: `[{\"unit\": \"vcpu-month\", \"least\": 2, \"most\": 16}]`",
    ),
    fixed(
        "price.next",
        &["spec", "price", "next"],
        Kind::Json,
        "prices from a day on as JSON: `{\"validFrom\": \"2027-04-01\", \"monthlyTotal\": {\"amount\": 99000, \"currency\": \"JPY\"}}`",
    ),
    fixed(
        "network_to_users",
        &["spec", "networkToUsers"],
        Kind::RoundTrips,
        "country and milliseconds, `;` between: `JP 5; DE 240`",
    ),
    fixed(
        "signature",
        &["metadata", "signature"],
        Kind::Json,
        "signature as JSON; left out where the items of the document stand in another order than the columns",
    ),
];

/// Languages follow the dot: `title.en`, `description.ja`.
pub(super) const WORDS: &[(&str, &str)] = &[
    ("title", "title for people; at least one language"),
    ("description", "one paragraph for people"),
];

/// What can be said about a promise beside its value.
pub(super) const ABOUT: &[(&str, &str, Kind, &str)] = &[
    (
        "commitment",
        "commitment",
        Kind::Text,
        "declared, objective, attested or guaranteed; else the row's `commitment`",
    ),
    ("percentile", "percentile", Kind::Number, "`95`"),
    ("window", "window", Kind::Text, "`1M`, `90d`"),
    ("transaction", "transaction", Kind::Text, "reference transaction"),
    ("qualifying", "qualifying", Kind::Prose, "condition under which it holds"),
    ("exclusions", "exclusions", Kind::Texts, "what is not counted, `;` between"),
    (
        "vantage",
        "vantage",
        Kind::Text,
        "from where it is measured; else as the row's `vantage` says",
    ),
    (
        "remedy",
        "remedy",
        Kind::Json,
        "`{\"claim\": \"automatic\", \"schedule\": [{\"below\": 0.999, \"credit\": 0.1}]}`",
    ),
    (
        "evidence",
        "evidence",
        Kind::Json,
        "`[{\"type\": \"published\", \"source\": \"https://…\", \"date\": \"2026-03\"}]`",
    ),
    ("sub_lists", "subLists", Kind::Json, "`{\"backup\": [\"JP\"]}`"),
    ("tls_min", "tlsMin", Kind::Version, "`1.2` or `1.3`"),
    (MORE, "", Kind::Json, "any other fields of the promise as JSON"),
];

/// Where the cells of a column belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A field of the offer: index into [`FIXED`].
    Fixed(usize),
    /// `title.en`: the field and the language.
    Words(&'static str, String),
    /// The commitment of all promises that name none.
    Commitment,
    /// Further fields of `metadata` or `spec`.
    More(&'static str),
    /// The value of an item.
    Value(String),
    /// Something else about an item: index into [`ABOUT`].
    About(String, usize),
}

/// Finds what a column name means.
pub(super) fn place(name: &str) -> Option<Place> {
    if let Some(at) = FIXED.iter().position(|column| column.name == name) {
        return Some(Place::Fixed(at));
    }
    match name {
        COMMITMENT => return Some(Place::Commitment),
        "metadata:more" => return Some(Place::More("metadata")),
        "spec:more" => return Some(Place::More("spec")),
        _ => {}
    }
    let (key, about) =
        name.split_once(MARK).map_or((name, None), |(key, about)| (key, Some(about)));
    if registry().item(key).is_some() || is_extension(key) {
        return match about {
            None => Some(Place::Value(key.to_owned())),
            Some(about) => {
                let at = ABOUT.iter().position(|(name, ..)| *name == about)?;
                Some(Place::About(key.to_owned(), at))
            }
        };
    }
    let (field, language) = name.split_once('.')?;
    let (field, _) = WORDS.iter().find(|(word, _)| *word == field)?;
    Some(Place::Words(field, language.to_owned()))
}

/// The known column that a name was perhaps meant to be.
pub(super) fn meant(name: &str) -> Option<String> {
    let fixed = FIXED.iter().map(|column| column.name.to_owned());
    let words = WORDS.iter().flat_map(|(word, _)| [format!("{word}.en"), format!("{word}.ja")]);
    let (key, about) =
        name.split_once(MARK).map_or((name, None), |(key, about)| (key, Some(about)));
    let items = registry().items().iter().map(|item| item.key.clone());
    let keys: Vec<String> =
        fixed.chain(words).chain(items).chain([COMMITMENT.to_owned()]).collect();
    let key = nearest(key, keys.iter().map(String::as_str))?.to_owned();
    match about {
        None => Some(key),
        Some(about) => {
            let about = nearest(about, ABOUT.iter().map(|(name, ..)| *name))?;
            Some(format!("{key}{MARK}{about}"))
        }
    }
}

/// How the value of an item is written; that of an extension as it stands, whatever a market says of it.
pub(super) fn value_kind(item: Option<&ItemDef>) -> Kind {
    match item.map(|item| &item.kind) {
        Some(ItemKind::Ratio | ItemKind::Duration | ItemKind::Number) => Kind::Quantity,
        Some(ItemKind::Level(_)) => Kind::Text,
        Some(ItemKind::SchemeLevel) => Kind::SchemeLevel,
        Some(ItemKind::Set(_) | ItemKind::Countries) => Kind::Members,
        None => Kind::Extension,
    }
}
