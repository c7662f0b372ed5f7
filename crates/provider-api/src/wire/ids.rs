//! Names that a provider gives; opaque to the caller.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }
    )*};
}

names! {
    /// The provider's id of an allocation, opaque to the caller.
    AllocationId,
    /// The provider's id of a backup, opaque to the caller.
    BackupId,
    /// The provider's id of long work, opaque to the caller.
    OperationId,
    /// The provider's id of something it noticed, opaque to the caller.
    SecurityEventId,
    /// The provider's id of a source that is kept out, opaque to the caller.
    BlockId,
    /// The provider's id of a link to another cloud, opaque to the caller.
    LinkId,
}
