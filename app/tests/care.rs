//! A running service that its cloud changed, and the data of one that ends, on their pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use domain::{ContractState, Role};
use support::Site;

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
