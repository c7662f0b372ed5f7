//! Checks of what holds for every call: tokens, headers, problem documents, sizes and times.

use std::time::Instant;

use serde_json::json;

use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::suite::answer::{Outcome, finding, holds, same};
use crate::suite::desk::{Ask, Bearer, Desk};

/// No cloud has an allocation of this name.
pub(super) const NEVER: &str = "conform-never";
/// Larger than any request of this API.
const HUGE: usize = 256 * 1024;

pub(in crate::suite) async fn token(desk: &Desk<'_>) -> Outcome {
    let hold = desk.ask_hold("hold", desk.room.group(), 60);
    for bearer in [Bearer::None, Bearer::Other("not-the-token".to_owned())] {
        for mut ask in [Ask::new("GET", paths::CAPABILITIES), hold.clone()] {
            ask.bearer = bearer.clone();
            let answer = desk.send(&ask).await;
            answer.refused(Code::Unauthorized)?;
            let scheme = answer.header("www-authenticate").unwrap_or_default();
            let expected = "the scheme is named in www-authenticate";
            holds(expected, scheme.starts_with("Bearer"), format_args!("{scheme:?}"))?;
        }
    }
    nothing_held(desk).await
}

async fn nothing_held(desk: &Desk<'_>) -> Outcome {
    let listed = desk.list(&desk.label()).await?;
    same("the number of allocations after refusals", listed.len(), 0)
}

pub(in crate::suite) async fn request_id(desk: &Desk<'_>) -> Outcome {
    let mut seen = Vec::new();
    for path in [paths::CAPABILITIES.to_owned(), paths::with(paths::ALLOCATION, NEVER)] {
        for _ in 0..2 {
            let answer = desk.send(&Ask::new("GET", path.clone())).await;
            let id = answer.header(paths::REQUEST_ID).unwrap_or_default().to_owned();
            let fits = (1..=100).contains(&id.len()) && !seen.contains(&id);
            holds("x-request-id has 1 to 100 characters and is new each time", fits, &id)?;
            seen.push(id);
        }
    }
    Ok(())
}

pub(in crate::suite) async fn problem(desk: &Desk<'_>) -> Outcome {
    desk.get(paths::ALLOCATION, NEVER).await.refused(Code::NotFound)?;
    let ask = Ask::new("POST", paths::DISCOVER).text("{");
    desk.send(&ask).await.refused(Code::InvalidRequest)?;
    Ok(())
}

pub(in crate::suite) async fn route(desk: &Desk<'_>) -> Outcome {
    let ask = Ask::new("GET", "/v1/conform-no-such-route");
    desk.send(&ask).await.refused(Code::NotFound)?;
    Ok(())
}

pub(in crate::suite) async fn key(desk: &Desk<'_>) -> Outcome {
    let mut ask = desk.ask_hold("hold", desk.room.group(), 60);
    for key in [None, Some(String::new()), Some("a b".to_owned()), Some("k".repeat(201))] {
        ask.key = key;
        desk.send(&ask).await.refused(Code::IdempotencyKeyMissing)?;
    }
    nothing_held(desk).await
}

pub(in crate::suite) async fn epoch(desk: &Desk<'_>) -> Outcome {
    let mut ask = desk.ask_hold("hold", desk.room.group(), 60);
    for epoch in [None, Some("x"), Some("1.5"), Some("9223372036854775808")] {
        ask.epoch = epoch.map(str::to_owned);
        desk.send(&ask).await.refused(Code::EpochMissing)?;
    }
    nothing_held(desk).await
}

pub(in crate::suite) async fn body(desk: &Desk<'_>) -> Outcome {
    let good = desk.ask_hold("hold", desk.room.group(), 60);
    let whole: serde_json::Value =
        serde_json::from_slice(good.body.as_deref().unwrap_or_default()).unwrap_or_default();
    let mut unknown = whole.clone();
    unknown["surprise"] = json!(1);
    let mut missing = whole.clone();
    if let Some(fields) = missing.as_object_mut() {
        fields.remove("region");
    }
    let mut other_type = whole;
    other_type["resources"]["compute"]["count"] = json!("two");
    for text in ["{".to_owned(), "[]".to_owned()]
        .into_iter()
        .chain([unknown, missing, other_type].map(|value| value.to_string()))
    {
        desk.send(&good.clone().text(text)).await.refused(Code::InvalidRequest)?;
    }
    nothing_held(desk).await
}

pub(in crate::suite) async fn values(desk: &Desk<'_>) -> Outcome {
    let mut group = desk.room.group();
    group.compute.count = 0;
    desk.hold_group("count", group, 60).await.names("/resources/compute/count")?;
    let mut group = desk.room.group();
    group.network.mbps = 1_000_001;
    desk.hold_group("mbps", group, 60).await.names("/resources/network/mbps")?;
    if desk.holds() {
        desk.hold_group("ttl", desk.room.group(), 0).await.names("/ttlSeconds")?;
    }
    let mut ask = desk.ask_hold("label", desk.room.group(), 60);
    ask.replace(&desk.label(), "");
    desk.send(&ask).await.names("/label")?;
    nothing_held(desk).await
}

pub(in crate::suite) async fn size(desk: &Desk<'_>) -> Outcome {
    let mut ask = desk.ask_hold("hold", desk.room.group(), 60);
    ask.replace(&desk.label(), &"x".repeat(HUGE));
    let answer = desk.once(&ask).await;
    // A server may also just hang up on what it does not want to read.
    let turned_away = answer.status().is_none_or(|status| (400..500).contains(&status));
    holds("a request of 256 KiB is turned away", turned_away, answer.said())?;
    // The connection it hung up on may be taken once more before that is noticed; reading changes nothing.
    let read = Ask::new("GET", paths::CAPABILITIES);
    let first = desk.send(&read).await;
    let answer = if first.status().is_none() { desk.send(&read).await } else { first };
    answer.value::<serde_json::Value>()?;
    Ok(())
}

pub(in crate::suite) async fn time(desk: &Desk<'_>) -> Outcome {
    let held = desk.hold("hold").await?;
    let limit = desk.room.options.read_limit;
    let id = held.id.as_str();
    for (route, value) in [
        (paths::CAPABILITIES, ""),
        (paths::ALLOCATIONS, ""),
        (paths::ALLOCATION, id),
        (paths::LIVENESS, id),
        (paths::METRICS, id),
        (paths::METER, id),
    ] {
        let began = Instant::now();
        desk.get(route, value).await.value::<serde_json::Value>()?;
        let took = began.elapsed();
        if took > limit {
            let expected = format!("GET {route} is answered within {} ms", limit.as_millis());
            return Err(finding(expected, format!("{} ms", took.as_millis())));
        }
    }
    Ok(())
}
