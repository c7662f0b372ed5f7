//! Words from outside that workflows wait for.

use axum::extract::State;
use broker::Broker;
use broker::desk::WaitingCard;
use broker::steer::SignalWord;
use domain::WorkflowId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::desk::{WorkflowBody, one};
use super::extract::{Asker, Input, Named, Nothing, Query};
use super::problem::Problem;
use super::wire::{Answer, moment};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(send))
}

/// A step that waits for a word from outside.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitingStep)]
struct WaitingBody {
    /// `wfl_…`
    workflow: String,
    /// Its kind, such as activate_contract.
    kind: String,
    /// Id of what it works on.
    subject: String,
    /// The step that waits.
    step: String,
    /// The signal it waits for.
    signal: String,
    /// Since when.
    since: String,
    /// Until when; then the step goes on without it, or fails.
    until: String,
    /// Whether it is for the customer to say, so that the desk cannot send it.
    #[serde(rename = "ofCustomer")]
    of_customer: bool,
}

impl From<WaitingCard> for WaitingBody {
    fn from(card: WaitingCard) -> Self {
        Self {
            workflow: card.workflow.to_string(),
            kind: card.kind,
            subject: card.subject,
            step: card.step,
            signal: card.signal,
            since: moment(card.since),
            until: moment(card.until),
            of_customer: card.of_customer,
        }
    }
}

/// Everything that waits for a word.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitingSteps)]
struct WaitingList {
    /// Who waits least long first, at most 200.
    items: Vec<WaitingBody>,
}

/// List what waits for a signal
#[utoipa::path(get, path = "/desk/signals", tag = "desk",
    responses((status = 200, body = WaitingList)))]
async fn list(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<WaitingList>, Problem> {
    let items = broker.waiting_steps(&ctx).await?.into_iter().map(WaitingBody::from).collect();
    Ok(Answer(WaitingList { items }))
}

/// What a workflow is told, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignalInput {
    /// The name that a step of it waits for.
    signal: String,
    /// 1 to 500 characters; audited.
    reason: String,
    /// What is told, as the step reads it; nothing when absent.
    #[serde(default)]
    payload: serde_json::Value,
}

/// Tell a workflow what one of its steps waits for
///
/// The first word under a name counts. 409 `wrong_state`: nothing of it waits for this signal; `customers_word`: it is
/// for the customer to say.
#[utoipa::path(post, path = "/desk/workflows/{workflow}/signal", tag = "desk",
    params(("workflow" = String, Path, description = "`wfl_…`")), request_body = SignalInput,
    responses((status = 200, body = WorkflowBody)))]
async fn send(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<WorkflowId>,
    Input(input): Input<SignalInput>,
) -> Result<Answer<WorkflowBody>, Problem> {
    let word = SignalWord { signal: &input.signal, reason: &input.reason, payload: &input.payload };
    broker.send_signal(&ctx, id, word).await?;
    one(&broker, &ctx, id).await
}
