//! Who may do what: one table of action, relation and role; everything not listed is refused.

use crate::{Actor, OrganisationId, Role};
use thiserror::Error;

/// Everything that can be asked of the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read published offers, providers, items and the ranking formula.
    ReadMarket,
    /// Rank offers for a requirement without saving it.
    RankOffers,
    /// Save or change a requirement.
    SaveRequirement,
    /// Read a saved requirement of an organisation.
    ReadRequirement,
    /// Begin or stop to be told about offers that match a saved requirement.
    WatchRequirement,
    /// Read an organisation's notices, and mark them as read or unread.
    ReadNotices,
    /// Say on which channels an organisation gets its notices, and see and repeat deliveries.
    ManageChannels,
    /// Create a draft, submit, publish, edit, pause or withdraw an offer.
    WriteOffer,
    /// Say who may know of one's own offers: make audiences, invite, and take back.
    ManageAudience,
    /// Read, accept and decline the invitations of one's organisation.
    AnswerInvitation,
    /// Keep offers of the market at hand for one's organisation.
    KeepFavourites,
    /// Decide about versions of offers that others submitted, and keep the rules that decide alone.
    ReviewOffer,
    /// Comment on a submitted version, answer, and settle a comment.
    CommentOffer,
    /// Read drafts and all versions of an offer.
    ReadOwnOffer,
    /// Sign a contract.
    SignContract,
    /// Read a contract, its timeline, observations and documents.
    ReadContract,
    /// Change a contract: its quantities, its end, its provider.
    ChangeContract,
    /// End a contract.
    ReleaseContract,
    /// Read the contracts that one delivers, and end one with the notice that was signed.
    TerminateContract,
    /// Say how a service is secured, and have it secured.
    SecureService,
    /// Read the data of a service that ends, and say that they were taken.
    TakeData,
    /// Have a service repaired that its cloud has changed, or decide that this happens by itself.
    RepairService,
    /// Say how a service was delivered, change it and take it back.
    RateService,
    /// Answer what a customer said.
    AnswerRating,
    /// Announce something in the name of the market.
    AnnounceForMarket,
    /// Announce something in the name of one's own provider.
    AnnounceForProvider,
    /// Put offers together to be ordered together, in the name of the market.
    BundleForMarket,
    /// Put one's own offers together.
    BundleForProvider,
    /// Propose a change of the market's categories, and decide about somebody else's.
    KeepCategories,
    /// Propose an item of quality of one's own, or a change of one.
    ProposeItem,
    /// Decide about items that others propose, and retire some.
    KeepItems,
    /// Decide whether a provider may sell here, and keep the list of checks.
    AdmitProvider,
    /// Read one's own admission, say something of oneself and apply.
    ApplyForAdmission,
    /// Read who belongs to an organisation.
    ReadMembers,
    /// Read the list of workflows.
    ReadWorkflows,
    /// Have a workflow undone; retry or abandon one that needs attention, or take a person's word for its step.
    SteerWorkflow,
    /// Read how the market does.
    ReadStatistics,
    /// Read the audit list.
    ReadAudit,
    /// Ask for an examination of one's own cloud.
    ExamineCloud,
    /// Register, list or revoke the keys that a provider signs with.
    ManageKeys,
    /// Create, list or revoke one's own API tokens.
    ManageTokens,
    /// Create providers and connect them to a cloud.
    AdministerProviders,
}

/// How the actor stands to the thing acted upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Anyone, signed in or not.
    Anyone,
    /// A person of any organisation with the role.
    Any(Role),
    /// A person of the organisation that owns the thing, with the role.
    Owner(Role),
    /// A worker of the broker.
    System,
}

/// One permission.
#[derive(Debug, Clone, Copy)]
pub struct PolicyRow {
    /// What is allowed.
    pub action: Action,
    /// To whom.
    pub relation: Relation,
}

const fn row(action: Action, relation: Relation) -> PolicyRow {
    PolicyRow { action, relation }
}

/// The whole policy. A test walks every action over every kind of actor.
pub const POLICY: &[PolicyRow] = &[
    row(Action::ReadMarket, Relation::Anyone),
    row(Action::RankOffers, Relation::Anyone),
    row(Action::SaveRequirement, Relation::Owner(Role::Customer)),
    row(Action::SaveRequirement, Relation::Owner(Role::Provider)),
    row(Action::SaveRequirement, Relation::Owner(Role::Broker)),
    row(Action::ReadRequirement, Relation::Owner(Role::Customer)),
    row(Action::ReadRequirement, Relation::Owner(Role::Provider)),
    row(Action::ReadRequirement, Relation::Owner(Role::Broker)),
    row(Action::WatchRequirement, Relation::Owner(Role::Customer)),
    row(Action::WatchRequirement, Relation::Owner(Role::Provider)),
    row(Action::WatchRequirement, Relation::Owner(Role::Broker)),
    row(Action::ReadNotices, Relation::Owner(Role::Customer)),
    row(Action::ReadNotices, Relation::Owner(Role::Provider)),
    row(Action::ReadNotices, Relation::Owner(Role::Broker)),
    row(Action::ManageChannels, Relation::Owner(Role::Customer)),
    row(Action::ManageChannels, Relation::Owner(Role::Provider)),
    row(Action::ManageChannels, Relation::Owner(Role::Broker)),
    row(Action::WriteOffer, Relation::Owner(Role::Provider)),
    row(Action::WriteOffer, Relation::System),
    row(Action::ManageAudience, Relation::Owner(Role::Provider)),
    row(Action::AnswerInvitation, Relation::Owner(Role::Customer)),
    row(Action::AnswerInvitation, Relation::Owner(Role::Provider)),
    row(Action::KeepFavourites, Relation::Owner(Role::Customer)),
    row(Action::KeepFavourites, Relation::Owner(Role::Provider)),
    row(Action::KeepFavourites, Relation::Owner(Role::Broker)),
    row(Action::ReviewOffer, Relation::Any(Role::Broker)),
    row(Action::CommentOffer, Relation::Owner(Role::Provider)),
    row(Action::CommentOffer, Relation::Any(Role::Broker)),
    row(Action::ReadOwnOffer, Relation::Owner(Role::Provider)),
    row(Action::ReadOwnOffer, Relation::Any(Role::Broker)),
    row(Action::ExamineCloud, Relation::Owner(Role::Provider)),
    row(Action::ManageKeys, Relation::Owner(Role::Provider)),
    row(Action::SignContract, Relation::Owner(Role::Customer)),
    row(Action::ReadContract, Relation::Owner(Role::Customer)),
    row(Action::ReadContract, Relation::Any(Role::Broker)),
    row(Action::ReadContract, Relation::System),
    row(Action::ChangeContract, Relation::Owner(Role::Customer)),
    row(Action::ReleaseContract, Relation::Owner(Role::Customer)),
    row(Action::TerminateContract, Relation::Owner(Role::Provider)),
    row(Action::SecureService, Relation::Owner(Role::Customer)),
    row(Action::TakeData, Relation::Owner(Role::Customer)),
    row(Action::RepairService, Relation::Owner(Role::Customer)),
    row(Action::RepairService, Relation::System),
    row(Action::RateService, Relation::Owner(Role::Customer)),
    row(Action::AnswerRating, Relation::Owner(Role::Provider)),
    row(Action::AnnounceForMarket, Relation::Any(Role::Broker)),
    row(Action::AnnounceForProvider, Relation::Owner(Role::Provider)),
    row(Action::BundleForMarket, Relation::Any(Role::Broker)),
    row(Action::BundleForProvider, Relation::Owner(Role::Provider)),
    row(Action::ReadMembers, Relation::Owner(Role::Customer)),
    row(Action::ReadMembers, Relation::Owner(Role::Provider)),
    row(Action::ReadMembers, Relation::Owner(Role::Broker)),
    row(Action::KeepCategories, Relation::Any(Role::Broker)),
    row(Action::KeepCategories, Relation::System),
    row(Action::ProposeItem, Relation::Owner(Role::Provider)),
    row(Action::ProposeItem, Relation::Any(Role::Broker)),
    row(Action::KeepItems, Relation::Any(Role::Broker)),
    row(Action::AdmitProvider, Relation::Any(Role::Broker)),
    row(Action::ApplyForAdmission, Relation::Owner(Role::Provider)),
    row(Action::ReadWorkflows, Relation::Any(Role::Broker)),
    row(Action::SteerWorkflow, Relation::Any(Role::Broker)),
    row(Action::ReadStatistics, Relation::Any(Role::Broker)),
    row(Action::ReadAudit, Relation::Any(Role::Broker)),
    row(Action::ManageTokens, Relation::Owner(Role::Customer)),
    row(Action::ManageTokens, Relation::Owner(Role::Provider)),
    row(Action::ManageTokens, Relation::Owner(Role::Broker)),
    row(Action::AdministerProviders, Relation::Any(Role::Broker)),
    row(Action::AdministerProviders, Relation::System),
];

/// Why an action was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Signing in may help.
    #[error("sign in first")]
    SignInFirst,
    /// The role may never do this.
    #[error("your role may not do this")]
    WrongRole,
    /// It belongs to somebody else; callers answer exactly as if it did not exist.
    #[error("not found")]
    NotYours,
}

/// Decides whether `actor` may do `action` to a thing owned by `owner` (`None`: nobody's).
pub fn authorise(
    actor: &Actor,
    action: Action,
    owner: Option<OrganisationId>,
) -> Result<(), Refusal> {
    let rows = || POLICY.iter().filter(move |row| row.action == action);
    if rows().any(|row| allows(row.relation, actor, owner)) {
        return Ok(());
    }
    match actor {
        Actor::Stranger => Err(Refusal::SignInFirst),
        Actor::System => Err(Refusal::WrongRole),
        Actor::Person(viewer) => {
            let role_would_do = rows()
                .any(|row| matches!(row.relation, Relation::Owner(role) if role == viewer.role));
            Err(if role_would_do { Refusal::NotYours } else { Refusal::WrongRole })
        }
    }
}

fn allows(relation: Relation, actor: &Actor, owner: Option<OrganisationId>) -> bool {
    match (relation, actor) {
        (Relation::Anyone, _) | (Relation::System, Actor::System) => true,
        (Relation::Any(role), Actor::Person(viewer)) => viewer.role == role,
        (Relation::Owner(role), Actor::Person(viewer)) => {
            viewer.role == role && owner == Some(viewer.organisation)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{UserId, Viewer};
    use uuid::Uuid;

    fn person(role: Role, organisation: u128) -> Actor {
        Actor::Person(Viewer {
            user: UserId(Uuid::from_u128(1)),
            organisation: OrganisationId(Uuid::from_u128(organisation)),
            role,
            name: String::new(),
            organisation_name: String::new(),
        })
    }

    #[test]
    fn stranger_reads_and_ranks_and_nothing_else() {
        let owner = Some(OrganisationId(Uuid::from_u128(7)));
        for row in POLICY {
            let open = matches!(row.action, Action::ReadMarket | Action::RankOffers);
            assert_eq!(authorise(&Actor::Stranger, row.action, owner).is_ok(), open);
        }
    }

    #[test]
    fn other_tenant_is_answered_as_if_it_did_not_exist() {
        let owner = Some(OrganisationId(Uuid::from_u128(7)));
        let other = person(Role::Customer, 8);
        assert_eq!(authorise(&other, Action::ReadContract, owner), Err(Refusal::NotYours));
        assert!(authorise(&person(Role::Customer, 7), Action::ReadContract, owner).is_ok());
    }

    #[test]
    fn notices_and_watches_belong_to_one_organisation() {
        let owner = Some(OrganisationId(Uuid::from_u128(7)));
        for action in [
            Action::ReadNotices,
            Action::WatchRequirement,
            Action::ManageChannels,
            Action::ReadMembers,
        ] {
            for role in [Role::Customer, Role::Provider, Role::Broker] {
                assert_eq!(authorise(&person(role, 7), action, owner), Ok(()));
                assert_eq!(authorise(&person(role, 8), action, owner), Err(Refusal::NotYours));
            }
            assert_eq!(authorise(&Actor::System, action, owner), Err(Refusal::WrongRole));
        }
    }

    #[test]
    fn a_review_is_decided_by_brokers_and_talked_about_with_its_provider_alone() {
        let owner = Some(OrganisationId(Uuid::from_u128(7)));
        let of = |role, organisation, action| authorise(&person(role, organisation), action, owner);
        assert_eq!(of(Role::Broker, 8, Action::ReviewOffer), Ok(()));
        assert_eq!(of(Role::Provider, 7, Action::ReviewOffer), Err(Refusal::WrongRole));
        assert_eq!(of(Role::Customer, 7, Action::ReviewOffer), Err(Refusal::WrongRole));
        assert_eq!(of(Role::Broker, 8, Action::CommentOffer), Ok(()));
        assert_eq!(of(Role::Provider, 7, Action::CommentOffer), Ok(()));
        assert_eq!(of(Role::Provider, 8, Action::CommentOffer), Err(Refusal::NotYours));
        assert_eq!(of(Role::Customer, 7, Action::CommentOffer), Err(Refusal::WrongRole));
        for action in [Action::ReviewOffer, Action::CommentOffer] {
            assert_eq!(authorise(&Actor::Stranger, action, owner), Err(Refusal::SignInFirst));
            assert_eq!(authorise(&Actor::System, action, owner), Err(Refusal::WrongRole));
        }
    }

    #[test]
    fn an_audience_is_its_providers_and_an_invitation_its_organisations() {
        let owner = Some(OrganisationId(Uuid::from_u128(7)));
        let of = |role, organisation, action| authorise(&person(role, organisation), action, owner);
        let (manage, answer) = (Action::ManageAudience, Action::AnswerInvitation);
        assert_eq!(of(Role::Provider, 7, manage), Ok(()));
        assert_eq!(of(Role::Provider, 8, manage), Err(Refusal::NotYours));
        assert_eq!(of(Role::Customer, 7, manage), Err(Refusal::WrongRole));
        assert_eq!(of(Role::Broker, 8, manage), Err(Refusal::WrongRole));
        assert_eq!(of(Role::Customer, 7, answer), Ok(()));
        assert_eq!(of(Role::Provider, 7, answer), Ok(()));
        assert_eq!(of(Role::Customer, 8, answer), Err(Refusal::NotYours));
        assert_eq!(of(Role::Broker, 8, answer), Err(Refusal::WrongRole));
        for role in [Role::Customer, Role::Provider, Role::Broker] {
            assert_eq!(of(role, 7, Action::KeepFavourites), Ok(()));
            assert_eq!(of(role, 8, Action::KeepFavourites), Err(Refusal::NotYours));
        }
        for action in [manage, answer, Action::KeepFavourites] {
            assert_eq!(authorise(&Actor::Stranger, action, owner), Err(Refusal::SignInFirst));
            assert_eq!(authorise(&Actor::System, action, owner), Err(Refusal::WrongRole));
        }
    }

    #[test]
    fn nobody_announces_or_bundles_in_the_name_of_somebody_else() {
        let owner = Some(OrganisationId(Uuid::from_u128(7)));
        let of = |role, organisation, action| authorise(&person(role, organisation), action, owner);
        for (market, own) in [
            (Action::AnnounceForMarket, Action::AnnounceForProvider),
            (Action::BundleForMarket, Action::BundleForProvider),
        ] {
            assert_eq!(of(Role::Broker, 8, market), Ok(()));
            assert_eq!(of(Role::Provider, 7, market), Err(Refusal::WrongRole));
            assert_eq!(of(Role::Provider, 7, own), Ok(()));
            assert_eq!(of(Role::Provider, 8, own), Err(Refusal::NotYours));
            assert_eq!(of(Role::Broker, 8, own), Err(Refusal::WrongRole));
            for action in [market, own] {
                assert_eq!(of(Role::Customer, 7, action), Err(Refusal::WrongRole));
                assert_eq!(authorise(&Actor::Stranger, action, owner), Err(Refusal::SignInFirst));
            }
        }
    }

    #[test]
    fn a_provider_applies_for_itself_and_brokers_alone_admit() {
        let owner = Some(OrganisationId(Uuid::from_u128(7)));
        let of = |role, organisation, action| authorise(&person(role, organisation), action, owner);
        let (admit, apply) = (Action::AdmitProvider, Action::ApplyForAdmission);
        assert_eq!(of(Role::Broker, 8, admit), Ok(()));
        assert_eq!(of(Role::Provider, 7, admit), Err(Refusal::WrongRole));
        assert_eq!(of(Role::Customer, 7, admit), Err(Refusal::WrongRole));
        assert_eq!(of(Role::Provider, 7, apply), Ok(()));
        assert_eq!(of(Role::Provider, 8, apply), Err(Refusal::NotYours));
        assert_eq!(of(Role::Customer, 7, apply), Err(Refusal::WrongRole));
        assert_eq!(of(Role::Broker, 8, apply), Err(Refusal::WrongRole));
        for action in [admit, apply] {
            assert_eq!(authorise(&Actor::Stranger, action, owner), Err(Refusal::SignInFirst));
            assert_eq!(authorise(&Actor::System, action, owner), Err(Refusal::WrongRole));
        }
    }

    #[test]
    fn categories_are_kept_by_brokers_alone() {
        let of = |role| authorise(&person(role, 7), Action::KeepCategories, None);
        assert_eq!(of(Role::Broker), Ok(()));
        assert_eq!(of(Role::Provider), Err(Refusal::WrongRole));
        assert_eq!(of(Role::Customer), Err(Refusal::WrongRole));
        let stranger = authorise(&Actor::Stranger, Action::KeepCategories, None);
        assert_eq!(stranger, Err(Refusal::SignInFirst));
    }

    #[test]
    fn items_are_proposed_by_providers_and_decided_by_brokers_alone() {
        let own = Some(OrganisationId(Uuid::from_u128(7)));
        let of = |role, id, action| authorise(&person(role, id), action, own);
        assert_eq!(of(Role::Provider, 7, Action::ProposeItem), Ok(()));
        assert_eq!(of(Role::Provider, 8, Action::ProposeItem), Err(Refusal::NotYours));
        assert_eq!(of(Role::Broker, 8, Action::ProposeItem), Ok(()));
        assert_eq!(of(Role::Customer, 7, Action::ProposeItem), Err(Refusal::WrongRole));
        assert_eq!(of(Role::Broker, 8, Action::KeepItems), Ok(()));
        assert_eq!(of(Role::Provider, 7, Action::KeepItems), Err(Refusal::WrongRole));
        for action in [Action::ProposeItem, Action::KeepItems] {
            assert_eq!(authorise(&Actor::Stranger, action, own), Err(Refusal::SignInFirst));
        }
    }

    #[test]
    fn customer_may_not_steer_workflows_or_publish() {
        let owner = Some(OrganisationId(Uuid::from_u128(7)));
        let customer = person(Role::Customer, 7);
        for action in [Action::SteerWorkflow, Action::WriteOffer, Action::ReadAudit] {
            assert_eq!(authorise(&customer, action, owner), Err(Refusal::WrongRole));
        }
    }
}
