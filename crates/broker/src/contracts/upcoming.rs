//! The prices that will count from a day on, beside those of today.

use super::Charged;
use domain::Money;

/// Prices that take the place of those of today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    /// Their first day, in UTC.
    pub valid_from: String,
    /// What changes; empty: nothing does.
    pub rows: Vec<UpcomingPrice>,
}

/// One price today and from that day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpcomingPrice {
    /// What for; `None`: charged once.
    pub what: Option<Charged>,
    /// Units that are charged at another price before these.
    pub from: i64,
    /// Today, with how many units it buys; `None`: there is no such price.
    pub before: Option<(Money, i64)>,
    /// From that day on; `None`: there is no such price any more.
    pub after: Option<(Money, i64)>,
}

/// What a price is for: what, the units before it, and its currency.
type Place = (Option<Charged>, i64, String);

impl Upcoming {
    /// `None`: no other prices are published.
    pub(super) fn of(book: &sla::Price) -> Option<Self> {
        let valid_from = book.next.as_ref()?.valid_from.as_str().to_owned();
        let next = book.following()?;
        let (before, after) = (prices(book), prices(&next));
        let of = |list: &[(Place, (Money, i64))], place: &Place| {
            list.iter().find(|(other, _)| other == place).map(|(_, price)| *price)
        };
        let mut places: Vec<&Place> = before.iter().map(|(place, _)| place).collect();
        for (place, _) in &after {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let rows = places.into_iter().map(|place| UpcomingPrice {
            what: place.0.clone(),
            from: place.1,
            before: of(&before, place),
            after: of(&after, place),
        });
        let rows = rows.filter(|row| row.before != row.after).collect();
        Some(Self { valid_from, rows })
    }
}

/// Every price of a book, once each: the basket, the least charge, what is charged once, the units.
fn prices(book: &sla::Price) -> Vec<(Place, (Money, i64))> {
    let money = |minor: i64, code: &str| Some(Money::new(minor, code.parse().ok()?));
    let amounts = [
        (Some(Charged::Basket), &book.monthly_total),
        (Some(Charged::Minimum), &book.minimum),
        (None, &book.one_time),
    ];
    let amounts = amounts.into_iter().filter_map(|(what, amount)| {
        let amount = amount.as_ref()?;
        let price = money(amount.minor, &amount.currency)?;
        Some(((what, 0, String::new()), (price, 1)))
    });
    let units = book.per_unit.iter().filter_map(|row| {
        let price = money(row.minor, &row.currency)?;
        let what = Some(Charged::Unit(row.unit.clone()));
        Some(((what, i64::from(row.from), row.currency.clone()), (price, i64::from(row.per))))
    });
    amounts.chain(units).collect()
}
