use super::draft::draw;
use super::*;
use sla::{Evidence, Locale, OfferItem, ServiceModel};
use std::collections::BTreeSet;

fn market() -> DemoCatalogue {
    catalogue().unwrap_or_else(|error| match error {
        DemoError::Offers { provider, faults } => panic!("{provider}: {faults}"),
        other => panic!("{other}"),
    })
}

/// Whether an offer is of a company that exists.
pub(super) fn is_real(market: &DemoCatalogue, offer: &Offer) -> bool {
    market.provider_of(offer).is_some_and(|provider| provider.cloud().is_none())
}

/// The evidence that says where a figure was published.
pub(super) fn published(item: &OfferItem) -> Option<&Evidence> {
    item.evidence.iter().find(|evidence| evidence.kind == "published")
}

#[test]
fn the_market_has_enough_offers_providers_and_kinds() {
    let market = market();
    assert!(market.offers.len() >= 40, "{} offers", market.offers.len());
    let with_offers: BTreeSet<&str> = market
        .offers
        .iter()
        .map(|offer| market.provider_of(offer).expect("a known provider").id.as_str())
        .collect();
    assert_eq!(with_offers.len(), market.providers.len(), "every provider has offers");
    assert!(market.providers.len() >= 9);
    for model in ServiceModel::ALL {
        assert!(
            market.offers.iter().any(|offer| offer.spec.service.model == *model),
            "no offer is {model}"
        );
    }
    let deployments: BTreeSet<_> =
        market.offers.iter().map(|offer| offer.spec.service.deployment).collect();
    assert!(deployments.len() >= 3);
}

#[test]
fn three_providers_are_backed_by_reference_clouds() {
    let market = market();
    let clouds: Vec<_> = market.providers.iter().filter_map(DemoProvider::cloud).collect();
    assert_eq!(clouds, ["hokusei", "minato", "rheinland"]);
}

#[test]
fn names_slugs_and_identifiers_are_unique() {
    let market = market();
    let names: BTreeSet<_> = market.offers.iter().map(|offer| &offer.metadata.name).collect();
    assert_eq!(names.len(), market.offers.len());
    let slugs: BTreeSet<_> = market.providers.iter().map(|provider| &provider.id).collect();
    let dids: BTreeSet<_> = market.providers.iter().map(|provider| &provider.did).collect();
    assert_eq!((slugs.len(), dids.len()), (market.providers.len(), market.providers.len()));
}

#[test]
fn every_file_of_offers_is_built_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/demo/offers");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of offers")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut built_in: Vec<String> = OFFERS.iter().map(|(slug, _)| format!("{slug}.yaml")).collect();
    built_in.sort();
    assert_eq!(files, built_in);
}

#[test]
fn every_offer_speaks_both_languages() {
    for offer in &market().offers {
        let texts = [Some(&offer.metadata.title), offer.metadata.description.as_ref()];
        for text in texts {
            let text = text.expect("title and description");
            for locale in Locale::ALL {
                assert!(text.0.contains_key(locale.as_str()), "{}", offer.metadata.name);
            }
        }
    }
}

#[test]
fn a_real_provider_declares_published_figures_and_nothing_else() {
    let market = market();
    for offer in market.offers.iter().filter(|offer| is_real(&market, offer)) {
        let name = &offer.metadata.name;
        assert_eq!(offer.spec.price, None, "{name}");
        assert!(offer.spec.network_to_users.is_empty(), "{name}");
        for item in &offer.spec.items {
            let evidence = published(item).unwrap_or_else(|| panic!("{name}: {}", item.item));
            let address = evidence.source.as_deref().unwrap_or_default();
            assert!(address.starts_with("http"), "{name}: {address:?}");
            assert!(evidence.date.is_some() && evidence.note.is_some(), "{name}");
        }
    }
}

#[test]
fn every_backed_offer_has_a_price_regions_and_a_user_distance() {
    let market = market();
    for offer in market.offers.iter().filter(|offer| !is_real(&market, offer)) {
        let name = &offer.metadata.name;
        let price = offer.spec.price.as_ref().unwrap_or_else(|| panic!("{name}"));
        assert!(price.monthly_total.as_ref().is_some_and(|total| total.minor > 0), "{name}");
        assert!(price.per_unit.len() >= 2 && price.tier.is_some(), "{name}");
        assert!(!offer.spec.service.middleware.is_empty(), "{name}");
        assert!(!offer.spec.network_to_users.is_empty(), "{name}");
    }
}

#[test]
fn a_line_without_an_uptime_promise_leaves_uptime_undeclared() {
    let market = market();
    let offer = market
        .offers
        .iter()
        .find(|offer| offer.metadata.name == "ovh-us-connect-single")
        .expect("the offer");
    assert_eq!(offer.item("availability.service_uptime"), None);
}

#[test]
fn the_three_example_offers_promise_what_the_examples_say() {
    let market = market();
    assert_eq!(sla::EXAMPLE_OFFERS.len(), 3);
    for example in sla::EXAMPLE_OFFERS {
        let theirs = sla::parse_offer(example.yaml).unwrap_or_else(|faults| panic!("{faults}"));
        let found = market.offers.iter().find(|offer| offer.metadata.name == example.name);
        let ours = found.unwrap_or_else(|| panic!("{} is in the market", example.name));
        assert_eq!(ours.metadata.provider, theirs.metadata.provider);
        assert_eq!(ours.spec.items, theirs.spec.items);
        assert_eq!(ours.spec.network_to_users, theirs.spec.network_to_users);
        let total = |offer: &Offer| {
            offer.spec.price.as_ref().map(|price| (price.tier.clone(), price.monthly_total.clone()))
        };
        assert_eq!(total(ours), total(&theirs));
    }
}

#[test]
fn the_templates_are_the_three_sample_services() {
    let templates = templates().unwrap_or_else(|faults| panic!("{faults}"));
    let names: Vec<_> = templates.iter().map(|template| template.metadata.name.as_str()).collect();
    assert_eq!(names, ["certificate-service", "collaboration-service", "tracking-service"]);
}

#[test]
fn synthetic_offers_are_valid_documents_of_known_providers() {
    let dids: BTreeSet<String> =
        synthetic_providers().into_iter().map(|provider| provider.did).collect();
    assert_eq!(dids.len(), 40);
    for (index, offer) in synthetic_offers(500, 7).enumerate() {
        sla::validate(&offer).unwrap_or_else(|faults| panic!("{faults}"));
        assert!(dids.contains(offer.metadata.provider.as_deref().unwrap_or_default()));
        // Printing and reading all of them would take seconds without telling more.
        if index % 10 == 0 {
            let yaml = sla::to_yaml(&offer);
            let read = sla::parse_offer(&yaml).unwrap_or_else(|faults| panic!("{faults}\n{yaml}"));
            assert_eq!(read, offer);
        }
    }
}

#[test]
fn a_larger_synthetic_market_begins_with_the_smaller_one() {
    let small: Vec<Offer> = synthetic_offers(50, 7).collect();
    assert!(synthetic_offers(200, 7).take(50).eq(small));
    assert!(synthetic_offers(50, 7).ne(synthetic_offers(50, 8)));
}

/// FNV-1a; enough to notice a change.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn seed_seven_gives_the_same_market_for_ever() {
    let drafts: String = (0..1_000).map(|index| format!("{:?}\n", draw(index, 7))).collect();
    assert_eq!(fingerprint(&drafts), 13_944_348_407_418_640_577);
}

#[test]
fn the_synthetic_market_is_varied() {
    let offers: Vec<Offer> = synthetic_offers(2_000, 7).collect();
    let share = |count: usize| count * 100 / offers.len();
    let declared = offers.iter().filter(|offer| offer.item("security.data_location").is_some());
    assert!((93..=97).contains(&share(declared.count())), "about one in twenty is undeclared");
    let providers: BTreeSet<_> = offers.iter().map(|offer| &offer.metadata.provider).collect();
    assert_eq!(providers.len(), 40);
    let countries: BTreeSet<_> = offers
        .iter()
        .flat_map(|offer| &offer.spec.service.regions)
        .map(|region| &region.country)
        .collect();
    assert!(countries.len() >= 15);
    let tiers: BTreeSet<_> =
        offers.iter().filter_map(|offer| offer.spec.price.as_ref()?.tier.as_deref()).collect();
    assert_eq!(tiers.len(), 5);
    let names: BTreeSet<_> = offers.iter().map(|offer| &offer.metadata.name).collect();
    assert_eq!(names.len(), offers.len());
}
