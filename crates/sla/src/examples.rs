//! The documents that come with the product: the three requirements of the paper's Table 1, which are
//! the templates offered to customers, and three offers to compare them with.

/// A document that comes with the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// `metadata.name` of the document.
    pub name: &'static str,
    /// The document as YAML.
    pub yaml: &'static str,
}

/// Certificate service (security first), collaboration service (audit first), tracking service
/// (immediacy first).
pub const EXAMPLE_REQUIREMENTS: &[Example] = &[
    Example {
        name: "certificate-service",
        yaml: include_str!("../examples/requirements/certificate-service.yaml"),
    },
    Example {
        name: "collaboration-service",
        yaml: include_str!("../examples/requirements/collaboration-service.yaml"),
    },
    Example {
        name: "tracking-service",
        yaml: include_str!("../examples/requirements/tracking-service.yaml"),
    },
];

/// A community cloud for public bodies, a European business cloud, an edge provider in Tokyo; all
/// fictional.
pub const EXAMPLE_OFFERS: &[Example] = &[
    Example {
        name: "hokusei-gov-iaas",
        yaml: include_str!("../examples/offers/hokusei-gov-iaas.yaml"),
    },
    Example {
        name: "rheinland-business-cloud",
        yaml: include_str!("../examples/offers/rheinland-business-cloud.yaml"),
    },
    Example {
        name: "edge-burst-tokyo",
        yaml: include_str!("../examples/offers/edge-burst-tokyo.yaml"),
    },
];
