#![doc = include_str!("../README.md")]

mod account;
mod admission;
mod announcement;
mod audience;
mod change;
mod contract;
mod id;
mod money;
mod offer;
mod policy;
mod preemption;
mod rating;
mod review;
mod time;
mod transition;
mod upload;

pub use account::{Actor, Role, Viewer};
pub use admission::{ADMISSION_TRANSITIONS, AdmissionEvent, AdmissionState, CheckAnswer};
pub use announcement::{
    AnnouncementKind, AnnouncementPhase, MAINTENANCE_DAYS_MAX, SHOWN_BEFORE_US, TimesFault,
    can_take_back, check_times,
};
pub use audience::{AudienceKind, InvitationAnswer, InvitationState, Sight};
pub use change::{CHANGE_TRANSITIONS, ChangeEvent, ChangeKind, ChangeState};
pub use contract::{CONTRACT_TRANSITIONS, ContractEvent, ContractState};
pub use id::{
    AnnouncementId, AudienceId, AuditId, BundleId, CommentId, ContractId, EventId, FirmListId,
    IdError, IdSource, InvitationId, NoticeId, OfferId, OrderId, OrganisationId, ProposalId,
    ProviderId, RequirementId, ResourceId, ReviewId, SecuringId, SequentialIds, StatementId,
    TokenId, UploadId, UserId, WorkflowId,
};
pub use money::{Currency, Money, MoneyError};
pub use offer::{OFFER_TRANSITIONS, OfferEvent, OfferStage, OfferState};
pub use policy::{Action, POLICY, PolicyRow, Refusal, Relation, authorise};
pub use preemption::{
    COMPENSATION_PERCENT, PREEMPTION_TRANSITIONS, PreemptionEvent, PreemptionState, compensation,
};
pub use rating::{RatingCounts, STARS_MAX, Stars};
pub use review::{
    ChangeVerdict, Evaluation, PRICES_LEAST, PriceMiddle, REVIEW_TRANSITIONS, ReviewEvent,
    ReviewFacts, ReviewRule, ReviewRules, ReviewState, RuleAnswer, RuleCheck,
    is_second_pair_of_eyes,
};
pub use time::{Clock, DurationUs, ManualClock, Timestamp};
pub use transition::{InvalidTransition, Transition, next_state};
pub use upload::{UPLOAD_TRANSITIONS, UploadEvent, UploadState};
