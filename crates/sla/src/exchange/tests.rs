use super::*;
use crate::exchange::jws::{PrivateKey, PublicKey, SignatureFault};
use crate::write::tests::offer;
use crate::{EXAMPLE_OFFERS, FaultCode, Offer, canonical_json, parse_offer};
use proptest::prelude::*;

mod faults;

fn examples() -> Vec<Offer> {
    EXAMPLE_OFFERS.iter().map(|example| parse_offer(example.yaml).unwrap()).collect()
}

fn offers(import: Import) -> Vec<Offer> {
    assert!(import.is_sound(), "{:?}", import.faults);
    import.offers.into_iter().map(|found| found.offer).collect()
}

/// The order of promises in a table is that of its columns.
fn sorted(offer: &Offer) -> Offer {
    let mut offer = offer.clone();
    let place = |item: &crate::OfferItem| {
        let known = crate::registry().item(&item.item);
        (known.map_or(usize::MAX, |known| known.position), item.item.clone())
    };
    offer.spec.items.sort_by_key(place);
    offer
}

const HEADER: &str = "name,title.en,model,deployment,regions,calendar,timezone,slice_seconds,\
    min_outage_seconds,commitment";

/// A table of offers with these further columns; each row is given as the cells below them.
fn table(columns: &str, rows: &[&str]) -> String {
    let mut text = format!("{HEADER},{columns}\n");
    for (index, row) in rows.iter().enumerate() {
        text.push_str(&format!(
            "offer-{index},Offer,IaaS,public,jp-1 JP,1M,Asia/Tokyo,60,60,declared,{row}\n"
        ));
    }
    text
}

#[test]
fn a_table_of_what_people_type_becomes_offers() {
    let text = table(
        "availability.service_uptime,availability.rto,security.data_location,network_to_users,\
         security.assurance_level,price.monthly,price.currency,x-acme.colour",
        &["99.9 %,4 h,\"JP, DE\",JP 5; DE 240 ms,ismap:ismap,98000,JPY,blue", "0.995,,JP,,,,JPY,"],
    );
    let found = offers(read(Format::Csv, &text));
    assert_eq!(found[0].item("availability.rto").unwrap().value.as_number(), Some(14400.into()));
    assert_eq!(found[0].item("x-acme.colour").unwrap().value.as_level(), Some("blue"));
    assert_eq!(found[0].item("security.assurance_level").unwrap().scheme.as_deref(), Some("ismap"));
    assert_eq!(found[0].spec.network_to_users.len(), 2);
    assert_eq!(found[0].spec.price.as_ref().unwrap().monthly_total.as_ref().unwrap().minor, 98000);
    assert!(found[1].item("availability.rto").is_none(), "empty is not promised");
    assert!(found[1].spec.price.is_none(), "a currency alone is no price");
}

#[test]
fn a_fault_names_row_column_found_and_allowed_and_nothing_is_taken_by_halves() {
    let text = table(
        "availability.service_uptime,network.assurance_class,availability.mttr:commitment",
        &["99.9 %,best_effort,", "99.9,guarantee,", "99.5 %,best_effort,objective"],
    );
    let import = read(Format::Csv, &text);
    assert!(import.offers.is_empty());
    assert_eq!((import.rows, import.fault_count), (3, 3));
    let places: Vec<_> =
        import.faults.iter().map(|fault| (fault.row, fault.column.as_str())).collect();
    assert_eq!(
        places,
        [
            (3, "availability.service_uptime"),
            (3, "network.assurance_class"),
            (4, "availability.mttr"),
        ]
    );
    assert_eq!(import.faults[0].fault.code, FaultCode::OutOfRange);
    assert_eq!(import.faults[1].fault.found.as_deref(), Some("guarantee"));
    assert!(import.faults[1].fault.allowed.contains(&"best_effort".to_owned()));
    assert_eq!(import.faults[2].fault.code, FaultCode::Missing);
}

#[test]
fn headers_are_checked_before_rows() {
    let fault = |header: &str| {
        let import = read(Format::Csv, &format!("{header}\nx\n"));
        assert_eq!(import.faults[0].row, 1, "{import:?}");
        import.faults[0].fault.clone()
    };
    let near = fault("name,availability.service_uptme");
    assert_eq!(near.allowed, ["availability.service_uptime"]);
    assert_eq!(fault("name,availability.mttr:comitment").allowed, ["availability.mttr:commitment"]);
    assert_eq!(fault("name,name").code, FaultCode::DuplicateField);
    assert_eq!(fault("name,").code, FaultCode::UnknownField);
    assert_eq!(fault("name,my own column").code, FaultCode::UnknownField);
    assert_eq!(read(Format::Csv, "").faults[0].fault.code, FaultCode::Empty);
    assert_eq!(read(Format::Csv, "name\n").faults[0].fault.code, FaultCode::Empty);
}

#[test]
fn rows_of_other_lengths_and_twins_are_faults() {
    let short =
        table("availability.mttr", &["4 h", "4 h"]).replace("4 h\noffer-1", "4 h\nx,y\noffer-1");
    let import = read(Format::Csv, &short);
    assert_eq!((import.faults[0].row, import.faults[0].fault.found.as_deref()), (3, Some("2")));
    let twins = table("availability.mttr", &["4 h", "5 h"]).replace("offer-1", "offer-0");
    let import = read(Format::Csv, &twins);
    assert_eq!((import.faults[0].row, import.faults[0].column.as_str()), (3, "name"));
    assert!(import.faults[0].fault.message.contains("row 2"));
}

#[test]
fn tables_of_other_spreadsheets_are_read_as_well() {
    let text = table("availability.mttr", &["4 h"]);
    let expected = offers(read(Format::Csv, &text));
    for other in [
        format!("\u{feff}{text}"),
        text.replace(',', ";"),
        text.replace(',', "\t"),
        text.replace('\n', "\r\n"),
        format!("{text}{}\n", ",".repeat(10)),
    ] {
        assert_eq!(offers(read(Format::Csv, &other)), expected);
        assert_eq!(Format::of_text(&other), Format::Csv);
    }
}

#[test]
fn ten_thousand_rows_are_read_and_one_more_is_refused() {
    let rows = vec!["99.9 %"; MAX_OFFERS];
    let text = table("availability.service_uptime", &rows);
    assert_eq!(offers(read(Format::Csv, &text)).len(), MAX_OFFERS);
    let last = text.lines().last().unwrap().replace("offer-9999", "offer-10000");
    let import = read(Format::Csv, &format!("{text}{last}\n"));
    assert_eq!(import.faults[0].fault.code, FaultCode::TooMany);
    assert!(import.offers.is_empty());
}

#[test]
fn every_form_is_told_apart_by_its_text() {
    let offers = examples();
    for (format, text) in [
        (Format::Yaml, write(Format::Yaml, &offers)),
        (Format::Json, write(Format::Json, &offers)),
        (Format::Json, write(Format::Json, &offers[..1])),
        (Format::Csv, write(Format::Csv, &offers)),
        (Format::Meti, write(Format::Meti, &offers[..1])),
    ] {
        assert_eq!(Format::of_text(&text), format, "{text}");
    }
    assert_eq!(Format::of_name("a/b.YML"), Some(Format::Yaml));
    assert_eq!(Format::of_name("offers"), None);
}

#[test]
fn documents_and_tables_hold_the_same_offers() {
    let expected: Vec<Offer> = examples().iter().map(sorted).collect();
    for format in [Format::Yaml, Format::Json, Format::Csv] {
        let text = write(format, &expected);
        let found: Vec<Offer> = offers(read(format, &text)).iter().map(sorted).collect();
        assert_eq!(found, expected, "{format}");
    }
    // A signature is over the order of the items, which a table does not keep.
    let mut signed = expected[0].clone();
    assert!(signed.metadata.signature.is_some() && csv::keeps_signature(&signed));
    signed.spec.items.reverse();
    let found = offers(read(Format::Csv, &write(Format::Csv, &[signed])));
    assert_eq!(found[0].metadata.signature, None);
    let requirement = crate::EXAMPLE_REQUIREMENTS[0].yaml;
    let import = read(Format::Yaml, &format!("{}---\n{requirement}", EXAMPLE_OFFERS[0].yaml));
    assert_eq!((import.faults[0].row, import.faults[0].column.as_str()), (2, "/kind"));
    let damaged = EXAMPLE_OFFERS[1].yaml.replace("value: 7200", "value: soon");
    let import = read(Format::Yaml, &format!("{}---\n{damaged}", EXAMPLE_OFFERS[0].yaml));
    assert_eq!(
        (import.faults[0].row, import.faults[0].column.as_str()),
        (2, "/spec/items/1/value")
    );
}

#[test]
fn the_page_about_tables_is_the_one_that_the_registry_makes() {
    let page = include_str!("../../../../docs/csv.md");
    assert_eq!(page, csv::documentation(), "write it again with `kumoichi sla columns`");
    let names: Vec<String> = csv::columns().into_iter().map(|column| column.name).collect();
    let header = names.join(",");
    let import = read(Format::Csv, &format!("{header}\n"));
    assert_eq!(import.faults[0].fault.code, FaultCode::Empty, "every listed column is read");
    let example = page.split("```csv\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(offers(read(Format::Csv, example)).len(), 1);
}

#[test]
fn a_filled_checklist_becomes_an_offer() {
    let text = "種別,No.,サービスレベル項目例,規定内容,回答\n\
        可用性,1,サービス時間,,24時間365日\n\
        可用性,2,計画停止予定通知,,1ヶ月前\n\
        可用性,5,サービス稼働率,,99.9％以上\n\
        信頼性,10,平均復旧時間（MTTR）,,１時間以内\n\
        信頼性,11,目標復旧時間（RTO）,,12時間\n\
        性能,19,応答時間,,3秒以内 p95 ref-web-1\n\
        サポート,26,サービス提供時間帯（障害対応）,,24時間365日\n\
        データ管理,30,バックアップデータの保存期間,,3ヶ月\n\
        データ管理,29,バックアップデータを取得するタイミング（RPO）,,なし\n\
        セキュリティ,39,公的認証取得の要件,,ISO/IEC 27001、ISMAP\n\
        セキュリティ,49,データの外部保存方針,,日本国内\n\
        拡張性,24,同時接続利用者数,,制限なし\n";
    let head = kaikei();
    assert_eq!(Format::of_text(text), Format::Meti);
    let found = offers(meti::read(text, &head)).remove(0);
    let number = |key: &str| found.item(key).unwrap().value.as_number().unwrap().to_string();
    assert_eq!(number("availability.planned_service_hours"), "168");
    assert_eq!(number("availability.maintenance_notice"), (28 * 86_400).to_string());
    assert_eq!(number("availability.service_uptime"), "0.999");
    assert_eq!(number("availability.mttr"), "3600");
    assert_eq!(number("performance.online_response_time"), "3");
    assert_eq!(number("availability.backup_retention"), "84");
    assert_eq!(found.item("support.hours").unwrap().value.as_level(), Some("24x7"));
    assert!(found.item("availability.rpo").is_none());
    let again = offers(meti::read(&meti::write(std::slice::from_ref(&found)), &head)).remove(0);
    assert!(crate::diff(&found, &again).is_empty(), "{:?}", crate::diff(&found, &again));
    let faulty = meti::read(&text.replace("99.9％以上", "とても高い"), &head);
    assert_eq!((faulty.faults[0].row, faulty.faults[0].column.as_str()), (4, "サービス稼働率"));
    assert_eq!(meti::read("a,b\n", &head).faults[0].fault.code, FaultCode::UnknownKind);
}

fn kaikei() -> meti::Head {
    meti::Head {
        name: "kaikei-saas".into(),
        title: "会計SaaS".into(),
        model: "SaaS".into(),
        region: "jp-1".into(),
        country: "JP".into(),
        provider: None,
    }
}

#[test]
fn open_slo_takes_numbers_only_and_never_all() {
    let mut offer = examples().remove(1);
    let uptime = offer.spec.items.iter_mut().find(|item| item.item.ends_with("uptime")).unwrap();
    uptime.value = crate::Decimal::ONE.into();
    let text = write(Format::OpenSlo, std::slice::from_ref(&offer));
    let numbers = offer.spec.items.iter().filter(|item| item.value.as_number().is_some()).count();
    assert_eq!(text.matches("kind: SLO").count(), numbers);
    assert_eq!(text.matches("kind: Service").count(), 1);
    assert!(text.contains("target: 0.999999"));
    assert!(text.contains("100 %: OpenSLO takes only targets below 1"));
    assert!(text.contains("target: 0.95"), "the percentile is the share");
    assert!(text.contains("sla.kumoichi/price"));
    assert!(!text.contains("security-certifications"));
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32])
}

fn signed(offer: &Offer, key: &PrivateKey) -> Offer {
    let mut offer = offer.clone();
    offer.metadata.signature = Some(jws::sign(&offer, key));
    offer
}

#[test]
fn a_signed_document_is_verified_by_its_key() {
    let offer = signed(&examples()[0], &key(1));
    let public = key(1).public();
    let verified =
        jws::verify(&offer, |kid| (kid == public.kid()).then(|| public.clone())).unwrap();
    assert_eq!(verified.hash, jws::document_hash(&examples()[0]));
    for text in [crate::to_yaml(&offer), crate::to_json(&offer)] {
        let again = parse_offer(&text).unwrap();
        assert_eq!(jws::verify(&again, |_| Some(public.clone())), Ok(verified.clone()));
    }
}

#[test]
fn a_tampered_document_is_refused_with_key_and_hash() {
    let mut offer = signed(&examples()[0], &key(1));
    offer.spec.items[0].value = crate::Decimal::ONE.into();
    let fault = jws::verify(&offer, |_| Some(key(1).public())).unwrap_err();
    let (kid, hash) = (key(1).public().kid(), jws::document_hash(&offer));
    assert_eq!(fault, SignatureFault::Broken { kid: kid.clone(), hash: hash.clone() });
    assert!(fault.to_string().contains(&kid) && fault.to_string().contains(&hash));
    let other = jws::verify(&signed(&examples()[0], &key(1)), |_| Some(key(2).public()));
    assert!(matches!(other, Err(SignatureFault::Broken { .. })));
}

#[test]
fn signatures_of_other_forms_are_refused_with_the_reason() {
    use base64::Engine;
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let good = signed(&examples()[0], &key(1));
    let code = |change: &dyn Fn(&mut crate::Signature)| {
        let mut offer = good.clone();
        change(offer.metadata.signature.as_mut().unwrap());
        jws::verify(&offer, |_| None).unwrap_err().code()
    };
    let header = |text: &str| {
        let value = format!("{}..{}", encode(text), encode(&"x".repeat(64)));
        code(&move |signature| signature.value = Some(value.clone()))
    };
    assert_eq!(jws::verify(&examples()[1], |_| None), Err(SignatureFault::Unsigned));
    assert_eq!(code(&|signature| signature.kind = "pgp".into()), "signature_kind");
    assert_eq!(code(&|signature| signature.value = None), "signature_malformed");
    assert_eq!(code(&|signature| signature.value = Some("a.b.c".into())), "signature_malformed");
    assert_eq!(code(&|signature| signature.kid = Some("other".into())), "signature_other_key");
    assert_eq!(code(&|_| ()), "signature_unknown_key");
    let kid = key(1).public().kid();
    assert_eq!(header(&format!("{{\"alg\":\"none\",\"kid\":\"{kid}\"}}")), "signature_algorithm");
    assert_eq!(
        header(&format!("{{\"alg\":\"EdDSA\",\"b64\":false,\"kid\":\"{kid}\"}}")),
        "signature_malformed"
    );
    assert_eq!(
        header(&format!("{{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\",\"kid\":\"{kid}\"}}")),
        "signature_malformed"
    );
    assert_eq!(header("[1]"), "signature_malformed");
}

#[test]
fn keys_travel_as_json_web_keys_and_are_named_by_their_thumbprint() {
    // RFC 8037, appendix A: the key pair and its thumbprint.
    let private = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = PrivateKey::from_jwk(private).unwrap();
    assert_eq!(key.public().kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(PublicKey::from_jwk(&key.public().to_jwk()), Ok(key.public()));
    assert_eq!(PrivateKey::from_jwk(&key.to_jwk()).unwrap().public(), key.public());
    assert_eq!(PublicKey::from_jwk(private), Err(jws::KeyFault::Private));
    assert!(!format!("{key:?}").contains("nWGxne"), "a private key is not printed");
    let weak = r#"{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#;
    assert_eq!(PublicKey::from_jwk(weak), Err(jws::KeyFault::NoPoint));
    assert_eq!(PublicKey::from_jwk("{\"kty\":\"RSA\"}"), Err(jws::KeyFault::OtherKind));
}

proptest! {
    #[test]
    fn offers_survive_the_way_through_a_table(first in offer(), second in offer()) {
        let mut second = second;
        second.metadata.name = format!("{}-2", &first.metadata.name[..first.metadata.name.len().min(60)]);
        let expected = vec![first, second];
        let text = csv::write(&expected);
        let found = csv::read(&text);
        prop_assert_eq!(&found.faults, &Vec::new());
        let read: Vec<Offer> = found.offers.iter().map(|found| sorted(&found.offer)).collect();
        prop_assert_eq!(&read, &expected.iter().map(sorted).collect::<Vec<_>>());
        let again: Vec<Offer> = found.offers.into_iter().map(|found| found.offer).collect();
        prop_assert_eq!(csv::write(&again), text);
    }

    #[test]
    fn any_table_is_read_or_refused(text in "(name|availability\\.mttr|regions|[,;\"\\n\\t{}\\[\\]a1 \\PC]){0,60}") {
        let import = csv::read(&text);
        prop_assert!(import.is_sound() || import.offers.is_empty());
        prop_assert_eq!(import.is_sound(), import.faults.is_empty());
    }

    #[test]
    fn any_change_of_a_signed_document_breaks_its_signature(a in offer(), b in offer()) {
        let mut forged = a.clone();
        forged.metadata.signature = Some(jws::sign(&b, &key(3)));
        let same = canonical_json(&a) == canonical_json(&b);
        prop_assert_eq!(jws::verify(&forged, |_| Some(key(3).public())).is_ok(), same);
    }
}
