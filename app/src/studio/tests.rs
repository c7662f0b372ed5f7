//! What the studio does by itself is what the server would do with the document it leaves behind.

#![allow(clippy::unwrap_used, reason = "a test whose own data is wrong should stop there")]

use std::collections::BTreeMap;

use broker::requirements::YEN_PER;
use matching::{Circumstances, Columns, Mode, Order, SlaMatcher};
use sla::Requirement;

use super::{Change, Stalls, Studio, StudioData, nice, say};
use crate::{needs::studio_asks, words::Locale};

fn circumstances() -> Circumstances {
    let yen = YEN_PER.into_iter().map(|(code, yen)| (code.to_owned(), sla::Decimal::from(yen)));
    Circumstances { today: 20_779, yen_per: yen.collect::<BTreeMap<_, _>>() }
}

fn matcher(requirement: &Requirement) -> (SlaMatcher, Vec<matching::Candidate>) {
    let matcher = SlaMatcher::for_all_times(requirement, &circumstances()).unwrap();
    let offers = sla::EXAMPLE_OFFERS
        .iter()
        .map(|example| matcher.candidate(example.name, &sla::parse_offer(example.yaml).unwrap()));
    let offers = offers.collect();
    (matcher, offers)
}

fn studio(requirement: &Requirement, locale: Locale) -> Studio {
    let (matcher, offers) = matcher(requirement);
    let mut bundle = matcher.bundle(&offers);
    let written = std::mem::take(&mut bundle.offers);
    let columns = Columns::new(matcher.prepared().dictionary(), &written);
    let values: Vec<_> = columns.items.iter().flat_map(|column| &column.values).collect();
    let words = locale.words();
    let data = StudioData {
        need: serde_json::to_value(requirement).unwrap(),
        asks: studio_asks(words, requirement, &values),
        bundle,
        columns: columns.clone(),
        stalls: Stalls::default(),
        sheet: String::new(),
    };
    let text = serde_json::to_string(&data).unwrap();
    Studio::new(words, serde_json::from_str(&text).unwrap(), Order::Balanced, 50).unwrap()
}

fn templates() -> impl Iterator<Item = Requirement> {
    sla::EXAMPLE_REQUIREMENTS.iter().map(|example| sla::parse_requirement(example.yaml).unwrap())
}

/// The document as the studio leaves it, read as the server reads the code in the address.
fn left_behind(studio: &Studio) -> Requirement {
    sla::parse_requirement(&studio.need().to_string()).unwrap()
}

fn agrees(studio: &Studio) {
    let requirement = left_behind(studio);
    let (matcher, offers) = matcher(&requirement);
    assert_eq!(studio.requirement(), matcher.requirement());
    for order in Order::ALL {
        let mut own = studio.clone();
        own.order = order;
        assert_eq!(own.ranking(), matcher.rank(&offers, order, 50));
    }
    // The sentences as well, where they need no document.
    for (index, offer) in offers.iter().enumerate() {
        let theirs = matcher.explain(offer);
        let own = studio.explain(index).unwrap();
        for locale in [Locale::En, Locale::Ja] {
            let words = locale.words();
            let server = crate::needs::summary_text(words, &theirs);
            let here = super::tests::studio(&requirement, locale);
            assert_eq!(say::summary_text(words, here.asks(), &own), server);
        }
    }
}

#[test]
fn before_any_change_the_studio_ranks_as_the_server() {
    for requirement in templates().chain(always()) {
        let studio = studio(&requirement, Locale::En);
        assert_eq!(left_behind(&studio), requirement);
        agrees(&studio);
    }
}

#[test]
fn every_corner_moved_to_every_place_leaves_a_need_that_the_server_ranks_alike() {
    for requirement in templates() {
        let mut studio = studio(&requirement, Locale::En);
        for ask in 0..studio.asks().len() {
            for place in [0.0, 0.13, 0.5, 0.77, 1.0] {
                if studio.asks()[ask].local
                    && let Some(change) = studio.move_to(ask, place)
                {
                    assert_eq!(change, Change::Here);
                    agrees(&studio);
                }
            }
        }
    }
}

/// The templates, each with what a disaster asks asked of overload too.
fn always() -> impl Iterator<Item = Requirement> {
    templates().map(|mut requirement| {
        requirement.spec.profiles.overload = requirement.spec.profiles.disaster.clone();
        requirement
    })
}

#[test]
fn floors_come_down_with_what_is_asked_every_day_as_the_server_would_have_it() {
    for requirement in always() {
        let mut studio = studio(&requirement, Locale::En);
        for ask in 0..studio.asks().len() {
            for place in [1.0, 0.6, 0.3, 0.1, 0.0, 0.8] {
                if studio.asks()[ask].local && studio.move_to(ask, place).is_some() {
                    agrees(&studio);
                    studio.set_mode(ask, Mode::Prefer).unwrap();
                    studio.set_mode(ask, Mode::Must).unwrap();
                    agrees(&studio);
                }
            }
        }
        let fallen = studio.asks().iter().filter(|ask| ask.floor);
        for floor in fallen {
            let normal = |ask: &&super::Ask| ask.key == floor.key && ask.time.is_none();
            let mode = studio.asks().iter().find(normal).unwrap().mode;
            assert_eq!(floor.mode, mode);
        }
    }
}

#[test]
fn each_profile_stands_as_its_own_matcher_says() {
    for requirement in always() {
        let studio = studio(&requirement, Locale::En);
        for (index, offer) in sla::EXAMPLE_OFFERS.iter().enumerate() {
            let document = sla::parse_offer(offer.yaml).unwrap();
            for standing in studio.explain(index).unwrap().profiles {
                let alone =
                    SlaMatcher::new(&requirement, standing.profile, &circumstances()).unwrap();
                let alone = alone.explain(&alone.candidate(offer.name, &document));
                assert_eq!(standing.matched, alone.totals.matched, "{}", offer.name);
            }
        }
    }
}

#[test]
fn a_change_that_the_server_reads_is_left_to_it() {
    let requirement = templates().next().unwrap();
    let mut studio = studio(&requirement, Locale::En);
    let before = studio.need().clone();
    let mut ask = |key: &str, text: &str| {
        let ask = studio.asks().iter().position(|ask| ask.key == key).unwrap();
        studio.type_value(ask, text)
    };
    assert_eq!(ask("performance.e2e_response_time", "1 to 5 s"), Ok(Some(Change::Fields)));
    assert_eq!(ask("security.assurance_level", "ismap:ismap"), Ok(Some(Change::Fields)));
    assert_eq!(ask("security.assurance_level", "us-fips199:moderate"), Ok(None));
    assert_eq!(studio.need(), &before);
}

#[test]
fn a_state_of_another_answer_is_asked_for_anew() {
    let requirement = templates().next().unwrap();
    let moment = studio(&requirement, Locale::En).of_answer(1).moment();
    let mut later = studio(&requirement, Locale::En).of_answer(2);
    assert_eq!(later.restore(moment), Change::Anew);
}

#[test]
fn levels_weights_and_tolerances_are_read_as_the_server_reads_them() {
    for requirement in templates() {
        let mut studio = studio(&requirement, Locale::Ja);
        for ask in 0..studio.asks().len() {
            let open = studio.asks()[ask].value.is_empty();
            assert_eq!(studio.set_mode(ask, Mode::Prefer).is_err(), open);
            studio.type_weight(ask, "0.35").unwrap();
            if studio.asks()[ask].kind == super::AskKind::Level {
                studio.type_tolerance(ask, "1").unwrap();
            }
        }
        agrees(&studio);
        for ask in 0..studio.asks().len() {
            studio.type_weight(ask, "").unwrap();
            studio.type_tolerance(ask, "").unwrap();
        }
        agrees(&studio);
    }
}

#[test]
fn what_is_typed_is_read_with_its_unit_and_refused_with_what_is_allowed() {
    let requirement = templates().next().unwrap();
    let mut studio = studio(&requirement, Locale::En);
    let ask =
        studio.asks().iter().position(|ask| ask.key == "availability.service_uptime").unwrap();
    assert_eq!(studio.type_value(ask, "99.95 %"), Ok(Some(Change::Here)));
    assert_eq!(studio.asked_text(ask), "at least 99.95 %");
    agrees(&studio);
    let refused = studio.type_value(ask, "99.95 km").unwrap_err();
    assert!(refused.contains("99.95 km") && refused.contains('%'), "{refused}");
    assert!(studio.type_weight(ask, "11").is_err());
    assert_eq!(studio.asked_text(ask), "at least 99.95 %");
}

#[test]
fn an_item_without_a_value_gets_one_and_the_server_reads_the_document() {
    let requirement = templates().next().unwrap();
    let mut studio = studio(&requirement, Locale::En);
    let ask = studio.asks().iter().position(|ask| ask.key == "network.assurance_class").unwrap();
    assert_eq!(studio.type_value(ask, "guaranteed_bandwidth"), Ok(Some(Change::Anew)));
    let left = left_behind(&studio);
    let item =
        left.spec.profiles.normal.items.iter().find(|item| item.item == "network.assurance_class");
    assert_eq!(item.unwrap().value, Some(sla::Value::level("guaranteed_bandwidth")));
}

#[test]
fn a_relaxation_is_applied_by_one_click_and_taken_back_by_one() {
    for requirement in templates() {
        let mut studio = studio(&requirement, Locale::En);
        let before = studio.ranking();
        for gain in studio.gains() {
            for (step, admits) in gain
                .steps
                .iter()
                .map(|step| (Some(step), step.admits))
                .chain([(None, gain.dropped)])
            {
                let moment = studio.moment();
                let Some(change) = studio.relax(gain.row, step) else { continue };
                // What another time asks besides is taken out of the document.
                if change == Change::Anew {
                    let anew = super::tests::studio(&left_behind(&studio), Locale::En);
                    assert_eq!(anew.ranking().matched, before.matched + admits);
                } else {
                    assert_eq!(studio.ranking().matched, before.matched + admits);
                    agrees(&studio);
                }
                assert_eq!(studio.restore(moment), Change::Here);
                assert_eq!(studio.ranking(), before);
            }
        }
    }
}

#[test]
fn a_corner_always_moves_a_step_until_its_end() {
    let requirement = templates().next().unwrap();
    let mut studio = studio(&requirement, Locale::En);
    for axis in studio.axes(None).into_iter().filter(|axis| axis.moves) {
        let mut place = axis.need.unwrap();
        let mut steps = 0;
        while studio.move_by(axis.ask, place, nice::STEP).is_some() {
            let now = studio.axes(None).into_iter().find(|now| now.ask == axis.ask).unwrap();
            assert!(now.need.unwrap() > place, "{}", axis.label);
            place = now.need.unwrap();
            steps += 1;
            assert!(steps < 200, "{}", axis.label);
        }
        assert!(place > 0.999, "{} ends at {place}", axis.label);
    }
}
