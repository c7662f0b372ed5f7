//! On which channels organisations get their notices, and what is still to be delivered. How to deliver is the broker's.

use crate::page::{Cursor, Page, cut, fetch_limit};
use crate::record::{Secret, find, ids_text, list, record};
use crate::statement::{execute, statements};
use crate::{StorageError, Tx};
use domain::{NoticeId, OrganisationId, Timestamp, UserId};
use uuid::Uuid;

record! {
    /// The channels of an organisation.
    pub struct Channels in "channel_setting" {
        /// Whose.
        pub organisation_id: OrganisationId,
        /// Whether everybody of the organisation gets mail.
        pub mail: bool,
        /// Whether events are posted.
        pub webhook: bool,
        /// Where to.
        pub webhook_url: Option<String>,
        /// What signs them, sealed.
        pub webhook_secret_sealed: Option<Secret<Vec<u8>>>,
        /// When it was last set.
        pub updated_at: Timestamp,
    }
}

record! {
    /// Which delivery.
    pub struct DeliveryKey in "delivery" {
        /// The notice.
        pub notice_id: NoticeId,
        /// `mail` or `webhook`.
        pub channel: String,
        /// The person for mail, the organisation for its webhook.
        pub recipient: Recipient,
    }
}

/// The id of a person or of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recipient(pub Uuid);

impl crate::record::Column for Recipient {
    type Raw = Uuid;

    fn read(raw: Uuid, _: &'static str) -> Result<Self, StorageError> {
        Ok(Self(raw))
    }
}

record! {
    /// A delivery whose moment has come, with all that is needed to make it.
    pub struct Due in "delivery" {
        /// Which one.
        [flatten]
        pub key: DeliveryKey,
        /// Whose notice it is.
        pub organisation_id: OrganisationId,
        /// Tries begun before.
        pub attempts: i64,
        /// The moment that came; guards the claim.
        pub due_at: Timestamp,
        /// The person's address; `None`: no mail, or nobody is left.
        pub email: Option<String>,
        /// The person's name.
        pub name: Option<String>,
        /// The person's language; `None`: the installation's.
        pub language: Option<String>,
        /// Where events are posted now; `None`: no longer anywhere.
        pub webhook_url: Option<String>,
        /// What signs them, sealed.
        pub webhook_secret_sealed: Option<Secret<Vec<u8>>>,
    }
}

record! {
    /// A delivery in its organisation's list.
    pub struct Delivery in "delivery" {
        /// Which one.
        [flatten]
        pub key: DeliveryKey,
        /// What kind of notice it is.
        pub kind: String,
        /// When the notice was made.
        pub created_at: Timestamp,
        /// `waiting`, `delivered` or `given_up`.
        pub state: String,
        /// Tries begun since it was last asked for.
        pub attempts: i64,
        /// Not before this moment.
        pub due_at: Timestamp,
        /// Why the last try did not succeed.
        pub fault: Option<String>,
        /// When it was delivered or given up.
        pub ended_at: Option<Timestamp>,
        /// The person's name; `None`: no mail, or nobody is left.
        pub name: Option<String>,
    }
}

record! {
    /// A person's language.
    pub struct Language in "app_user" {
        /// The language; `None`: the installation's.
        pub language: Option<String>,
    }
}

statements! {
    FIND = "
        SELECT organisation_id, mail, webhook, webhook_url, webhook_secret_sealed, updated_at
        FROM channel_setting WHERE organisation_id = $1";
    PUT = "
        INSERT INTO channel_setting (organisation_id, mail, webhook, webhook_url, webhook_secret_sealed,
            updated_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (organisation_id) DO UPDATE SET mail = excluded.mail,
            webhook = excluded.webhook, webhook_url = excluded.webhook_url,
            webhook_secret_sealed = excluded.webhook_secret_sealed,
            updated_at = excluded.updated_at";
    FIND_LANGUAGE = "
        SELECT language FROM app_user WHERE id = $1";
    SET_LANGUAGE = "
        UPDATE app_user SET language = $2 WHERE id = $1";
    ENQUEUE = "
        INSERT INTO delivery (notice_id, channel, recipient, organisation_id, state, attempts,
            due_at)
        SELECT notice.id, 'mail', person.id, notice.organisation_id, 'waiting', 0,
            notice.created_at
        FROM json_each($1) AS wanted
        CROSS JOIN notice ON notice.id = unhex(wanted.value)
        JOIN channel_setting ON channel_setting.organisation_id = notice.organisation_id AND channel_setting.mail
        JOIN app_user AS person ON person.organisation_id = notice.organisation_id
        UNION ALL
        SELECT notice.id, 'webhook', notice.organisation_id, notice.organisation_id, 'waiting', 0,
            notice.created_at
        FROM json_each($1) AS wanted
        CROSS JOIN notice ON notice.id = unhex(wanted.value)
        JOIN channel_setting ON channel_setting.organisation_id = notice.organisation_id AND channel_setting.webhook",
        postgres = "
        INSERT INTO delivery (notice_id, channel, recipient, organisation_id, state, attempts,
            due_at)
        SELECT notice.id, 'mail', person.id, notice.organisation_id, 'waiting', 0,
            notice.created_at
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN notice ON notice.id = CAST(wanted.value AS UUID)
        JOIN channel_setting ON channel_setting.organisation_id = notice.organisation_id AND channel_setting.mail
        JOIN app_user AS person ON person.organisation_id = notice.organisation_id
        UNION ALL
        SELECT notice.id, 'webhook', notice.organisation_id, notice.organisation_id, 'waiting', 0,
            notice.created_at
        FROM json_array_elements_text(CAST($1 AS JSON)) AS wanted (value)
        JOIN notice ON notice.id = CAST(wanted.value AS UUID)
        JOIN channel_setting ON channel_setting.organisation_id = notice.organisation_id AND channel_setting.webhook";
    LIST_DUE = "
        SELECT notice_id, channel, recipient, delivery.organisation_id AS organisation_id,
            attempts, due_at, person.email AS email, person.name AS name,
            person.language AS language,
            CASE WHEN channel_setting.webhook THEN channel_setting.webhook_url END AS webhook_url,
            CASE WHEN channel_setting.webhook THEN channel_setting.webhook_secret_sealed END
                AS webhook_secret_sealed
        FROM delivery
        LEFT JOIN channel_setting ON channel_setting.organisation_id = delivery.organisation_id
        LEFT JOIN app_user AS person ON person.id = recipient AND channel = 'mail'
            AND channel_setting.mail
        WHERE state = 'waiting' AND due_at <= $1
        ORDER BY due_at, notice_id LIMIT $2";
    CLAIM = "
        UPDATE delivery SET attempts = attempts + 1, due_at = $5
        WHERE notice_id = $1 AND channel = $2 AND recipient = $3 AND due_at = $4
            AND state = 'waiting'";
    END = "
        UPDATE delivery SET state = $5, fault = $6, ended_at = $7
        WHERE notice_id = $1 AND channel = $2 AND recipient = $3 AND due_at = $4
            AND state = 'waiting'";
    POSTPONE = "
        UPDATE delivery SET due_at = $5, fault = $6
        WHERE notice_id = $1 AND channel = $2 AND recipient = $3 AND due_at = $4
            AND state = 'waiting'";
    SEND_AGAIN = "
        UPDATE delivery SET state = 'waiting', attempts = 0, due_at = $4, fault = NULL,
            ended_at = NULL
        WHERE notice_id = $1 AND channel = $2 AND organisation_id = $3 AND state <> 'waiting'";
    LIST = "
        SELECT delivery.notice_id AS notice_id, channel, recipient, kind,
            notice.created_at AS created_at, state, attempts, due_at, fault, ended_at,
            person.name AS name
        FROM delivery
        JOIN notice ON notice.id = delivery.notice_id
        LEFT JOIN app_user AS person ON person.id = recipient AND channel = 'mail'
        WHERE delivery.organisation_id = $1 AND delivery.notice_id < $2
        ORDER BY delivery.notice_id DESC, channel, recipient LIMIT $3";
}

/// Looks up the channels of an organisation; `None`: the inbox only.
pub async fn find(
    tx: &mut Tx,
    organisation: OrganisationId,
) -> Result<Option<Channels>, StorageError> {
    find!(tx, Channels, FIND, organisation.uuid())
}

/// Sets the channels of an organisation.
pub async fn put(tx: &mut Tx, channels: &Channels) -> Result<(), StorageError> {
    execute!(
        tx,
        PUT,
        channels.organisation_id.uuid(),
        channels.mail,
        channels.webhook,
        &channels.webhook_url,
        channels.webhook_secret_sealed.as_ref().map(|sealed| &sealed.0),
        channels.updated_at.0,
    )
    .map(drop)
}

/// The language in which a person is written to; `None`: the installation's.
pub async fn find_language(tx: &mut Tx, person: UserId) -> Result<Option<String>, StorageError> {
    Ok(find!(tx, Language, FIND_LANGUAGE, person.uuid())?.and_then(|row| row.language))
}

/// Sets the language in which a person is written to.
pub async fn set_language(
    tx: &mut Tx,
    person: UserId,
    language: Option<&str>,
) -> Result<(), StorageError> {
    execute!(tx, SET_LANGUAGE, person.uuid(), language).map(drop)
}

/// Adds what is to be delivered of these notices, on the channels that their organisations have now.
pub(crate) async fn enqueue(
    tx: &mut Tx,
    notices: impl Iterator<Item = NoticeId>,
) -> Result<(), StorageError> {
    execute!(tx, ENQUEUE, ids_text(notices.map(NoticeId::uuid))).map(drop)
}

/// Lists deliveries whose moment has come, the longest overdue first.
pub async fn list_due(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<Due>, StorageError> {
    list!(tx, Due, LIST_DUE, now.0, i64::from(limit))
}

/// Takes a delivery until a moment, after which another process may try; `false`: another one has it.
pub async fn claim(tx: &mut Tx, due: &Due, until: Timestamp) -> Result<bool, StorageError> {
    let (notice, recipient) = (due.key.notice_id.uuid(), due.key.recipient.0);
    let taken = execute!(tx, CLAIM, notice, &due.key.channel, recipient, due.due_at.0, until.0)?;
    Ok(taken == 1)
}

/// Ends a delivery that was claimed until a moment, as `delivered` or `given_up`; nothing when it was taken meanwhile.
pub async fn end(
    tx: &mut Tx,
    (key, until): (&DeliveryKey, Timestamp),
    (state, fault): (&str, Option<&str>),
    at: Timestamp,
) -> Result<(), StorageError> {
    let (notice, recipient) = (key.notice_id.uuid(), key.recipient.0);
    let channel = &key.channel;
    execute!(tx, END, notice, channel, recipient, until.0, state, fault, at.0).map(drop)
}

/// Lets a delivery that was claimed until a moment be tried again later.
pub async fn postpone(
    tx: &mut Tx,
    (key, until): (&DeliveryKey, Timestamp),
    due_at: Timestamp,
    fault: &str,
) -> Result<(), StorageError> {
    let (notice, recipient) = (key.notice_id.uuid(), key.recipient.0);
    execute!(tx, POSTPONE, notice, &key.channel, recipient, until.0, due_at.0, fault).map(drop)
}

/// Lets what was delivered or given up of a notice be delivered again on a channel; returns how many.
pub async fn send_again(
    tx: &mut Tx,
    notice: NoticeId,
    channel: &str,
    organisation: OrganisationId,
    at: Timestamp,
) -> Result<u64, StorageError> {
    execute!(tx, SEND_AGAIN, notice.uuid(), channel, organisation.uuid(), at.0)
}

/// Lists an organisation's deliveries, of the newest notices first; a notice with all its deliveries.
pub async fn list(
    tx: &mut Tx,
    organisation: OrganisationId,
    cursor: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Delivery>, StorageError> {
    let (_, before) = Cursor::newest_first(cursor);
    let rows = list!(tx, Delivery, LIST, organisation.uuid(), before, fetch_limit(limit))?;
    let mut page = cut(rows, limit, |row| Cursor::after_id(row.key.notice_id.uuid()));
    // A page ends with a whole notice, or the next one would begin behind its other deliveries.
    if page.next.is_some() {
        let last = page.items.last().map(|row| row.key.notice_id);
        let whole = page.items.iter().take_while(|row| Some(row.key.notice_id) != last).count();
        if whole > 0 {
            page.items.truncate(whole);
            page.next = page.items.last().map(|row| Cursor::after_id(row.key.notice_id.uuid()));
        }
    }
    Ok(page)
}
