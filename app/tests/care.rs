//! A running service that its cloud changed, and the data of one that ends, on their pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use broker::OpContext;
use broker::contracts::{Plan, Sign};
use broker::requirements::RequirementSource;
use domain::{ContractId, ContractState, Role};
use support::Site;
use testkit::customer_of;

/// What the cloud has now is drawn; what somebody stopped there is told, and repaired at a click.
#[tokio::test]
async fn f7_5_3_what_a_cloud_changed_is_told_and_repaired_at_a_click() {
    let site = Site::open_with_cloud(2).await.signed_in(Role::Customer).await;
    let ctx = site.market.person(Role::Customer).await;
    let id = site.market.sign(&ctx, "hokusei-gov-iaas", "repair").await.unwrap();
    site.market.run_workflows().await;
    let contract = format!("/contracts/{id}");
    let (inventory, repair) = (format!("{contract}/inventory"), format!("{contract}/repair"));
    let graph = site.page(&format!("{contract}/graph")).await;
    for part in ["<svg", "class=\"box\"", "class=\"frame\"", "application", "running"] {
        assert!(graph.contains(part), "{part}: {graph}");
    }
    assert!(!graph.contains("box attention"));
    let usual = site.page(&inventory).await;
    assert!(usual.contains("Repair by itself from now on") && !usual.contains("Repair now"));
    let nothing = site.post(&repair, &[("step", "repair")]).await;
    assert!(nothing.flash("There is nothing to repair any more"), "{}", nothing.cookies);

    site.market.stop_by_hand(id, "by-hand").await;
    assert_eq!(site.market.broker.look_at_services().await.unwrap(), 1);
    for page in [&contract, &inventory] {
        let told = site.page(page).await;
        assert!(told.contains("Its machines stand still") && told.contains("Repair now"), "{told}");
    }
    assert!(site.page(&format!("{contract}/graph")).await.contains("stopped"));
    let asked = site.post(&repair, &[("step", "repair")]).await;
    assert_eq!((asked.status, asked.location.as_str()), (StatusCode::SEE_OTHER, contract.as_str()));
    assert!(site.page(&inventory).await.contains("A repair is going on"));
    site.market.run_workflows().await;
    let well = site.page(&contract).await;
    assert!(well.contains("The service was repaired") && !well.contains("Repair now"), "{well}");

    let automatic = site.post(&repair, &[("step", "automatic")]).await;
    assert_eq!(automatic.location, inventory);
    assert!(site.page(&inventory).await.contains("Ask me first from now on"));
    let strange = site.post(&repair, &[("step", "something")]).await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
}

/// A release that returns the data first: they wait on the service's page, and go when they were taken.
#[tokio::test]
async fn f7_10_1c_data_are_downloaded_from_the_page_of_a_service_before_they_are_erased() {
    let site = Site::open_with_cloud(2).await.signed_in(Role::Customer).await;
    let ctx = site.market.person(Role::Customer).await;
    let id = site.market.sign(&ctx, "hokusei-gov-iaas", "returned").await.unwrap();
    site.market.run_workflows().await;
    let contract = format!("/contracts/{id}");
    let name = site.market.page(&ctx, id).await.card.service_name;
    let question = site.page(&format!("{contract}/release")).await;
    assert!(question.contains("Give them to me first"), "{question}");
    let (data, tar) = (format!("{contract}/data"), format!("{contract}/data.tar"));
    assert_eq!(site.get(&tar, "en").await.status, StatusCode::NOT_FOUND, "none wait yet");
    site.post(&format!("{contract}/release"), &[("name", &name), ("data", "return")]).await;
    site.market.run_workflows_within(3_600_000_000).await;
    let waiting = site.page(&contract).await;
    for part in ["Your data are ready", "They wait until", "data.tar", "Erase without taking"] {
        assert!(waiting.contains(part), "{part}: {waiting}");
    }
    let early = site.post(&data, &[("step", "taken")]).await;
    assert!(early.flash("The archive was not sent whole yet"), "{}", early.cookies);
    let wrong = site.post(&data, &[("step", "taken"), ("sha256", "abc")]).await;
    assert!(wrong.flash("This is not the digest"), "{}", wrong.cookies);
    let archive = site.get(&tar, "en").await;
    assert_eq!(archive.status, StatusCode::OK);
    assert!(archive.text.contains("ustar"), "a tar");
    assert!(site.page(&contract).await.contains("The archive was sent to you whole"));
    let taken = site.post(&data, &[("step", "taken")]).await;
    assert!(taken.flash("The data are being erased now"), "{}", taken.cookies);
    site.market.run_workflows().await;
    assert_eq!(site.market.state(&ctx, id).await, ContractState::Released);
    let other = site.signed_in_as_other_customer().await;
    assert_eq!(other.get(&tar, "en").await.status, StatusCode::NOT_FOUND);
}

/// What runs at the cloud already is shown to whoever proves that it is theirs, signed for, and watched like any service.
#[tokio::test]
async fn f7_5_1_what_runs_already_is_adopted_from_the_page_of_an_offer() {
    let site = Site::open_with_cloud(2).await.signed_in(Role::Customer).await;
    let ctx = site.market.person(Role::Customer).await;
    let offer = site.market.offer("hokusei-gov-iaas").await;
    let of = format!("offer={offer}&need=template%3Acertificate-service");
    let quote = site.page(&format!("/contracts/new?{of}")).await;
    assert!(quote.contains("adopt it as it stands"), "{quote}");
    let address = format!("/contracts/adopt?{of}");
    let code = site.market.broker.adoptable(&ctx, offer).await.unwrap().code;
    let page = site.page(&address).await;
    assert!(page.contains(&code) && page.contains("Nothing carries your code yet"), "{page}");

    let running = site.market.run_elsewhere(&code, "one").await;
    let page = site.page(&address).await;
    for part in [running.as_str(), "What differs from the offer", "Sign and adopt"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(site.get(&address, "ja").await.text.contains("署名して引き取る"));
    let version = site.market.broker.offer(&ctx, offer).await.unwrap().card.version.to_string();
    let offer = offer.to_string();
    let mut form = vec![
        ("offer", offer.as_str()),
        ("need", "template:certificate-service"),
        ("version", &version),
        ("key", "from the page"),
        ("allocation", running.as_str()),
    ];
    let nameless = site.post("/contracts/adopt", &form).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    form.push(("serviceName", "made by hand"));
    let signed = site.post("/contracts/adopt", &form).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    site.market.run_workflows().await;
    let service = site.page(&signed.location).await;
    for part in
        ["made by hand", "Put what runs under the contract", "Use of resources watched since"]
    {
        assert!(service.contains(part), "{part}: {service}");
    }
    let other = site.signed_in_as_other_customer().await;
    assert!(!other.page(&address).await.contains(&code), "each organisation has its own");
}

/// Signs for that many machines at the cloud; a lifeline or a service like any other.
async fn sign(site: &Site, ctx: &OpContext, machines: i64, lifeline: bool) -> ContractId {
    let market = &site.market;
    let offer = market.offer("hokusei-gov-iaas").await;
    let quote = market.broker.quote(ctx, offer, &need(site, lifeline)).await.unwrap();
    let sign = Sign {
        offer,
        offer_version: quote.ranked.card.version,
        requirement: need(site, lifeline),
        service_name: if lifeline { "Hospital" } else { "Archive" }.to_owned(),
        // The service has all the bandwidth there is, and has to stand still to give of it.
        plan: Some(Plan {
            instances: machines,
            network_mbps: if lifeline { quote.plan.network_mbps } else { 400 },
            ..quote.plan
        }),
        shown_price: None,
        starts_at: None,
        idempotency_key: format!("{machines} {lifeline}"),
    };
    market.broker.sign(ctx, sign).await.unwrap()
}

fn need(site: &Site, lifeline: bool) -> RequirementSource {
    let mut need = site.market.broker.templates()[0].requirement.clone();
    need.spec.priority = lifeline.then_some(sla::Priority::Lifeline);
    RequirementSource::Text(sla::to_yaml(&need))
}

/// What a customer agrees to, is told, and gets for it stands on the pages of the service; nothing of whose lifeline it is.
#[tokio::test]
async fn f7_4_6_room_for_lifelines_is_agreed_to_told_and_paid_on_the_pages_of_a_service() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let ctx = site.market.person(Role::Customer).await;
    let id = sign(&site, &ctx, 4, false).await;
    site.market.run_workflows().await;
    let (contract, own) = (format!("/contracts/{id}"), format!("/contracts/{id}/preemption"));
    assert!(site.page(&contract).await.contains(&format!("href=\"{own}\"")));
    let page = site.page(&own).await;
    for part in
        ["Nothing is agreed", "value=\"300\"", "200 % of the price", "the first hour brings"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let wrong = site.post(&own, &[("noticeSeconds", "5"), ("keepInstances", "４")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["Say 60 to 3,600 seconds.", "Say 0 to 3: fewer machines", "value=\"5\""] {
        assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
    }
    let agreed = site.post(&own, &[("noticeSeconds", "６０"), ("keepInstances", "0")]).await;
    assert_eq!((agreed.status, agreed.location.as_str()), (StatusCode::SEE_OTHER, own.as_str()));
    let page = site.page(&own).await;
    assert!(page.contains("may stand still") && page.contains("Take it back"), "{page}");
    let nothing = site.post(&own, &[("step", "hasten")]).await;
    assert!(nothing.flash("No notice waits"), "{}", nothing.cookies);

    let hospital = customer_of(&site.market, "hospital").await;
    sign(&site, &hospital, 3, true).await;
    site.market.settle().await;
    let told = site.page(&contract).await;
    assert!(told.contains("given up for a lifeline at") && told.contains("begin now"), "{told}");
    let inbox = site.page("/inbox").await;
    assert!(
        inbox.contains("gives machines up for a lifeline at") && inbox.contains("0 of 4"),
        "{inbox}"
    );
    let hastened = site.post(&own, &[("step", "hasten")]).await;
    assert!(hastened.flash("It begins now"), "{}", hastened.cookies);
    assert_eq!(site.market.broker.preempt_due().await.unwrap(), 1);
    site.market.run_workflows().await;
    let taken = site.page(&contract).await;
    for part in
        ["The service stands still since", "You are owed", "end the service and take its data"]
    {
        assert!(taken.contains(part), "{part}: {taken}");
    }
    assert!(!taken.contains("Hospital") && !taken.contains("hospital"), "whose it is stays untold");
    assert!(site.page(&own).await.contains("0 of 4"));
    let japanese = site.get(&own, "ja").await.text;
    assert!(japanese.contains("4 台中 0 台") && japanese.contains("譲渡済み"), "{japanese}");
    let withdrawn = site.post(&own, &[("step", "withdraw")]).await;
    assert!(withdrawn.flash("Nothing is taken of this service"), "{}", withdrawn.cookies);
}

/// Whoever signs for a lifeline reads beforehand what that means; it gives nothing, and sees what others gave.
#[tokio::test]
async fn f7_4_6_a_lifeline_is_told_what_it_owes_before_it_is_signed() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let ctx = site.market.person(Role::Customer).await;
    let offer = site.market.offer("hokusei-gov-iaas").await;
    for (lifeline, expected) in [(true, true), (false, false)] {
        let text = match need(&site, lifeline) {
            RequirementSource::Text(text) => text,
            _ => panic!("a text"),
        };
        let id = site.market.broker.save_requirement(&ctx, &text, None).await.unwrap().card.id;
        let page = site.page(&format!("/contracts/new?offer={offer}&need=saved:{id}")).await;
        assert_eq!(page.contains("Your need is a lifeline"), expected, "{page}");
    }
    let id = sign(&site, &ctx, 1, true).await;
    site.market.run_workflows().await;
    let page = site.page(&format!("/contracts/{id}/preemption")).await;
    assert!(
        page.contains("It gives no room to others") && !page.contains("noticeSeconds"),
        "{page}"
    );
    assert!(page.contains("No other service had to make room"), "{page}");
}
