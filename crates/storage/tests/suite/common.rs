//! A small market to write stories about; every row is made from its number.

use domain::{
    ContractId, Currency, Money, OfferId, OrganisationId, ProviderId, RequirementId, Role,
    Timestamp, UserId,
};
use storage::accounts::{Organisation, User};
use storage::contracts::NewContract;
use storage::offers::{NewOffer, OfferVersion};
use storage::providers::NewProvider;
use storage::requirements::{NewRequirement, RequirementVersion};
use storage::{Secret, Tx, accounts, contracts, offers, providers, requirements};
use uuid::Uuid;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_780_000_000 + seconds)
}

pub fn organisation_id(number: u128) -> OrganisationId {
    OrganisationId(Uuid::from_u128(number))
}

pub fn user_id(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

pub fn provider_id(number: u128) -> ProviderId {
    ProviderId(Uuid::from_u128(number))
}

pub fn offer_id(number: u128) -> OfferId {
    OfferId(Uuid::from_u128(number))
}

pub fn requirement_id(number: u128) -> RequirementId {
    RequirementId(Uuid::from_u128(number))
}

pub fn contract_id(number: u128) -> ContractId {
    ContractId(Uuid::from_u128(number))
}

pub async fn organisation(tx: &mut Tx, number: u128, role: Role) -> OrganisationId {
    let id = organisation_id(number);
    let row = Organisation { id, name: format!("株式会社 {number}"), role, created_at: at(0) };
    accounts::insert_organisation(tx, &row).await.unwrap();
    id
}

pub fn user_row(number: u128, organisation_id: OrganisationId) -> User {
    User {
        id: user_id(number),
        organisation_id,
        email: format!("person{number}@example.test"),
        name: format!("Person {number}"),
        password_hash: Secret("$argon2id$v=19$…".to_owned()),
        created_at: at(0),
    }
}

pub async fn user(tx: &mut Tx, number: u128, organisation: OrganisationId) -> UserId {
    accounts::insert_user(tx, &user_row(number, organisation)).await.unwrap();
    user_id(number)
}

pub fn provider_row(number: u128, organisation_id: Option<OrganisationId>) -> NewProvider {
    NewProvider {
        id: provider_id(number),
        organisation_id,
        slug: format!("cloud-{number}"),
        did: format!("did:web:cloud-{number}.example"),
        name_en: format!("Cloud {number}"),
        name_ja: format!("クラウド {number}"),
        description_en: "Servers by the sea".to_owned(),
        description_ja: "海辺のサーバー".to_owned(),
        country: "JP".to_owned(),
        homepage: None,
        created_at: at(0),
    }
}

pub async fn provider(tx: &mut Tx, number: u128) -> ProviderId {
    providers::insert(tx, &provider_row(number, None)).await.unwrap();
    provider_id(number)
}

pub fn offer_row(number: u128, provider_id: ProviderId) -> NewOffer {
    NewOffer {
        id: offer_id(number),
        provider_id,
        slug: format!("offer-{number}"),
        created_at: at(0),
    }
}

pub fn version_row(offer: u128, version: i64) -> OfferVersion {
    OfferVersion {
        offer_id: offer_id(offer),
        version,
        document: format!("{{\"offer\":{offer},\"title\":\"雲 \\\"α\\\"\",\"v\":{version}}}"),
        hash: format!("{offer:060x}{version:04x}"),
        title_en: format!("Offer {offer} v{version}"),
        title_ja: format!("提供 {offer} 第{version}版"),
        service_model: "IaaS".to_owned(),
        deployment_model: "public".to_owned(),
        price: Some(Money::new(1_480, Currency::Jpy)),
        created_by: "system".to_owned(),
        created_at: at(version),
    }
}

/// A draft with its first version.
pub async fn draft(tx: &mut Tx, number: u128, provider: ProviderId) -> OfferId {
    offers::insert(tx, &offer_row(number, provider)).await.unwrap();
    offers::insert_version(tx, &version_row(number, 1)).await.unwrap();
    offer_id(number)
}

/// A published offer with one version, at revision 2.
pub async fn published(tx: &mut Tx, number: u128, provider: ProviderId) -> OfferId {
    let id = draft(tx, number, provider).await;
    offers::publish(tx, id, 1, 1, at(1)).await.unwrap();
    id
}

pub fn requirement_version_row(requirement: u128, version: i64) -> RequirementVersion {
    RequirementVersion {
        requirement_id: requirement_id(requirement),
        version,
        document: format!("{{\"need\":{requirement},\"v\":{version}}}"),
        hash: format!("{requirement:060x}{version:04x}"),
        title_en: format!("Need {requirement} v{version}"),
        title_ja: format!("要件 {requirement}"),
        created_by: "system".to_owned(),
        created_at: at(version),
    }
}

pub async fn requirement(tx: &mut Tx, number: u128, owner: OrganisationId) -> RequirementId {
    let id = requirement_id(number);
    let row = NewRequirement { id, organisation_id: owner, created_at: at(0) };
    requirements::insert(tx, &row).await.unwrap();
    requirements::insert_version(tx, &requirement_version_row(number, 1)).await.unwrap();
    id
}

pub fn contract_row(number: u128, offer: u128) -> NewContract {
    NewContract {
        id: contract_id(number),
        organisation_id: organisation_id(1),
        provider_id: provider_id(1),
        offer_id: offer_id(offer),
        offer_version: 1,
        offer_document: version_row(offer, 1).document,
        offer_hash: "aa".repeat(32),
        requirement_id: requirement_id(1),
        requirement_version: 1,
        requirement_document: "{\"need\":1}".to_owned(),
        requirement_hash: "bb".repeat(32),
        service_name: "shop".to_owned(),
        plan: "{\"lines\":[]}".to_owned(),
        price: Money::new(1_480, Currency::Jpy),
        once: None,
        signed_by: user_id(1).to_string(),
        signed_at: at(10),
        starts_at: None,
        order: None,
    }
}

/// Customer 1, provider 1, published offers 1 and 2, requirement 1.
pub async fn market(tx: &mut Tx) {
    let customer = organisation(tx, 1, Role::Customer).await;
    let provider = provider(tx, 1).await;
    published(tx, 1, provider).await;
    published(tx, 2, provider).await;
    requirement(tx, 1, customer).await;
}

/// A contract over an offer of [`market`].
pub async fn contract(tx: &mut Tx, number: u128, offer: u128) -> ContractId {
    contracts::insert(tx, &contract_row(number, offer)).await.unwrap();
    contract_id(number)
}
