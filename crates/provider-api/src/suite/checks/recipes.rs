//! Checks of recipes: what is resolved, told before the start, received by the service, and what blocks a start.

use std::collections::BTreeMap;

use crate::paths;
use crate::probe::{Probe, ProbeError};
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, Stop, finding, holds, same};
use crate::suite::desk::{Ask, Desk};
use crate::wire::{Allocation, AllocationId, ResolvedRecipe, StartRequest};

/// The application whose page shows the settings.
const DEMO: &str = "demo";
/// A variable of the caller's own.
const OWN: &str = "conform.own";
const VALUE: &str = "brought-by-the-caller";

fn request(desk: &Desk<'_>, settings: &[(&str, &str)]) -> Result<StartRequest, Stop> {
    if desk.room.capabilities.variables.is_empty() {
        return Err(Stop::Skip("the cloud does not say that it resolves variables".to_owned()));
    }
    let Some(application) = desk.room.application() else {
        return Err(Stop::Skip("the cloud names no application to start".to_owned()));
    };
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Ok(StartRequest {
        application: Some(application.to_owned()),
        image: None,
        service_name: "Conformance".to_owned(),
        settings: settings.iter().map(pair).collect(),
        values: BTreeMap::from([(OWN.to_owned(), VALUE.to_owned())]),
    })
}

fn ask_check(id: &AllocationId, request: &StartRequest) -> Ask {
    Ask::new("POST", paths::with(paths::RECIPE_CHECK, id.as_str())).json(request)
}

fn ask_start(desk: &Desk<'_>, name: &str, id: &AllocationId, request: &StartRequest) -> Ask {
    desk.ask_on(name, 1, paths::START, id).json(request)
}

async fn booked(desk: &Desk<'_>) -> Result<Allocation, Stop> {
    let held = desk.hold("hold").await?;
    desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)
}

pub(in crate::suite) async fn resolved(desk: &Desk<'_>) -> Outcome {
    let names = &desk.room.capabilities.variables;
    let fixed = names.iter().find(|each| each.value.is_some());
    let fixed = fixed.map(|each| (format!("${{{}}}", each.name), each.value.clone()));
    let mut settings = vec![("own", "a ${conform.own} b"), ("plain", "$${zone.region}")];
    if names.iter().any(|each| each.name == "zone.region") {
        settings.push(("region", "in ${zone.region}"));
    }
    settings.extend(fixed.iter().map(|(text, _)| ("fixed", text.as_str())));
    let wanted = request(desk, &settings)?;
    let before = booked(desk).await?;
    let told: ResolvedRecipe = desk.send(&ask_check(&before.id, &wanted)).await.value()?;
    let own = format!("a {VALUE} b");
    let mut expected = BTreeMap::from([("own", own), ("plain", "${zone.region}".to_owned())]);
    if wanted.settings.contains_key("region") {
        expected.insert("region", format!("in {}", before.zone.region));
    }
    if let Some((_, Some(value))) = fixed {
        expected.insert("fixed", value);
    }
    let expected: BTreeMap<String, String> =
        expected.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    same("the settings as resolved", &told.settings, &expected)?;
    let known = told.variables.get(OWN).map(String::as_str);
    same("the variable of the caller", known, Some(VALUE))?;
    let after = desk.look(&before.id).await?;
    let untouched = (after.state, after.generation) == (before.state, before.generation);
    holds("a dry run changes nothing", untouched, format!("{after:?}"))?;
    let ready = desk.send(&ask_start(desk, "start", &before.id, &wanted)).await;
    shows(desk, &ready.in_state(S::Ready)?, &expected).await
}

/// The service has received the settings, where its page shows them.
async fn shows(
    desk: &Desk<'_>,
    ready: &Allocation,
    expected: &BTreeMap<String, String>,
) -> Outcome {
    let Some(endpoint) = ready.endpoint.as_ref().filter(|_| desk.room.application() == Some(DEMO))
    else {
        return Ok(());
    };
    desk.act("allow", 1, paths::ALLOW, &ready.id).await.in_state(S::Active)?;
    match desk.room.probe.probe(&endpoint.url).await {
        Ok(answer) => expected.values().try_for_each(|value| {
            let there = answer.body.contains(value.as_str());
            holds(&format!("the service receives {value:?}"), there, &answer.body)
        }),
        // Where addresses may not be asked from here.
        Err(ProbeError::Forbidden(_)) => Ok(()),
        Err(error) => Err(finding("the service answers", error)),
    }
}

pub(in crate::suite) async fn unresolved(desk: &Desk<'_>) -> Outcome {
    let nowhere = request(desk, &[("greeting", "hello ${conform.nowhere}")])?;
    let id = booked(desk).await?.id;
    let known = desk.room.capabilities.variables.first().map(|each| each.name.clone());
    for ask in [ask_check(&id, &nowhere), ask_start(desk, "start", &id, &nowhere)] {
        let problem = desk.send(&ask).await.refused(Code::VariableUnresolved)?;
        let fault = problem.errors.iter().find(|fault| fault.pointer == "/settings/greeting");
        let named = fault.is_some_and(|fault| fault.detail.contains("conform.nowhere"));
        holds("the variable is named at its place", named, format!("{problem:?}"))?;
        let listed = known.as_ref().is_none_or(|known| problem.detail.contains(known.as_str()));
        holds("the known variables are listed", listed, &problem.detail)?;
    }
    let open = request(desk, &[("greeting", "hello ${conform")])?;
    desk.send(&ask_start(desk, "open", &id, &open)).await.names("/settings/greeting")?;
    if let Some(known) = known {
        let mut shadowing = request(desk, &[])?;
        shadowing.values = BTreeMap::from([(known.clone(), "mine".to_owned())]);
        let refused = desk.send(&ask_start(desk, "shadow", &id, &shadowing)).await;
        refused.names(&format!("/values/{known}"))?;
    }
    same("the state after refusals", desk.look(&id).await?.state, S::Reserved)
}
