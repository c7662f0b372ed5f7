//! The check of calls out of order: in every state, what the table of transitions does not know is refused.

use crate::paths;
use crate::problem::ProblemCode as Code;
use crate::state::ResourceState as S;
use crate::suite::answer::{Outcome, Stop, same};
use crate::suite::desk::Desk;
use crate::wire::AllocationId;

/// In each state the calls that cannot be done; what reaches a goal that is already reached is not among them.
const OUT_OF_ORDER: [(S, &[&str]); 6] = [
    (S::Held, &["start", "allow", "stop", "erase"]),
    (S::Reserved, &["extend", "confirm", "drop", "allow"]),
    (S::Ready, &["extend", "confirm", "drop", "erase", "release"]),
    (S::Active, &["extend", "confirm", "drop", "erase", "release"]),
    (S::Draining, &["extend", "confirm", "drop", "allow"]),
    (S::Erased, &["extend", "confirm", "start", "allow"]),
];

pub(in crate::suite) async fn order(desk: &Desk<'_>) -> Outcome {
    desk.needs_holds()?;
    let id = desk.hold("hold").await?.id;
    for (state, calls) in OUT_OF_ORDER {
        reach(desk, &id, state).await?;
        let before = desk.look(&id).await?;
        same("the state", before.state, state)?;
        for call in calls {
            attempt(desk, &id, call, state).await?;
            let after = desk.look(&id).await?;
            let what = format!("the state after {call} was refused while {state}");
            same(&what, after.state, state)?;
            let what = format!("the generation after {call} was refused while {state}");
            same(&what, after.generation, before.generation)?;
        }
    }
    Ok(())
}

/// One step on in the life.
async fn reach(desk: &Desk<'_>, id: &AllocationId, state: S) -> Outcome {
    match state {
        S::Reserved => desk.confirm("confirm", 1, id).await.in_state(state)?,
        S::Ready => desk.start("start", id).await?.in_state(state)?,
        S::Active => {
            if desk.look(id).await?.endpoint.is_none() {
                return Err(Stop::Skip("the cloud lends no addresses".to_owned()));
            }
            desk.act("allow", 1, paths::ALLOW, id).await.in_state(state)?
        }
        S::Draining => desk.act("stop", 1, paths::STOP, id).await.in_state(state)?,
        S::Erased => desk.ended(id, 1).await?,
        _ => return Ok(()),
    };
    Ok(())
}

async fn attempt(desk: &Desk<'_>, id: &AllocationId, call: &str, state: S) -> Outcome {
    let name = format!("{call}-while-{state}");
    let answer = match call {
        "extend" => desk.extend(&name, id, 60).await,
        "confirm" => desk.confirm(&name, 1, id).await,
        "start" => desk.start(&name, id).await?,
        "drop" => desk.drop_hold(&name, id).await,
        "allow" => desk.act(&name, 1, paths::ALLOW, id).await,
        "stop" => desk.act(&name, 1, paths::STOP, id).await,
        "erase" => desk.act(&name, 1, paths::ERASE, id).await,
        _ => desk.act(&name, 1, paths::RELEASE, id).await,
    };
    answer.refused(Code::WrongState)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Cause;

    #[test]
    fn what_is_refused_is_what_the_table_of_transitions_does_not_know() {
        for (state, calls) in OUT_OF_ORDER {
            for call in calls {
                let cause = Cause::ALL.into_iter().find(|cause| cause.as_str() == *call).unwrap();
                assert_eq!(state.after(cause), None, "{call} while {state}");
            }
        }
    }
}
