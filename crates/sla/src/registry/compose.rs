//! How the promises of several services become one promise of all of them together. States the
//! rules as data; the arithmetic, and which services are put together, is `matching`'s.

use serde::{Deserialize, Serialize};

crate::words::words! {
    /// What becomes of the values of the parts of one item.
    Compose {
        /// Product of the fractions.
        Product = "product",
        /// Sum of the numbers.
        Sum = "sum",
        /// Smallest number, or the weakest of the levels.
        Minimum = "minimum",
        /// Largest number.
        Maximum = "maximum",
        /// `1 - product of (1 - x)`: the share lost somewhere on the way.
        Loss = "loss",
        /// All members that any part names.
        Union = "union",
        /// Only the members that every part names.
        Intersection = "intersection",
        /// Parts must name the same; otherwise they contradict each other and nothing is promised.
        Equal = "equal",
        /// Mean by weights that no document states; the weakest value is the bound that is safe.
        Mean = "mean",
        /// `a1 + (1 - a1) * a2 * p`, with p the share of rehearsed failovers that succeeded.
        Failover = "failover",
        /// Not taken from the parts: computed again for the whole.
        Recompute = "recompute",
    }
}

crate::words::words! {
    /// How services are put together.
    Arrangement {
        /// Every part is needed, one after the other on the way to the user.
        Chain = "chain",
        /// A primary, and a standby that takes over by itself.
        Pair = "pair",
    }
}

crate::words::words! {
    /// Which parts of a chain have to promise an item, so that the whole does.
    Parts {
        /// Every part; one that is silent leaves the whole undeclared.
        Every = "every",
        /// Parts that run something or keep data; a pure network service has nothing to say.
        Hosting = "hosting",
        /// Parts that carry traffic; a service that runs something may leave it to the network service.
        Network = "network",
    }
}

/// The rules of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composition {
    /// For a chain.
    pub chain: Compose,
    /// For a redundant pair: either part may be the one that serves.
    pub pair: Compose,
    /// Who has to promise it in a chain; in a pair it is always both.
    pub parts: Parts,
}

impl Composition {
    /// The rule for an arrangement.
    #[must_use]
    pub const fn rule(&self, arrangement: Arrangement) -> Compose {
        match arrangement {
            Arrangement::Chain => self.chain,
            Arrangement::Pair => self.pair,
        }
    }
}
