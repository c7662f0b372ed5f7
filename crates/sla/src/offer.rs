//! The provider's document: `kind: ServiceLevelOffer`. Leaves reading to `read` and printing to `write`.

use crate::{Date, Price, Text, Timestamp, UnitPrice, Value};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What a provider promises, in one immutable version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Name, version, titles.
    pub metadata: Metadata,
    /// Service and promises.
    pub spec: OfferSpec,
}

impl Offer {
    /// The promise on an item; `None` means undeclared, which is neither zero nor a pass. What the broker
    /// computes or measures is nobody's promise, also where a document states it.
    #[must_use]
    pub fn item(&self, key: &str) -> Option<&OfferItem> {
        // Found first: the registry is asked once, not for every item before it.
        self.spec.items.iter().find(|item| item.item == key).filter(|item| item.is_promise())
    }

    /// The document without what no longer counts because its evidence has ended; `today` is in days since
    /// 1970-01-01.
    #[must_use]
    pub fn counting_on(&self, today: i64) -> Cow<'_, Self> {
        let whole =
            |item: &OfferItem| !item.has_ended(today) && item.ended_members(today).is_empty();
        if self.spec.items.iter().all(whole) {
            return Cow::Borrowed(self);
        }
        let mut counting = self.clone();
        counting.spec.items = (self.spec.items.iter())
            .filter_map(|item| Some(OfferItem { value: item.counting_on(today)?, ..item.clone() }))
            .collect();
        Cow::Owned(counting)
    }

    /// The document with the prices of a day, in days since 1970-01-01; `None`: they are those it opens with.
    #[must_use]
    pub fn priced_on(&self, today: i64) -> Option<Self> {
        let Cow::Owned(price) = self.spec.price.as_ref()?.counting_on(today) else { return None };
        let spec = OfferSpec { price: Some(price), ..self.spec.clone() };
        Some(Self { spec, ..self.clone() })
    }

    /// All promises, in the order of the document.
    pub fn promises(&self) -> impl Iterator<Item = &OfferItem> {
        self.spec.items.iter().filter(|item| item.is_promise())
    }
}

/// What both kinds of documents say about themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// 3 to 63 lower-case letters, digits and hyphens; unique per provider or customer.
    pub name: String,
    /// Identifier of the provider, a DID or a URL; offers only.
    pub provider: Option<String>,
    /// 1 and up; a change makes a new version.
    pub version: u32,
    /// From when the version holds.
    pub valid_from: Option<Timestamp>,
    /// Until when the version can be contracted.
    pub valid_until: Option<Timestamp>,
    /// The version this one replaces.
    pub supersedes: Option<u32>,
    /// Title for people, at least one language.
    pub title: Text,
    /// One paragraph for people.
    pub description: Option<Text>,
    /// Who signed, when the document is signed.
    pub signature: Option<Signature>,
}

/// A detached signature over the canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Form of the signature, for example `jws-detached`.
    pub kind: String,
    /// Key that signed.
    pub kid: Option<String>,
    /// The signature itself.
    pub value: Option<String>,
}

/// The body of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferSpec {
    /// What kind of service, and where.
    pub service: Service,
    /// How promises are measured.
    pub measurement: Measurement,
    /// The promises, each item at most once, in the provider's order.
    pub items: Vec<OfferItem>,
    /// What it costs; catalogue-only offers may have none.
    pub price: Option<Price>,
    /// Round-trip times from where users are.
    pub network_to_users: Vec<NetworkPath>,
}

crate::words::words! {
    /// What is handed over.
    ServiceModel {
        /// Machines, volumes, networks.
        Iaas = "IaaS",
        /// A platform that runs applications.
        Paas = "PaaS",
        /// A finished application.
        Saas = "SaaS",
        /// Connectivity.
        Network = "Network",
    }
}

crate::words::words! {
    /// Who shares the cloud (NIST SP 800-145).
    DeploymentModel {
        /// One organisation.
        Private = "private",
        /// Organisations with common concerns.
        Community = "community",
        /// Anybody.
        Public = "public",
        /// A composition of the others.
        Hybrid = "hybrid",
    }
}

/// What kind of service, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Service model.
    pub model: ServiceModel,
    /// Deployment model.
    pub deployment: DeploymentModel,
    /// Category of a market, which says what the attributes mean.
    pub category: Option<String>,
    /// What the category asks to be said, by key; only with a category.
    pub attributes: BTreeMap<String, AttributeValue>,
    /// Where it can run; at least one, ids unique.
    pub regions: Vec<Region>,
    /// What is installed or offered as a platform; "PostgreSQL 16" is read as name and version.
    pub middleware: Vec<Middleware>,
    /// Applications that come ready to use; "WordPress 6.8" is read as name and version.
    pub apps: Vec<Middleware>,
    /// Images that a machine can be started from; name, version and instruction set unique.
    pub images: Vec<MachineImage>,
    /// Recipes by which something is set up at the start, names unique.
    pub recipes: Vec<Recipe>,
    /// Sizes of machines, names unique, in the provider's order.
    pub machine_types: Vec<MachineType>,
}

/// What is said about one attribute. Which of these it has to be, the category says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// A choice or a version.
    Text(String),
    /// A number in the attribute's unit.
    Number(Decimal),
    /// Yes or no.
    Boolean(bool),
}

crate::words::words! {
    /// The instruction set of a machine.
    Architecture {
        /// 64 bits of Intel and AMD.
        X86 = "x86_64",
        /// 64 bits of Arm.
        Arm = "arm64",
        /// POWER, little endian.
        Power = "ppc64le",
        /// IBM Z.
        Z = "s390x",
        /// RISC-V, 64 bits.
        Riscv = "riscv64",
    }
}

/// A size in which machines are sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineType {
    /// The provider's name for it.
    pub name: String,
    /// Virtual processors, at most six decimals; a share of one is less than 1.
    pub vcpu: Decimal,
    /// Memory, GiB, at most six decimals.
    pub ram_gib: Decimal,
    /// Disk that belongs to it, GiB; `None`: none, or not said.
    pub disk_gib: Option<Decimal>,
    /// Accelerators.
    pub gpu: Option<Gpu>,
    /// Instruction set.
    pub architecture: Option<Architecture>,
    /// What one costs, per `instance-hour` or `instance-month`, where it has a price of its own.
    pub price: Option<UnitPrice>,
}

/// Accelerators of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpu {
    /// How many, at least 1.
    pub count: u32,
    /// Which.
    pub model: Option<String>,
}

/// One region of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The provider's name for it.
    pub id: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Area that one disaster can hit as a whole, for example ISO 3166-2 `JP-01`.
    pub hazard_zone: Option<String>,
    /// Where on Earth, as exactly as its provider tells.
    pub location: Option<Location>,
}

/// A place on Earth, in degrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// North of the equator, -90 to 90.
    pub lat: Decimal,
    /// East of Greenwich, -180 to 180.
    pub lon: Decimal,
}

/// An image that a machine can be started from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineImage {
    /// What is on it: "Ubuntu Server".
    pub name: String,
    /// Of what is on it; `None`: the current one.
    pub version: Option<String>,
    /// Instruction set; `None`: not said.
    pub architecture: Option<Architecture>,
}

/// A recipe by which something is set up when a service starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// What it sets up: "Three-node PostgreSQL".
    pub name: String,
    /// Of the recipe itself.
    pub version: Option<String>,
    /// What is installed by it.
    pub installs: Vec<Middleware>,
}

/// One piece of middleware, or an application.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Middleware {
    /// Product name.
    pub name: String,
    /// Version as the product writes it.
    pub version: Option<String>,
}

/// How promises are measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measurement {
    /// Period of account, for example `1M`.
    pub calendar: String,
    /// IANA name of the time zone that cuts the periods.
    pub timezone: String,
    /// Length of one time slice, seconds, at least 1.
    pub slice_seconds: u32,
    /// Outages shorter than this are not counted, seconds.
    pub min_outage_seconds: u32,
    /// What is not counted for any promise.
    pub exclusions: Vec<String>,
    /// From where it is measured, where a promise says nothing else.
    pub vantage: Option<Vantage>,
}

crate::words::words! {
    /// From where a promise is measured.
    Vantage {
        /// On the resource itself.
        Resource = "resource",
        /// At the edge of the provider's network.
        ProviderEdge = "provider_edge",
        /// By probes of the broker, from outside.
        BrokerProbes = "broker_probes",
        /// From the regions of the users.
        UserRegions = "user_regions",
    }
}

crate::words::words! {
    /// How binding a promise is; `ALL` runs from the weakest to the strongest.
    Commitment {
        /// A statement of the provider's own.
        Declared = "declared",
        /// A target without remedy.
        Objective = "objective",
        /// Third-party evidence.
        Attested = "attested",
        /// With a remedy if missed.
        Guaranteed = "guaranteed",
    }
}

/// One promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferItem {
    /// Registry key, or `x-<vendor>.<name>` for an extension.
    pub item: String,
    /// The promised value in the item's base unit.
    pub value: Value,
    /// Scheme of a security assurance level.
    pub scheme: Option<String>,
    /// How binding it is.
    pub commitment: Commitment,
    /// Percentile that the value is, above 0 and up to 100.
    pub percentile: Option<Decimal>,
    /// Period over which it is measured, for example `90d` or `1M`.
    pub window: Option<String>,
    /// Reference transaction.
    pub transaction: Option<String>,
    /// Condition under which the promise holds.
    pub qualifying: Option<String>,
    /// What is not counted, besides what the measurement says for all.
    pub exclusions: Vec<String>,
    /// From where it is measured; else as the measurement says.
    pub vantage: Option<Vantage>,
    /// What the customer gets when it is missed.
    pub remedy: Option<Remedy>,
    /// Where the figure comes from.
    pub evidence: Vec<Evidence>,
    /// Further lists of the same kind, for example backup and support locations.
    pub sub_lists: BTreeMap<String, BTreeSet<String>>,
    /// Lowest TLS version of encrypted links, `1.2` or `1.3`.
    pub tls_min: Option<String>,
}

crate::words::words! {
    /// How a remedy is obtained.
    Claim {
        /// Credited without being asked for.
        Automatic = "automatic",
        /// The customer has to ask.
        OnRequest = "on-request",
    }
}

/// What the customer gets when a promise is missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// How it is obtained.
    pub claim: Claim,
    /// Days within which to ask.
    pub claim_window_days: Option<u32>,
    /// Largest credit, fraction of the monthly fee.
    pub cap: Option<Decimal>,
    /// Steps, at least one.
    pub schedule: Vec<Credit>,
}

/// One step of a remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The step applies where the measured value is worse than this, in the item's base unit.
    pub below: Decimal,
    /// Credit as a fraction of the monthly fee, 0 to 1.
    pub credit: Decimal,
}

/// Where a figure comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Kind of evidence: `published`, `register`, `dr-drill` or the name of a report.
    pub kind: String,
    /// Certification or assurance scheme.
    pub scheme: Option<String>,
    /// Edition of the scheme.
    pub edition: Option<String>,
    /// Number of the certificate.
    pub number: Option<String>,
    /// Body that issued it.
    pub body: Option<String>,
    /// What it covers.
    pub scope: Option<String>,
    /// Auditor of a report.
    pub auditor: Option<String>,
    /// Opinion of a report, for example `unqualified`.
    pub opinion: Option<String>,
    /// Address where the figure was published.
    pub source: Option<String>,
    /// When it was published, read or done.
    pub date: Option<Date>,
    /// When the certificate was issued.
    pub issued: Option<Date>,
    /// When the certificate ends.
    pub expires: Option<Date>,
    /// First day of the audited period.
    pub period_start: Option<Date>,
    /// Last day of the audited period.
    pub period_end: Option<Date>,
    /// Outcome, for example the time a drill took (`PT3H10M`).
    pub result: Option<String>,
    /// Anything a reader should know.
    pub note: Option<String>,
}

impl Evidence {
    /// Whether it is over; its last day still counts. `today` is in days since 1970-01-01.
    #[must_use]
    pub fn has_ended(&self, today: i64) -> bool {
        self.expires.as_ref().is_some_and(|date| date.last_day() < today)
    }

    /// Whether it is evidence for this member of a set or level of this scheme.
    #[must_use]
    pub fn is_about(&self, word: &str) -> bool {
        self.kind == word || self.scheme.as_deref() == Some(word)
    }
}

impl OfferItem {
    /// Whether it is for the provider to promise, and not for the broker to compute or measure.
    fn is_promise(&self) -> bool {
        !crate::registry().item(&self.item).is_some_and(|known| known.derived)
    }

    /// The members of a set that count no longer, because every evidence for them has ended.
    #[must_use]
    pub fn ended_members(&self, today: i64) -> BTreeSet<String> {
        let ended = |member: &&String| {
            all_ended(self.evidence.iter().filter(|evidence| evidence.is_about(member)), today)
        };
        self.value.as_set().into_iter().flatten().filter(ended).cloned().collect()
    }

    /// What of the value still counts; nothing when all evidence for it has ended.
    #[must_use]
    pub fn counting_on(&self, today: i64) -> Option<Value> {
        if self.has_ended(today) {
            return None;
        }
        let Value::Set(members) = &self.value else { return Some(self.value.clone()) };
        let ended = self.ended_members(today);
        let left: BTreeSet<String> = members.difference(&ended).cloned().collect();
        (ended.is_empty() || !left.is_empty()).then_some(Value::Set(left))
    }

    /// Whether the whole promise counts no longer: no set, and every evidence for it has ended.
    #[must_use]
    pub fn has_ended(&self, today: i64) -> bool {
        let about = |evidence: &&Evidence| match &self.scheme {
            Some(scheme) => evidence.is_about(scheme),
            None => true,
        };
        self.value.as_set().is_none() && all_ended(self.evidence.iter().filter(about), today)
    }
}

/// Whether there is evidence and all of it is over.
fn all_ended<'a>(evidence: impl Iterator<Item = &'a Evidence>, today: i64) -> bool {
    let mut evidence = evidence.peekable();
    evidence.peek().is_some() && evidence.all(|evidence| evidence.has_ended(today))
}

/// Round-trip time from where users are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkPath {
    /// ISO 3166-1 alpha-2.
    pub user_region: String,
    /// Round-trip time, milliseconds, above 0.
    pub rtt_ms: Decimal,
}
