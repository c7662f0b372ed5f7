//! A service is moved by its pages: the offers that fit, the plan with everything a customer has to know, what is wrong
//! with a form, and who may.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use broker::OpContext;
use broker::contracts::Sign;
use broker::requirements::RequirementSource;
use domain::{Clock, ContractId, Role};
use std::sync::Arc;
use support::Site;
use testkit::{TestCloud, offer_named, zone};

/// A need that the offers of both providers contain.
const ANYWHERE: &str = "
apiVersion: sla.kumoichi/v1alpha1
kind: QualityRequirement
metadata: {name: anywhere, version: 1, title: {en: Anywhere, ja: どこでも}}
spec:
  userRegions: [JP]
  profiles:
    normal:
      items:
        - {item: availability.service_uptime, op: gte, value: 0.9, level: must, weight: 1}
";
const OLD: &str = "hokusei-standard-iaas";
const NEW: &str = "minato-burst-compute";

/// A market with two clouds and a service at the first.
async fn open() -> (Site, TestCloud, ContractId) {
    let site = Site::open_with_cloud(3).await.signed_in(Role::Customer).await;
    let market = &site.market;
    let clock: Arc<dyn Clock> = Arc::<domain::ManualClock>::clone(&market.clock);
    let second = TestCloud::start(&[zone("jp-tokyo-e3", "JP")], 3, clock).await;
    let system = OpContext::system("test");
    let (url, token) = second.connection();
    let minato = market.broker.provider(&system, "minato").await.unwrap().card.id;
    market.broker.connect_provider(&system, minato, &url, &token).await.unwrap();
    market.broker.vouch_for(&system, minato, &url).await.unwrap();
    market.broker.look_at_clouds().await.unwrap();
    let customer = market.person(Role::Customer).await;
    let need = RequirementSource::Text(ANYWHERE.to_owned());
    let offer = offer_named(&market.broker, OLD).await;
    let shown = market.broker.quote(&customer, offer, &need).await.unwrap();
    let sign = Sign {
        offer,
        offer_version: shown.ranked.card.version,
        requirement: need,
        service_name: "Certificates".to_owned(),
        plan: None,
        shown_price: None,
        starts_at: None,
        idempotency_key: "pages".to_owned(),
    };
    let id = market.broker.sign(&customer, sign).await.unwrap();
    market.run_workflows().await;
    market.clock.advance_seconds(60);
    (site, second, id)
}

/// The value of a field.
fn value(page: &str, name: &str) -> String {
    let start = page.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name}"));
    let tag = page[start..].split('>').next().unwrap();
    let Some((_, value)) = tag.split_once(" value=\"") else {
        let options = page[start..].split("</select>").next().unwrap();
        let chosen = options.split("<option").find(|option| option.contains(" selected")).unwrap();
        return chosen.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    };
    value.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uc5_3_a_move_is_a_list_a_plan_with_its_price_and_one_confirmation() {
    let (site, second, id) = open().await;
    let contract = format!("/contracts/{id}");
    let path = format!("{contract}/move");
    assert!(site.page(&contract).await.contains(&format!("href=\"{path}\"")));
    let offer = offer_named(&site.market.broker, NEW).await;
    let plan = format!("{path}?offer={offer}");
    assert!(site.page(&path).await.contains(&plan), "the list leads to the plan");
    let page = site.page(&plan).await;
    for told in [
        "From Hokusei",
        "there is no way back",
        "Both are paid from the booking",
        "What gets better and worse",
        "What the present offer says of its end",
        "value=\"carry\"",
        "value=\"leave\"",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let key = value(&page, "key");
    let (shown, named) = (value(&page, "shown"), offer.to_string());
    let with = |more: &[(&'static str, &'static str)]| {
        let mut pairs =
            vec![("key", key.as_str()), ("offer", named.as_str()), ("shown", shown.as_str())];
        pairs.extend_from_slice(more);
        pairs
    };
    for (typed, at) in [
        (with(&[]), "field-data-error"),
        (with(&[("data", "carry"), ("finishBy", "soon")]), "field-finishBy-error"),
        (with(&[("data", "carry"), ("finishBy", "2020-01-01T00:00")]), "field-finishBy-error"),
        (with(&[("data", "carry"), ("from", "2020-01-01T00:00")]), "field-from-error"),
    ] {
        let faulty = site.post(&path, &typed).await;
        assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY, "{at}");
        assert!(faulty.text.contains(at), "{at}: {}", faulty.text);
    }
    let mut cheap = with(&[("data", "carry")]);
    let other = format!("{} 1 JPY -", shown.split(' ').next().unwrap());
    cheap[2].1 = &other;
    let refused = site.post(&path, &cheap).await;
    assert!(refused.text.contains("has changed since the plan was shown"), "{}", refused.text);
    for _ in 0..2 {
        let asked = site.post(&path, &with(&[("data", "carry")])).await;
        assert_eq!((asked.status, &asked.location), (StatusCode::SEE_OTHER, &contract));
    }
    assert!(site.page(&path).await.contains("cannot be changed now"));
    assert!(site.page(&contract).await.contains("The service is being moved"));
    site.market.run_workflows().await;
    let page = site.page(&contract).await;
    for told in ["The service runs at its new provider", "On the new terms since", "Minato"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let page = site.get(&contract, "ja").await.text;
    assert!(page.contains("移転先で動いています") && page.contains("移転元"), "{page}");
    let other = site.signed_in_as_other_customer().await;
    for refused in [
        other.get(&path, "en").await,
        other.get(&plan, "en").await,
        other.post(&path, &with(&[("data", "carry")])).await,
    ] {
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }
    second.shutdown().await;
    other.market.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_data_cannot_come_along_the_plan_says_so_before_anything_is_signed() {
    let (site, second, id) = open().await;
    let path = format!("/contracts/{id}/move");
    // Another offer of the same cloud, which has no tunnel to itself.
    let offer = offer_named(&site.market.broker, "hokusei-gov-iaas").await;
    let page = site.page(&format!("{path}?offer={offer}")).await;
    assert!(
        page.contains("cannot be brought along") && !page.contains("value=\"carry\""),
        "{page}"
    );
    let page_ja = site.get(&format!("{path}?offer={offer}"), "ja").await.text;
    assert!(page_ja.contains("データは移せません"), "{page_ja}");
    let (key, shown, named) = (value(&page, "key"), value(&page, "shown"), offer.to_string());
    let region = value(&page, "region");
    let wish = |data: &'static str| {
        [
            ("key", key.clone()),
            ("offer", named.clone()),
            ("shown", shown.clone()),
            ("region", region.clone()),
            ("data", data.to_owned()),
            ("from", "2027-04-30T09:00".to_owned()),
        ]
    };
    let post = async |data: &'static str| {
        let pairs = wish(data);
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        site.post(&path, &pairs).await
    };
    let refused = post("carry").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("field-data-error"), "{}", refused.text);
    let scheduled = post("leave").await;
    assert_eq!(scheduled.status, StatusCode::SEE_OTHER, "{}", scheduled.text);
    let contract = format!("/contracts/{id}");
    assert!(site.page(&contract).await.contains("without the data"));
    let off = site.post(&format!("{contract}/changes/1/call-off"), &[]).await;
    assert_eq!(off.status, StatusCode::SEE_OTHER);
    assert!(site.page(&contract).await.contains("called off"));
    second.shutdown().await;
    site.market.finish().await;
}
