use super::*;
use crate::{
    Claim, Commitment, Credit, Decimal, Evidence, NetworkPath, OfferItem, UnitPrice, Value,
    parse_decimal, parse_offer,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

const UPTIME: &str = "availability.service_uptime";

fn example() -> Offer {
    parse_offer(crate::EXAMPLE_OFFERS[1].yaml).unwrap()
}

fn with(change: impl FnOnce(&mut Offer)) -> Offer {
    let mut offer = example();
    change(&mut offer);
    offer
}

fn item<'a>(offer: &'a mut Offer, key: &str) -> &'a mut OfferItem {
    offer.spec.items.iter_mut().find(|item| item.item == key).unwrap()
}

fn number(text: &str) -> Decimal {
    parse_decimal(text).unwrap()
}

/// The verdict on the one part that changes.
fn verdict(subject: &str, change: impl FnOnce(&mut Offer)) -> Verdict {
    let found = diff(&example(), &with(change));
    assert_eq!(found.parts.len(), 1, "{found:?}");
    assert_eq!(found.parts[0].subject, subject);
    found.verdict()
}

#[test]
fn nothing_changes_between_equal_offers_and_numbers_and_signatures_do_not_count() {
    assert!(diff(&example(), &example()).is_empty());
    let newer = with(|offer| {
        offer.metadata.version += 1;
        offer.metadata.supersedes = Some(offer.metadata.version - 1);
    });
    assert!(diff(&example(), &newer).is_empty());
    assert_eq!(diff(&example(), &newer).verdict(), Verdict::Neutral);
}

#[test]
fn each_direction_has_its_own_better() {
    let set =
        |key: &'static str, value: Value| verdict(key, move |offer| item(offer, key).value = value);
    assert_eq!(set("availability.rto", number("14400").into()), Verdict::Better);
    assert_eq!(set("availability.rto", number("50000").into()), Verdict::Worse);
    assert_eq!(set("network.bandwidth", number("2000").into()), Verdict::Better);
    assert_eq!(set("network.assurance_class", Value::level("best_effort")), Verdict::Worse);
    // Fewer places is the stronger promise, fewer certificates the weaker one.
    assert_eq!(set("security.data_location", Value::set(["DE"])), Verdict::Better);
    assert_eq!(set("security.data_location", Value::set(["DE", "FR"])), Verdict::Incomparable);
    assert_eq!(set("security.certifications", Value::set(["iso27001"])), Verdict::Worse);
    // Which law governs is no question of more or less.
    assert_eq!(set("legal.governing_law", Value::set(["NL", "DE"])), Verdict::Incomparable);
}

#[test]
fn levels_have_an_order_inside_one_scheme_only() {
    let level = |scheme: &'static str, level: &'static str| {
        verdict("security.assurance_level", move |offer| {
            let promise = item(offer, "security.assurance_level");
            promise.scheme = Some(scheme.to_owned());
            promise.value = Value::level(level);
        })
    };
    assert_eq!(level("gaia-x", "L3"), Verdict::Better);
    assert_eq!(level("gaia-x", "standard"), Verdict::Worse);
    assert_eq!(level("fedramp", "D"), Verdict::Incomparable);
}

#[test]
fn a_promise_given_is_better_and_a_promise_taken_is_worse() {
    let without = with(|offer| offer.spec.items.retain(|item| item.item != "availability.mttr"));
    assert_eq!(diff(&example(), &without).verdict(), Verdict::Worse);
    let found = diff(&without, &example());
    assert_eq!(found.verdict(), Verdict::Better);
    assert_eq!(
        found.lines(Locale::En),
        ["Mean time to repair, promise: not promised → 2 h (objective) (better)"]
    );
    assert!(
        found.lines(Locale::Ja)[0].starts_with("平均復旧時間、約束：約束なし → 2 時間（目標）")
    );
}

#[test]
fn commitment_percentile_and_exclusions_count_beside_the_value() {
    let uptime = |change: fn(&mut OfferItem)| verdict(UPTIME, |offer| change(item(offer, UPTIME)));
    assert_eq!(uptime(|promise| promise.commitment = Commitment::Objective), Verdict::Worse);
    assert_eq!(uptime(|promise| promise.exclusions = vec!["maintenance".into()]), Verdict::Worse);
    assert_eq!(uptime(|promise| promise.qualifying = Some("two zones".into())), Verdict::Worse);
    assert_eq!(uptime(|promise| promise.window = Some("1Y".into())), Verdict::Incomparable);
    let response = "performance.online_response_time";
    let response = |value: &'static str, percentile: &'static str| {
        verdict(response, move |offer| {
            let promise = item(offer, response);
            promise.value = number(value).into();
            promise.percentile = Some(number(percentile));
        })
    };
    assert_eq!(response("0.45", "99"), Verdict::Better);
    assert_eq!(response("0.4", "95"), Verdict::Better);
    // Shorter, but for fewer of the transactions: neither contains the other.
    assert_eq!(response("0.4", "50"), Verdict::Incomparable);
}

#[test]
fn remedies_are_compared_by_what_they_credit_everywhere() {
    let remedy = |change: fn(&mut crate::Remedy)| {
        verdict(UPTIME, |offer| change(item(offer, UPTIME).remedy.as_mut().unwrap()))
    };
    let step = |below, credit| Credit { below: number(below), credit: number(credit) };
    assert_eq!(remedy(|remedy| remedy.claim = Claim::Automatic), Verdict::Better);
    assert_eq!(remedy(|remedy| remedy.claim_window_days = Some(30)), Verdict::Worse);
    assert_eq!(remedy(|remedy| remedy.claim_window_days = None), Verdict::Better);
    assert_eq!(remedy(|remedy| remedy.cap = Some(Decimal::new(5, 1))), Verdict::Worse);
    assert_eq!(remedy(|remedy| remedy.schedule[1].credit = Decimal::ONE), Verdict::Better);
    assert_eq!(remedy(|remedy| remedy.schedule.truncate(2)), Verdict::Worse);
    // Written in more steps, but the same credit everywhere.
    let finer = verdict(UPTIME, |offer| {
        let schedule = &mut item(offer, UPTIME).remedy.as_mut().unwrap().schedule;
        schedule.insert(1, step("0.995", "0.10"));
    });
    assert_eq!(finer, Verdict::Neutral);
    let mixed = verdict(UPTIME, |offer| {
        let schedule = &mut item(offer, UPTIME).remedy.as_mut().unwrap().schedule;
        schedule[0].credit = Decimal::ZERO;
        schedule[1].credit = Decimal::ONE;
    });
    assert_eq!(mixed, Verdict::Incomparable);
    assert_eq!(verdict(UPTIME, |offer| item(offer, UPTIME).remedy = None), Verdict::Worse);
}

#[test]
fn evidence_that_lasts_longer_is_better() {
    let key = "security.certifications";
    let certificate = |expires: Option<&str>| Evidence {
        kind: "certificate".into(),
        scheme: Some("iso27001".into()),
        expires: expires.map(|day| crate::Date::parse(day).unwrap()),
        ..Evidence::default()
    };
    let offer = |expires: &[Option<&str>]| {
        with(|offer| {
            item(offer, key).evidence = expires.iter().map(|day| certificate(*day)).collect();
        })
    };
    let verdict =
        |old: &[Option<&str>], new: &[Option<&str>]| diff(&offer(old), &offer(new)).verdict();
    assert_eq!(verdict(&[], &[Some("2027-03-31")]), Verdict::Better);
    assert_eq!(verdict(&[Some("2027-03-31")], &[Some("2028-03")]), Verdict::Better);
    assert_eq!(verdict(&[Some("2027-03-31")], &[Some("2027-03-30")]), Verdict::Worse);
    assert_eq!(verdict(&[Some("2027-03-31")], &[]), Verdict::Worse);
    assert_eq!(verdict(&[Some("2027-03-31")], &[None]), Verdict::Better);
}

#[test]
fn measurement_price_service_and_network_are_parts_of_their_own() {
    assert_eq!(
        verdict("measurement", |offer| offer.spec.measurement.min_outage_seconds += 60),
        Verdict::Worse
    );
    assert_eq!(
        verdict("measurement", |offer| offer.spec.measurement.slice_seconds = 300),
        Verdict::Incomparable
    );
    let measured = |change: fn(&mut crate::Measurement)| {
        verdict("measurement", |offer| change(&mut offer.spec.measurement))
    };
    assert_eq!(measured(|how| how.exclusions = vec!["force majeure".into()]), Verdict::Worse);
    assert_eq!(
        measured(|how| how.vantage = Some(crate::Vantage::BrokerProbes)),
        Verdict::Incomparable
    );
    let total = |minor: i64, currency: &'static str| {
        verdict("price", move |offer| {
            let price = offer.spec.price.as_mut().unwrap();
            let amount = price.monthly_total.as_mut().unwrap();
            (amount.minor, amount.currency) = (minor, currency.to_owned());
        })
    };
    assert_eq!(total(140_000, "EUR"), Verdict::Better);
    assert_eq!(total(150_000, "EUR"), Verdict::Worse);
    assert_eq!(total(1, "USD"), Verdict::Incomparable);
    assert_eq!(verdict("service", |offer| drop(offer.spec.service.regions.pop())), Verdict::Worse);
    let path = |country: &str, rtt_ms| NetworkPath { user_region: country.into(), rtt_ms };
    assert_eq!(
        verdict("network", |offer| offer.spec.network_to_users.push(path("FR", Decimal::TEN))),
        Verdict::Better
    );
    assert_eq!(
        verdict("about", |offer| offer.metadata.title = Text::new("New", "新")),
        Verdict::Neutral
    );
}

#[test]
fn what_costs_more_from_a_day_on_is_worse_and_names_the_day() {
    let priced = |total: i64, next: Option<(&str, i64)>| {
        with(|offer| {
            let price = offer.spec.price.as_mut().unwrap();
            let amount = |minor| crate::Amount {
                minor,
                currency: "EUR".to_owned(),
                tax_excluded: Some(true),
            };
            price.monthly_total = Some(amount(total));
            price.per_unit = Vec::new();
            price.next = next.map(|(day, minor)| crate::NextPrices {
                valid_from: crate::Date::parse(day).unwrap(),
                monthly_total: Some(amount(minor)),
                minimum: None,
                one_time: None,
                per_unit: Vec::new(),
            });
        })
    };
    let now = priced(100, None);
    let dearer = diff(&now, &priced(100, Some(("2027-04-01", 120))));
    assert!(dearer.worsens());
    let lines = dearer.lines(crate::Locale::En);
    assert!(
        lines.iter().any(|line| line.contains("from 2027-04-01 on: 1.00 EUR → 1.20 EUR")),
        "{lines:?}"
    );
    let cheaper = diff(&now, &priced(100, Some(("2027-04-01", 80))));
    assert_eq!(cheaper.verdict(), Verdict::Better);
    let announced = priced(100, Some(("2027-04-01", 120)));
    let higher = diff(&announced, &priced(100, Some(("2027-04-01", 130))));
    assert_eq!(higher.verdict(), Verdict::Worse);
    let earlier = diff(&announced, &priced(100, Some(("2027-01-01", 120))));
    assert_eq!(earlier.verdict(), Verdict::Incomparable);
    let withdrawn = diff(&announced, &now);
    assert_eq!(withdrawn.verdict(), Verdict::Neutral, "what was agreed counts: {withdrawn:?}");
}

#[test]
fn unit_prices_are_compared_without_rounding() {
    let priced = |per: u32, minor: i64| {
        let unit =
            UnitPrice { unit: "egress-gb".into(), from: 0, per, minor, currency: "EUR".into() };
        with(|offer| offer.spec.price.as_mut().unwrap().per_unit = vec![unit])
    };
    assert!(diff(&priced(1, 1), &priced(1, 1)).is_empty());
    assert_eq!(diff(&priced(1, 1), &priced(3, 2)).verdict(), Verdict::Better);
    assert_eq!(diff(&priced(3, 2), &priced(1, 1)).verdict(), Verdict::Worse);
    assert_eq!(diff(&priced(1, 1), &priced(2, 2)).verdict(), Verdict::Neutral);
}

#[test]
fn every_change_has_words_in_both_languages() {
    let mut all = BTreeSet::new();
    for (old, new) in [(0, 1), (1, 2), (2, 0)] {
        let offer = |at: usize| parse_offer(crate::EXAMPLE_OFFERS[at].yaml).unwrap();
        let found = diff(&offer(old), &offer(new));
        assert_eq!(found.lines(Locale::En).len(), found.lines(Locale::Ja).len());
        all.extend(found.parts.iter().flat_map(|part| part.changes.iter().map(|c| c.aspect)));
        for part in &found.parts {
            assert_ne!(part.label(Locale::En), part.label(Locale::Ja), "{}", part.subject);
        }
    }
    assert!(all.len() > 10, "{all:?}");
}

fn offer_of_three() -> impl Strategy<Value = Offer> {
    let promise = (0..4_u8, 0..3_usize, proptest::option::of(0..3_u8));
    (promise, 1..4_i64).prop_map(|((value, class, percentile), price)| {
        with(|offer| {
            let promise = item(offer, "availability.mttr");
            promise.value = Decimal::from(value).into();
            promise.commitment = Commitment::ALL[class];
            promise.percentile = percentile.map(|step| Decimal::from(90 + step));
            let total = offer.spec.price.as_mut().unwrap().monthly_total.as_mut().unwrap();
            total.minor = price;
        })
    })
}

proptest! {
    #[test]
    fn the_other_way_round_is_the_opposite(old in offer_of_three(), new in offer_of_three()) {
        let (there, back) = (diff(&old, &new), diff(&new, &old));
        prop_assert_eq!(there.verdict().reversed(), back.verdict());
        prop_assert_eq!(there.is_empty(), old == new);
    }

    #[test]
    fn nothing_worsens_that_is_better_and_all_that_is_worse_does(old in offer_of_three(), new in offer_of_three()) {
        let (there, back) = (diff(&old, &new), diff(&new, &old));
        match there.verdict() {
            Verdict::Better | Verdict::Neutral => prop_assert!(!there.worsens()),
            Verdict::Worse => prop_assert!(there.worsens() && !back.worsens()),
            Verdict::Incomparable => {}
        }
    }

    #[test]
    fn what_is_no_longer_declared_is_worse_and_what_is_declared_anew_is_better(old in offer_of_three()) {
        let mut without = old.clone();
        without.spec.items.retain(|item| item.item != "availability.mttr");
        prop_assert_eq!(diff(&old, &without).part("availability.mttr").map(|part| part.verdict), Some(Verdict::Worse));
        prop_assert_eq!(diff(&without, &old).part("availability.mttr").map(|part| part.verdict), Some(Verdict::Better));
    }

    #[test]
    fn words_and_the_order_of_items_are_neither_better_nor_worse(old in offer_of_three(), title in "[a-z ]{1,12}") {
        let mut new = old.clone();
        new.metadata.title = Text::new(&title, &title);
        new.spec.items.reverse();
        let found = diff(&old, &new);
        prop_assert_eq!(found.verdict(), Verdict::Neutral);
        prop_assert!(!found.worsens());
    }

    #[test]
    fn better_twice_is_better(a in offer_of_three(), b in offer_of_three(), c in offer_of_three()) {
        let better = |old: &Offer, new: &Offer| diff(old, new).verdict() == Verdict::Better;
        if better(&a, &b) && better(&b, &c) {
            prop_assert!(better(&a, &c));
        }
    }
}
