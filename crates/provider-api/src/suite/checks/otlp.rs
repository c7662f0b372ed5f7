//! Checks of the push of readings to a collector of the OpenTelemetry protocol.

use std::time::{Duration, Instant};

use super::monitoring::{all, booked, set, setting, support};
use super::webhook::on_this_machine;
use crate::problem::ProblemCode as Code;
use crate::suite::answer::{Outcome, Stop, finding, holds, same};
use crate::suite::desk::Desk;
use crate::suite::ear::Ear;
use crate::wire::{Monitoring, MonitoringRequest, OtlpTarget};

/// What the collector is told with every push, and nobody else.
const TOKEN: &str = "conform-token-of-the-collector";
/// How often a push is looked for.
const LOOK: Duration = Duration::from_millis(100);

pub(in crate::suite) async fn pushed(desk: &Desk<'_>) -> Outcome {
    let support = support(desk)?;
    if !support.otlp {
        return Err(Stop::Skip("the cloud does not say that it pushes readings".to_owned()));
    }
    let id = booked(desk).await?;
    let to = |url: &str| MonitoringRequest {
        otlp: Some(OtlpTarget { url: url.to_owned(), token: Some(TOKEN.to_owned()) }),
        ..all(support, true)
    };
    for (number, url) in ["http://10.0.0.1/v1/metrics", "ftp://conform.invalid/"].iter().enumerate()
    {
        set(desk, &format!("wrong-{number}"), &id, &to(url)).await.names("/otlp/url")?;
    }
    if !on_this_machine(desk) {
        return Err(Stop::Skip("the cloud is on another machine than this run".to_owned()));
    }
    let ear =
        Ear::open().await.map_err(|error| Stop::Skip(format!("nobody can listen: {error}")))?;
    let answer = set(desk, "set", &id, &to(&ear.url)).await;
    if answer.status() == Some(Code::InvalidRequest.status()) {
        return Err(Stop::Skip("the cloud does not post to its own machine".to_owned()));
    }
    let told: Monitoring = answer.value()?;
    same("where readings are pushed", told.otlp.map(|push| push.url), Some(ear.url.clone()))?;
    holds("the token of the collector is never told", !answer.body.contains(TOKEN), "it is")?;
    let (began, limit) = (Instant::now(), desk.room.options.answer_limit);
    let heard = loop {
        if let Some(heard) = ear.heard().into_iter().next() {
            break heard;
        }
        if began.elapsed() > limit {
            return Err(finding(format!("a reading is pushed within {limit:?}"), "none came"));
        }
        tokio::time::sleep(LOOK).await;
    };
    let bearer = format!("Bearer {TOKEN}");
    same("the token that is pushed with", heard.header("authorization"), bearer.as_str())?;
    same("the content type of what is pushed", heard.header("content-type"), "application/json")?;
    let body: serde_json::Value = serde_json::from_slice(&heard.body)
        .map_err(|error| finding("what is pushed is JSON", error))?;
    let metrics = body.pointer("/resourceMetrics/0/scopeMetrics/0/metrics");
    let told = metrics.and_then(|metrics| metrics.as_array()).is_some_and(|all| !all.is_empty());
    holds("what is pushed is an export of metrics", told, &body)?;
    while setting(desk, &id).await?.otlp.and_then(|push| push.pushed_at_us).is_none() {
        if began.elapsed() > limit {
            return Err(finding("the moment of the last push is told", "it is absent"));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
