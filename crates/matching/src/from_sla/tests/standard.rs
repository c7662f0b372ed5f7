//! What the whole standard asks of matching: floors, further lists, evidence that ends, own items.

use super::*;

#[test]
fn the_disaster_profile_matches_down_to_its_floor() {
    let uptime = "availability.service_uptime";
    let mut need = requirement(vec![asked(uptime, Operator::Gte, sla::Value::from(dec("0.999")))]);
    let floor = Some(sla::Value::from(dec("0.99")));
    let relax = vec![sla::Relaxed { item: uptime.to_owned(), floor }];
    need.spec.profiles.disaster =
        Some(sla::Profile { recovery_priority: None, relax, items: Vec::new() });
    let offer = offer(vec![promised(uptime, sla::Value::from(dec("0.995")))]);
    let matches = |profile| {
        let matcher = SlaMatcher::new(&need, profile, &Circumstances::default()).unwrap();
        matcher.explain(&matcher.candidate("o", &offer)).totals.matched
    };
    assert!(!matches(sla::ProfileName::Normal));
    assert!(!matches(sla::ProfileName::Overload));
    assert!(matches(sla::ProfileName::Disaster));
}

#[test]
fn a_further_list_is_a_row_of_its_own_and_undeclared_where_nothing_is_said() {
    let mut wish = asked("security.data_location", Operator::SubsetOf, sla::Value::set(["DE"]));
    wish.sub_lists.insert("support".to_owned(), ["DE".to_owned()].into());
    let mut place = promised("security.data_location", sla::Value::set(["DE"]));
    let judged = |wish: &RequirementItem, place: &sla::OfferItem| {
        let need = requirement(vec![wish.clone()]);
        let circumstances = Circumstances::default();
        let matcher = SlaMatcher::new(&need, sla::ProfileName::Normal, &circumstances).unwrap();
        matcher.explain(&matcher.candidate("o", &offer(vec![place.clone()])))
    };
    let silent = judged(&wish, &place);
    assert!(!silent.totals.matched);
    assert_eq!(silent.rows[1].verdict, Verdict::NotPromised);
    assert_eq!(silent.rows[1].notes, [Note::AboutSubList { list: "support".to_owned() }]);

    place.sub_lists.insert("support".to_owned(), ["DE".to_owned(), "PL".to_owned()].into());
    let outside = judged(&wish, &place);
    assert!(!outside.totals.matched && outside.rows[1].verdict == Verdict::Missed);
    // Asked for by itself, it is no longer a remark on the other row.
    assert!(outside.rows[0].notes.is_empty());

    wish.sub_lists.insert("support".to_owned(), ["DE".to_owned(), "PL".to_owned()].into());
    assert!(judged(&wish, &place).totals.matched);

    wish.op = Some(Operator::NoneOf);
    wish.value = Some(sla::Value::set(["US"]));
    wish.sub_lists.insert("support".to_owned(), ["PL".to_owned()].into());
    assert!(!judged(&wish, &place).totals.matched);
    wish.sub_lists.insert("support".to_owned(), ["US".to_owned()].into());
    assert!(judged(&wish, &place).totals.matched);
}

#[test]
fn a_certificate_counts_through_its_last_day_and_then_no_more() {
    let last = sla::Date::parse("2027-08-31").unwrap();
    let certificate = sla::Evidence {
        kind: "register".to_owned(),
        scheme: Some("ismap".to_owned()),
        expires: Some(last.clone()),
        ..sla::Evidence::default()
    };
    let mut level = promised("security.assurance_level", sla::Value::level("ismap"));
    level.scheme = Some("ismap".to_owned());
    level.evidence = vec![certificate.clone()];
    let mut held = promised("security.certifications", sla::Value::set(["iso27001", "ismap"]));
    held.evidence = vec![certificate];
    let offer = offer(vec![level, held]);
    let wish = RequirementItem {
        scheme: Some("ismap".to_owned()),
        ..asked("security.assurance_level", Operator::Gte, sla::Value::level("ismap"))
    };
    let certificates =
        asked("security.certifications", Operator::AllOf, sla::Value::set(["ismap", "iso27001"]));
    for wish in [wish, certificates] {
        let on = |today| {
            let circumstances = Circumstances { today, ..Circumstances::default() };
            let need = requirement(vec![wish.clone()]);
            let matcher = SlaMatcher::new(&need, sla::ProfileName::Normal, &circumstances).unwrap();
            matcher.explain(&matcher.candidate("o", &offer))
        };
        assert!(on(last.last_day()).totals.matched, "{}", wish.item);
        let after = on(last.last_day() + 1);
        assert!(!after.totals.matched, "{}", wish.item);
        let says = |note: &Note| matches!(note, Note::EvidenceExpired { .. });
        assert!(after.rows[0].notes.iter().any(says), "{:?}", after.rows[0].notes);
    }
}

#[test]
fn items_of_your_own_match_only_under_the_same_key() {
    let need = requirement(vec![asked("x-acme.shade", Operator::Gte, sla::Value::from(dec("3")))]);
    let circumstances = Circumstances::default();
    let matcher = SlaMatcher::new(&need, sla::ProfileName::Normal, &circumstances).unwrap();
    let matches = |key: &str| {
        let offer = offer(vec![promised(key, sla::Value::from(dec("5")))]);
        matcher.explain(&matcher.candidate("o", &offer)).totals.matched
    };
    assert!(matches("x-acme.shade"));
    assert!(!matches("x-other.shade") && !matches("x-acme.shades"));
}
