//! Files of offers and signed documents, on both databases.

use crate::on_both;
use broker::offers::{ChecklistHead, ImportOutcome, ImportReport, OfferFile};
use broker::{BrokerError, OpContext};
use domain::{OfferState, Role};
use sla::exchange::jws::{self, PrivateKey};
use testkit::{Engine, TestBroker};

const HEADER: &str = "name,title.en,model,deployment,regions,calendar,timezone,slice_seconds,\
    min_outage_seconds,commitment,availability.mttr,price.monthly,price.currency";

/// A table of offers whose names and prices follow from their number.
fn table(numbers: std::ops::Range<usize>, price: usize) -> String {
    let mut text = format!("{HEADER}\n");
    for number in numbers {
        text.push_str(&format!(
            "row-{number},Row {number},IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,objective,4 h,{},JPY\n",
            price + number
        ));
    }
    text
}

fn stranger() -> OpContext {
    OpContext::stranger("test")
}

async fn import(market: &TestBroker, who: &OpContext, text: &str, publish: bool) -> ImportReport {
    let file = OfferFile { text: text.to_owned(), publish, ..OfferFile::default() };
    market.broker.import_offers(who, file).await.unwrap()
}

async fn a_file_is_taken_whole_and_the_second_time_changes_nothing(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let before = market.broker.figures(&stranger()).await.unwrap().offers;
    let first = import(&market, &provider, &table(0..40, 1000), true).await;
    assert_eq!((first.count(ImportOutcome::Created), first.published), (40, 40));
    assert_eq!((first.offers[0].row, first.offers[39].row), (2, 41));
    assert_eq!(market.broker.figures(&stranger()).await.unwrap().offers, before + 40);

    let again = import(&market, &provider, &table(0..40, 1000), true).await;
    assert_eq!((again.count(ImportOutcome::Unchanged), again.published), (40, 0));

    // New rows beside changed ones; the public goes on seeing the version it sees.
    let more = import(&market, &provider, &table(20..60, 2000), false).await;
    assert_eq!(
        (more.count(ImportOutcome::Revised), more.count(ImportOutcome::Created), more.published),
        (20, 20, 0)
    );
    let offer = market.broker.my_offer(&provider, more.offers[0].id).await.unwrap();
    assert_eq!((offer.card.current_version, offer.card.published_version), (2, Some(1)));
    assert_eq!(offer.card.state, OfferState::Published);
    let changes = offer.versions[0].changes.as_ref().unwrap();
    assert_eq!(changes.part("price").unwrap().verdict, sla::Verdict::Worse);
    let draft = market.broker.my_offer(&provider, more.offers[39].id).await.unwrap();
    assert_eq!((draft.card.state, draft.card.published_version), (OfferState::Draft, None));
    assert_eq!(market.broker.figures(&stranger()).await.unwrap().offers, before + 40);
    market.finish().await;
}

async fn rows_without_a_fault_are_taken_where_that_is_wished(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let before = market.broker.figures(&stranger()).await.unwrap().offers;
    let text = table(0..4, 1000).replacen("4 h", "very long", 1);
    let valid = |text: &str, dry_run| OfferFile {
        text: text.to_owned(),
        publish: true,
        valid_rows_only: true,
        dry_run,
        ..OfferFile::default()
    };
    assert_eq!(import(&market, &provider, &text, true).await.offers.len(), 0, "all or nothing");
    let tried = market.broker.import_offers(&provider, valid(&text, true)).await.unwrap();
    assert_eq!((tried.offers.len(), tried.refused_rows(), tried.saved), (3, 1, false));
    assert_eq!(market.broker.figures(&stranger()).await.unwrap().offers, before);
    let taken = market.broker.import_offers(&provider, valid(&text, false)).await.unwrap();
    assert_eq!((taken.rows, taken.offers.len(), taken.published), (4, 3, 3));
    assert_eq!((taken.fault_count, taken.faults[0].row), (1, 2));
    assert_eq!(market.broker.figures(&stranger()).await.unwrap().offers, before + 3);
    // Documents as well: the second of two has a fault.
    let known = market.broker.my_offer(&provider, taken.offers[0].id).await.unwrap().yaml;
    let broken = known.replace("IaaS", "Iaas");
    let two = format!("{}---\n{broken}", known.replace("1001", "2000"));
    let taken = market.broker.import_offers(&provider, valid(&two, false)).await.unwrap();
    assert_eq!((taken.rows, taken.count(ImportOutcome::Revised)), (2, 1));
    assert_eq!(taken.faults[0].row, 2);
    // What is faulty as a whole has no sound rows.
    let whole = market.broker.import_offers(&provider, valid("a: [", false)).await.unwrap();
    assert!(whole.offers.is_empty() && whole.fault_count > 0);
    market.finish().await;
}

const CHECKLIST: &str = "No,サービスレベル項目,設定値\n5,サービス稼働率,99.9％以上\n\
    6,平均復旧時間,4時間以内\n7,データの外部保存方針,日本国内\n8,サービス提供時間帯（一般問合せ）,平日\n";

fn checklist(text: &str, name: &str) -> OfferFile {
    let head = ChecklistHead {
        name: name.to_owned(),
        title: "北クラウド".to_owned(),
        model: "SaaS".to_owned(),
        region: "jp-1".to_owned(),
        country: "JP".to_owned(),
        provider: None,
    };
    let text = text.to_owned();
    OfferFile { text, publish: true, checklist: head, ..OfferFile::default() }
}

async fn a_filled_checklist_becomes_one_offer_and_again_a_new_version(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let import = |file| market.broker.import_offers(&provider, file);
    let first = import(checklist(CHECKLIST, "kita-saas")).await.unwrap();
    assert_eq!((first.count(ImportOutcome::Created), first.published), (1, 1), "{first:?}");
    let offer = market.broker.offer(&stranger(), first.offers[0].id).await.unwrap();
    let uptime = offer.document.item("availability.service_uptime").unwrap();
    assert_eq!(uptime.value.as_number(), sla::parse_decimal("0.999"));
    assert_eq!(uptime.commitment, sla::Commitment::Declared);
    assert!(offer.document.metadata.provider.is_some(), "it speaks for who sends it");
    let again = import(checklist(CHECKLIST, "kita-saas")).await.unwrap();
    assert_eq!(again.count(ImportOutcome::Unchanged), 1);
    let better = CHECKLIST.replace("4時間", "2時間");
    let next = import(checklist(&better, "kita-saas")).await.unwrap();
    assert_eq!((next.offers[0].id, next.offers[0].version), (first.offers[0].id, 2));
    market.finish().await;
}

async fn faults_of_a_checklist_name_its_rows_and_the_fields_beside_it(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let import = |file| market.broker.import_offers(&provider, file);
    let faulty = CHECKLIST.replace("4時間以内", "早め");
    let report = import(checklist(&faulty, "kita-saas")).await.unwrap();
    assert_eq!((report.fault_count, report.offers.len()), (1, 0));
    assert_eq!((report.faults[0].row, report.faults[0].column.as_str()), (3, "平均復旧時間"));
    assert_eq!(report.faults[0].fault.found, "早め");
    // What can be read and is out of range is shown as it is written, too.
    let negative = CHECKLIST.replace("4時間以内", "-4時間");
    let report = import(checklist(&negative, "kita-saas")).await.unwrap();
    assert_eq!((report.faults[0].row, report.faults[0].column.as_str()), (3, "平均復旧時間"));
    let fault = &report.faults[0].fault;
    assert_eq!((fault.pointer.as_str(), fault.found.as_str()), ("/rows/3/平均復旧時間", "-4時間"));
    assert!(fault.allowed.starts_with("a number from 0 to"), "{fault:?}");
    let mut nameless = checklist(CHECKLIST, "K");
    nameless.checklist.country = "Japan".to_owned();
    let report = import(nameless).await.unwrap();
    let beside: Vec<&str> = report.faults.iter().map(|found| &*found.fault.pointer).collect();
    assert_eq!(beside, ["/name", "/country"], "{report:?}");
    market.finish().await;
}

async fn one_fault_in_a_thousand_rows_and_nothing_is_done(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let before = market.broker.my_offers(&provider, None, 200).await.unwrap().items.len();
    let text = table(0..1000, 1000).replace("row-777,", "Row 777,");
    let report = import(&market, &provider, &text, true).await;
    assert_eq!((report.rows, report.fault_count, report.offers.len()), (1000, 1, 0));
    let fault = &report.faults[0];
    assert_eq!((fault.row, fault.column.as_str()), (779, "name"));
    assert_eq!(fault.fault.found, "Row 777");
    assert!(!fault.fault.allowed.is_empty());
    assert_eq!(market.broker.my_offers(&provider, None, 200).await.unwrap().items.len(), before);
    market.finish().await;
}

async fn the_number_of_statements_grows_with_batches_not_with_rows(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let mut counts = Vec::new();
    for (from, until) in [(0, 100), (100, 340)] {
        let text = table(from..until, 1000);
        let work = import(&market, &provider, &text, false);
        let (report, statements) = storage::stats::counting(work).await;
        assert_eq!(report.count(ImportOutcome::Created), until - from);
        counts.push(statements);
    }
    assert_eq!(counts[0], counts[1]);
    market.finish().await;
}

async fn a_withdrawn_offer_comes_back_only_with_a_file_that_publishes(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let first = import(&market, &provider, &table(0..2, 1000), true).await;
    market.broker.withdraw_offer(&provider, first.offers[1].id).await.unwrap();
    let (shown, gone) = (first.offers[0].id, first.offers[1].id);
    import(&market, &provider, &table(0..2, 3000), false).await;
    let offer = market.broker.my_offer(&provider, gone).await.unwrap();
    assert_eq!((offer.card.state, offer.card.current_version), (OfferState::Withdrawn, 2));
    let report = import(&market, &provider, &table(0..2, 3000), true).await;
    assert_eq!((report.published, report.count(ImportOutcome::Unchanged)), (2, 2));
    for id in [shown, gone] {
        assert_eq!(market.broker.offer(&stranger(), id).await.unwrap().card.version, 2);
    }
    market.finish().await;
}

async fn only_providers_import_and_only_for_themselves(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let file = || OfferFile { text: table(0..1, 1000), ..OfferFile::default() };
    for role in [Role::Customer, Role::Broker] {
        let who = market.person(role).await;
        let refused = market.broker.import_offers(&who, file()).await;
        assert!(matches!(refused, Err(BrokerError::WrongRole)), "{role}");
    }
    let refused = market.broker.import_offers(&stranger(), file()).await;
    assert!(matches!(refused, Err(BrokerError::SignInFirst)));
    let provider = market.person(Role::Provider).await;
    let others = market.broker.import_offers_of(&provider, "rheinland", file()).await;
    assert!(matches!(others, Err(BrokerError::NotFound { .. })));
    let foreign = table(0..1, 1000).replace("name,", "provider,name,");
    let foreign = foreign.replace("row-0,", "did:web:other.example,row-0,");
    let report = import(&market, &provider, &foreign, false).await;
    assert_eq!(report.faults[0].fault.code, "foreign_provider");
    let system = OpContext::system("test");
    let report = market.broker.import_offers_of(&system, "rheinland", file()).await.unwrap();
    assert_eq!(report.count(ImportOutcome::Created), 1);
    market.finish().await;
}

async fn keys_are_rotated_and_a_signature_outlives_its_key(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let (old, new) = (PrivateKey::from_seed(&[1; 32]), PrivateKey::from_seed(&[2; 32]));
    let later = market.broker.now().plus_seconds(3600);
    market.broker.register_key(&provider, &old.public().to_jwk(), None).await.unwrap();
    market.broker.register_key(&provider, &new.public().to_jwk(), Some(later)).await.unwrap();
    let did = market.broker.my_provider(&provider).await.unwrap().did;
    let text = table(0..1, 1000).replace("name,", "provider,name,");
    let text = text.replace("row-0,", &format!("{did},row-0,"));
    let mut offer = sla::exchange::read(sla::exchange::Format::Csv, &text).offers.remove(0).offer;
    let signed = |offer: &sla::Offer, key: &PrivateKey| {
        let mut offer = offer.clone();
        offer.metadata.signature = Some(jws::sign(&offer, key));
        sla::to_yaml(&offer)
    };
    let code = |result: Result<broker::offers::OwnOffer, BrokerError>| match result {
        Err(BrokerError::Invalid(faults)) => faults[0].code.clone(),
        other => panic!("not refused: {other:?}"),
    };
    let early = market.broker.save_offer(&provider, &signed(&offer, &new)).await;
    assert_eq!(code(early), "signature_early_key");
    let first = market.broker.save_offer(&provider, &signed(&offer, &old)).await.unwrap();
    assert_eq!(first.versions[0].signed_by, Some(old.public().kid()));
    market.broker.publish_offer(&provider, first.card.id).await.unwrap();

    market.broker.revoke_key(&provider, &old.public().kid()).await.unwrap();
    market.broker.revoke_key(&provider, &old.public().kid()).await.unwrap();
    let page = market.broker.offer(&stranger(), first.card.id).await.unwrap();
    let signature = page.signature.unwrap();
    assert_eq!(signature.kid, old.public().kid());
    assert!(signature.revoked_at.is_some());
    let copied = sla::parse_offer(&page.yaml).unwrap();
    assert!(jws::verify(&copied, |_| Some(old.public())).is_ok(), "the shown text can be checked");

    offer.metadata.version = 2;
    offer.metadata.supersedes = Some(1);
    offer.spec.items[0].value = sla::Decimal::from(7200).into();
    let revoked = market.broker.save_offer(&provider, &signed(&offer, &old)).await;
    assert_eq!(code(revoked), "signature_revoked_key");
    market.clock.advance_seconds(3600);
    let second = market.broker.save_offer(&provider, &signed(&offer, &new)).await.unwrap();
    assert_eq!(second.versions[0].signed_by, Some(new.public().kid()));
    let keys = market.broker.my_keys(&provider).await.unwrap();
    assert_eq!(keys.len(), 2);
    let id = market.broker.my_provider(&provider).await.unwrap().card.id;
    assert_eq!(market.broker.provider_keys(&stranger(), id).await.unwrap(), keys);
    let customer = market.person(Role::Customer).await;
    let refused = market.broker.register_key(&customer, &old.public().to_jwk(), None).await;
    assert!(matches!(refused, Err(BrokerError::WrongRole)));
    market.finish().await;
}

async fn an_unsigned_version_can_be_signed_later_without_a_new_one(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let provider = market.person(Role::Provider).await;
    let key = PrivateKey::from_seed(&[3; 32]);
    market.broker.register_key(&provider, &key.public().to_jwk(), None).await.unwrap();
    let id = import(&market, &provider, &table(0..1, 1000), false).await.offers[0].id;
    let mut offer = market.broker.my_offer(&provider, id).await.unwrap().document;
    offer.metadata.signature = Some(jws::sign(&offer, &key));
    let text = sla::to_yaml(&offer);
    for _ in 0..2 {
        let signed = market.broker.save_offer(&provider, &text).await.unwrap();
        assert_eq!(signed.card.current_version, 1);
        assert_eq!(signed.versions[0].signed_by, Some(key.public().kid()));
    }
    market.finish().await;
}

async fn f7_1_4_a_contract_tells_what_the_provider_has_published_since(engine: Engine) {
    let market = TestBroker::with_cloud(engine, 2).await;
    let customer = market.person(Role::Customer).await;
    let provider = market.person(Role::Provider).await;
    let contract = market.sign(&customer, "hokusei-gov-iaas", "one").await.unwrap();
    market.run_workflows().await;
    assert!(market.page(&customer, contract).await.newer.is_none());

    let id = market.offer("hokusei-gov-iaas").await;
    let mut offer = market.broker.my_offer(&provider, id).await.unwrap().document;
    let mttr = offer.spec.items.iter_mut().find(|item| item.item == "availability.mttr").unwrap();
    mttr.value = sla::Decimal::from(86_400).into();
    market.broker.save_offer(&provider, &sla::to_yaml(&offer)).await.unwrap();
    assert!(market.page(&customer, contract).await.newer.is_none(), "a draft is not yet a change");
    market.broker.publish_offer(&provider, id).await.unwrap();

    let page = market.page(&customer, contract).await;
    let newer = page.newer.unwrap();
    assert_eq!((page.offer_version, newer.version), (1, 2));
    assert_eq!(newer.changes.part("availability.mttr").unwrap().verdict, sla::Verdict::Worse);
    market.broker.release(&customer, contract).await.unwrap();
    market.run_workflows().await;
    market.finish().await;
}

on_both!(
    f7_1_4_a_contract_tells_what_the_provider_has_published_since,
    a_file_is_taken_whole_and_the_second_time_changes_nothing,
    rows_without_a_fault_are_taken_where_that_is_wished,
    a_filled_checklist_becomes_one_offer_and_again_a_new_version,
    faults_of_a_checklist_name_its_rows_and_the_fields_beside_it,
    one_fault_in_a_thousand_rows_and_nothing_is_done,
    the_number_of_statements_grows_with_batches_not_with_rows,
    a_withdrawn_offer_comes_back_only_with_a_file_that_publishes,
    only_providers_import_and_only_for_themselves,
    keys_are_rotated_and_a_signature_outlives_its_key,
    an_unsigned_version_can_be_signed_later_without_a_new_one,
);
