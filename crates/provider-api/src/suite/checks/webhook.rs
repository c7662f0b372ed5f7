//! Checks of the subscription: what is refused, what is told, and that each event is posted once, in order and signed.

use std::time::{Duration, Instant};

use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Answer, Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::suite::ear::{Ear, Heard};
use crate::webhook::{self, WebhookSecret};
use crate::wire::{CloudEvent, OperationRecord, Webhook, WebhookRequest, WebhookState};

/// Known to everybody, for checks only.
const SECRET: &str = "whsec_Y29uZm9ybWFuY2Ugc2VjcmV0IG9mIHRoZSBzdWl0ZQ==";
/// A name that is never given to anybody (RFC 6761).
const NOWHERE: &str = "https://conform.invalid/events";
/// How often it is looked whether something was posted.
const LOOK: Duration = Duration::from_millis(100);

/// The epoch to use; skips where there is none of it, or where a subscription is in use that must not be lost.
async fn free(desk: &Desk<'_>) -> Result<i64, Stop> {
    if !desk.room.capabilities.webhooks {
        return Err(Stop::Skip("the cloud does not say that it posts events".to_owned()));
    }
    let seen = told(desk).await?;
    if seen.state != WebhookState::Unset {
        return Err(Stop::Skip("the token has a subscription, which is left alone".to_owned()));
    }
    Ok(seen.epoch.unwrap_or(0).saturating_add(1))
}

async fn told(desk: &Desk<'_>) -> Result<Webhook, Stop> {
    desk.send(&Ask::new("GET", paths::WEBHOOK)).await.value()
}

async fn set(desk: &Desk<'_>, name: &str, epoch: i64, url: &str, secret: &str) -> Answer {
    let request = WebhookRequest { url: url.to_owned(), secret: secret.to_owned() };
    let ask = Ask::new("PUT", paths::WEBHOOK).json(&request);
    desk.send(&ask.key(desk.key(name)).epoch(epoch)).await
}

async fn delete(desk: &Desk<'_>, name: &str, epoch: i64) -> Answer {
    desk.send(&Ask::new("DELETE", paths::WEBHOOK).key(desk.key(name)).epoch(epoch)).await
}

/// Takes the subscription away whatever was found.
async fn then_delete(desk: &Desk<'_>, epoch: i64, outcome: Outcome) -> Outcome {
    let gone: Result<Webhook, Stop> = delete(desk, "end", epoch).await.value();
    outcome?;
    same("the state after it was taken away", gone?.state, WebhookState::Unset)
}

pub(in crate::suite) async fn subscription(desk: &Desk<'_>) -> Outcome {
    let epoch = free(desk).await?;
    let outcome = rules(desk, epoch).await;
    then_delete(desk, epoch.saturating_add(1), outcome).await
}

async fn rules(desk: &Desk<'_>, epoch: i64) -> Outcome {
    let private = ["ftp://conform.invalid/", "http://10.0.0.1/", "http://169.254.169.254/", "here"];
    for (number, url) in private.into_iter().enumerate() {
        set(desk, &format!("wrong-{number}"), epoch, url, SECRET).await.names("/url")?;
    }
    set(desk, "short", epoch, NOWHERE, "whsec_c2hvcnQ=").await.names("/secret")?;
    same("the state after refusals", told(desk).await?.state, WebhookState::Unset)?;
    for _ in 0..2 {
        let answer = set(desk, "set", epoch, NOWHERE, SECRET).await;
        let made: Webhook = answer.value()?;
        same("the state of what was set", made.state, WebhookState::Active)?;
        same("the address of what was set", made.url.as_deref(), Some(NOWHERE))?;
        let secret = SECRET.trim_start_matches("whsec_");
        holds("the secret is never told", !answer.body.contains(secret), "it is")?;
    }
    delete(desk, "set", epoch).await.refused(Code::IdempotencyKeyReused)?;
    for name in ["gone", "gone", "gone-again"] {
        let gone: Webhook = delete(desk, name, epoch.saturating_add(1)).await.value()?;
        same("the state of what was taken away", gone.state, WebhookState::Unset)?;
    }
    set(desk, "stale", epoch, NOWHERE, SECRET).await.refused(Code::StaleEpoch)?;
    Ok(())
}

pub(in crate::suite) async fn posted(desk: &Desk<'_>) -> Outcome {
    let epoch = free(desk).await?;
    if !on_this_machine(desk) {
        return Err(Stop::Skip("the cloud is on another machine than this run".to_owned()));
    }
    let ear =
        Ear::open().await.map_err(|error| Stop::Skip(format!("nobody can listen: {error}")))?;
    let answer = set(desk, "set", epoch, &ear.url, SECRET).await;
    if answer.status() == Some(400) {
        return Err(Stop::Skip("the cloud does not post to its own machine".to_owned()));
    }
    let made: Result<Webhook, Stop> = answer.value();
    let outcome = match made {
        Ok(_) => deliveries(desk, &ear).await,
        Err(stop) => Err(stop),
    };
    then_delete(desk, epoch, outcome).await
}

fn on_this_machine(desk: &Desk<'_>) -> bool {
    match desk.room.target.config.base_url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}

async fn deliveries(desk: &Desk<'_>, ear: &Ear) -> Outcome {
    let held = desk.hold("hold").await?;
    desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    desk.act("release", 1, paths::RELEASE, &held.id).await.in_state(S::Released)?;
    let (began, limit) = (Instant::now(), desk.room.options.answer_limit);
    let ours = loop {
        let ours = of_check(desk, ear);
        if ours.len() >= 3 {
            break ours;
        }
        if began.elapsed() > limit {
            let expected = format!("each of three changes is posted within {limit:?}");
            return Err(finding(expected, format!("{} came", ours.len())));
        }
        tokio::time::sleep(LOOK).await;
    };
    let states: Vec<S> = ours.iter().map(|(_, event)| event.data.state).collect();
    same("the states posted, in order", states.as_slice(), &[S::Held, S::Reserved, S::Released])?;
    let mut ids: Vec<&str> = ours.iter().map(|(heard, _)| heard.header(webhook::ID)).collect();
    ids.dedup();
    same("the number of different webhook-ids", ids.len(), 3)?;
    for (heard, event) in &ours {
        trusted(heard)?;
        let feed = super::events::read(desk, None).await?.0;
        holds("what is posted is what the feed tells", feed.contains(event), format!("{event:?}"))?;
    }
    Ok(())
}

/// What was posted about this check: the subscription is of the whole token.
fn of_check(desk: &Desk<'_>, ear: &Ear) -> Vec<(Heard, CloudEvent)> {
    let read = |heard: Heard| {
        let event: CloudEvent = serde_json::from_slice(&heard.body).ok()?;
        (event.data.label == desk.label()).then_some((heard, event))
    };
    ear.heard().into_iter().filter_map(read).collect()
}

fn trusted(heard: &Heard) -> Outcome {
    let kind = heard.header("content-type");
    let is_event = kind.starts_with("application/cloudevents+json");
    holds("an event is application/cloudevents+json", is_event, kind)?;
    let (id, time) = (heard.header(webhook::ID), heard.header(webhook::TIMESTAMP));
    let signature = heard.header(webhook::SIGNATURE);
    let secret = WebhookSecret::parse(SECRET).map_err(|error| finding("a secret", error))?;
    // The clock of a cloud in a drill may stand anywhere; a message must fit the time it names itself.
    let now = time.parse().map_err(|_| finding("webhook-timestamp is seconds", time))?;
    secret
        .verify((id, time, signature), &heard.body, now)
        .map_err(|error| finding("the signature fits the secret that was set", error))
}

/// A key of a call on the subscription is known.
pub(super) async fn by_key(desk: &Desk<'_>) -> Outcome {
    let epoch = free(desk).await?;
    let asked = async {
        set(desk, "set", epoch, NOWHERE, SECRET).await.value::<Webhook>()?;
        let answer = desk.get(paths::OPERATION, &desk.key("set")).await;
        let record: OperationRecord = answer.value()?;
        same(
            "the operation of a key on the subscription",
            record.operation.as_str(),
            "setWebhook",
        )?;
        let state = record.webhook.map(|webhook| webhook.state);
        same("the subscription the key tells of", state, Some(WebhookState::Active))
    };
    let outcome = asked.await;
    then_delete(desk, epoch, outcome).await
}
