//! What a tenant may have in all, whatever is free: limits, and what of them is used.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Amounts;
use crate::problem::FieldFault;

/// The most a tenant may hold and run at one time, over all zones; what is absent has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vcpu: Option<i64>,
    /// Mebibytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ram_mb: Option<i64>,
    /// Gibibytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_gb: Option<i64>,
    /// Megabits per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mbps: Option<i64>,
}

/// What the tenant of a token may have, and what of it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantQuota {
    /// The cloud's name of the tenant.
    pub tenant: String,
    pub limits: Limits,
    /// What is held and booked now, over all zones.
    pub used: Amounts,
    /// Microseconds UTC.
    pub at_us: i64,
}

/// One countable thing: its name, where a hold asks for it, its limit, what is used and what is asked.
struct Line {
    name: &'static str,
    pointer: &'static str,
    limit: Option<i64>,
    used: i64,
    asked: i64,
}

impl Limits {
    /// Whether nothing is limited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is left of the limits; what has none has the most there can be.
    #[must_use]
    pub fn left(&self, used: &Amounts) -> Amounts {
        let rest = |limit: Option<i64>, used: i64| {
            limit.map_or(i64::MAX, |limit| limit.saturating_sub(used))
        };
        Amounts {
            instances: rest(self.instances, used.instances),
            vcpu: rest(self.vcpu, used.vcpu),
            ram_mb: rest(self.ram_mb, used.ram_mb),
            storage_gb: rest(self.storage_gb, used.storage_gb),
            mbps: rest(self.mbps, used.mbps),
        }
    }

    /// Every limit that a need goes beyond, by the place where a hold asks for it.
    #[must_use]
    pub fn faults(&self, used: &Amounts, need: &Amounts) -> Vec<FieldFault> {
        let beyond = |line: &Line| {
            line.asked > 0
                && line.limit.is_some_and(|limit| line.used.saturating_add(line.asked) > limit)
        };
        let fault = |line: Line| {
            let limit = line.limit.unwrap_or_default();
            let Line { name, pointer, used, asked, .. } = line;
            let detail = format!("{name}: {asked} asked, {used} used, {limit} allowed");
            FieldFault { pointer: pointer.to_owned(), detail }
        };
        self.lines(used, need).into_iter().filter(beyond).map(fault).collect()
    }

    fn lines(&self, used: &Amounts, need: &Amounts) -> [Line; 5] {
        let line = |name, pointer, limit, used, asked| Line { name, pointer, limit, used, asked };
        let count = "/resources/compute/count";
        let (vcpu, ram) = ("/resources/compute/vcpu", "/resources/compute/ramMb");
        [
            line("instances", count, self.instances, used.instances, need.instances),
            line("vcpu", vcpu, self.vcpu, used.vcpu, need.vcpu),
            line("ramMb", ram, self.ram_mb, used.ram_mb, need.ram_mb),
            line(
                "storageGb",
                "/resources/storage/gb",
                self.storage_gb,
                used.storage_gb,
                need.storage_gb,
            ),
            line("mbps", "/resources/network/mbps", self.mbps, used.mbps, need.mbps),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_that_is_passed_is_named_with_what_is_used_and_allowed() {
        let limits = Limits { vcpu: Some(4), storage_gb: Some(10), ..Limits::default() };
        let used = Amounts { instances: 1, vcpu: 3, ram_mb: 64, storage_gb: 10, mbps: 1 };
        let need = |storage_gb| Amounts { instances: 1, vcpu: 2, ram_mb: 64, storage_gb, mbps: 1 };
        let faults = limits.faults(&used, &need(1));
        let places: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(places, ["/resources/compute/vcpu", "/resources/storage/gb"]);
        assert_eq!(faults[0].detail, "vcpu: 2 asked, 3 used, 4 allowed");
        // What is not asked for passes no limit, even when a limit was lowered below what is used.
        assert_eq!(limits.faults(&used, &need(0)).len(), 1);
        assert_eq!(Limits::default().faults(&used, &need(1)), []);
    }

    #[test]
    fn what_has_no_limit_leaves_everything() {
        let limits = Limits { mbps: Some(5), ..Limits::default() };
        let left = limits.left(&Amounts { mbps: 7, ..Amounts::default() });
        assert_eq!((left.mbps, left.vcpu), (-2, i64::MAX));
    }
}
