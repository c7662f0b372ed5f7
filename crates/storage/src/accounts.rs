//! Organisations and the people in them. Hashing and signing in are the broker's.

use crate::record::{Secret, find, list, record};
use crate::statement::{execute, fetch_all, statements};
use crate::{StorageError, Tx};
use domain::{OrganisationId, Role, Timestamp, UserId, Viewer};

record! {
    /// A customer, provider or broker organisation.
    pub struct Organisation in "organisation" {
        /// Its id.
        pub id: OrganisationId,
        /// The name shown.
        pub name: String,
        /// What it is in the market.
        pub role: Role,
        /// When it signed up.
        pub created_at: Timestamp,
    }
}

record! {
    /// A person who signs in.
    pub struct User in "app_user" {
        /// The person's id.
        pub id: UserId,
        /// Where they belong.
        pub organisation_id: OrganisationId,
        /// Unique, in lower case.
        pub email: String,
        /// The name shown.
        pub name: String,
        /// The password's hash in PHC form.
        pub password_hash: Secret<String>,
        /// When they signed up.
        pub created_at: Timestamp,
    }
}

record! {
    /// A person with their organisation; becomes a [`Viewer`].
    pub struct ViewerRow in "app_user" {
        /// The person's id.
        pub user: UserId,
        /// Their organisation's id.
        pub organisation: OrganisationId,
        /// Their organisation's role.
        pub role: Role,
        /// The person's name.
        pub name: String,
        /// Their organisation's name.
        pub organisation_name: String,
    }
}

impl From<ViewerRow> for Viewer {
    fn from(row: ViewerRow) -> Self {
        Self {
            user: row.user,
            organisation: row.organisation,
            role: row.role,
            name: row.name,
            organisation_name: row.organisation_name,
        }
    }
}

statements! {
    INSERT_ORGANISATION = "
        INSERT INTO organisation (id, name, role, created_at)
        VALUES ($1, $2, $3, $4)";
    FIND_ORGANISATION = "
        SELECT id, name, role, created_at FROM organisation WHERE id = $1";
    // Names are not unique: two of one name are told from one.
    FIND_ORGANISATION_BY_NAME = "
        SELECT id FROM organisation WHERE name = $1 AND role <> 'broker' ORDER BY id LIMIT 2";
    INSERT_USER = "
        INSERT INTO app_user (id, organisation_id, email, name, password_hash, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    FIND_USER = "
        SELECT id, organisation_id, email, name, password_hash, created_at
        FROM app_user WHERE id = $1";
    FIND_USER_BY_EMAIL = "
        SELECT id, organisation_id, email, name, password_hash, created_at
        FROM app_user WHERE email = $1";
    FIND_VIEWER = "
        SELECT person.id AS user, person.organisation_id AS organisation, home.role AS role,
            person.name AS name, home.name AS organisation_name
        FROM app_user AS person
        JOIN organisation AS home ON home.id = person.organisation_id
        WHERE person.id = $1";
    SET_PASSWORD_HASH = "
        UPDATE app_user SET password_hash = $2 WHERE id = $1";
    LIST_USERS = "
        SELECT id, organisation_id, email, name, password_hash, created_at
        FROM app_user WHERE organisation_id = $1
        ORDER BY id LIMIT 500";
}

/// Adds an organisation.
pub async fn insert_organisation(
    tx: &mut Tx,
    organisation: &Organisation,
) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT_ORGANISATION,
        organisation.id.uuid(),
        &organisation.name,
        organisation.role.as_str(),
        organisation.created_at.0,
    )?;
    Ok(())
}

/// Looks an organisation up.
pub async fn find_organisation(
    tx: &mut Tx,
    id: OrganisationId,
) -> Result<Option<Organisation>, StorageError> {
    find!(tx, Organisation, FIND_ORGANISATION, id.uuid())
}

/// Looks a customer or provider up by its name; `None` too where several have it.
pub async fn find_organisation_by_name(
    tx: &mut Tx,
    name: &str,
) -> Result<Option<OrganisationId>, StorageError> {
    let found = fetch_all!(tx, (uuid::Uuid,), FIND_ORGANISATION_BY_NAME, name)?;
    Ok(if let [(id,)] = found.as_slice() { Some(OrganisationId(*id)) } else { None })
}

/// Adds a person; see [`is_email_taken`].
pub async fn insert_user(tx: &mut Tx, user: &User) -> Result<(), StorageError> {
    execute!(
        tx,
        INSERT_USER,
        user.id.uuid(),
        user.organisation_id.uuid(),
        &user.email,
        &user.name,
        &user.password_hash.0,
        user.created_at.0,
    )?;
    Ok(())
}

/// Whether [`insert_user`] was refused because somebody has the address already.
#[must_use]
pub fn is_email_taken(error: &StorageError) -> bool {
    error.is_constraint("app_user_email_unique", "app_user.email")
}

/// Looks a person up.
pub async fn find_user(tx: &mut Tx, id: UserId) -> Result<Option<User>, StorageError> {
    find!(tx, User, FIND_USER, id.uuid())
}

/// Looks a person up by address, which must be in lower case.
pub async fn find_user_by_email(tx: &mut Tx, email: &str) -> Result<Option<User>, StorageError> {
    find!(tx, User, FIND_USER_BY_EMAIL, email)
}

/// Looks up a person with their organisation, as use cases see them.
pub async fn find_viewer(tx: &mut Tx, id: UserId) -> Result<Option<Viewer>, StorageError> {
    Ok(find!(tx, ViewerRow, FIND_VIEWER, id.uuid())?.map(Viewer::from))
}

/// Replaces the password's hash, also when its cost was raised; false if there is no such person.
pub async fn set_password_hash(
    tx: &mut Tx,
    id: UserId,
    password_hash: &Secret<String>,
) -> Result<bool, StorageError> {
    Ok(execute!(tx, SET_PASSWORD_HASH, id.uuid(), &password_hash.0)? == 1)
}

/// Lists the people of an organisation, the first 500.
pub async fn list_users(
    tx: &mut Tx,
    organisation: OrganisationId,
) -> Result<Vec<User>, StorageError> {
    list!(tx, User, LIST_USERS, organisation.uuid())
}
