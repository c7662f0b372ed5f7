//! Checks of adoption: what runs gets another label as it stands, and only from whoever knows the label that it has.

use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Answer, Outcome, Stop, holds, same};
use crate::suite::desk::Desk;
use crate::wire::{AdoptRequest, Allocation, AllocationId};

async fn adopt(
    desk: &Desk<'_>,
    (name, epoch): (&str, i64),
    id: &AllocationId,
    (from, label): (&str, &str),
) -> Answer {
    let request = AdoptRequest { from: from.to_owned(), label: label.to_owned() };
    desk.send(&desk.ask_on(name, epoch, paths::ADOPT, id).json(&request)).await
}

fn supported(desk: &Desk<'_>) -> Outcome {
    if desk.room.capabilities.adoption {
        return Ok(());
    }
    Err(Stop::Skip("the cloud does not say that labels can be changed".to_owned()))
}

/// In use, with users in where there is an address.
async fn in_use(desk: &Desk<'_>) -> Result<Allocation, Stop> {
    let ready = desk.running().await?;
    if ready.endpoint.is_none() {
        return Ok(ready);
    }
    desk.act("allow", 1, paths::ALLOW, &ready.id).await.in_state(S::Active)
}

pub(in crate::suite) async fn as_it_stands(desk: &Desk<'_>) -> Outcome {
    supported(desk)?;
    let before = in_use(desk).await?;
    let (from, to) = (desk.label(), format!("{}-adopted", desk.label()));
    for _ in 0..2 {
        let told = adopt(desk, ("adopt", 5), &before.id, (&from, &to)).await;
        let told = told.in_state(before.state)?;
        same("the label in the answer", told.label, to.clone())?;
    }
    let later = desk.look(&before.id).await?;
    same("the label seen later", &later.label, &to)?;
    same("the state seen later", later.state, before.state)?;
    same("the machines seen later", &later.instances, &before.instances)?;
    same("the epoch seen later", later.epoch, 5)?;
    let listed = desk.list(&to).await?.iter().any(|it| it.id == before.id);
    holds("it is listed under its new label", listed, "it is not")?;
    let left = desk.list(&from).await?.iter().any(|it| it.id == before.id);
    holds("it is not listed under its old label", !left, "it is")?;
    desk.act("late", 4, paths::STOP, &before.id).await.refused(Code::StaleEpoch)?;
    let back = adopt(desk, ("back", 6), &before.id, (&to, &from)).await;
    same("the label after it was given back", back.in_state(before.state)?.label, from)
}

pub(in crate::suite) async fn consent(desk: &Desk<'_>) -> Outcome {
    supported(desk)?;
    let held = desk.hold("hold").await?;
    let (own, other) = (desk.label(), format!("{}-other", desk.label()));
    if desk.holds() {
        let answer = adopt(desk, ("too-early", 1), &held.id, (&own, &other)).await;
        answer.refused(Code::WrongState)?;
        desk.confirm("confirm", 1, &held.id).await.in_state(S::Reserved)?;
    }
    adopt(desk, ("guess", 1), &held.id, (&other, &other)).await.refused(Code::WrongState)?;
    same("the label after refusals", desk.look(&held.id).await?.label, own)
}
