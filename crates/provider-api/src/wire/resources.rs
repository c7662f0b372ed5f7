//! What is asked for: one group of compute, storage and network.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::LinkPlace;
use crate::problem::FieldFault;

/// One all-or-nothing group of resources (F7.4.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceGroup {
    pub compute: ComputeSpec,
    pub storage: StorageSpec,
    pub network: NetworkSpec,
}

/// Equal machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ComputeSpec {
    /// How many machines, 1 to 64; 0 for a volume by itself.
    #[schema(maximum = 64)]
    pub count: u32,
    /// Virtual processors of each, 1 to 1024.
    #[schema(maximum = 1024)]
    pub vcpu: u32,
    /// Memory of each in mebibytes, 64 to 16,777,216.
    #[schema(maximum = 16_777_216)]
    pub ram_mb: u32,
}

/// One volume, shared by the machines of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StorageSpec {
    /// Size in gibibytes, 0 to 1,048,576.
    #[schema(maximum = 1_048_576)]
    pub gb: u32,
}

/// The group's connection to its users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkSpec {
    /// Bandwidth in megabits per second, 0 to 1,000,000.
    #[schema(maximum = 1_000_000)]
    pub mbps: u32,
    pub endpoint: EndpointKind,
}

/// The kind of address users reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum EndpointKind {
    /// No address for users.
    None,
    /// One HTTP address.
    Http,
}

/// An amount of each countable thing: a capacity, a use or a rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Amounts {
    /// Machines.
    pub instances: i64,
    pub vcpu: i64,
    /// Mebibytes.
    pub ram_mb: i64,
    /// Gibibytes.
    pub storage_gb: i64,
    /// Megabits per second.
    pub mbps: i64,
}

impl ResourceGroup {
    /// What the group takes in all.
    #[must_use]
    pub fn amounts(&self) -> Amounts {
        let count = i64::from(self.compute.count);
        Amounts {
            instances: count,
            vcpu: count * i64::from(self.compute.vcpu),
            ram_mb: count * i64::from(self.compute.ram_mb),
            storage_gb: i64::from(self.storage.gb),
            mbps: i64::from(self.network.mbps),
        }
    }

    /// What the group takes together with room for links.
    #[must_use]
    pub fn amounts_with(&self, links: &[LinkPlace]) -> Amounts {
        let own = self.amounts();
        let linked = links.iter().map(|link| i64::from(link.mbps)).sum::<i64>();
        Amounts { mbps: own.mbps.saturating_add(linked), ..own }
    }

    /// Whether it is a volume by itself: storage, and nothing else.
    #[must_use]
    pub fn is_volume(&self) -> bool {
        self.compute == ComputeSpec { count: 0, vcpu: 0, ram_mb: 0 }
            && self.network == NetworkSpec { mbps: 0, endpoint: EndpointKind::None }
            && self.storage.gb > 0
    }

    /// Every value outside its range, with pointers below `base`, such as `/resources`.
    #[must_use]
    pub fn faults(&self, base: &str) -> Vec<FieldFault> {
        let ranges = [
            ("compute/count", self.compute.count, 1, 64),
            ("compute/vcpu", self.compute.vcpu, 1, 1024),
            ("compute/ramMb", self.compute.ram_mb, 64, 16_777_216),
            ("storage/gb", self.storage.gb, 0, 1_048_576),
            ("network/mbps", self.network.mbps, 0, 1_000_000),
        ];
        let alone = self.is_volume();
        ranges
            .into_iter()
            .filter(|(_, value, low, high)| value > high || (value < low && !alone))
            .map(|(place, value, low, high)| FieldFault {
                pointer: format!("{base}/{place}"),
                detail: format!("found {value}, allowed is {low} to {high}"),
            })
            .collect()
    }
}

impl Amounts {
    /// Whether every amount of `need` fits into this rest.
    #[must_use]
    pub fn covers(&self, need: &Self) -> bool {
        self.instances >= need.instances
            && self.vcpu >= need.vcpu
            && self.ram_mb >= need.ram_mb
            && self.storage_gb >= need.storage_gb
            && self.mbps >= need.mbps
    }

    /// The smaller of each amount.
    #[must_use]
    pub fn least(&self, other: &Self) -> Self {
        Self {
            instances: self.instances.min(other.instances),
            vcpu: self.vcpu.min(other.vcpu),
            ram_mb: self.ram_mb.min(other.ram_mb),
            storage_gb: self.storage_gb.min(other.storage_gb),
            mbps: self.mbps.min(other.mbps),
        }
    }

    /// What is left when `used` is taken away; may be below zero when a capacity was lowered.
    #[must_use]
    pub fn minus(&self, used: &Self) -> Self {
        Self {
            instances: self.instances.saturating_sub(used.instances),
            vcpu: self.vcpu.saturating_sub(used.vcpu),
            ram_mb: self.ram_mb.saturating_sub(used.ram_mb),
            storage_gb: self.storage_gb.saturating_sub(used.storage_gb),
            mbps: self.mbps.saturating_sub(used.mbps),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(count: u32, gb: u32) -> ResourceGroup {
        ResourceGroup {
            compute: ComputeSpec { count, vcpu: 2, ram_mb: 512 },
            storage: StorageSpec { gb },
            network: NetworkSpec { mbps: 10, endpoint: EndpointKind::Http },
        }
    }

    #[test]
    fn machines_multiply_but_the_volume_does_not() {
        let sum = group(3, 20).amounts();
        assert_eq!(
            (sum.instances, sum.vcpu, sum.ram_mb, sum.storage_gb, sum.mbps),
            (3, 6, 1536, 20, 10)
        );
    }

    #[test]
    fn every_value_out_of_range_is_named_at_once() {
        let faults = group(0, 2_000_000).faults("/resources");
        let places: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(places, ["/resources/compute/count", "/resources/storage/gb"]);
    }

    #[test]
    fn one_missing_amount_is_enough_not_to_fit() {
        let rest = Amounts { instances: 3, vcpu: 6, ram_mb: 1536, storage_gb: 19, mbps: 10 };
        assert!(!rest.covers(&group(3, 20).amounts()));
        assert!(rest.covers(&group(3, 19).amounts()));
    }
}
