//! Words for workflow states and audited actions, and where a subject's page is.

use leptos::prelude::*;

use crate::{
    PageContext,
    contracts::state::known_reason,
    ui::{State, badge, id},
    words::Words,
};

/// The states a workflow can be in, in the order of the filter.
pub(super) const STATES: [&str; 7] =
    ["needs_attention", "running", "undoing", "parked", "done", "undone", "abandoned"];

/// The state's word; an unknown one as it is.
pub(super) fn state(words: Words, state: &str) -> String {
    let text = match state {
        "needs_attention" => words.desk_state_needs_attention(),
        "running" => words.desk_state_running(),
        "undoing" => words.desk_state_undoing(),
        "parked" => words.desk_state_parked(),
        "done" => words.desk_state_done(),
        "undone" => words.desk_state_undone(),
        "abandoned" => words.desk_state_abandoned(),
        other => return other.to_owned(),
    };
    text.to_owned()
}

/// The state with its mark.
pub(super) fn state_badge(words: Words, name: &str) -> AnyView {
    let kind = match name {
        "needs_attention" | "parked" => State::Attention,
        "running" | "undoing" => State::Busy,
        "done" => State::Good,
        "undone" => State::Bad,
        "abandoned" => State::Quiet,
        _ => State::Unknown,
    };
    badge(kind, state(words, name))
}

/// Why a workflow stopped, in words by the code that its reason begins with; a person's reason, or one
/// of another version, as it is.
pub(super) fn reason(words: Words, noted: &str) -> AnyView {
    match known_reason(words, noted.split(':').next().unwrap_or(noted)) {
        Some(text) => text.into_any(),
        None => view! { <span class="technical">{noted.to_owned()}</span> }.into_any(),
    }
}

/// Whether a person may retry it or give it up.
pub(super) fn is_stuck(state: &str) -> bool {
    matches!(state, "needs_attention" | "parked")
}

/// An audited action in words; one of another version stays as it is.
pub(super) fn action(words: Words, action: &str) -> String {
    let text = match action {
        "account.signed_in" => words.desk_action_signed_in(),
        "account.signed_up" => words.desk_action_signed_up(),
        "order.signed" => words.desk_action_order_signed(),
        "contract.signed" => words.desk_action_contract_signed(),
        "contract.activated" => words.desk_action_contract_activated(),
        "contract.activation_failed" => words.desk_action_contract_failed(),
        "contract.release_asked" => words.desk_action_release_asked(),
        "contract.end_set" => words.desk_action_end_set(),
        "contract.end_taken_back" => words.desk_action_end_taken_back(),
        "contract.end_came" => words.desk_action_end_came(),
        "contract.released" => words.desk_action_released(),
        "contract.data_sent" => words.desk_action_data_sent(),
        "contract.data_taken" => words.desk_action_data_taken(),
        "contract.data_waived" => words.desk_action_data_waived(),
        "contract.repair_asked" => words.desk_action_repair_asked(),
        "contract.repair_mode_set" => words.desk_action_repair_mode_set(),
        "contract.repaired" => words.desk_action_repaired(),
        "contract.repair_failed" => words.desk_action_repair_failed(),
        "contract.waiting_ended" => words.preempt_action_waiting_ended(),
        "contract.preemption_agreed" => words.preempt_action_agreed(),
        "contract.preemption_withdrawn" => words.preempt_action_withdrawn(),
        "contract.preemption_hastened" => words.preempt_action_hastened(),
        "contract.preemption_noticed" => words.preempt_action_noticed(),
        "contract.preemption_called_off" => words.preempt_action_called_off(),
        "contract.preemption_begun" => words.preempt_action_begun(),
        "contract.preempted" => words.preempt_action_taken(),
        "contract.preemption_failed" => words.preempt_action_failed(),
        "contract.preemption_return_begun" => words.preempt_action_return_begun(),
        "contract.preemption_return_failed" => words.preempt_action_return_failed(),
        "contract.preemption_returned" => words.preempt_action_returned(),
        "contract.preemption_ended" => words.preempt_action_ended(),
        "contract.change_asked" => words.desk_action_change_asked(),
        "contract.change_begun" => words.desk_action_change_begun(),
        "contract.change_called_off" => words.desk_action_change_called_off(),
        "contract.moved_over" => words.desk_action_moved_over(),
        "contract.changed" => words.desk_action_changed(),
        "contract.change_failed" => words.desk_action_change_failed(),
        "announcement.made" => words.announce_action_made(),
        "announcement.changed" => words.announce_action_changed(),
        "announcement.ended" => words.announce_action_ended(),
        "admission.written" => words.admit_action_written(),
        "admission.applied" => words.admit_event_apply(),
        "admission.begun" => words.admit_event_begin(),
        "admission.admitted" => words.admit_event_admit(),
        "admission.refused" => words.admit_event_refuse(),
        "admission.suspended" => words.admit_event_suspend(),
        "admission.reinstated" => words.admit_event_reinstate(),
        "admission.checked" => words.admit_action_checked(),
        "admission.list_changed" => words.admit_action_list_changed(),
        "category.proposed" => words.catalog_action_proposed(),
        "category.changed" => words.catalog_action_changed(),
        "category.refused" => words.catalog_action_refused(),
        "category.taken_back" => words.catalog_action_taken_back(),
        "item.proposed" => words.extend_action_proposed(),
        "item.changed" => words.extend_action_changed(),
        "item.refused" => words.extend_action_refused(),
        "item.taken_back" => words.extend_action_taken_back(),
        "announcement.taken_back" => words.announce_action_taken_back(),
        "rating.given" => words.ratings_action_given(),
        "rating.changed" => words.ratings_action_changed(),
        "rating.withdrawn" => words.ratings_action_withdrawn(),
        "rating.answered" => words.ratings_action_answered(),
        "rating.answer_withdrawn" => words.ratings_action_answer_withdrawn(),
        "allocation.orphan_found" => words.desk_action_orphan_found(),
        "offers.imported" => words.desk_action_offers_imported(),
        "offers.upload_undone" => words.uploads_undone(),
        "bundle.made" => words.bundles_made(),
        "bundle.changed" => words.bundles_kept(),
        "bundle.removed" => words.bundles_removed(),
        "offer.drafted" => words.desk_action_offer_drafted(),
        "offer.revised" => words.desk_action_offer_revised(),
        "offer.submitted" => words.life_step_submitted(),
        "offer.review_begun" => words.life_step_begun(),
        "offer.approved" => words.life_step_approved(),
        "offer.refused" => words.life_step_refused(),
        "offer.taken_back" => words.life_step_taken_back(),
        "offer.rescheduled" => words.life_step_rescheduled(),
        "offer.paused" => words.life_step_paused(),
        "offer.resumed" => words.life_step_resumed(),
        "offer.end_announced" => words.life_step_announced(),
        "offer.end_taken_back" => words.life_step_stayed(),
        "audience.made" => words.audience_action_made(),
        "offer.audience_set" => words.audience_action_set(),
        "invitation.made" => words.audience_action_invited(),
        "invitation.accepted" => words.audience_action_accepted(),
        "invitation.declined" => words.audience_action_declined(),
        "invitation.left" => words.audience_action_left(),
        "invitation.taken_back" => words.audience_action_taken_back(),
        "offer.commented" => words.life_action_commented(),
        "offer.comment_settled" => words.life_action_settled(),
        "review_rules.changed" => words.life_action_rules(),
        "offer.published" => words.desk_action_offer_published(),
        "offer.withdrawn" => words.desk_action_offer_withdrawn(),
        "provider.created" => words.desk_action_provider_created(),
        "provider.connected" => words.desk_action_provider_connected(),
        "requirement.saved" => words.desk_action_need_saved(),
        "requirement.revised" => words.desk_action_need_revised(),
        "requirement.watched" => words.desk_action_need_watched(),
        "requirement.unwatched" => words.desk_action_need_unwatched(),
        "token.created" => words.desk_action_token_created(),
        "token.revoked" => words.desk_action_token_revoked(),
        "workflow.retried" => words.desk_action_workflow_retried(),
        "workflow.step_skipped" => words.desk_action_step_skipped(),
        "workflow.step_marked_undone" => words.desk_action_step_marked_undone(),
        "workflow.cancelled" => words.desk_action_workflow_cancelled(),
        "workflow.abandoned" => words.desk_action_workflow_abandoned(),
        other => return of_versions(words, other).unwrap_or(other).to_owned(),
    };
    text.to_owned()
}

/// Actions about newer versions and about channels.
fn of_versions(words: Words, action: &str) -> Option<&'static str> {
    Some(match action {
        "contract.version_accepted" => words.newer_action_accepted(),
        "contract.version_kept" => words.newer_action_kept(),
        "channels.set" => words.channels_action_set(),
        "channels.secret_renewed" => words.channels_action_renewed(),
        "delivery.asked_again" => words.channels_action_again(),
        _ => return None,
    })
}

/// What a fact of an audit line is; one of another version as it is.
pub(super) fn fact(words: Words, key: &str) -> String {
    let text = match key {
        "offer" => words.desk_fact_offer(),
        "version" | "offerVersion" => words.desk_fact_version(),
        "offerHash" => words.desk_fact_offer_hash(),
        "requirementHash" => words.desk_fact_need_hash(),
        "failure" | "reason" => words.desk_workflow_reason(),
        "step" => words.desk_step_name(),
        "request" => words.desk_fact_request(),
        other => return other.to_owned(),
    };
    text.to_owned()
}

/// A thing by its id, with a link where it has a page for the broker.
pub(super) fn subject(ctx: &PageContext, subject: &str) -> AnyView {
    let words = ctx.words();
    let shown = id(ctx, subject);
    match page_of(subject) {
        Some(href) => view! { <span class="subject">{shown}<a href=href aria-label=words.desk_open_named(subject)>{words.desk_open()}</a></span> }
            .into_any(),
        None => shown,
    }
}

/// The address of a subject's page.
fn page_of(subject: &str) -> Option<String> {
    let (kind, _) = subject.split_once('_')?;
    match kind {
        "ord" => Some(format!("/orders/{subject}")),
        "ctr" => Some(format!("/contracts/{subject}")),
        "ofr" => Some(format!("/market/offers/{subject}")),
        "wfl" => Some(format!("/desk/workflows/{subject}")),
        "rev" => Some(format!("/desk/reviews/{subject}")),
        "prv" => Some(format!("/desk/providers/{subject}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn things_lead_to_their_pages_and_people_do_not() {
        assert_eq!(page_of("ctr_1").as_deref(), Some("/contracts/ctr_1"));
        assert_eq!(page_of("usr_1"), None);
        assert_eq!(page_of("system"), None);
    }

    #[test]
    fn every_state_of_the_filter_has_a_word() {
        for name in STATES {
            assert_ne!(state(Locale::Ja.words(), name), name);
        }
        assert_eq!(state(Locale::Ja.words(), "melting"), "melting");
    }
}
