//! Quote, signature, live page and release, and who may see them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

#[path = "support/quote.rs"]
mod quote;

use axum::http::StatusCode;
use domain::{ContractState, Role};
use quote::{HOKUSEI, NEED, quote_path, send, send_in, value};
use support::Site;

async fn customer() -> Site {
    Site::open().await.signed_in(Role::Customer).await
}

#[tokio::test]
async fn a_visitor_is_led_to_sign_in_and_back_to_the_quote() {
    let site = Site::open().await;
    let offer = site.offer_titled(HOKUSEI).await;
    let answer = site.get(&quote_path(offer), "en").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let back = app::format::percent_encode(&quote_path(offer));
    assert_eq!(answer.location, format!("/account/sign-in?next={back}"));
}

#[tokio::test]
async fn an_offer_without_a_cloud_says_why_it_cannot_be_signed() {
    let site = customer().await;
    let offer = site.offer_titled(HOKUSEI).await;
    let page = site.page(&quote_path(offer)).await;
    assert!(page.contains("listed for comparison only") && !page.contains("value=\"sign\""));
    assert!(page.contains("99.9 %"), "the fit is explained");
}

#[tokio::test]
async fn a_quote_without_a_need_asks_for_one() {
    let site = customer().await;
    let offer = site.offer_titled(HOKUSEI).await;
    for path in
        [format!("/contracts/new?offer={offer}"), format!("/contracts/new?offer={offer}&need=x")]
    {
        let page = site.page(&path).await;
        assert!(page.contains(NEED), "{path}");
    }
    let nowhere = site.get("/contracts/new?offer=ofr_1", "en").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn wrong_roles_are_told_whose_page_it_is() {
    let site = Site::open().await;
    let offer = site.offer_titled(HOKUSEI).await;
    let pages = [
        (Role::Provider, quote_path(offer), "for customers"),
        (Role::Customer, "/desk".to_owned(), "for the broker"),
        (Role::Customer, "/desk/workflows".to_owned(), "for the broker"),
        (Role::Customer, "/desk/audit".to_owned(), "for the broker"),
        (Role::Customer, "/desk/providers".to_owned(), "for the broker"),
        (Role::Provider, "/desk/statistics".to_owned(), "for the broker"),
        (Role::Provider, "/desk/statistics.csv".to_owned(), "for the broker"),
        (Role::Broker, "/provider/offers".to_owned(), "for providers"),
        (Role::Broker, "/services".to_owned(), "for customers"),
    ];
    for (role, path, told) in pages {
        let answer = Site::open().await.signed_in(role).await.get(&path, "en").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.text.contains(told), "{path}");
    }
}

#[tokio::test]
async fn an_empty_organisation_reads_how_to_get_its_first_service() {
    let site = customer().await;
    for path in ["/services", "/contracts"] {
        for language in ["en", "ja"] {
            let answer = site.get(path, language).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert!(answer.text.contains("/needs/new"), "{path}");
        }
    }
}

#[tokio::test]
async fn the_desk_shows_figures_lists_and_an_unknown_state_is_no_crash() {
    let site = Site::open().await.signed_in(Role::Broker).await;
    for path in [
        "/desk",
        "/desk/workflows",
        "/desk/audit",
        "/desk/providers",
        "/desk/signals",
        "/desk/clouds",
        "/desk/audit?subject=none",
        "/desk/statistics",
        "/desk/statistics?days=366",
    ] {
        for language in ["en", "ja"] {
            let answer = site.get(path, language).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.text.matches("<h1").count(), 1, "{path}");
        }
    }
    for path in ["/desk/workflows?state=melting", "/desk/audit?cursor=x"] {
        let answer = site.get(path, "en").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    let table = site.get("/desk/statistics.csv?days=7", "en").await.text;
    let lines: Vec<&str> = table.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 8, "a head and seven days: {table}");
    assert!(lines[0].starts_with("day,signed,") && lines[7].ends_with(|it: char| it.is_numeric()));
    for path in ["/desk/statistics?days=0", "/desk/statistics.csv?days=many"] {
        assert_eq!(site.get(path, "en").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let nowhere = site.get("/desk/workflows/wfl_1", "en").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let hokusei = site.post("/desk/providers/hokusei", &[("url", "ftp://x"), ("token", "t")]).await;
    assert_eq!(hokusei.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(hokusei.text.contains("field-url-error") && !hokusei.text.contains("value=\"t\""));
}

#[tokio::test]
async fn a_service_is_signed_followed_released_and_proven_erased() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let quote = site.page(&quote_path(offer)).await;

    let faulty =
        send(&site, &quote, &[("step", "sign"), ("instances", "many"), ("serviceName", "")]).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        faulty.text.contains("field-instances-error") && faulty.text.contains("value=\"many\"")
    );
    let dearer = send(&site, &quote, &[("step", "price"), ("instances", "2")]).await;
    assert_eq!(dearer.status, StatusCode::OK, "{}", dearer.text);
    assert!(dearer.text.contains("value=\"2\""));

    let old = send(&site, &quote, &[("step", "sign"), ("version", "7")]).await;
    assert_eq!(old.status, StatusCode::CONFLICT);
    assert!(
        old.text.contains("version 7 was shown") || old.text.contains("version 7 "),
        "{}",
        old.text
    );

    let name = "Register <office>";
    let signed = send(&site, &quote, &[("step", "sign"), ("serviceName", name)]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    let twice = send(&site, &quote, &[("step", "sign"), ("serviceName", name)]).await;
    assert_eq!(twice.location, signed.location, "the same page sent twice signs once");
    let contract = signed.location.clone();
    let busy = site.page(&contract).await;
    assert!(busy.contains("Register &lt;office&gt;") && busy.contains("being set up"));
    assert!(busy.contains("leptos-island"), "the timeline follows");

    site.market.run_workflows().await;
    let running = site.page(&contract).await;
    assert!(running.contains("http://127.") && running.contains("/release"), "{running}");
    let events = site.get(&format!("{contract}/events"), "en").await;
    assert!(
        events.text.starts_with("event: timeline") && events.text.contains("\"finished\":true")
    );
    assert!(site.page("/services").await.contains("Register &lt;office&gt;"));

    let inventory = format!("{contract}/inventory");
    assert!(running.contains(&inventory), "the way to the inventory");
    let now = site.page(&inventory).await;
    for part in ["machines", "storage", "vCPU each", "Setting up: ", "As ordered", "?at="] {
        assert!(now.to_lowercase().contains(&part.to_lowercase()), "{part}: {now}");
    }
    let compared = site.page(&format!("{inventory}?from=0")).await;
    assert!(compared.contains("What differs between before anything was held and"), "{compared}");
    let before = site.page(&format!("{inventory}?at=1")).await;
    assert!(before.contains("Nothing was held at a cloud then"), "{before}");
    assert!(site.page(&format!("{inventory}?at=noon")).await.contains("This is no moment"));

    let release = format!("{contract}/release");
    let wrong = site.post(&release, &[("name", "Register")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let asked = site.post(&release, &[("name", name)]).await;
    assert_eq!(asked.location, contract);
    assert!(site.page(&release).await.contains("The release is under way already"));
    site.market.run_workflows().await;
    let left = site.page(&contract).await;
    assert!(left.contains("erasure.json") && !left.contains("href=\"http://127."));
    let statement = site.get(&format!("{contract}/erasure.json"), "en").await;
    assert!(statement.text.contains("signature"), "{}", statement.text);

    let id = contract.rsplit('/').next().unwrap().parse().unwrap();
    let ctx = site.market.person(Role::Customer).await;
    assert_eq!(site.market.state(&ctx, id).await, ContractState::Released);
    // An old page sent once more begins nothing, and says so.
    assert!(site.page(&release).await.contains("The service is released already"));
    let again = site.post(&release, &[("name", name)]).await;
    assert_eq!(again.location, contract);
    let told = again.flash("The service is released already");
    assert!(told, "{}", again.cookies);
    let other = site.signed_in_as_other_customer().await;
    for path in [
        contract.clone(),
        format!("{contract}/events"),
        release,
        format!("{contract}/erasure.json"),
    ] {
        assert_eq!(other.get(&path, "en").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    other.market.finish().await;
}

#[tokio::test]
async fn back_after_signing_names_the_first_contract_and_signs_another_with_a_fresh_key() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let quote = site.page(&quote_path(offer)).await;
    let first = send(&site, &quote, &[("step", "sign"), ("serviceName", "first")]).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    site.market.clock.advance_us(1);

    // Back, then other contents: faults of the fields come first.
    let faulty = [("step", "sign"), ("serviceName", "sec\u{202e}ond"), ("instances", "2")];
    let faulty = send(&site, &quote, &faulty).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(faulty.text.contains("U+202E") && !faulty.text.contains('\u{202e}'));
    assert!(faulty.text.contains("field-serviceName-error"), "{}", faulty.text);
    // All of them, of whatever kind, in one round.
    let many = [("step", "sign"), ("serviceName", " "), ("instances", "two"), ("vcpu", "9999999")];
    let many = send(&site, &quote, &many).await;
    assert_eq!(many.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["serviceName", "instances", "vcpu"] {
        assert!(many.text.contains(&format!("field-{field}-error")), "{field}: {}", many.text);
    }
    let nowhere = [("step", "sign"), ("serviceName", "second"), ("region", "")];
    let nowhere = send(&site, &quote, &nowhere).await;
    assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nowhere.text.contains("No region is chosen. Allowed: "), "{}", nowhere.text);

    let second = [("step", "sign"), ("serviceName", "second"), ("instances", "2")];
    let told = send(&site, &quote, &second).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.text.contains("A contract was signed from this page already"), "{}", told.text);
    assert!(told.text.contains(&format!("href=\"{}\"", first.location)));
    assert!(!told.text.contains("changed meanwhile"));
    assert_eq!(
        (value(&told.text, "serviceName"), value(&told.text, "instances")),
        ("second".into(), "2".into())
    );
    assert_ne!(value(&told.text, "key"), value(&quote, "key"));

    let signed = send(&site, &told.text, &[("step", "sign")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    assert_ne!(signed.location, first.location);
    // The first page sent once more is still the first contract.
    let again = send(&site, &quote, &[("step", "sign"), ("serviceName", "first")]).await;
    assert_eq!(again.location, first.location);
    // Both were signed for the same template: it is saved once.
    let ctx = site.market.person(Role::Customer).await;
    assert_eq!(site.market.broker.my_requirements(&ctx, None, 200).await.unwrap().items.len(), 1);
    site.market.run_workflows().await;
    site.market.finish().await;
}

#[tokio::test]
async fn a_second_service_of_the_same_name_is_asked_for_before_it_is_signed() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let path = quote_path(offer);
    let named = [("step", "sign"), ("serviceName", "register")];
    let first = send(&site, &site.page(&path).await, &named).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    site.market.run_workflows().await;
    site.market.clock.advance_us(1);

    // Back to a page that the browser loads anew.
    for (language, title) in [
        ("en", "You already have a service named “register”"),
        ("ja", "「register」という名前のサービスは既にあります"),
    ] {
        let told = send_in(&site, language, &site.page(&path).await, &named).await;
        assert_eq!(told.status, StatusCode::CONFLICT);
        assert!(told.text.contains(title), "{}", told.text);
        assert!(told.text.contains(&format!("href=\"{}\"", first.location)), "{}", told.text);
    }
    let told = send(&site, &site.page(&path).await, &named).await;
    let renamed = send(&site, &told.text, &[("step", "price"), ("serviceName", "other")]).await;
    assert_eq!(renamed.status, StatusCode::OK);
    let meant = send(&site, &told.text, &[("step", "sign")]).await;
    assert_eq!(meant.status, StatusCode::SEE_OTHER, "{}", meant.text);
    assert_ne!(meant.location, first.location);

    // The name of a service that has ended is free.
    site.market.run_workflows().await;
    for contract in [&first.location, &meant.location] {
        site.post(&format!("{contract}/release"), &[("name", "register")]).await;
    }
    site.market.run_workflows().await;
    site.market.clock.advance_us(1);
    let free = send(&site, &site.page(&path).await, &named).await;
    assert_eq!(free.status, StatusCode::SEE_OTHER, "{}", free.text);
    site.market.run_workflows().await;
    site.market.finish().await;
}

#[tokio::test]
async fn the_end_of_a_service_is_set_for_a_moment_and_taken_back() {
    let site = Site::open_with_cloud(2).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let signed = send(&site, &site.page(&quote_path(offer)).await, &[("step", "sign")]).await;
    let contract = signed.location;
    site.market.run_workflows().await;
    let (release, end) = (format!("{contract}/release"), format!("{contract}/end"));
    assert!(site.page(&release).await.contains("type=\"datetime-local\""));

    for (typed, told) in [
        ("soon", "“soon” is no day and time"),
        ("2020-01-01T00:00", "must be after now and at most ten years ahead"),
    ] {
        let faulty = site.post(&end, &[("step", "set"), ("at", typed)]).await;
        assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(faulty.text.contains(told) && faulty.text.contains("field-at-error"), "{typed}");
    }
    // Nine o'clock in Japan is midnight in UTC.
    let set = site.post_in(&end, "ja", &[("step", "set"), ("at", "2027-03-31T09:00")]).await;
    assert_eq!((set.status, &set.location), (StatusCode::SEE_OTHER, &contract));
    let page = site.page(&contract).await;
    assert!(page.contains("2027-03-31T00:00:00Z") && page.contains("Take the end back"), "{page}");
    assert!(site.page(&release).await.contains("value=\"2027-03-31T00:00\""));
    let kept = site.get(&release, "ja").await.text;
    assert!(kept.contains("value=\"2027-03-31T09:00\"") && kept.contains("終了予定"), "{kept}");

    let other = site.signed_in_as_other_customer().await;
    let refused = other.post(&end, &[("step", "set"), ("at", "2027-03-31T09:00")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let refused = other.post(&end, &[("step", "set"), ("at", "soon")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let site = other.signed_in(Role::Customer).await;
    let back = site.post(&end, &[("step", "take_back")]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert!(!site.page(&contract).await.contains("Take the end back"));
    site.market.finish().await;
}

/// Another region of the offer one link away, and of every other offer whether it falls short.
async fn assert_alternatives_are_told(site: &Site, contract: &str, failed: &str) {
    let start = failed.find("/contracts/new?").unwrap();
    let elsewhere = failed[start..].split('"').next().unwrap().replace("&amp;", "&");
    assert!(elsewhere.ends_with("&region=jp-osaka-1"), "{elsewhere}");
    let quote = site.page(&elsewhere).await;
    assert!(quote.contains("<option value=\"jp-osaka-1\" selected"), "{quote}");
    let unknown = site.page(&elsewhere.replace("jp-osaka-1", "mars-1")).await;
    assert!(unknown.contains("<option value=\"jp-sapporo-1\" selected"), "{unknown}");

    let ctx = site.market.person(Role::Customer).await;
    let id = contract.rsplit('/').next().unwrap().parse().unwrap();
    let page = site.market.broker.contract(&ctx, id).await.unwrap();
    let offers = page.alternatives.offers;
    let short = offers.iter().filter(|row| !row.explanation.totals.matched).count();
    assert!(short > 0, "the demo market has offers that nearly contain this need");
    assert_eq!(failed.matches("Falls short: ").count(), short, "{failed}");
    assert_eq!(failed.contains("come near the need but fall short"), short > 0);
    assert_eq!(failed.contains("These other offers contain the same need"), short < offers.len());
}

#[tokio::test]
async fn a_full_cloud_is_told_with_its_reason_and_the_desk_steers_only_what_is_stuck() {
    let site = Site::open_with_cloud(1).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let quote = site.page(&quote_path(offer)).await;
    let quote = send(&site, &quote, &[("step", "price"), ("instances", "16")]).await.text;
    let signed = send(&site, &quote, &[("step", "sign")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    site.market.run_workflows().await;
    let failed = site.page(&signed.location).await;
    assert!(failed.contains("not enough room left"), "{failed}");
    assert!(!failed.contains("/release\""), "what never ran cannot be released");
    assert_alternatives_are_told(&site, &signed.location, &failed).await;

    let desk = site.signed_in(Role::Broker).await;
    let list = desk.page("/desk/workflows").await;
    let start = list.find("/desk/workflows/wfl_").unwrap();
    let workflow = list[start..].split('"').next().unwrap().to_owned();
    let noted = "has not enough left for the whole group";
    let page = desk.page(&workflow).await;
    assert!(page.contains("no_capacity") && page.contains(noted), "noted at the step");
    for (language, said) in [
        ("en", "The cloud has not enough room left for the whole group."),
        ("ja", "クラウドに一式分の空きがありません。"),
    ] {
        for (path, times) in [("/desk", 1), ("/desk/workflows", 1), (workflow.as_str(), 2)] {
            let page = desk.get(path, language).await.text;
            assert_eq!(page.matches(said).count(), times, "{language} {path}");
            assert!(path == workflow || !page.contains(noted), "{language} {path}");
        }
    }
    let retry = desk.post(&format!("{workflow}/retry"), &[]).await;
    assert_eq!(retry.status, StatusCode::CONFLICT);
    for way in ["skip", "mark-undone"] {
        let calm = desk.post(&format!("{workflow}/{way}"), &[("reason", "seen")]).await;
        assert_eq!(calm.status, StatusCode::CONFLICT, "{way}");
        let silent = desk.post(&format!("{workflow}/{way}"), &[("reason", " ")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "{way}");
    }
    let nameless = desk.post(&format!("{workflow}/abandon"), &[("reason", " ")]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    let subject = signed.location.rsplit('/').next().unwrap();
    let audit = desk.page(&format!("/desk/audit?subject={subject}")).await;
    assert!(audit.contains("signed a contract") && audit.contains("activation failed"));
    desk.market.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_of_statements_does_not_grow_with_the_contracts() {
    let site = Site::open_with_cloud(8).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let sign = async |name: &str| {
        let page = site.page(&quote_path(offer)).await;
        let signed = send(&site, &page, &[("serviceName", name), ("step", "sign")]).await;
        assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
        site.market.run_workflows().await;
        site.market.clock.advance_us(1);
    };
    sign("first").await;
    let lists = ["/contracts", "/services"];
    let mut few = Vec::new();
    for list in lists {
        few.push(storage::stats::counting(site.page(list)).await.1);
    }
    for name in ["second", "third", "fourth"] {
        sign(name).await;
    }
    for (list, few) in lists.into_iter().zip(few) {
        let (page, many) = storage::stats::counting(site.page(list)).await;
        assert!(page.contains("fourth") && page.contains("Hokusei Cloud"), "{page}");
        assert_eq!(few, many, "{list}");
    }
    site.market.finish().await;
}

#[tokio::test]
async fn the_desk_cancels_what_is_under_way_and_the_customer_reads_why() {
    let site = Site::open_with_cloud(1).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let quote = site.page(&quote_path(offer)).await;
    let signed = send(&site, &quote, &[("step", "sign")]).await;
    let desk = site.signed_in(Role::Broker).await;
    let list = desk.page("/desk/workflows").await;
    let start = list.find("/desk/workflows/wfl_").unwrap();
    let workflow = list[start..].split('"').next().unwrap().to_owned();
    let page = desk.page(&workflow).await;
    assert!(page.contains("Cancel and take back") && !page.contains("Give up"), "{page}");

    let cancel = format!("{workflow}/cancel");
    let silent = desk.post(&cancel, &[("reason", " ")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.text.contains("field-reason-error"), "{}", silent.text);
    let done = desk.post(&cancel, &[("reason", "the customer rang")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let again = desk.post(&cancel, &[("reason", "once more")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text.contains("This could not be done"), "{}", again.text);
    assert!(!again.text.contains("needs another look"), "no entry is at fault: {}", again.text);
    desk.market.run_workflows().await;
    assert!(!desk.page(&workflow).await.contains("Cancel and take back"));
    for (language, word) in [("en", "It was cancelled"), ("ja", "中止されました")] {
        let desk_page = desk.get(&workflow, language).await.text;
        assert!(desk_page.contains(word), "{desk_page}");
    }
    let customer = desk.signed_in(Role::Customer).await;
    let told = customer.page(&signed.location).await;
    assert!(told.contains("Setting it up was cancelled."), "{told}");
    assert!(!told.contains("Setting it up did not work"), "{told}");
    customer.market.finish().await;
}

#[tokio::test]
async fn nobody_signs_for_a_price_that_was_not_shown() {
    let site = Site::open_with_cloud(8).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let quote = site.page(&quote_path(offer)).await;
    let changed = [("step", "sign"), ("vcpu", "12")];
    let told = send(&site, &quote, &changed).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.text.contains("; ¥182,000 a month was shown to you"), "{}", told.text);
    assert_eq!(value(&told.text, "vcpu"), "12");
    let ja = send_in(&site, "ja", &quote, &changed).await;
    assert!(ja.text.contains("先ほどの表示は月額 ¥182,000"), "{}", ja.text);
    // After faults no price was shown: it comes before the signature.
    let faulty = send(&site, &quote, &[("step", "sign"), ("vcpu", "many")]).await;
    assert!(!faulty.text.contains("name=\"price\""), "{}", faulty.text);
    let first = send(&site, &quote, &[("step", "sign"), ("vcpu", "12"), ("price", "")]).await;
    assert_eq!(first.status, StatusCode::CONFLICT);
    assert!(first.text.contains("These quantities cost ¥"), "{}", first.text);
    let ctx = site.market.person(Role::Customer).await;
    let contracts = site.market.broker.contracts(&ctx, None, 10).await.unwrap();
    assert!(contracts.items.is_empty(), "nothing is signed");

    let signed = send(&site, &told.text, &[("step", "sign")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    site.market.run_workflows().await;
    site.market.finish().await;
}

#[tokio::test]
async fn p6_1_i1_quantities_are_worked_out_from_the_workload_and_can_be_changed_afterwards() {
    let site = Site::open_with_cloud(8).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let quote = site.page(&quote_path(offer)).await;
    assert!(quote.contains("<summary>Work out the quantities"), "{quote}");
    let work = [
        ("step", "propose"),
        ("peak", "120"),
        ("processor", "90"),
        ("traffic", "１００"),
        ("data", "300"),
        ("mode", "precise"),
    ];
    let told = send(&site, &quote, &work).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    assert!(told.text.contains("First to give way: processors"), "{}", told.text);
    // 300 GB, of which a quarter stays free.
    assert_eq!(value(&told.text, "storageGb"), "400");
    assert_eq!(
        (value(&quote, "instances"), value(&told.text, "instances")),
        ("1".into(), "2".into())
    );
    assert_eq!(value(&told.text, "peak"), "120", "what was typed stays");
    let changed = send(&site, &told.text, &[("step", "price"), ("storageGb", "450")]).await.text;
    assert_eq!(value(&changed, "storageGb"), "450");

    let wrong = [("step", "propose"), ("peak", "many"), ("processor", "9999999")];
    let told = send(&site, &quote, &wrong).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.text.contains("field-peak-error"), "{}", told.text);
    let wrong = [("step", "propose"), ("peak", "5"), ("processor", "9999999")];
    let told = send(&site, &quote, &wrong).await.text;
    assert!(told.contains("field-processor-error") && told.contains("600"), "{told}");
    let flood = [("step", "propose"), ("peak", "1000000"), ("processor", "1000")];
    let told = send(&site, &quote, &flood).await.text;
    assert!(told.contains("In the way: processors"), "{told}");
    assert_eq!(value(&told, "instances"), "1", "nothing was filled in");
    site.market.finish().await;
}
