//! What an offer of a given grade usually promises, item by item.
//!
//! Each item has seven rungs from weak to strong. The grade of the offer chooses the rung, chance
//! moves it by at most one. The numbers are ordinary in published terms; the METI guideline values
//! of 2008 (99.9 %, one hour, five years) lie in the upper half.

/// Number of rungs of every ladder.
pub(super) const RUNGS: usize = 7;

/// A number as digits and decimal places, so that no float is involved.
pub(super) type Digits = (i64, u32);

/// Which offers an item belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Every service model.
    All,
    /// Infrastructure and platforms.
    Compute,
    /// Software only.
    Software,
    /// Everything but networks.
    Stored,
}

/// The rungs of an item measured by a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct NumberLadder {
    /// Item key of the registry.
    pub(super) item: &'static str,
    /// Where it applies.
    pub(super) scope: Scope,
    /// Values from weak to strong in the item's unit.
    pub(super) rungs: [Digits; RUNGS],
    /// How often a provider of this kind publishes it, in percent.
    pub(super) common: u32,
    /// Percentile and reference transaction, where the item needs them.
    pub(super) measured: bool,
}

/// The rungs of an item with ordered levels.
#[derive(Debug)]
pub(super) struct LevelLadder {
    /// Item key of the registry.
    pub(super) item: &'static str,
    /// Where it applies.
    pub(super) scope: Scope,
    /// Levels from weak to strong.
    pub(super) rungs: [&'static str; RUNGS],
    /// How often a provider of this kind publishes it, in percent.
    pub(super) common: u32,
}

const fn whole(
    item: &'static str,
    scope: Scope,
    common: u32,
    values: [i64; RUNGS],
) -> NumberLadder {
    let [a, b, c, d, e, f, g] = values;
    let rungs = [(a, 0), (b, 0), (c, 0), (d, 0), (e, 0), (f, 0), (g, 0)];
    NumberLadder { item, scope, rungs, common, measured: false }
}

const fn exact(
    item: &'static str,
    scope: Scope,
    common: u32,
    rungs: [Digits; RUNGS],
) -> NumberLadder {
    NumberLadder { item, scope, rungs, common, measured: false }
}

const fn measured(ladder: NumberLadder) -> NumberLadder {
    NumberLadder { measured: true, ..ladder }
}

const fn level(
    item: &'static str,
    scope: Scope,
    common: u32,
    rungs: [&'static str; RUNGS],
) -> LevelLadder {
    LevelLadder { item, scope, rungs, common }
}

/// Uptime, which also carries the remedy.
pub(super) const UPTIME: [Digits; RUNGS] =
    [(98, 2), (99, 2), (995, 3), (999, 3), (9995, 4), (9999, 4), (99999, 5)];

/// Monthly total of the reference basket in yen before chance; converted for other currencies.
pub(super) const PRICE_YEN: [i64; RUNGS] =
    [9_000, 22_000, 48_000, 96_000, 180_000, 340_000, 680_000];

/// Items measured by numbers.
pub(super) const NUMBERS: &[NumberLadder] = &[
    whole(
        "availability.mttr",
        Scope::All,
        95,
        [172_800, 86_400, 43_200, 21_600, 14_400, 3_600, 900],
    ),
    whole("availability.switchover_time", Scope::All, 60, [43_200, 3_600, 600, 300, 60, 30, 10]),
    whole(
        "availability.rto",
        Scope::Stored,
        80,
        [604_800, 259_200, 86_400, 28_800, 14_400, 3_600, 900],
    ),
    whole("availability.rpo", Scope::Stored, 80, [604_800, 86_400, 43_200, 14_400, 3_600, 900, 60]),
    whole("availability.backup_retention", Scope::Stored, 60, [7, 14, 30, 90, 180, 365, 1_825]),
    measured(exact(
        "performance.online_response_time",
        Scope::All,
        95,
        [(3, 0), (2, 0), (12, 1), (8, 1), (4, 1), (15, 2), (5, 2)],
    )),
    exact(
        "performance.online_response_compliance",
        Scope::All,
        45,
        [(8, 1), (9, 1), (9, 1), (95, 2), (95, 2), (99, 2), (999, 3)],
    ),
    whole(
        "performance.batch_time",
        Scope::Compute,
        25,
        [86_400, 43_200, 21_600, 10_800, 3_600, 1_800, 600],
    ),
    exact(
        "performance.batch_compliance",
        Scope::Compute,
        20,
        [(8, 1), (9, 1), (9, 1), (95, 2), (95, 2), (99, 2), (99, 2)],
    ),
    measured(whole(
        "performance.max_throughput",
        Scope::Compute,
        60,
        [20, 50, 200, 800, 2_000, 10_000, 50_000],
    )),
    exact(
        "performance.throughput_compliance",
        Scope::Compute,
        20,
        [(9, 1), (9, 1), (95, 2), (95, 2), (99, 2), (99, 2), (999, 3)],
    ),
    whole("capacity.scale_out_time", Scope::Compute, 70, [86_400, 3_600, 900, 300, 120, 60, 15]),
    whole("capacity.hold_ttl", Scope::Compute, 50, [120, 300, 600, 900, 900, 1_800, 3_600]),
    whole("security.log_retention", Scope::All, 95, [30, 90, 180, 365, 365, 1_095, 1_825]),
    whole(
        "security.incident_notice",
        Scope::All,
        40,
        [604_800, 259_200, 86_400, 43_200, 14_400, 3_600, 1_800],
    ),
    whole(
        "support.first_response",
        Scope::All,
        50,
        [172_800, 86_400, 28_800, 14_400, 3_600, 1_800, 900],
    ),
    whole("change.sla_notice", Scope::All, 60, [7, 14, 30, 30, 60, 90, 180]),
    whole("exit.termination_notice", Scope::All, 60, [30, 60, 90, 180, 180, 365, 730]),
    whole("exit.erasure_time", Scope::Stored, 70, [180, 90, 60, 30, 30, 14, 7]),
];

/// Items with ordered levels.
pub(super) const LEVELS: &[LevelLadder] = &[
    level(
        "security.admin_authentication",
        Scope::All,
        80,
        [
            "password",
            "password",
            "mfa",
            "mfa",
            "mfa",
            "phishing_resistant_mfa",
            "phishing_resistant_mfa",
        ],
    ),
    level(
        "security.admin_operation_restriction",
        Scope::All,
        60,
        [
            "none",
            "policy_only",
            "policy_only",
            "allow_list",
            "allow_list",
            "jit_and_recorded",
            "jit_and_recorded",
        ],
    ),
    level(
        "security.intercloud_encryption",
        Scope::All,
        90,
        [
            "credentials_only",
            "credentials_only",
            "all_in_transit",
            "all_in_transit",
            "all_in_transit",
            "all_in_transit",
            "all_in_transit_private_path",
        ],
    ),
    level(
        "security.at_rest_encryption",
        Scope::Stored,
        60,
        [
            "none",
            "provider_key",
            "provider_key",
            "provider_key",
            "customer_managed_key",
            "customer_managed_key",
            "customer_held_key",
        ],
    ),
    level(
        "security.traffic_control",
        Scope::All,
        60,
        ["none", "ingress", "ingress", "ingress", "ingress_egress", "ingress_egress", "inspected"],
    ),
    level(
        "security.ddos_protection",
        Scope::All,
        70,
        [
            "none",
            "none",
            "on_demand_l3l4",
            "on_demand_l3l4",
            "always_on_l3l4",
            "always_on_l3l4",
            "always_on_l3l7",
        ],
    ),
    level(
        "security.malware_protection",
        Scope::Stored,
        60,
        [
            "none",
            "hosts",
            "hosts",
            "hosts",
            "hosts_and_images",
            "hosts_and_images",
            "continuous_edr",
        ],
    ),
    level(
        "capacity.hold_support",
        Scope::Compute,
        90,
        ["none", "none", "emulated", "emulated", "native", "native", "native_group"],
    ),
    level(
        "support.hours",
        Scope::All,
        80,
        ["none", "business_hours", "business_hours", "extended", "extended", "24x7", "24x7"],
    ),
    level(
        "exit.erasure_method",
        Scope::Stored,
        40,
        [
            "none",
            "logical",
            "logical",
            "crypto_erase",
            "crypto_erase",
            "crypto_erase",
            "purge_certified",
        ],
    ),
    level(
        "identity.auth_strength",
        Scope::Software,
        70,
        ["aal1", "aal1", "aal1", "aal2", "aal2", "aal2", "aal3"],
    ),
];

/// Network classes from weak to strong; from the fifth rung on a bandwidth goes with it.
pub(super) const NETWORK_CLASS: [&str; RUNGS] = [
    "best_effort",
    "best_effort",
    "best_effort",
    "priority",
    "min_bandwidth",
    "min_bandwidth",
    "guaranteed_bandwidth",
];

/// Bandwidth in Mbit/s that goes with [`NETWORK_CLASS`].
pub(super) const BANDWIDTH: [i64; RUNGS] = [10, 10, 50, 100, 100, 500, 1_000];

/// Certificates known everywhere, in the order providers usually get them.
pub(super) const CERTIFICATES: &[&str] =
    &["iso27001", "iso27017", "iso27018", "iso22301", "pci-dss", "iso20000-1"];

/// Log types, in the order providers usually offer them.
pub(super) const LOG_TYPES: &[&str] = &[
    "admin_access",
    "user_access",
    "api_calls",
    "config_change",
    "privilege_change",
    "network_flow",
    "data_export",
    "malware_events",
];

/// Identity protocols, in the order software usually offers them.
pub(super) const IDENTITY: &[&str] = &["oidc", "saml2", "webauthn", "token_exchange"];
