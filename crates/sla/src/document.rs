//! Either kind of document.

use crate::{Metadata, Offer, Requirement};

/// The only version of the document format so far.
pub const API_VERSION: &str = "sla.kumoichi/v1alpha1";

crate::words::words! {
    /// The two kinds of documents.
    DocumentKind {
        /// A provider's promises.
        Offer = "ServiceLevelOffer",
        /// A customer's requirement.
        Requirement = "QualityRequirement",
    }
}

/// Either kind of document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "documents are handled one at a time, mostly by reference"
)]
pub enum Document {
    /// A provider's promises.
    Offer(Offer),
    /// A customer's requirement.
    Requirement(Requirement),
}

impl Document {
    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> DocumentKind {
        match self {
            Self::Offer(_) => DocumentKind::Offer,
            Self::Requirement(_) => DocumentKind::Requirement,
        }
    }

    /// Name, version, titles.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        match self {
            Self::Offer(offer) => &offer.metadata,
            Self::Requirement(requirement) => &requirement.metadata,
        }
    }
}

impl From<Offer> for Document {
    fn from(offer: Offer) -> Self {
        Self::Offer(offer)
    }
}

impl From<Requirement> for Document {
    fn from(requirement: Requirement) -> Self {
        Self::Requirement(requirement)
    }
}
