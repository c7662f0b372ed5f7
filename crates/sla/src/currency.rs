//! Currencies of a price book: what is charged beside the monthly total is charged in its currency.
//!
//! Documents that say otherwise are read, because signed ones never change; nobody could be charged by them, so
//! that a market refuses them where they are written.

use crate::{Amount, Fault, FaultCode, Offer};

/// Every amount beside a monthly total that is in another currency; each fault names the field and what is allowed.
#[must_use]
pub fn currency_faults(offer: &Offer) -> Vec<Fault> {
    let Some(price) = &offer.spec.price else { return Vec::new() };
    let mut faults = Vec::new();
    let books = [
        ("", Some((&price.monthly_total, &price.minimum, &price.one_time))),
        ("/next", price.next.as_ref().map(|it| (&it.monthly_total, &it.minimum, &it.one_time))),
    ];
    for (place, amounts) in books {
        let Some((Some(total), minimum, once)) = amounts else { continue };
        for (field, beside) in [("minimum", minimum), ("oneTime", once)] {
            let path = format!("/spec/price{place}/{field}/currency");
            faults.extend(beside.as_ref().and_then(|beside| fault(path, beside, total)));
        }
    }
    faults
}

fn fault(path: String, beside: &Amount, total: &Amount) -> Option<Fault> {
    if beside.currency == total.currency {
        return None;
    }
    let currency = &total.currency;
    Some(Fault {
        path,
        code: FaultCode::Contradiction,
        found: Some(beside.currency.clone()),
        expected: None,
        allowed: vec![currency.clone()],
        message: format!("the monthly total is in {currency}: state this amount in {currency}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Date, EXAMPLE_OFFERS, NextPrices, parse_offer, to_yaml};

    fn amount(currency: &str) -> Option<Amount> {
        Some(Amount { minor: 5, currency: currency.to_owned(), tax_excluded: None })
    }

    #[test]
    fn what_is_charged_in_another_currency_than_the_total_is_named_and_still_read() {
        let mut offer = parse_offer(EXAMPLE_OFFERS[0].yaml).unwrap();
        assert!(currency_faults(&offer).is_empty());
        let price = offer.spec.price.as_mut().unwrap();
        price.monthly_total = amount("JPY");
        (price.minimum, price.one_time) = (amount("JPY"), amount("EUR"));
        price.next = Some(NextPrices {
            valid_from: Date::parse("2027-04-01").unwrap(),
            monthly_total: amount("USD"),
            minimum: amount("JPY"),
            one_time: amount("USD"),
            per_unit: Vec::new(),
        });
        let read = parse_offer(&to_yaml(&offer)).unwrap();
        let found = currency_faults(&read);
        let found: Vec<_> = (found.iter())
            .map(|fault| (fault.path.as_str(), fault.found.as_deref(), fault.allowed.join(" ")))
            .collect();
        assert_eq!(
            found,
            [
                ("/spec/price/oneTime/currency", Some("EUR"), "JPY".to_owned()),
                ("/spec/price/next/minimum/currency", Some("JPY"), "USD".to_owned()),
            ]
        );
        let price = offer.spec.price.as_mut().unwrap();
        price.monthly_total = None;
        price.next = None;
        assert!(currency_faults(&offer).is_empty(), "nothing is charged without a total");
    }
}
