//! Documents as trees, field by field in the order of the schema; absent fields are left out.

use crate::node::Node;
use crate::{
    API_VERSION, Amount, AttributeValue, CURRENCIES, Date, Document, Evidence, MachineType,
    Metadata, Middleware, NextPrices, Offer, OfferItem, OfferSpec, Price, Profile, Region, Remedy,
    Requirement, RequirementItem, Service, Text, UnitPrice, Value,
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn to_node(document: &Document) -> Node {
    let (metadata, spec) = match document {
        Document::Offer(Offer { metadata, spec }) => (metadata, offer_spec(spec)),
        Document::Requirement(requirement) => {
            (&requirement.metadata, requirement_spec(requirement))
        }
    };
    Map::new()
        .text("apiVersion", API_VERSION)
        .text("kind", document.kind().as_str())
        .node("metadata", metadata_node(metadata))
        .node("spec", spec)
        .done()
}

/// A mapping under construction.
struct Map(Vec<(String, Node)>);

impl Map {
    const fn new() -> Self {
        Self(Vec::new())
    }

    fn node(mut self, name: &str, node: Node) -> Self {
        self.0.push((name.to_owned(), node));
        self
    }

    fn optional(self, name: &str, node: Option<Node>) -> Self {
        match node {
            Some(node) => self.node(name, node),
            None => self,
        }
    }

    fn text(self, name: &str, text: &str) -> Self {
        self.node(name, Node::text(text))
    }

    fn maybe_text(self, name: &str, text: Option<&str>) -> Self {
        self.optional(name, text.map(Node::text))
    }

    fn number(self, name: &str, number: impl Into<Decimal>) -> Self {
        self.node(name, Node::integer(number))
    }

    fn maybe_number(self, name: &str, number: Option<impl Into<Decimal>>) -> Self {
        self.optional(name, number.map(Node::integer))
    }

    /// Leaves empty lists out.
    fn list<T>(self, name: &str, entries: &[T], node: impl FnMut(&T) -> Node) -> Self {
        if entries.is_empty() {
            return self;
        }
        self.node(name, Node::List(entries.iter().map(node).collect()))
    }

    fn done(self) -> Node {
        Node::Map(self.0)
    }
}

fn words(text: &Text) -> Node {
    Node::Map(text.0.iter().map(|(language, text)| (language.clone(), Node::text(text))).collect())
}

fn metadata_node(metadata: &Metadata) -> Node {
    let signature = metadata.signature.as_ref().map(|signature| {
        Map::new()
            .text("type", &signature.kind)
            .maybe_text("kid", signature.kid.as_deref())
            .maybe_text("value", signature.value.as_deref())
            .done()
    });
    Map::new()
        .text("name", &metadata.name)
        .maybe_text("provider", metadata.provider.as_deref())
        .number("version", metadata.version)
        .maybe_text("validFrom", metadata.valid_from.as_ref().map(crate::Timestamp::as_str))
        .maybe_text("validUntil", metadata.valid_until.as_ref().map(crate::Timestamp::as_str))
        .maybe_number("supersedes", metadata.supersedes)
        .node("title", words(&metadata.title))
        .optional("description", metadata.description.as_ref().map(words))
        .optional("signature", signature)
        .done()
}

fn offer_spec(spec: &OfferSpec) -> Node {
    let measurement = Map::new()
        .text("calendar", &spec.measurement.calendar)
        .text("timezone", &spec.measurement.timezone)
        .number("sliceSeconds", spec.measurement.slice_seconds)
        .number("minOutageSeconds", spec.measurement.min_outage_seconds)
        .list("exclusions", &spec.measurement.exclusions, |text| Node::text(text))
        .maybe_text("vantage", spec.measurement.vantage.map(crate::Vantage::as_str))
        .done();
    Map::new()
        .node("service", service(&spec.service))
        .node("measurement", measurement)
        .node("items", Node::List(spec.items.iter().map(offer_item).collect()))
        .optional("price", spec.price.as_ref().map(price))
        .list("networkToUsers", &spec.network_to_users, |path| {
            Map::new().text("userRegion", &path.user_region).number("rttMs", path.rtt_ms).done()
        })
        .done()
}

fn service(service: &Service) -> Node {
    let attributes = service.attributes.iter().map(|(key, value)| {
        let node = match value {
            AttributeValue::Text(text) => Node::text(text),
            AttributeValue::Number(number) => Node::number(*number),
            AttributeValue::Boolean(yes) => Node::Bool(*yes),
        };
        (key.clone(), node)
    });
    let attributes = (!service.attributes.is_empty()).then(|| Node::Map(attributes.collect()));
    Map::new()
        .text("model", service.model.as_str())
        .text("deployment", service.deployment.as_str())
        .maybe_text("category", service.category.as_deref())
        .optional("attributes", attributes)
        .list("regions", &service.regions, region)
        .list("middleware", &service.middleware, middleware)
        .list("apps", &service.apps, middleware)
        .list("images", &service.images, |image| {
            Map::new()
                .text("name", &image.name)
                .maybe_text("version", image.version.as_deref())
                .maybe_text("architecture", image.architecture.map(crate::Architecture::as_str))
                .done()
        })
        .list("recipes", &service.recipes, |recipe| {
            Map::new()
                .text("name", &recipe.name)
                .maybe_text("version", recipe.version.as_deref())
                .list("installs", &recipe.installs, middleware)
                .done()
        })
        .list("machineTypes", &service.machine_types, machine_type)
        .done()
}

fn middleware(middleware: &Middleware) -> Node {
    Map::new()
        .text("name", &middleware.name)
        .maybe_text("version", middleware.version.as_deref())
        .done()
}

fn region(region: &Region) -> Node {
    let location = region
        .location
        .as_ref()
        .map(|at| Map::new().number("lat", at.lat).number("lon", at.lon).done());
    Map::new()
        .text("id", &region.id)
        .text("country", &region.country)
        .maybe_text("hazardZone", region.hazard_zone.as_deref())
        .optional("location", location)
        .done()
}

fn machine_type(machine: &MachineType) -> Node {
    let gpu = machine.gpu.as_ref().map(|gpu| {
        Map::new().number("count", gpu.count).maybe_text("model", gpu.model.as_deref()).done()
    });
    Map::new()
        .text("name", &machine.name)
        .number("vcpu", machine.vcpu)
        .number("ramGib", machine.ram_gib)
        .maybe_number("diskGib", machine.disk_gib)
        .optional("gpu", gpu)
        .maybe_text("architecture", machine.architecture.map(crate::Architecture::as_str))
        .optional("price", machine.price.as_ref().map(unit_price))
        .done()
}

fn members<'a>(members: impl IntoIterator<Item = &'a String>) -> Node {
    Node::List(members.into_iter().map(Node::text).collect())
}

fn value(value: &Value) -> Node {
    match value {
        Value::Number(number) => Node::number(*number),
        Value::Range { min, max } => Map::new().number("min", *min).number("max", *max).done(),
        Value::Level(level) => Node::text(level),
        Value::Set(set) => members(set),
        Value::Boolean(yes) => Node::Bool(*yes),
    }
}

fn sub_lists(lists: &BTreeMap<String, BTreeSet<String>>) -> Option<Node> {
    let entries = lists.iter().map(|(name, list)| (name.clone(), members(list)));
    (!lists.is_empty()).then(|| Node::Map(entries.collect()))
}

fn offer_item(item: &OfferItem) -> Node {
    Map::new()
        .text("item", &item.item)
        .maybe_text("scheme", item.scheme.as_deref())
        .node("value", value(&item.value))
        .text("commitment", item.commitment.as_str())
        .maybe_number("percentile", item.percentile)
        .maybe_text("window", item.window.as_deref())
        .maybe_text("transaction", item.transaction.as_deref())
        .maybe_text("qualifying", item.qualifying.as_deref())
        .list("exclusions", &item.exclusions, |text| Node::text(text))
        .maybe_text("vantage", item.vantage.map(crate::Vantage::as_str))
        .optional("remedy", item.remedy.as_ref().map(remedy))
        .list("evidence", &item.evidence, evidence)
        .optional("subLists", sub_lists(&item.sub_lists))
        .maybe_text("tlsMin", item.tls_min.as_deref())
        .done()
}

fn remedy(remedy: &Remedy) -> Node {
    Map::new()
        .text("claim", remedy.claim.as_str())
        .maybe_number("claimWindowDays", remedy.claim_window_days)
        .maybe_number("cap", remedy.cap)
        .list("schedule", &remedy.schedule, |step| {
            Map::new().number("below", step.below).number("credit", step.credit).done()
        })
        .done()
}

fn evidence(evidence: &Evidence) -> Node {
    let date = |date: &Option<crate::Date>| date.as_ref().map(|date| Node::text(date.as_str()));
    Map::new()
        .text("type", &evidence.kind)
        .maybe_text("scheme", evidence.scheme.as_deref())
        .maybe_text("edition", evidence.edition.as_deref())
        .maybe_text("number", evidence.number.as_deref())
        .maybe_text("body", evidence.body.as_deref())
        .maybe_text("scope", evidence.scope.as_deref())
        .maybe_text("auditor", evidence.auditor.as_deref())
        .maybe_text("opinion", evidence.opinion.as_deref())
        .maybe_text("source", evidence.source.as_deref())
        .optional("date", date(&evidence.date))
        .optional("issued", date(&evidence.issued))
        .optional("expires", date(&evidence.expires))
        .optional("periodStart", date(&evidence.period_start))
        .optional("periodEnd", date(&evidence.period_end))
        .maybe_text("result", evidence.result.as_deref())
        .maybe_text("note", evidence.note.as_deref())
        .done()
}

fn price(price: &Price) -> Node {
    Map::new()
        .maybe_text("tier", price.tier.as_deref())
        .maybe_text("basket", price.basket.as_deref())
        .optional("monthlyTotal", price.monthly_total.as_ref().map(amount))
        .optional("minimum", price.minimum.as_ref().map(amount))
        .optional("oneTime", price.one_time.as_ref().map(amount))
        .maybe_text("asOf", price.as_of.as_ref().map(Date::as_str))
        .list("perUnit", &price.per_unit, unit_price)
        .list("limits", &price.limits, |limit| {
            Map::new()
                .text("unit", &limit.unit)
                .maybe_number("least", limit.least)
                .maybe_number("most", limit.most)
                .done()
        })
        .optional("next", price.next.as_ref().map(next_prices))
        .done()
}

fn next_prices(next: &NextPrices) -> Node {
    Map::new()
        .text("validFrom", next.valid_from.as_str())
        .optional("monthlyTotal", next.monthly_total.as_ref().map(amount))
        .optional("minimum", next.minimum.as_ref().map(amount))
        .optional("oneTime", next.one_time.as_ref().map(amount))
        .list("perUnit", &next.per_unit, unit_price)
        .done()
}

fn amount(amount: &Amount) -> Node {
    Map::new()
        .node("amount", major(amount.minor, &amount.currency))
        .text("currency", &amount.currency)
        .optional("taxExcluded", amount.tax_excluded.map(Node::Bool))
        .done()
}

fn unit_price(price: &UnitPrice) -> Node {
    Map::new()
        .text("unit", &price.unit)
        .maybe_number("from", (price.from != 0).then_some(price.from))
        .maybe_number("per", (price.per != 1).then_some(price.per))
        .node("amount", major(price.minor, &price.currency))
        .text("currency", &price.currency)
        .done()
}

/// Minor units as the major units that documents write.
fn major(minor: i64, currency: &str) -> Node {
    let digits =
        CURRENCIES.iter().find(|(code, _)| *code == currency).map_or(0, |(_, digits)| *digits);
    Node::number(Decimal::new(minor, digits))
}

fn requirement_spec(requirement: &Requirement) -> Node {
    let spec = &requirement.spec;
    let profiles = Map::new()
        .node("normal", profile(&spec.profiles.normal))
        .optional("overload", spec.profiles.overload.as_ref().map(profile))
        .optional("disaster", spec.profiles.disaster.as_ref().map(profile))
        .done();
    Map::new()
        .maybe_text("emphasis", spec.emphasis.map(crate::Emphasis::as_str))
        .node("userRegions", members(&spec.user_regions))
        .maybe_number("roundTrips", spec.round_trips)
        .maybe_text("priority", spec.priority.map(crate::Priority::as_str))
        .node("profiles", profiles)
        .done()
}

fn profile(profile: &Profile) -> Node {
    Map::new()
        .maybe_text(
            "recoveryPriority",
            profile.recovery_priority.map(crate::RecoveryPriority::as_str),
        )
        .list("relax", &profile.relax, |relaxed| {
            Map::new()
                .text("item", &relaxed.item)
                .optional("floor", relaxed.floor.as_ref().map(value))
                .done()
        })
        .node("items", Node::List(profile.items.iter().map(requirement_item).collect()))
        .done()
}

fn requirement_item(item: &RequirementItem) -> Node {
    Map::new()
        .text("item", &item.item)
        .maybe_text("op", item.op.map(crate::Operator::as_str))
        .maybe_text("scheme", item.scheme.as_deref())
        .optional("value", item.value.as_ref().map(value))
        .optional("subLists", sub_lists(&item.sub_lists))
        .maybe_number("percentile", item.percentile)
        .text("level", item.level.as_str())
        .maybe_number("weight", item.weight)
        .maybe_number("tolerance", item.tolerance)
        .maybe_text("minCommitment", item.min_commitment.map(crate::Commitment::as_str))
        .maybe_number("maxAgeDays", item.max_age_days)
        .list("accept", &item.accept, |accepted| {
            Map::new().text("scheme", &accepted.scheme).text("value", &accepted.value).done()
        })
        .maybe_text("pair_with", item.pair_with.as_deref())
        .done()
}
