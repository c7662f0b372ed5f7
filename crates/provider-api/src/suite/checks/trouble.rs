//! Checks with faults on order, for clouds that take such orders at `/faults`: what a caller finds after lost answers.

use serde_json::json;

use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, Stop, holds, same};
use crate::suite::desk::{Ask, Bearer, Desk};
use crate::wire::OperationRecord;

const FAULTS: &str = "/faults";

/// Orders one fault for the next hold.
async fn order(desk: &Desk<'_>, kind: &str) -> Outcome {
    let Some(admin) = &desk.room.target.admin_token else {
        return Err(Stop::Skip("it needs --admin-token".to_owned()));
    };
    let bearer = Bearer::Other(admin.reveal().to_owned());
    let mut ask = Ask::new("POST", FAULTS).json(&json!({"operation": "hold", "kind": kind}));
    ask.bearer = bearer;
    let answer = desk.send(&ask).await;
    match answer.status() {
        Some(200 | 201 | 204) => Ok(()),
        Some(404) => Err(Stop::Skip("the cloud takes no orders for faults".to_owned())),
        _ => Err(Stop::Skip(format!("the fault could not be ordered: {}", answer.said()))),
    }
}

/// The fault hits; then the caller asks by the key and repeats the call.
async fn found_again(desk: &Desk<'_>, kind: &str) -> Outcome {
    order(desk, kind).await?;
    let ask = desk.ask_hold("hold", desk.room.group(), 60);
    let lost = desk.once(&ask).await;
    let failed = lost.status().is_none_or(|status| status >= 500);
    holds("the ordered fault hits the call", failed, lost.said())?;
    let record: OperationRecord = desk.get(paths::OPERATION, &desk.key("hold")).await.value()?;
    let again = desk.send(&ask).await.in_state(S::Held)?;
    same("the id after the repetition", &again.id, &record.allocation.id)?;
    same("the number of allocations", desk.list(&desk.label()).await?.len(), 1)
}

pub(in crate::suite) async fn lost_answer(desk: &Desk<'_>) -> Outcome {
    found_again(desk, "loseAnswer").await
}

pub(in crate::suite) async fn fail_after(desk: &Desk<'_>) -> Outcome {
    found_again(desk, "failAfter").await
}

pub(in crate::suite) async fn fail_before(desk: &Desk<'_>) -> Outcome {
    order(desk, "failBefore").await?;
    let ask = desk.ask_hold("hold", desk.room.group(), 60);
    desk.once(&ask).await.refused(Code::Unavailable)?;
    desk.get(paths::OPERATION, &desk.key("hold")).await.refused(Code::NotFound)?;
    same("the number of allocations", desk.list(&desk.label()).await?.len(), 0)?;
    desk.send(&ask).await.in_state(S::Held)?;
    Ok(())
}
