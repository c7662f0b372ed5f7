//! The fields of the index.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
};

/// Texts come cut into their words already; this tokenizer of Tantivy is never asked.
const CUT: &str = "raw";

pub(crate) const ID_HIGH: &str = "id_high";
pub(crate) const ID_LOW: &str = "id_low";
/// Columns of machine types: processors, memory, accelerators, instruction set.
pub(crate) const MACHINE: [&str; 4] =
    ["machine_vcpu", "machine_ram", "machine_gpu", "machine_architecture"];

/// Handles of the fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub id: Field,
    /// The id again, as two numbers that are read quickly.
    pub id_high: Field,
    pub id_low: Field,
    /// Words of both scripts; what weighs more stands in it more than once.
    pub words: Field,
    /// Titles and names, each as one.
    pub whole_names: Field,
    /// Single characters and pairs of scripts without spaces.
    pub pairs: Field,
    /// `field:value` in lower case, for filters in the text of a query.
    pub tags: Field,
    /// Of an offer that is not for everybody: that it is so, and who may know of it.
    pub readers: Field,
    /// What can be offered while somebody types: what it is found by, then how it is written.
    pub suggestions: Field,
    /// One for each of [`FacetField::ALL`], in its order.
    pub facets: [Field; FacetField::ALL.len()],
    /// Numbers of attributes as sortable text, see `number`.
    pub numbers: Field,
    /// Sizes of machines in millionths: the values of one offer stand in the order of its machine types.
    pub machines: [Field; MACHINE.len()],
    pub price: Field,
    pub currency: Field,
    pub title_rank: Field,
    pub price_rank: Field,
    pub observed_rank: Field,
    pub published_at: Field,
}

/// A facet of the market list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FacetField {
    /// Service model.
    Model,
    /// Deployment model.
    Deployment,
    /// Country of a region.
    Country,
    /// Region.
    Region,
    /// Certification; all chosen ones must be held, the others need any of the chosen.
    Certification,
    /// Legal regime that is complied with; all chosen ones must be.
    Regime,
    /// Middleware by name; all chosen ones must be there.
    Middleware,
    /// Middleware with its version; all chosen ones must be there.
    Version,
    /// Category of the market, and the wider ones it belongs to.
    Category,
    /// A choice of the category's attributes as `category.attribute=choice`: of each attribute any of the chosen.
    Attribute,
    /// Provider's slug.
    Provider,
    /// Band of the monthly price, see [`crate::PriceBand`].
    PriceBand,
    /// Provisional hold support.
    Hold,
    /// What was measured against what is promised: `kept`, `missed` or `unmeasured`.
    Observed,
    /// Whether it can be contracted: `yes` or `no`.
    Backed,
}

impl FacetField {
    /// Every facet.
    pub const ALL: [Self; 15] = [
        Self::Model,
        Self::Deployment,
        Self::Country,
        Self::Region,
        Self::Certification,
        Self::Regime,
        Self::Middleware,
        Self::Version,
        Self::Category,
        Self::Attribute,
        Self::Provider,
        Self::PriceBand,
        Self::Hold,
        Self::Observed,
        Self::Backed,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Deployment => "deployment",
            Self::Country => "country",
            Self::Region => "region",
            Self::Certification => "certification",
            Self::Regime => "regime",
            Self::Middleware => "middleware",
            Self::Version => "version",
            Self::Category => "category",
            Self::Attribute => "attribute",
            Self::Provider => "provider",
            Self::PriceBand => "price_band",
            Self::Hold => "hold",
            Self::Observed => "observed",
            Self::Backed => "backed",
        }
    }

    pub(crate) const fn field(self, fields: &Fields) -> Field {
        fields.facets[self as usize]
    }

    /// Whether an offer has to have all chosen values, and not any of them.
    #[must_use]
    pub const fn needs_all(self) -> bool {
        matches!(self, Self::Certification | Self::Regime | Self::Middleware | Self::Version)
    }
}

pub(crate) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let keyword = || STRING | FAST;
    let fields = Fields {
        id: builder.add_text_field("id", STRING),
        id_high: builder.add_u64_field(ID_HIGH, FAST),
        id_low: builder.add_u64_field(ID_LOW, FAST),
        words: builder.add_text_field("words", cut()),
        whole_names: builder.add_text_field("whole_names", whole()),
        pairs: builder.add_text_field("pairs", cut()),
        tags: builder.add_text_field("tags", STRING),
        readers: builder.add_text_field("readers", STRING),
        suggestions: builder.add_text_field("suggestions", STRING),
        facets: FacetField::ALL.map(|facet| builder.add_text_field(facet.name(), keyword())),
        numbers: builder.add_text_field("numbers", STRING),
        machines: MACHINE.map(|name| builder.add_u64_field(name, FAST)),
        price: builder.add_i64_field("price", INDEXED | FAST),
        currency: builder.add_text_field("currency", STRING),
        title_rank: builder.add_u64_field("title_rank", FAST),
        price_rank: builder.add_u64_field("price_rank", FAST),
        observed_rank: builder.add_u64_field("observed_rank", FAST),
        published_at: builder.add_i64_field("published_at", FAST),
    };
    (builder.build(), fields)
}

/// With frequencies, as the best of several terms are only found quickly with them.
fn whole() -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(CUT)
        .set_index_option(IndexRecordOption::WithFreqs);
    TextOptions::default().set_indexing_options(indexing)
}

fn cut() -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(CUT)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    TextOptions::default().set_indexing_options(indexing)
}
