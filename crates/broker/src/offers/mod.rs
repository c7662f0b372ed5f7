//! The life of offers: check, draft, submit, review, publish, pause, end, withdraw.

mod ending;
mod form;
mod gate;
mod history;
mod import;
mod life;
mod merge;
mod review;
mod rules;
mod submit;
mod version;
mod working_copy;
mod write;

pub(crate) use form::{texts, typed_value};
pub(crate) use import::UnderWay;
pub(crate) use rules::read_version;
pub(crate) use version::signature_fault;
pub(crate) use write::{taken, version_row};

pub use life::{Ending, HistoryLine, LifeStep, REASON_MAX};
pub use merge::{Clash, Merge, Side};
pub use review::{COMMENT_MAX, NewComment};
pub use rules::KeptRules;
pub use submit::Submission;
pub use working_copy::{EditingWay, WorkingCopy};

pub use import::{
    Before, ChecklistHead, Entrance, ImportFault, ImportOutcome, ImportReport, ImportedRow,
    OfferFile, OfferFormat, Phase, Savable, Undone, UploadCounts, UploadProgress, UploadView,
};
pub use storage::uploads::UndoneCounts;

use crate::FieldFault;
use domain::{
    AudienceId, CommentId, DurationUs, Evaluation, OfferId, OfferStage, OfferState, ReviewId,
    ReviewState, Role, Timestamp,
};

/// The guided form; every field as typed. Items are `(item key, value text)`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfferForm {
    /// metadata.name.
    pub name: String,
    /// Title in English.
    pub title_en: String,
    /// Title in Japanese.
    pub title_ja: String,
    /// Description in English.
    pub description_en: String,
    /// Description in Japanese.
    pub description_ja: String,
    /// IaaS, PaaS, SaaS or Network.
    pub model: String,
    /// private, community, public or hybrid.
    pub deployment: String,
    /// Region id, such as jp-tokyo-1.
    pub region: String,
    /// ISO 3166-1 alpha-2 of the region.
    pub country: String,
    /// Monthly price in major units; empty: no price.
    pub price: String,
    /// Currency code of the price.
    pub currency: String,
    /// Promised items, values as people write them; empty values stay undeclared.
    pub items: Vec<(String, String)>,
    /// Commitment class of all items of the form: guaranteed, objective or declared.
    pub commitment: String,
}

/// What a check of a text or form found.
#[derive(Debug, Clone)]
pub struct OfferCheck {
    /// The document when it has no faults.
    pub offer: Option<sla::Offer>,
    /// Canonical YAML when it has no faults, for preview and for saving unchanged.
    pub yaml: Option<String>,
    /// All faults at once.
    pub faults: Vec<FieldFault>,
    /// Remarks that do not stop publication.
    pub notices: Vec<String>,
}

/// One offer in its provider's list.
#[derive(Debug, Clone)]
pub struct OwnOfferCard {
    /// Its id.
    pub id: OfferId,
    /// metadata.name.
    pub slug: String,
    /// Title in English.
    pub title_en: String,
    /// Title in Japanese.
    pub title_ja: String,
    /// Where it stands on the market.
    pub state: OfferState,
    /// Where it stands in its whole life.
    pub stage: OfferStage,
    /// Whether a version is under review or waits for its moment.
    pub under_review: bool,
    /// When a submitted version is to be published, if it waits for that.
    pub publish_at: Option<Timestamp>,
    /// When it leaves the market, while it is withdrawing.
    pub ends_at: Option<Timestamp>,
    /// Newest version.
    pub current_version: i64,
    /// Version the public sees.
    pub published_version: Option<i64>,
    /// Last change.
    pub updated_at: Timestamp,
}

/// One version in the history.
#[derive(Debug, Clone)]
pub struct OfferVersionCard {
    /// Number, from 1.
    pub version: i64,
    /// Lower-case hex SHA-256 of the canonical document.
    pub hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// The key that signed it; `None`: not signed.
    pub signed_by: Option<String>,
    /// What changed since the version before it; `None` for the first one and for old ones.
    pub changes: Option<sla::Diff>,
}

/// What a change of an offer was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MadeOf {
    /// The offer.
    pub offer: OfferId,
    /// The version that was read.
    pub version: i64,
}

/// Everything the provider sees of one offer.
#[derive(Debug, Clone)]
pub struct OwnOffer {
    /// The list entry.
    pub card: OwnOfferCard,
    /// Guards changes against lost updates.
    pub revision: i64,
    /// Who alone may know of it; `None`: everybody.
    pub audience: Option<AudienceId>,
    /// The newest version.
    pub document: sla::Offer,
    /// The newest version as YAML, to edit.
    pub yaml: String,
    /// Its regions that the provider's connected cloud does not have: there it cannot be ordered.
    pub not_served: Vec<String>,
    /// All versions, newest first.
    pub versions: Vec<OfferVersionCard>,
    /// How long a notice has to run before it leaves the market, microseconds.
    pub notice_us: DurationUs,
    /// Its reviews, the latest first; at most one is open.
    pub reviews: Vec<ReviewView>,
    /// What was said in them.
    pub comments: Vec<CommentView>,
    /// What happened to it, the latest first.
    pub history: Vec<HistoryLine>,
}

impl OwnOffer {
    /// The review to which something can still happen.
    #[must_use]
    pub fn open_review(&self) -> Option<&ReviewView> {
        self.reviews.iter().find(|review| review.state.is_open())
    }
}

/// One version that its provider wants published, and what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewView {
    /// Its id.
    pub id: ReviewId,
    /// The offer.
    pub offer: OfferId,
    /// The version.
    pub version: i64,
    /// Where it stands.
    pub state: ReviewState,
    /// Who submitted it; empty for the market's own operator.
    pub submitted_by_name: String,
    /// When.
    pub submitted_at: Timestamp,
    /// What the provider told.
    pub note: String,
    /// From when it is to be published; `None`: as soon as it is approved.
    pub publish_at: Option<Timestamp>,
    /// What the rules looked at and what each said.
    pub evaluation: Evaluation,
    /// Who looks at it or decided; `None`: nobody, or the rules.
    pub reviewer_name: Option<String>,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// When it was published.
    pub published_at: Option<Timestamp>,
}

/// A review in the desk's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewCard {
    /// The review.
    pub view: ReviewView,
    /// English title of the version.
    pub title_en: String,
    /// Japanese title of the version.
    pub title_ja: String,
    /// English name of the provider.
    pub provider_en: String,
    /// Japanese name of the provider.
    pub provider_ja: String,
    /// The version that is published, or was.
    pub published_version: Option<i64>,
}

/// A review as the desk reads it.
#[derive(Debug, Clone)]
pub struct ReviewPage {
    /// As in the list.
    pub card: ReviewCard,
    /// metadata.name.
    pub slug: String,
    /// Where the offer stands on the market.
    pub state: OfferState,
    /// The version.
    pub document: sla::Offer,
    /// The same as YAML.
    pub yaml: String,
    /// The published version that it is held against.
    pub against: Option<i64>,
    /// What changed since that.
    pub changes: Option<sla::Diff>,
    /// What was said in all reviews of the offer.
    pub comments: Vec<CommentView>,
    /// What happened to the offer, the latest first.
    pub history: Vec<HistoryLine>,
    /// Whether the reader submitted it, or is of the provider's house: somebody else has to decide.
    pub own: bool,
}

/// Something said about a place of a version, or an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentView {
    /// Its id.
    pub id: CommentId,
    /// In which review.
    pub review: ReviewId,
    /// JSON pointer into the document; empty: the whole of it.
    pub pointer: String,
    /// What is said.
    pub text: String,
    /// Who said it.
    pub author_name: String,
    /// In which role.
    pub author_role: Role,
    /// When.
    pub at: Timestamp,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// Who settled it.
    pub settled_by_name: Option<String>,
    /// Answers, in the order of saying; empty for an answer.
    pub answers: Vec<CommentView>,
}
