//! Who may know of offers that are not public: audiences, and the invitations into them.

use crate::record::{expect_one, find, ids_text, list, record};
use crate::statement::{execute, fetch_all, fetch_optional, statements};
use crate::{StorageError, Tx};
use domain::{
    AudienceId, AudienceKind, InvitationId, InvitationState, OfferId, OrganisationId, ProviderId,
    Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Audiences of one provider.
const AUDIENCES_MAX: i64 = 500;
/// Invitations of one audience or organisation that are listed.
const INVITATIONS_MAX: i64 = 1_000;

record! {
    /// Those who may know of some offers of a provider.
    pub struct Audience in "audience" {
        /// Its id.
        pub id: AudienceId,
        /// Whose offers.
        pub provider_id: ProviderId,
        /// The account behind that provider.
        pub organisation_id: Option<OrganisationId>,
        /// For one organisation or for several.
        pub kind: AudienceKind,
        /// As its provider calls it.
        pub name: String,
        /// When it was made.
        pub created_at: Timestamp,
        /// Organisations that accepted.
        pub members: i64,
        /// Offers that are shown to them alone.
        pub offers: i64,
    }
}

record! {
    /// An offer of an audience, titled by its newest version.
    pub struct AudienceOffer in "offer" {
        /// The offer.
        pub id: OfferId,
        /// English title.
        pub title_en: String,
        /// Japanese title.
        pub title_ja: String,
        /// Whether those who may know of it find it.
        pub on_market: bool,
    }
}

record! {
    /// An invitation, with what its two sides read of each other.
    pub struct Invitation in "invitation" {
        /// Its id.
        pub id: InvitationId,
        /// Into which audience.
        pub audience_id: AudienceId,
        /// For one organisation or for several.
        pub kind: AudienceKind,
        /// As the provider calls the audience.
        pub audience_name: String,
        /// Whose offers.
        pub provider_id: ProviderId,
        /// The account behind that provider.
        pub provider_organisation: Option<OrganisationId>,
        /// The provider's short name for addresses.
        pub provider_slug: String,
        /// The provider's English name.
        pub provider_name_en: String,
        /// The provider's Japanese name.
        pub provider_name_ja: String,
        /// The provider's own note.
        pub note: String,
        /// Who is invited; `None`: whoever brings the code first.
        pub organisation_id: Option<OrganisationId>,
        /// The name of that organisation.
        pub organisation_name: Option<String>,
        /// Whether it came by a code.
        pub by_code: bool,
        /// Where it stands.
        pub state: InvitationState,
        /// When it was made.
        pub created_at: Timestamp,
        /// Until when it can be accepted.
        pub expires_at: Timestamp,
        /// When it was answered.
        pub answered_at: Option<Timestamp>,
    }
}

/// An invitation to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// Its id.
    pub id: InvitationId,
    /// Into which audience.
    pub audience_id: AudienceId,
    /// The provider's own note.
    pub note: String,
    /// Who is invited.
    pub organisation_id: Option<OrganisationId>,
    /// SHA-256 of the code, where nobody is named.
    pub code_hash: Option<[u8; 32]>,
    /// A user id.
    pub invited_by: String,
    /// When it is made.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

macro_rules! audience_columns {
    () => {
        "audience.id AS id, audience.provider_id AS provider_id,
            provider.organisation_id AS organisation_id, audience.kind AS kind,
            audience.name AS name, audience.created_at AS created_at,
            (SELECT COUNT(*) FROM invitation WHERE invitation.audience_id = audience.id
                AND invitation.state = 'accepted') AS members,
            (SELECT COUNT(*) FROM offer WHERE offer.audience_id = audience.id) AS offers
        FROM audience JOIN provider ON provider.id = audience.provider_id"
    };
}

macro_rules! invitation_columns {
    () => {
        "invitation.id AS id, invitation.audience_id AS audience_id, audience.kind AS kind,
            audience.name AS audience_name, audience.provider_id AS provider_id,
            provider.organisation_id AS provider_organisation, provider.slug AS provider_slug,
            provider.name_en AS provider_name_en, provider.name_ja AS provider_name_ja,
            invitation.note AS note, invitation.organisation_id AS organisation_id,
            organisation.name AS organisation_name,
            invitation.code_hash IS NOT NULL AS by_code, invitation.state AS state,
            invitation.created_at AS created_at, invitation.expires_at AS expires_at,
            invitation.answered_at AS answered_at
        FROM invitation
        JOIN audience ON audience.id = invitation.audience_id
        JOIN provider ON provider.id = audience.provider_id
        LEFT JOIN organisation ON organisation.id = invitation.organisation_id"
    };
}

statements! {
    INSERT = "
        INSERT INTO audience (id, provider_id, kind, name, created_at)
        VALUES ($1, $2, $3, $4, $5)";
    FIND = concat!("
        SELECT ", audience_columns!(), "
        WHERE audience.id = $1");
    LIST_BY_PROVIDER = concat!("
        SELECT ", audience_columns!(), "
        WHERE audience.provider_id = $1 ORDER BY audience.id DESC LIMIT $2");
    LIST_OFFERS = "
        SELECT offer.id AS id, newest.title_en AS title_en, newest.title_ja AS title_ja,
            offer.state IN ('published', 'withdrawing') AS on_market
        FROM offer JOIN offer_version AS newest
            ON newest.offer_id = offer.id AND newest.version = offer.current_version
        WHERE offer.audience_id = $1 ORDER BY offer.id DESC LIMIT $2";
    INSERT_INVITATION = "
        INSERT INTO invitation (id, audience_id, note, organisation_id, code_hash, state, invited_by,
            created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8)";
    FIND_INVITATION = concat!("
        SELECT ", invitation_columns!(), "
        WHERE invitation.id = $1");
    FIND_BY_CODE = concat!("
        SELECT ", invitation_columns!(), "
        WHERE invitation.code_hash = $1");
    LIST_OF_AUDIENCE = concat!("
        SELECT ", invitation_columns!(), "
        WHERE invitation.audience_id = $1 ORDER BY invitation.id DESC LIMIT $2");
    LIST_OF_ORGANISATION = concat!("
        SELECT ", invitation_columns!(), "
        WHERE invitation.organisation_id = $1 ORDER BY invitation.id DESC LIMIT $2");
    ANSWER = "
        UPDATE invitation SET state = $3, organisation_id = $4, answered_at = $5
        WHERE id = $1 AND state = $2";
    // Its time is over, and it stands in the way of another.
    END_LAPSED = "
        UPDATE invitation SET state = 'taken_back', answered_at = $3
        WHERE audience_id = $1 AND organisation_id = $2 AND state = 'open' AND expires_at <= $3";
    COUNT_HELD = "
        SELECT COUNT(*) FROM invitation
        WHERE audience_id = $1 AND (state = 'accepted' OR state = 'open' AND expires_at > $2)";
    ASSIGN = "
        UPDATE offer SET audience_id = $3, updated_at = $4, revision = revision + 1
        WHERE id = $1 AND revision = $2";
    // What follows the market learns of another reader as it learns of another offer.
    TOUCH = "
        UPDATE offer SET updated_at = $2, revision = revision + 1 WHERE audience_id = $1";
    // A provider knows of its own offers.
    MEMBERS = "
        SELECT invitation.audience_id, invitation.organisation_id
        FROM json_each($1) AS wanted
        CROSS JOIN invitation ON invitation.audience_id = unhex(wanted.value)
        WHERE invitation.state = 'accepted'
        UNION
        SELECT audience.id, provider.organisation_id
        FROM json_each($1) AS wanted
        CROSS JOIN audience ON audience.id = unhex(wanted.value)
        JOIN provider ON provider.id = audience.provider_id
        WHERE provider.organisation_id IS NOT NULL",
        postgres = "
        SELECT invitation.audience_id, invitation.organisation_id
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN invitation ON invitation.audience_id = CAST(wanted.value AS UUID)
        WHERE invitation.state = 'accepted'
        UNION
        SELECT audience.id, provider.organisation_id
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN audience ON audience.id = CAST(wanted.value AS UUID)
        JOIN provider ON provider.id = audience.provider_id
        WHERE provider.organisation_id IS NOT NULL";
    LIST_CLOSED = "
        SELECT id FROM offer
        WHERE audience_id IS NOT NULL AND state IN ('published', 'withdrawing')
        ORDER BY id LIMIT 1000000";
    MAY_KNOW = "
        SELECT offer.id FROM offer JOIN provider ON provider.id = offer.provider_id
        WHERE offer.id = $1 AND (offer.audience_id IS NULL OR provider.organisation_id = $2
            OR EXISTS (SELECT 1 FROM invitation
                WHERE invitation.audience_id = offer.audience_id
                    AND invitation.organisation_id = $2 AND invitation.state = 'accepted'))";
}

/// Adds an audience without anybody in it.
pub async fn insert(
    tx: &mut Tx,
    id: AudienceId,
    provider: ProviderId,
    (kind, name): (AudienceKind, &str),
    at: Timestamp,
) -> Result<(), StorageError> {
    execute!(tx, INSERT, id.uuid(), provider.uuid(), kind.as_str(), name, at.0).map(drop)
}

/// Looks an audience up.
pub async fn find(tx: &mut Tx, id: AudienceId) -> Result<Option<Audience>, StorageError> {
    find!(tx, Audience, FIND, id.uuid())
}

/// Lists a provider's audiences, the newest first, at most 500.
pub async fn list_by_provider(
    tx: &mut Tx,
    provider: ProviderId,
) -> Result<Vec<Audience>, StorageError> {
    list!(tx, Audience, LIST_BY_PROVIDER, provider.uuid(), AUDIENCES_MAX)
}

/// Lists the offers that an audience alone may know of, the newest first, at most 1000.
pub async fn list_offers(tx: &mut Tx, id: AudienceId) -> Result<Vec<AudienceOffer>, StorageError> {
    list!(tx, AudienceOffer, LIST_OFFERS, id.uuid(), INVITATIONS_MAX)
}

/// Adds an invitation; see [`is_invited`].
pub async fn insert_invitation(tx: &mut Tx, new: &NewInvitation) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT_INVITATION,
        new.id.uuid(),
        new.audience_id.uuid(),
        &new.note,
        new.organisation_id.map(OrganisationId::uuid),
        new.code_hash.map(Vec::from),
        &new.invited_by,
        new.created_at.0,
        new.expires_at.0,
    )
    .map(drop)
}

/// Whether [`insert_invitation`] or [`answer`] was refused because the organisation is invited or in already.
#[must_use]
pub fn is_invited(error: &StorageError) -> bool {
    error.is_constraint("invitation_once", "invitation.audience_id, invitation.organisation_id")
}

/// Looks an invitation up.
pub async fn find_invitation(
    tx: &mut Tx,
    id: InvitationId,
) -> Result<Option<Invitation>, StorageError> {
    find!(tx, Invitation, FIND_INVITATION, id.uuid())
}

/// Looks an invitation up by the hash of its code.
pub async fn find_by_code(tx: &mut Tx, hash: [u8; 32]) -> Result<Option<Invitation>, StorageError> {
    find!(tx, Invitation, FIND_BY_CODE, hash.to_vec())
}

/// Lists the invitations into an audience, the newest first, at most 1000.
pub async fn list_of_audience(
    tx: &mut Tx,
    id: AudienceId,
) -> Result<Vec<Invitation>, StorageError> {
    list!(tx, Invitation, LIST_OF_AUDIENCE, id.uuid(), INVITATIONS_MAX)
}

/// Lists an organisation's invitations, the newest first, at most 1000.
pub async fn list_of_organisation(
    tx: &mut Tx,
    id: OrganisationId,
) -> Result<Vec<Invitation>, StorageError> {
    list!(tx, Invitation, LIST_OF_ORGANISATION, id.uuid(), INVITATIONS_MAX)
}

/// Takes an invitation from one state to another; `Conflict` when it is in a third one.
pub async fn answer(
    tx: &mut Tx,
    id: InvitationId,
    (from, to): (InvitationState, InvitationState),
    organisation: Option<OrganisationId>,
    at: Timestamp,
) -> Result<(), StorageError> {
    let organisation = organisation.map(OrganisationId::uuid);
    let affected = execute!(tx, ANSWER, id.uuid(), from.as_str(), to.as_str(), organisation, at.0)?;
    expect_one(affected, "invitation")
}

/// Ends the invitation of an organisation that was not answered in time.
pub async fn end_lapsed(
    tx: &mut Tx,
    (audience, organisation): (AudienceId, OrganisationId),
    now: Timestamp,
) -> Result<(), StorageError> {
    execute!(tx, END_LAPSED, audience.uuid(), organisation.uuid(), now.0).map(drop)
}

/// How many organisations are in an audience or may still join it.
pub async fn count_held(tx: &mut Tx, id: AudienceId, now: Timestamp) -> Result<i64, StorageError> {
    let found = fetch_optional!(tx, (i64,), COUNT_HELD, id.uuid(), now.0)?;
    Ok(found.map_or(0, |row| row.0))
}

/// Says who may know of an offer, `None`: everybody; `Conflict` unless `revision` is current.
pub async fn assign(
    tx: &mut Tx,
    offer: OfferId,
    revision: i64,
    audience: Option<AudienceId>,
    at: Timestamp,
) -> Result<(), StorageError> {
    let audience = audience.map(AudienceId::uuid);
    expect_one(execute!(tx, ASSIGN, offer.uuid(), revision, audience, at.0)?, "offer")
}

/// Marks the offers of an audience as changed, because those who may know of them did.
pub async fn touch(tx: &mut Tx, id: AudienceId, at: Timestamp) -> Result<u64, StorageError> {
    execute!(tx, TOUCH, id.uuid(), at.0)
}

/// Who is in these audiences, the providers themselves among them.
pub async fn members(
    tx: &mut Tx,
    ids: &BTreeSet<AudienceId>,
) -> Result<BTreeMap<AudienceId, BTreeSet<OrganisationId>>, StorageError> {
    let mut members: BTreeMap<AudienceId, BTreeSet<OrganisationId>> = BTreeMap::new();
    if ids.is_empty() {
        return Ok(members);
    }
    let wanted = ids_text(ids.iter().map(|id| id.uuid()));
    for (audience, organisation) in fetch_all!(tx, (Uuid, Uuid), MEMBERS, wanted)? {
        members.entry(AudienceId(audience)).or_default().insert(OrganisationId(organisation));
    }
    Ok(members)
}

/// Lists the offers on the market that are not public, in the order of their ids.
pub async fn list_closed(tx: &mut Tx) -> Result<Vec<OfferId>, StorageError> {
    let found = fetch_all!(tx, (Uuid,), LIST_CLOSED)?;
    Ok(found.into_iter().map(|(id,)| OfferId(id)).collect())
}

/// Whether an organisation may know of an offer, `None`: whether everybody may. One that does not exist is known to
/// nobody.
pub async fn may_know(
    tx: &mut Tx,
    offer: OfferId,
    organisation: Option<OrganisationId>,
) -> Result<bool, StorageError> {
    let organisation = organisation.map(OrganisationId::uuid);
    let found = fetch_optional!(tx, (Uuid,), MAY_KNOW, offer.uuid(), organisation)?;
    Ok(found.is_some())
}
