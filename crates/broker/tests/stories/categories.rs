//! Categories with typed attributes, and machine types: who changes them, what they ask of a document, and how
//! offers are found by them (F7.1.1, F7.1.3).

use crate::on_both;
use broker::accounts::SignUp;
use broker::categories::{Proposal, ProposalState, ProposalView};
use broker::market::{FacetField, MachineFilter, MarketQuery, NumberFilter};
use broker::offers::OfferFile;
use broker::seed::DEMO_PASSWORD;
use broker::{BrokerError, OpContext};
use domain::{OfferId, Role};
use sla::{AttributeDef, AttributeKind, Category, Decimal, Text};
use testkit::{Engine, TestBroker};

const OFFER: &str = "hokusei-gov-iaas";
const SERVICE: &str = "deployment: ";

fn stranger() -> OpContext {
    OpContext::stranger("test")
}

/// Somebody else at the desk.
async fn second_broker(market: &TestBroker) -> OpContext {
    let form = SignUp {
        email: "second@broker.example".to_owned(),
        password: DEMO_PASSWORD.to_owned(),
        name: "Second".to_owned(),
        organisation: "Second desk".to_owned(),
        role: "customer".to_owned(),
    };
    let viewer = market.broker.sign_up(&stranger(), form).await.unwrap();
    OpContext::person(domain::Viewer { role: Role::Broker, ..viewer }, "test")
}

async fn accepted(market: &TestBroker, proposal: Proposal) -> ProposalView {
    let (desk, other) = (market.person(Role::Broker).await, second_broker(market).await);
    let made = market.broker.propose_category(&desk, &proposal, "").await.unwrap();
    market.broker.accept_proposal(&other, made.id).await.unwrap()
}

fn standing(market: &TestBroker, key: &str) -> (Category, i64) {
    let known = market.broker.known_categories();
    let entry = known.get(key).unwrap();
    (entry.category.clone(), entry.version)
}

/// The demo offer's document under another name, with more about its service.
async fn text(market: &TestBroker, name: &str, service: &str) -> String {
    let offer = market.offer(OFFER).await;
    let page = market.broker.offer(&stranger(), offer).await.unwrap();
    let text = page.yaml.replace(OFFER, name);
    let indented = service.replace('\n', "\n    ");
    text.replacen(SERVICE, &format!("{indented}\n    {SERVICE}"), 1)
}

async fn published(market: &TestBroker, name: &str, service: &str) -> OfferId {
    let provider = market.person(Role::Provider).await;
    let text = text(market, name, service).await;
    let id = market.broker.save_offer(&provider, &text).await.unwrap().card.id;
    market.broker.publish_offer(&provider, id).await.unwrap();
    id
}

async fn found(market: &TestBroker, query: MarketQuery) -> Vec<OfferId> {
    let query = MarketQuery { per_page: 100, ..query };
    let page = market.broker.browse(&stranger(), &query).await.unwrap();
    page.items.into_iter().map(|card| card.id).collect()
}

fn code<T: std::fmt::Debug>(result: Result<T, BrokerError>) -> &'static str {
    match result {
        Err(BrokerError::Conflict { code, .. }) => code,
        Err(BrokerError::SignInFirst) => "sign_in",
        Err(BrokerError::WrongRole) => "wrong_role",
        Err(BrokerError::NotFound { .. }) => "not_found",
        other => panic!("{other:?}"),
    }
}

fn pointers<T: std::fmt::Debug>(result: Result<T, BrokerError>) -> Vec<String> {
    match result {
        Err(BrokerError::Invalid(faults)) => {
            assert!(faults.iter().all(|fault| !fault.allowed.is_empty()), "{faults:?}");
            faults.into_iter().map(|fault| fault.pointer).collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn whoever_proposes_a_category_does_not_decide_and_brokers_alone_do(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, desk) = (&market.broker, market.person(Role::Broker).await);
    let (mut category, version) = standing(&market, "managed-database");
    category.title = Text::new("Databases", "データベース");
    let wish = Proposal::Define { category: category.clone(), made_of: version };
    for (who, expected) in [
        (stranger(), "sign_in"),
        (market.person(Role::Provider).await, "wrong_role"),
        (market.person(Role::Customer).await, "wrong_role"),
    ] {
        assert_eq!(code(broker.propose_category(&who, &wish, "").await), expected);
        assert_eq!(code(broker.proposals(&who, true).await), expected);
    }
    let made = broker.propose_category(&desk, &wish, "shorter").await.unwrap();
    assert!(made.own && made.state == ProposalState::Waiting);
    assert_eq!(code(broker.propose_category(&desk, &wish, "").await), "proposal_waiting");
    assert_eq!(code(broker.accept_proposal(&desk, made.id).await), "own_proposal");
    let (before, _) = standing(&market, "managed-database");
    assert_ne!(before.title, category.title, "nothing holds before somebody else decided");
    let other = second_broker(&market).await;
    assert_eq!(code(broker.take_back_proposal(&other, made.id).await), "foreign_proposal");
    assert_eq!(pointers(broker.refuse_proposal(&other, made.id, " ").await), ["/reason"]);
    let done = broker.accept_proposal(&other, made.id).await.unwrap();
    assert_eq!((done.state, done.version), (ProposalState::Accepted, Some(2)));
    let again = broker.accept_proposal(&other, made.id).await.unwrap();
    assert_eq!(again.version, Some(2), "repeating it changes nothing");
    assert_eq!(standing(&market, "managed-database"), (category.clone(), 2));
    let stale = Proposal::Define { category, made_of: 1 };
    assert_eq!(code(broker.propose_category(&desk, &stale, "").await), "category_changed");
    let page = broker.category_page(&desk, "managed-database").await.unwrap();
    assert_eq!(page.proposals.len(), 1);
    let lines = broker.audit(&desk, None, None, 50).await.unwrap().items;
    let actions: Vec<&str> = lines.iter().map(|line| line.action.as_str()).collect();
    assert!(actions.contains(&"category.proposed") && actions.contains(&"category.changed"));
    market.finish().await;
}

async fn every_fault_of_a_proposed_category_is_told_at_once(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let desk = market.person(Role::Broker).await;
    let attribute = |key: &str, kind| AttributeDef {
        key: key.to_owned(),
        title: Text::new("One", "一"),
        help: Text::default(),
        required: true,
        kind,
    };
    let (ten, one) = (Some(Decimal::from(10)), Some(Decimal::ONE));
    let category = Category {
        key: "No".to_owned(),
        parent: Some("nowhere".to_owned()),
        title: Text([("en".to_owned(), "English".to_owned())].into()),
        help: Text::default(),
        attributes: vec![
            attribute("Bad Key", AttributeKind::Boolean),
            attribute("empty", AttributeKind::Choice { choices: Vec::new() }),
            attribute("size", AttributeKind::Number { unit: String::new(), min: ten, max: one }),
        ],
    };
    let wish = Proposal::Define { category, made_of: 0 };
    let refused = market.broker.propose_category(&desk, &wish, "").await;
    assert_eq!(
        pointers(refused),
        [
            "/key",
            "/title/ja",
            "/attributes/0/key",
            "/attributes/1/choices",
            "/attributes/2/max",
            "/parent"
        ]
    );
    let (mut compute, made_of) = standing(&market, "compute");
    compute.parent = Some("virtual-machine".to_owned());
    let circle = Proposal::Define { category: compute, made_of };
    let refused = market.broker.propose_category(&desk, &circle, "").await;
    assert_eq!(pointers(refused), ["/parent"], "a category below itself");
    market.finish().await;
}

async fn f7_1_1_a_document_is_held_to_the_attributes_of_its_category(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let wrong =
        "category: managed-database\nattributes: {engine: postgre, max_storage: -1, colour: red}";
    let wrong = text(&market, "own-database", wrong).await;
    let places = [
        "/spec/service/attributes/engine",
        "/spec/service/attributes/max_storage",
        "/spec/service/attributes/colour",
    ];
    assert_eq!(pointers(broker.save_offer(&provider, &wrong).await), places);
    let checked = broker.check_offer_text(&wrong);
    assert!(checked.offer.is_none() && checked.faults.len() == 3);
    assert!(checked.faults.iter().all(|fault| fault.place.is_some()), "{checked:?}");
    let file = OfferFile { text: wrong, publish: true, ..OfferFile::default() };
    let report = broker.import_offers(&provider, file).await.unwrap();
    assert_eq!((report.fault_count, report.saved), (3, false));
    let unknown = text(&market, "own-database", "category: managed-databse").await;
    assert_eq!(pointers(broker.save_offer(&provider, &unknown).await), ["/spec/service/category"]);

    let sound = "category: managed-database\nattributes: {engine: postgresql, release: \"16\"}";
    let id = published(&market, "own-database", sound).await;
    let (mut category, made_of) = standing(&market, "managed-database");
    category.attributes[1].required = true;
    category.attributes[2].required = true;
    accepted(&market, Proposal::Define { category, made_of }).await;
    assert!(broker.offer(&stranger(), id).await.is_ok(), "what is published stays so");
    let next = text(&market, "own-database", sound).await.replace("182000", "182001");
    let missing = ["/spec/service/attributes/max_storage"];
    assert_eq!(pointers(broker.save_offer(&provider, &next).await), missing);
    market.finish().await;
}

async fn a_retired_category_stays_with_its_offers_and_takes_no_new_ones(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let (broker, provider) = (&market.broker, market.person(Role::Provider).await);
    let sound = "category: managed-database\nattributes: {engine: mysql}";
    let id = published(&market, "own-database", sound).await;
    let retired = accepted(&market, Proposal::Retire("managed-database".to_owned())).await;
    assert_eq!(retired.version, Some(2));
    let other = text(&market, "other-database", sound).await;
    assert_eq!(pointers(broker.save_offer(&provider, &other).await), ["/spec/service/category"]);
    let next = text(&market, "own-database", sound).await.replace("182000", "182001");
    broker.save_offer(&provider, &next).await.unwrap();
    broker.publish_offer(&provider, id).await.unwrap();
    let category = vec![(FacetField::Category, "managed-database".to_owned())];
    let asked = MarketQuery { chosen: category, ..MarketQuery::default() };
    assert_eq!(found(&market, asked).await, [id]);
    let desk = market.person(Role::Broker).await;
    let twice = Proposal::Retire("managed-database".to_owned());
    assert_eq!(code(broker.propose_category(&desk, &twice, "").await), "no_change");
    market.finish().await;
}

async fn f7_1_3_offers_are_found_by_category_choice_number_and_machine(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let database = |engine: &str, storage: &str| {
        format!(
            "category: managed-database\nattributes: {{engine: {engine}, max_storage: {storage}}}"
        )
    };
    let small = published(&market, "small-database", &database("postgresql", "0.5")).await;
    let large = published(&market, "large-database", &database("mysql", "64")).await;
    let machines = "category: virtual-machine\nmachineTypes: [{name: lean, vcpu: 16, ramGib: 4}, \
                    {name: wide, vcpu: 2, ramGib: 64, architecture: arm64, gpu: {count: 2}}]";
    let machines = published(&market, "own-machines", machines).await;

    let chosen = |values: &[(FacetField, &str)]| MarketQuery {
        chosen: values.iter().map(|(facet, value)| (*facet, (*value).to_owned())).collect(),
        ..MarketQuery::default()
    };
    let category = (FacetField::Category, "managed-database");
    let postgres = (FacetField::Attribute, "managed-database.engine=postgresql");
    let mysql = (FacetField::Attribute, "managed-database.engine=mysql");
    let mut both = found(&market, chosen(&[category])).await;
    both.sort();
    assert_eq!(both, [small, large]);
    assert_eq!(found(&market, chosen(&[category, postgres])).await, [small]);
    assert_eq!(found(&market, chosen(&[postgres, mysql])).await.len(), 2, "any of one attribute");
    assert_eq!(found(&market, chosen(&[(FacetField::Category, "compute")])).await, [machines]);
    let japanese =
        MarketQuery { text: "マネージドデータベース".into(), ..MarketQuery::default() };
    let named = found(&market, japanese).await;
    assert!(named.contains(&small) && named.contains(&large), "by the category's name");

    let bounds = |min: Option<&str>, max: Option<&str>| {
        let end = |end: &str| sla::parse_decimal(end).unwrap();
        let attribute = "managed-database.max_storage".to_owned();
        let filter = NumberFilter { attribute, min: min.map(end), max: max.map(end) };
        MarketQuery { numbers: vec![filter], ..MarketQuery::default() }
    };
    assert_eq!(found(&market, bounds(Some("0.51"), None)).await, [large]);
    assert_eq!(found(&market, bounds(Some("0.5"), Some("63.9"))).await, [small]);
    assert_eq!(found(&market, bounds(Some("65"), None)).await, []);

    let machine = |vcpu: Option<i64>, ram: Option<i64>, gpu, architecture: Option<&str>| {
        let machine = MachineFilter {
            vcpu: vcpu.map(Decimal::from),
            ram_gib: ram.map(Decimal::from),
            gpu,
            architecture: architecture.map(str::to_owned),
        };
        MarketQuery { machine, ..MarketQuery::default() }
    };
    assert_eq!(found(&market, machine(Some(16), None, None, None)).await, [machines]);
    assert_eq!(found(&market, machine(None, Some(64), Some(2), Some("arm64"))).await, [machines]);
    let torn = found(&market, machine(Some(16), Some(64), None, None)).await;
    assert_eq!(torn, [], "no single machine has both");
    assert_eq!(found(&market, machine(None, None, None, Some("x86_64"))).await, []);

    let page = market.broker.browse(&stranger(), &chosen(&[category])).await.unwrap();
    let counts = page.facets.of(FacetField::Attribute);
    let names: Vec<_> = counts.iter().filter_map(|count| count.names.clone()).collect();
    assert!(
        names.contains(&("Engine: MySQL".to_owned(), "エンジン：MySQL".to_owned())),
        "{names:?}"
    );
    market.finish().await;
}

async fn offers_are_found_by_the_new_name_of_their_category_and_members_are_ones_own(
    engine: Engine,
) {
    let market = TestBroker::catalogue(engine).await;
    let broker = &market.broker;
    let sound = "category: managed-database\nattributes: {engine: mysql}";
    let id = published(&market, "own-database", sound).await;
    let (mut category, made_of) = standing(&market, "managed-database");
    category.title = Text::new("Zanthoxylum", "山椒");
    accepted(&market, Proposal::Define { category, made_of }).await;
    broker.sync_market().await.unwrap();
    let text = MarketQuery { text: "zanthoxylum".into(), ..MarketQuery::default() };
    assert_eq!(found(&market, text).await, [id]);

    let provider = market.person(Role::Provider).await;
    let members = broker.members(&provider).await.unwrap();
    assert_eq!(members.len(), 1);
    assert!(members[0].own && members[0].email == "provider@demo.example", "{members:?}");
    assert_eq!(code(broker.members(&stranger()).await), "sign_in");
    market.finish().await;
}

on_both!(
    offers_are_found_by_the_new_name_of_their_category_and_members_are_ones_own,
    whoever_proposes_a_category_does_not_decide_and_brokers_alone_do,
    every_fault_of_a_proposed_category_is_told_at_once,
    f7_1_1_a_document_is_held_to_the_attributes_of_its_category,
    a_retired_category_stays_with_its_offers_and_takes_no_new_ones,
    f7_1_3_offers_are_found_by_category_choice_number_and_machine,
);
