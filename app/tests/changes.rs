//! A contract that begins later, changes and is renewed: the forms, what is wrong with them, and who may.

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
use domain::Role;
use quote::{HOKUSEI, quote_path, send, value};
use support::{Answer, Site};

#[tokio::test]
async fn a_service_gets_another_size_once_its_price_was_seen() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let signed = send(&site, &site.page(&quote_path(offer)).await, &[("step", "sign")]).await;
    let contract = signed.location;
    site.market.run_workflows().await;
    site.market.clock.advance_seconds(60);
    assert!(site.page(&contract).await.contains(&format!("{contract}/change")));
    let path = format!("{contract}/change");
    let page = site.page(&path).await;
    assert_eq!((value(&page, "instances"), value(&page, "vcpu")), ("1".into(), "8".into()));
    assert!(!page.contains("value=\"ask\""), "nothing is confirmed that has no price");

    let key = value(&page, "key");
    let size = |instances: &'static str, step: &'static str| {
        [
            ("step", step),
            ("instances", instances),
            ("vcpu", "8"),
            ("ramMb", "32768"),
            ("storageGb", "500"),
            ("networkMbps", "100"),
            ("key", key.as_str()),
        ]
    };
    let same = site.post(&path, &size("1", "price")).await;
    assert_eq!(same.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(same.text.contains("the quantities of the contract already"), "{}", same.text);
    let many = site.post(&path, &size("17", "price")).await;
    assert!(many.text.contains("field-instances-error"), "{}", many.text);
    let blind = site.post(&path, &size("2", "ask")).await;
    assert_eq!(blind.status, StatusCode::CONFLICT, "the price comes first");
    let priced = site.post(&path, &size("2", "price")).await;
    assert_eq!(priced.status, StatusCode::OK);
    assert!(priced.text.contains("Difference") && priced.text.contains("value=\"ask\""));
    let shown = value(&priced.text, "price");
    let mut wish = size("3", "ask").to_vec();
    wish.push(("price", &shown));
    let other = site.post(&path, &wish).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "that was the price of two");
    let mut wish = size("2", "ask").to_vec();
    wish.push(("price", &shown));
    for _ in 0..2 {
        let asked = site.post(&path, &wish).await;
        assert_eq!((asked.status, &asked.location), (StatusCode::SEE_OTHER, &contract));
    }
    let meanwhile = site.page(&path).await;
    assert!(meanwhile.contains("Another change has not come to its end"), "{meanwhile}");
    site.market.run_workflows().await;
    // The inventory reads as it was before, and as it is.
    let past = site.market.broker.now().plus_seconds(-30).0;
    let then = site.page(&format!("{contract}/inventory?at={past}")).await;
    let stamp = app::format::machine_time(past);
    let also = site.page(&format!("{contract}/inventory?at={stamp}")).await;
    let offset = app::format::field_moment(app::Locale::Ja, past);
    let there = site.page(&format!("{contract}/inventory?at={offset}:00+09:00")).await;
    let now = site.page(&format!("{contract}/inventory")).await;
    let of = |page: &str| page.split("id=\"history\"").next().unwrap().to_owned();
    for then in [then, also, there] {
        assert!(of(&then).contains("1 machine,") && !of(&then).contains("2 machines"), "{then}");
        assert!(!then.contains("is no moment"), "{then}");
    }
    assert!(of(&now).contains("2 machines") && !of(&now).contains("1 machine,"), "{now}");
    assert!(now.contains("Give it the new size"), "{now}");
    let page = site.page(&contract).await;
    assert!(page.contains("1 → 2"), "{page}");
    assert!(page.contains("The service has the new size"), "{page}");
    let japanese = site.get(&contract, "ja").await.text;
    assert!(japanese.contains("変更の履歴") && japanese.contains("変更済み"), "{japanese}");
    site.market.clock.advance_seconds(60);

    let mut later = size("3", "ask").to_vec();
    let page = site.page(&path).await;
    let key = value(&page, "key");
    later[6] = ("key", &key);
    let priced = site.post(&path, &later).await.text;
    let shown = value(&priced, "price");
    later.extend([("price", shown.as_str()), ("from", "2020-01-01T00:00")]);
    let past = site.post(&path, &later).await;
    assert!(past.text.contains("field-from-error"), "{}", past.text);
    later[8] = ("from", "2027-03-31T00:00");
    let scheduled = site.post(&path, &later).await;
    assert_eq!(scheduled.status, StatusCode::SEE_OTHER, "{}", scheduled.text);
    let call_off = format!("{contract}/changes/2/call-off");
    assert!(site.page(&contract).await.contains(&call_off));
    let other = site.signed_in_as_other_customer().await;
    for path in [&path, &call_off] {
        assert_eq!(other.post(path, &later).await.status, StatusCode::NOT_FOUND);
    }
    let site = other.signed_in(Role::Customer).await;
    let back = site.post(&call_off, &[]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert!(site.page(&contract).await.contains("called off"));
    site.market.finish().await;
}

#[tokio::test]
async fn a_service_is_signed_for_later_moved_and_called_off() {
    let site = Site::open_with_cloud(2).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let path = quote_path(offer);
    let wrong = send_at(&site, &site.page(&path).await, "soon").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("field-startsAt-error"), "{}", wrong.text);
    let past = send_at(&site, &site.page(&path).await, "2020-01-01T00:00").await;
    assert!(past.text.contains("field-startsAt-error"), "{}", past.text);
    let signed = send_at(&site, &site.page(&path).await, "2027-03-31T09:00").await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    let contract = signed.location;
    site.market.run_workflows().await;
    let page = site.page(&contract).await;
    assert!(
        page.contains("2027-03-31T09:00:00Z") && page.contains("begins at the moment"),
        "{page}"
    );
    let start = format!("{contract}/start");
    let faulty = site.post(&start, &[("step", "move"), ("startsAt", "2020-01-01T00:00")]).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(faulty.text.contains("field-startsAt-error"), "{}", faulty.text);
    // Nine o'clock in Japan is midnight in UTC.
    let later = [("step", "move"), ("startsAt", "2027-04-30T09:00")];
    let moved = site.post_in(&start, "ja", &later).await;
    assert_eq!((moved.status, &moved.location), (StatusCode::SEE_OTHER, &contract));
    let page = site.get(&contract, "ja").await.text;
    assert!(page.contains("2027-04-30T00:00:00Z") && page.contains("開始待ち"), "{page}");
    let other = site.signed_in_as_other_customer().await;
    let refused = other.post(&start, &[("step", "call_off")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let site = other.signed_in(Role::Customer).await;
    let off = site.post(&start, &[("step", "call_off")]).await;
    assert_eq!(off.status, StatusCode::SEE_OTHER);
    assert!(site.page(&contract).await.contains("called off before it began"));
    site.market.finish().await;
}

#[tokio::test]
async fn a_contract_with_an_end_is_renewed_at_the_terms_that_were_seen() {
    let site = Site::open_with_cloud(2).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let signed = send(&site, &site.page(&quote_path(offer)).await, &[("step", "sign")]).await;
    let contract = signed.location;
    site.market.run_workflows().await;
    let renew = format!("{contract}/renew");
    assert!(!site.page(&contract).await.contains(&renew), "it has no end");
    let endless = site.post(&renew, &[("endsAt", "2027-04-30T09:00"), ("key", "k")]).await;
    assert!(endless.text.contains("This contract has no end"), "{}", endless.text);
    let end = format!("{contract}/end");
    site.post(&end, &[("step", "set"), ("at", "2027-03-31T09:00")]).await;
    assert!(site.page(&contract).await.contains(&renew));
    let page = site.page(&renew).await;
    assert!(page.contains("value=\"2027-03-31T09:00\""), "{page}");
    let key = value(&page, "key");
    for (typed, told) in
        [("soon", "is no day and time"), ("2027-03-31T09:00", "must be after the end")]
    {
        let faulty = site.post(&renew, &[("endsAt", typed), ("key", &key)]).await;
        assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(
            faulty.text.contains(told) && faulty.text.contains("field-endsAt-error"),
            "{typed}"
        );
    }
    let later = [("endsAt", "2027-04-30T09:00"), ("key", key.as_str())];
    let shown = site.post(&renew, &later).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.text.contains("Renew as signed") && !shown.text.contains("Renew as of today"));
    let terms = value(&shown.text, "terms");
    let cheap = format!("{} 1 JPY", terms.split(' ').next().unwrap());
    let refused = site.post(&renew, &[later[0], later[1], ("terms", &cheap)]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    for _ in 0..2 {
        let renewed = site.post(&renew, &[later[0], later[1], ("terms", &terms)]).await;
        assert_eq!((renewed.status, &renewed.location), (StatusCode::SEE_OTHER, &contract));
    }
    let page = site.get(&contract, "ja").await.text;
    assert!(page.contains("2027-04-30T09:00:00Z") && page.contains("変更の履歴"), "{page}");
    let other = site.signed_in_as_other_customer().await;
    assert_eq!(other.post(&renew, &later).await.status, StatusCode::NOT_FOUND);
    other.market.finish().await;
}

/// Signs as the page filled it in, for a beginning at a moment.
async fn send_at(site: &Site, page: &str, starts_at: &str) -> Answer {
    send(site, page, &[("step", "sign"), ("startsAt", starts_at)]).await
}

#[tokio::test]
async fn the_texts_before_and_after_a_renewal_are_read_from_the_page_and_what_ended_is_not_renewed()
{
    let site = Site::open_with_cloud(2).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let signed = send(&site, &site.page(&quote_path(offer)).await, &[("step", "sign")]).await;
    let contract = signed.location;
    let renew = format!("{contract}/renew");
    let early = site.page(&renew).await;
    assert!(early.contains("cannot be renewed") && early.contains("not set up yet"), "{early}");
    site.market.run_workflows().await;
    let endless = site.page(&renew).await;
    assert!(endless.contains("This contract has no end"), "{endless}");
    assert!(!endless.contains("name=\"endsAt\""), "{endless}");
    site.post(&format!("{contract}/end"), &[("step", "set"), ("at", "2027-03-31T09:00")]).await;
    dearer(&site, &contract).await;
    let key = value(&site.page(&renew).await, "key");
    let later = [("endsAt", "2027-04-30T09:00"), ("key", key.as_str())];
    let shown = site.post(&renew, &later).await.text;
    let today = shown.split("Renew as signed").nth(1).unwrap();
    let terms = value(today, "terms");
    let renewed = site.post(&renew, &[later[0], later[1], ("terms", &terms)]).await;
    assert_eq!(renewed.status, StatusCode::SEE_OTHER, "{}", renewed.text);

    let texts = format!("{contract}/changes/1/texts");
    assert!(site.page(&contract).await.contains(&texts), "the page leads to both texts");
    let page = site.page(&texts).await;
    for said in ["Signed before (version 1)", "Signed with the change (version 2)"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let amounts: Vec<&str> =
        ["182000", "1820000"].into_iter().filter(|it| page.contains(it)).collect();
    assert_eq!(amounts.len(), 2, "{page}");
    let japanese = site.get(&texts, "ja").await.text;
    assert!(japanese.contains("変更前に署名した文書"), "{japanese}");
    let none = site.get(&format!("{contract}/changes/2/texts"), "en").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    let site = site.signed_in_as_other_customer().await;
    assert_eq!(site.get(&texts, "en").await.status, StatusCode::NOT_FOUND);
    let site = site.signed_in(Role::Customer).await;

    let customer = site.market.person(Role::Customer).await;
    let id = contract.rsplit('/').next().unwrap().parse().unwrap();
    site.market.broker.release(&customer, id).await.unwrap();
    site.market.run_workflows().await;
    let over = site.page(&renew).await;
    assert!(over.contains("It has ended, or is about to"), "{over}");
    assert!(!over.contains("name=\"endsAt\""), "{over}");
    site.market.finish().await;
}

/// The provider publishes the contract's offer at ten times its price.
async fn dearer(site: &Site, contract: &str) {
    let customer = site.market.person(Role::Customer).await;
    let id = contract.rsplit('/').next().unwrap().parse().unwrap();
    let page = site.market.page(&customer, id).await;
    let provider = site.market.person(Role::Provider).await;
    let mut document = sla::parse_offer(&page.offer_document).unwrap();
    let price = document.spec.price.as_mut().unwrap().monthly_total.as_mut().unwrap();
    price.minor *= 10;
    site.market.broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    site.market.broker.publish_offer(&provider, page.offer).await.unwrap();
}

#[tokio::test]
async fn the_form_of_a_notice_begins_with_the_first_full_hour_that_is_lawful() {
    let site = Site::open_with_cloud(2).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let signed = send(&site, &site.page(&quote_path(offer)).await, &[("step", "sign")]).await;
    let id: domain::ContractId = signed.location.rsplit('/').next().unwrap().parse().unwrap();
    site.market.run_workflows().await;
    let site = site.signed_in(Role::Provider).await;
    let provider = site.market.person(Role::Provider).await;
    let one = site.market.broker.delivered_contract(&provider, id).await.unwrap();
    let address = format!("/provider/contracts/{id}");
    let page = site.page(&address).await;
    let ends = value(&page, "ends");
    let at = app::format::read_moment(app::Locale::En, &ends).unwrap();
    let beyond = at - one.earliest.unwrap().0;
    assert!(ends.ends_with(":00") && (0..75 * 60 * 1_000_000).contains(&beyond), "{ends}");
    // It is lawful still when it was filled in.
    site.market.clock.advance_seconds(15 * 60);
    let fields = [("step", "give"), ("ends", ends.as_str()), ("reason", "The region closes")];
    let given = site.post(&format!("{address}/end"), &fields).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text);
    assert!(site.page(&address).await.contains("Take the notice back"));
    site.market.finish().await;
}

#[tokio::test]
async fn f7_1_4_a_newer_version_is_compared_and_accepted_or_left() {
    let site = Site::open_with_cloud(4).await.signed_in(Role::Customer).await;
    let offer = site.offer_titled(HOKUSEI).await;
    let signed = send(&site, &site.page(&quote_path(offer)).await, &[("step", "sign")]).await;
    let contract = signed.location;
    let market = &site.market;
    market.run_workflows().await;
    let path = format!("{contract}/newer");
    assert!(site.page(&path).await.contains("There is nothing to decide"));
    let provider = market.person(Role::Provider).await;
    let mut document = market.broker.my_offer(&provider, offer).await.unwrap().document;
    let price = document.spec.price.as_mut().unwrap().monthly_total.as_mut().unwrap();
    price.minor *= 2;
    market.broker.save_offer(&provider, &sla::to_yaml(&document)).await.unwrap();
    market.broker.publish_offer(&provider, offer).await.unwrap();
    market.broker.tell_holders().await.unwrap();

    let inbox = site.page("/inbox").await;
    assert!(
        inbox.contains("published a worse version") && inbox.contains("You may leave"),
        "{inbox}"
    );
    let page = site.page(&contract).await;
    assert!(page.contains(&path) && page.contains("which is worse for you"), "{page}");
    let page = site.page(&path).await;
    assert!(page.contains("Accept version 2") && page.contains("Leave it as it is"), "{page}");
    let kept = site.post(&path, &[("keep", "2")]).await;
    assert_eq!((kept.status, &kept.location), (StatusCode::SEE_OTHER, &contract));
    let page = site.page(&path).await;
    assert!(page.contains("left as signed") && !page.contains("name=\"keep\""), "{page}");
    let old = site.post(&path, &[("accept", "2 1 JPY")]).await;
    assert_eq!(old.status, StatusCode::CONFLICT, "that price was never shown");
    assert_eq!(
        site.post(&path, &[("accept", "two")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let shown = page.split("name=\"accept\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let accepted = site.post(&path, &[("accept", shown)]).await;
    assert_eq!((accepted.status, &accepted.location), (StatusCode::SEE_OTHER, &contract));
    let page = site.page(&path).await;
    assert!(page.contains("There is nothing to decide") && page.contains("accepted"), "{page}");
}
