//! What changed about an offer beside its items: service, measurement, price, network, titles.

use super::order::{best_without, good_to_have, less, neutral, no_order, wider};
use super::{Aspect, Change, Verdict, both, change, plain};
use crate::{
    Amount, AttributeValue, CURRENCIES, Date, Locale, MachineImage, MachineType, Measurement,
    Metadata, Middleware, NetworkPath, Price, QuantityLimit, Recipe, Region, Service, Text,
    Timestamp, Unit, UnitPrice, format_number,
};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Titles, dates, who promises. Number, predecessor and signature follow from the change itself.
pub(super) fn about(old: &Metadata, new: &Metadata) -> Vec<Change> {
    let moment = |at: &Option<Timestamp>| at.as_ref().map(|at| plain(at.as_str()));
    let until = |old: &Option<Timestamp>, new: &Option<Timestamp>| {
        let micros = |at: &Option<Timestamp>| at.as_ref().map(Timestamp::unix_micros);
        best_without(micros(old).as_ref(), micros(new).as_ref(), |old, new| less(new, old))
    };
    [
        change(Aspect::Provider, &old.provider, &new.provider, no_order, |who| {
            who.clone().map(plain)
        }),
        change(Aspect::Title, &old.title, &new.title, neutral, |title| Some(title.clone())),
        change(Aspect::Description, &old.description, &new.description, neutral, Clone::clone),
        change(Aspect::ValidFrom, &old.valid_from, &new.valid_from, neutral, moment),
        change(Aspect::ValidUntil, &old.valid_until, &new.valid_until, until, moment),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn measurement(old: &Measurement, new: &Measurement) -> Vec<Change> {
    let seconds = |seconds: &u32| {
        let seconds = Decimal::from(*seconds);
        Some(both(|locale| format_number(Unit::Second, seconds, locale)))
    };
    let excluded = |of: &Measurement| of.exclusions.iter().cloned().collect::<BTreeSet<_>>();
    [
        change(Aspect::Calendar, &old.calendar, &new.calendar, no_order, |text| {
            Some(plain(text.clone()))
        }),
        change(Aspect::Timezone, &old.timezone, &new.timezone, neutral, |text| {
            Some(plain(text.clone()))
        }),
        change(Aspect::Slice, &old.slice_seconds, &new.slice_seconds, no_order, seconds),
        // Shorter outages count as well: a stricter promise with the same figure.
        change(Aspect::MinOutage, &old.min_outage_seconds, &new.min_outage_seconds, less, seconds),
        change(
            Aspect::Exclusions,
            &excluded(old),
            &excluded(new),
            |old, new| wider(old, new).reversed(),
            |list| super::words::joined(list.iter()),
        ),
        change(Aspect::Vantage, &old.vantage, &new.vantage, no_order, |vantage| {
            vantage.map(|vantage| plain(vantage.as_str()))
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn service(old: &Service, new: &Service) -> Vec<Change> {
    let model = change(Aspect::Model, &old.model, &new.model, no_order, |model| {
        Some(plain(model.as_str()))
    });
    let deployment = change(Aspect::Deployment, &old.deployment, &new.deployment, no_order, |d| {
        Some(plain(d.as_str()))
    });
    let category = change(Aspect::Category, &old.category, &new.category, no_order, |category| {
        category.clone().map(plain)
    });
    let mut changes: Vec<Change> = model.into_iter().chain(deployment).chain(category).collect();
    let pairs = |service: &Service| -> Vec<(String, AttributeValue)> {
        service.attributes.clone().into_iter().collect()
    };
    changes.extend(each(
        Aspect::Attribute,
        (&pairs(old), &pairs(new)),
        |(key, _)| key.clone(),
        no_order,
        |(_, value)| attribute_text(value),
    ));
    let regions = each(
        Aspect::Region,
        (&old.regions, &new.regions),
        |region| region.id.clone(),
        no_order,
        region_text,
    );
    changes.extend(regions);
    changes.extend(each(
        Aspect::Middleware,
        (&old.middleware, &new.middleware),
        |one| one.name.clone(),
        no_order,
        middleware_text,
    ));
    changes.extend(each(
        Aspect::App,
        (&old.apps, &new.apps),
        |one| one.name.clone(),
        no_order,
        middleware_text,
    ));
    changes.extend(each(
        Aspect::Image,
        (&old.images, &new.images),
        image_name,
        no_order,
        |image| plain(image_name(image)),
    ));
    changes.extend(each(
        Aspect::Recipe,
        (&old.recipes, &new.recipes),
        |recipe| recipe.name.clone(),
        no_order,
        recipe_text,
    ));
    changes.extend(each(
        Aspect::MachineType,
        (&old.machine_types, &new.machine_types),
        |machine| machine.name.clone(),
        no_order,
        machine_text,
    ));
    changes
}

fn attribute_text(value: &AttributeValue) -> Text {
    match value {
        AttributeValue::Text(text) => plain(text.clone()),
        AttributeValue::Number(number) => plain(number.normalize().to_string()),
        AttributeValue::Boolean(true) => Text::new("yes", "はい"),
        AttributeValue::Boolean(false) => Text::new("no", "いいえ"),
    }
}

/// "4 vCPU, 16 GiB, 80 GiB, 1 × A100, arm64, 0.12 EUR".
fn machine_text(machine: &MachineType) -> Text {
    let mut parts = vec![
        format!("{} vCPU", machine.vcpu.normalize()),
        format!("{} GiB", machine.ram_gib.normalize()),
    ];
    parts.extend(machine.disk_gib.map(|disk| format!("{} GiB", disk.normalize())));
    parts.extend(
        machine
            .gpu
            .as_ref()
            .map(|gpu| format!("{} × {}", gpu.count, gpu.model.as_deref().unwrap_or("GPU"))),
    );
    parts.extend(machine.architecture.map(|one| one.as_str().to_owned()));
    let parts = parts.join(", ");
    match &machine.price {
        None => plain(parts),
        Some(price) => {
            let each = unit_price_text(price);
            both(|locale| format!("{parts}, {} {}", each.get(locale), price.unit))
        }
    }
}

pub(super) fn price(old: Option<&Price>, new: Option<&Price>) -> Vec<Change> {
    let none = Price::default();
    let (old, new) = (old.unwrap_or(&none), new.unwrap_or(&none));
    let tier = change(
        Aspect::Tier,
        &old.tier,
        &new.tier,
        |old, new| good_to_have(old.as_ref(), new.as_ref(), less),
        |tier| tier.clone().map(plain),
    );
    let basket = change(Aspect::Basket, &old.basket, &new.basket, no_order, |basket| {
        basket.clone().map(plain)
    });
    let as_of = change(Aspect::PricesAsOf, &old.as_of, &new.as_of, no_order, |day| {
        day.as_ref().map(|day| plain(day.as_str().to_owned()))
    });
    let mut changes: Vec<Change> = tier.into_iter().chain(basket).collect();
    changes.extend(amounts_of(old, new));
    changes.extend(as_of);
    changes.extend(unit_prices(old, new));
    changes.extend(limits(&old.limits, &new.limits));
    changes.extend(next(old, new));
    changes
}

/// What will count from a day on: the last prices of both, each change with its day.
fn next(old: &Price, new: &Price) -> Vec<Change> {
    let day = |price: &Price| price.next.as_ref().map(|next| next.valid_from.clone());
    let days = (day(old), day(new));
    let order = |old: &Option<Date>, new: &Option<Date>| match (old, new) {
        // Whether another day is welcome depends on what counts from it.
        (Some(_), Some(_)) => Verdict::Incomparable,
        _ => Verdict::Neutral,
    };
    let moved = change(Aspect::PricesFrom, &days.0, &days.1, order, |day| {
        day.as_ref().map(|day| plain(day.as_str().to_owned()))
    });
    let mut changes: Vec<Change> = moved.into_iter().collect();
    // Without next prices in the newer version its prices stay, and what changed about them is told already.
    let (Some(after), Some(day)) = (new.following(), days.1) else { return changes };
    let before = old.following();
    let before = before.as_ref().unwrap_or(old);
    let dated = |change: Change| Change { from: Some(day.as_str().to_owned()), ..change };
    let upcoming = amounts_of(before, &after).into_iter().chain(unit_prices(before, &after));
    changes.extend(upcoming.map(dated));
    changes
}

/// The amounts that are charged beside units.
fn amounts_of(old: &Price, new: &Price) -> Vec<Change> {
    let total = change(
        Aspect::MonthlyTotal,
        &old.monthly_total,
        &new.monthly_total,
        |old, new| good_to_have(old.as_ref(), new.as_ref(), amounts),
        |amount| amount.as_ref().map(amount_text),
    );
    // What is charged beside the total is worse to have than not to have.
    let beside = |aspect, old: &Option<Amount>, new: &Option<Amount>| {
        let order = |old: &Option<Amount>, new: &Option<Amount>| match (old, new) {
            (Some(old), Some(new)) => amounts(old, new),
            (None, Some(_)) => Verdict::Worse,
            (Some(_), None) => Verdict::Better,
            (None, None) => Verdict::Neutral,
        };
        change(aspect, old, new, order, |amount| amount.as_ref().map(amount_text))
    };
    let minimum = beside(Aspect::Minimum, &old.minimum, &new.minimum);
    let one_time = beside(Aspect::OneTime, &old.one_time, &new.one_time);
    [total, minimum, one_time].into_iter().flatten().collect()
}

fn unit_prices(old: &Price, new: &Price) -> Vec<Change> {
    each(
        Aspect::UnitPrice,
        (&old.per_unit, &new.per_unit),
        |price| match price.from {
            0 => format!("{} {}", price.unit, price.currency),
            from => format!("{} {} from {from}", price.unit, price.currency),
        },
        |old, new| {
            // Compares minor/per of both without dividing.
            less(&cross(old.minor, new.per), &cross(new.minor, old.per))
        },
        unit_price_text,
    )
}

/// A wider range is better; no limit is the widest.
fn limits(old: &[QuantityLimit], new: &[QuantityLimit]) -> Vec<Change> {
    let ends = |limit: Option<&QuantityLimit>| {
        let limit = limit.map(|limit| (limit.least, limit.most)).unwrap_or_default();
        (limit.0.unwrap_or(0), limit.1.unwrap_or(u32::MAX))
    };
    let units: BTreeSet<&String> = old.iter().chain(new).map(|limit| &limit.unit).collect();
    let mut changes = Vec::new();
    for unit in units {
        let of = |list: &'_ [QuantityLimit]| list.iter().find(|limit| limit.unit == *unit).cloned();
        let (before, after) = (of(old), of(new));
        let order = |old: &Option<QuantityLimit>, new: &Option<QuantityLimit>| {
            let ((low, high), (lower, higher)) = (ends(old.as_ref()), ends(new.as_ref()));
            match (lower <= low && high <= higher, low <= lower && higher <= high) {
                (true, true) => Verdict::Neutral,
                (true, false) => Verdict::Better,
                (false, true) => Verdict::Worse,
                (false, false) => Verdict::Incomparable,
            }
        };
        let shown = |limit: &Option<QuantityLimit>| limit.as_ref().map(limit_text);
        let change = change(Aspect::Limit, &before, &after, order, shown);
        changes.extend(change.map(|change| Change { which: Some(unit.clone()), ..change }));
    }
    changes
}

fn limit_text(limit: &QuantityLimit) -> Text {
    both(|locale| match (limit.least, limit.most, locale) {
        (Some(least), Some(most), Locale::En) => format!("{least} to {most}"),
        (Some(least), None, Locale::En) => format!("at least {least}"),
        (None, Some(most), Locale::En) => format!("at most {most}"),
        (None, None, Locale::En) => "no limit".to_owned(),
        (Some(least), Some(most), Locale::Ja) => format!("{least}～{most}"),
        (Some(least), None, Locale::Ja) => format!("{least} 以上"),
        (None, Some(most), Locale::Ja) => format!("{most} 以下"),
        (None, None, Locale::Ja) => "制限なし".to_owned(),
    })
}

fn cross(minor: i64, per: u32) -> i128 {
    i128::from(minor) * i128::from(per)
}

pub(super) fn network(old: &[NetworkPath], new: &[NetworkPath]) -> Vec<Change> {
    each(
        Aspect::RoundTrip,
        (old, new),
        |path| path.user_region.clone(),
        |old, new| less(&old.rtt_ms, &new.rtt_ms),
        |path| both(|locale| format_number(Unit::Millisecond, path.rtt_ms, locale)),
    )
}

/// Changes of a list whose entries have names: an entry more is better, one less is worse. Prices of
/// further units say nothing about the others, so that they are in no order.
fn each<T: PartialEq>(
    aspect: Aspect,
    (old, new): (&[T], &[T]),
    name: impl Fn(&T) -> String,
    order: impl Fn(&T, &T) -> Verdict,
    shown: impl Fn(&T) -> Text,
) -> Vec<Change> {
    let names: BTreeSet<String> = old.iter().chain(new).map(&name).collect();
    let mut changes = Vec::new();
    for which in names {
        let of = |list: &'_ [T]| list.iter().position(|one| name(one) == which);
        let before = of(old).and_then(|at| old.get(at));
        let after = of(new).and_then(|at| new.get(at));
        if before == after {
            continue;
        }
        let verdict = match (before, after) {
            (Some(before), Some(after)) => order(before, after),
            _ if aspect == Aspect::UnitPrice => Verdict::Incomparable,
            _ => good_to_have(before, after, neutral),
        };
        let (before, after) = (before.map(&shown), after.map(&shown));
        changes.push(Change { aspect, which: Some(which), from: None, verdict, before, after });
    }
    changes
}

/// Less is better, in one currency; with and without tax are different things.
fn amounts(old: &Amount, new: &Amount) -> Verdict {
    if old.currency != new.currency || old.tax_excluded != new.tax_excluded {
        return Verdict::Incomparable;
    }
    less(&old.minor, &new.minor)
}

fn amount_text(amount: &Amount) -> Text {
    money(amount.minor, &amount.currency)
}

fn unit_price_text(price: &UnitPrice) -> Text {
    let money = money(price.minor, &price.currency);
    both(|locale| match (price.per, locale) {
        (1, _) => money.get(locale).to_owned(),
        (per, Locale::En) => format!("{} per {per}", money.get(locale)),
        (per, Locale::Ja) => format!("{per}につき{}", money.get(locale)),
    })
}

fn money(minor: i64, currency: &str) -> Text {
    let digits = CURRENCIES.iter().find(|(code, _)| *code == currency);
    let amount = Decimal::new(minor, digits.map_or(0, |(_, digits)| *digits));
    plain(format!("{amount} {currency}"))
}

fn region_text(region: &Region) -> Text {
    let zone = region.hazard_zone.as_ref().map(|zone| format!(" {zone}")).unwrap_or_default();
    let place = region.location.as_ref().map(|at| format!(" ({}, {})", at.lat, at.lon));
    plain(format!("{}{zone}{}", region.country, place.unwrap_or_default()))
}

/// An image with another version or instruction set is another image.
fn image_name(image: &MachineImage) -> String {
    let architecture = image.architecture.map(|one| one.as_str().to_owned());
    let parts = [Some(image.name.clone()), image.version.clone(), architecture];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn recipe_text(recipe: &Recipe) -> Text {
    let version = recipe.version.as_ref().map(|version| format!(" {version}"));
    let name = format!("{}{}", recipe.name, version.unwrap_or_default());
    let installs = recipe.installs.iter().map(|one| {
        let version = one.version.as_ref().map(|version| format!(" {version}"));
        format!("{}{}", one.name, version.unwrap_or_default())
    });
    let installs: Vec<String> = installs.collect();
    if installs.is_empty() {
        plain(name)
    } else {
        plain(format!("{name}: {}", installs.join(", ")))
    }
}

fn middleware_text(middleware: &Middleware) -> Text {
    let version = middleware.version.as_ref().map(|version| format!(" {version}"));
    plain(format!("{}{}", middleware.name, version.unwrap_or_default()))
}
