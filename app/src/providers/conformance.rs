//! How well a provider's cloud keeps the contract of the provider API: on its public page and in its portal.

use broker::conformance::{CloudReport, Conformance, Deviation, Outcome};
use leptos::prelude::*;

use crate::{
    PageContext,
    ui::{Column, Kind, State, Table, badge, definitions, notice, time},
    words::Words,
};

/// What is known, for everybody; nothing when nobody ever asked.
pub(super) fn summary(ctx: &PageContext, known: Option<&Conformance>, passed: bool) -> AnyView {
    let words = ctx.words();
    let never =
        || badge(State::Quiet, if passed { words.conform_own() } else { words.conform_never() });
    let Some(known) = known else { return never() };
    let waiting = known.waiting.then(|| badge(State::Busy, words.conform_waiting()));
    match &known.report {
        None if known.waiting => waiting.into_any(),
        None => never(),
        Some(report) => {
            let old = (!report.current).then(|| badge(State::Quiet, words.conform_old()));
            view! {
                <span class="chips">{outcome(words, report.outcome)}{old}{waiting}</span>
                " "
                {time(ctx, report.examined_at.0)}
            }
            .into_any()
        }
    }
}

pub(crate) fn outcome(words: Words, outcome: Outcome) -> AnyView {
    match outcome {
        Outcome::Conforms => badge(State::Good, words.conform_conforms()),
        Outcome::Deviates => badge(State::Bad, words.conform_deviates()),
        Outcome::NotExamined => badge(State::Unknown, words.conform_not_examined()),
    }
}

/// The whole report.
pub(super) fn details(ctx: &PageContext, known: Option<&Conformance>) -> AnyView {
    let words = ctx.words();
    let waiting = known.is_some_and(|known| known.waiting).then(|| {
        let text = view! { <p>{words.conform_waiting_text()}</p> }.into_any();
        notice(Kind::Note, words.conform_waiting(), text)
    });
    let report = match known.and_then(|known| known.report.as_ref()) {
        Some(report) => told(ctx, report),
        None => view! { <p>{words.conform_never_text()}</p> }.into_any(),
    };
    view! { {waiting}{report} }.into_any()
}

fn told(ctx: &PageContext, report: &CloudReport) -> AnyView {
    let words = ctx.words();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let old = (!report.current).then(|| badge(State::Quiet, words.conform_old()));
    let result = view! { <span class="chips">{outcome(words, report.outcome)}{old}</span> };
    let failed = count(report.deviations.len());
    let counts = words.conform_counts(count(report.passed), failed, count(report.skipped));
    let mut pairs = vec![
        (words.conform_result().to_owned(), result.into_any()),
        (words.conform_examined().to_owned(), time(ctx, report.examined_at.0)),
        (words.conform_count().to_owned(), counts.into_any()),
    ];
    if let Some(reason) = &report.reason {
        pairs.push((words.conform_reason().to_owned(), reason.clone().into_any()));
    }
    let table = (!report.deviations.is_empty()).then(|| deviations(words, &report.deviations));
    view! { {definitions(pairs)}{table} }.into_any()
}

fn deviations(words: Words, all: &[Deviation]) -> AnyView {
    let heads = vec![
        Column::text(words.conform_check()),
        Column::text(words.conform_expected()),
        Column::text(words.conform_found()),
    ];
    let rows = all.iter().map(|deviation| {
        let name = deviation.check.clone();
        let told = fact(words, &deviation.check).unwrap_or(&deviation.fact).to_owned();
        vec![
            view! { {told}" "<code>{name}</code> }.into_any(),
            deviation.expected.clone().into_any(),
            deviation.found.clone().into_any(),
        ]
    });
    Table::new(words.conform_table(), heads).rows(rows).view()
}

/// The fact of a check in the reader's language; nothing for one of a later version.
fn fact(words: Words, check: &str) -> Option<&'static str> {
    Some(match check {
        "door.token" => words.conform_fact_door_token(),
        "door.request-id" => words.conform_fact_door_request_id(),
        "door.problem" => words.conform_fact_door_problem(),
        "door.route" => words.conform_fact_door_route(),
        "door.key" => words.conform_fact_door_key(),
        "door.epoch" => words.conform_fact_door_epoch(),
        "door.body" => words.conform_fact_door_body(),
        "door.values" => words.conform_fact_door_values(),
        "door.size" => words.conform_fact_door_size(),
        "door.time" => words.conform_fact_door_time(),
        "door.tenants" => words.conform_fact_door_tenants(),
        "places.told" => words.conform_fact_places_told(),
        "places.live" => words.conform_fact_places_live(),
        "places.kept" => words.conform_fact_places_kept(),
        "places.unknown" => words.conform_fact_places_unknown(),
        "places.full" => words.conform_fact_places_full(),
        "hold.repeat" => words.conform_fact_hold_repeat(),
        "hold.declared" => words.conform_fact_hold_declared(),
        "hold.cancelled" => words.conform_fact_hold_cancelled(),
        "hold.same-moment" => words.conform_fact_hold_same_moment(),
        "hold.key-reused" => words.conform_fact_hold_key_reused(),
        "hold.refusal-forgotten" => words.conform_fact_hold_refusal_forgotten(),
        "hold.whole" => words.conform_fact_hold_whole(),
        "hold.race" => words.conform_fact_hold_race(),
        "hold.ttl" => words.conform_fact_hold_ttl(),
        "hold.expiry" => words.conform_fact_hold_expiry(),
        "hold.extend" => words.conform_fact_hold_extend(),
        "hold.drop" => words.conform_fact_hold_drop(),
        "hold.links" => words.conform_fact_hold_links(),
        "hold.links-whole" => words.conform_fact_hold_links_whole(),
        "hold.endpoints" => words.conform_fact_hold_endpoints(),
        "hold.quota" => words.conform_fact_hold_quota(),
        "crash.other-keys" => words.conform_fact_crash_other_keys(),
        "crash.by-key" => words.conform_fact_crash_by_key(),
        "crash.by-label" => words.conform_fact_crash_by_label(),
        "crash.pages" => words.conform_fact_crash_pages(),
        "crash.hold-cut" => words.conform_fact_crash_hold_cut(),
        "crash.start-cut" => words.conform_fact_crash_start_cut(),
        "crash.half-made" => words.conform_fact_crash_half_made(),
        "fence.stale" => words.conform_fact_fence_stale(),
        "fence.refused-counts" => words.conform_fact_fence_refused_counts(),
        "fence.old-key" => words.conform_fact_fence_old_key(),
        "life.whole" => words.conform_fact_life_whole(),
        "life.access" => words.conform_fact_life_access(),
        "life.application" => words.conform_fact_life_application(),
        "life.restart" => words.conform_fact_life_restart(),
        "life.resize" => words.conform_fact_life_resize(),
        "life.resize-room" => words.conform_fact_life_resize_room(),
        "life.resize-data" => words.conform_fact_life_resize_data(),
        "life.resize-order" => words.conform_fact_life_resize_order(),
        "life.adopt" => words.conform_fact_life_adopt(),
        "life.adopt-consent" => words.conform_fact_life_adopt_consent(),
        "life.generation" => words.conform_fact_life_generation(),
        "life.order" => words.conform_fact_life_order(),
        "life.drain" => words.conform_fact_life_drain(),
        "life.drain-work" => words.conform_fact_life_drain_work(),
        "life.drain-deadline" => words.conform_fact_life_drain_deadline(),
        "life.drain-order" => words.conform_fact_life_drain_order(),
        "life.blocked" => words.conform_fact_life_blocked(),
        "life.block-repeat" => words.conform_fact_life_block_repeat(),
        "life.resources" => words.conform_fact_life_resources(),
        "watch.liveness" => words.conform_fact_watch_liveness(),
        "watch.metrics" => words.conform_fact_watch_metrics(),
        "watch.meter" => words.conform_fact_watch_meter(),
        "watch.unset" => words.conform_fact_watch_unset(),
        "watch.catalogue" => words.conform_fact_watch_catalogue(),
        "watch.monitoring" => words.conform_fact_watch_monitoring(),
        "watch.history" => words.conform_fact_watch_history(),
        "watch.otlp" => words.conform_fact_watch_otlp(),
        "watch.readings" => words.conform_fact_watch_readings(),
        "watch.security" => words.conform_fact_watch_security(),
        "watch.events" => words.conform_fact_watch_events(),
        "watch.webhook" => words.conform_fact_watch_webhook(),
        "watch.webhook-posted" => words.conform_fact_watch_webhook_posted(),
        "backup.made" => words.conform_fact_backup_made(),
        "backup.repeat" => words.conform_fact_backup_repeat(),
        "backup.listed" => words.conform_fact_backup_listed(),
        "backup.order" => words.conform_fact_backup_order(),
        "backup.verified" => words.conform_fact_backup_verified(),
        "backup.restored" => words.conform_fact_backup_restored(),
        "backup.deleted" => words.conform_fact_backup_deleted(),
        "backup.fence" => words.conform_fact_backup_fence(),
        "backup.told" => words.conform_fact_backup_told(),
        "backup.gone" => words.conform_fact_backup_gone(),
        "backup.erased" => words.conform_fact_backup_erased(),
        "end.order" => words.conform_fact_end_order(),
        "end.export" => words.conform_fact_end_export(),
        "end.export-part" => words.conform_fact_end_export_part(),
        "end.statement" => words.conform_fact_end_statement(),
        "end.erased" => words.conform_fact_end_erased(),
        "end.capacity" => words.conform_fact_end_capacity(),
        "end.gone" => words.conform_fact_end_gone(),
        "link.consent" => words.conform_fact_link_consent(),
        "link.accepts" => words.conform_fact_link_accepts(),
        "link.carries" => words.conform_fact_link_carries(),
        "link.down" => words.conform_fact_link_down(),
        "link.refused" => words.conform_fact_link_refused(),
        "link.released" => words.conform_fact_link_released(),
        "link.shares" => words.conform_fact_link_shares(),
        "link.images" => words.conform_fact_link_images(),
        "link.pulls" => words.conform_fact_link_pulls(),
        "trouble.lost-answer" => words.conform_fact_trouble_lost_answer(),
        "trouble.fail-after" => words.conform_fact_trouble_fail_after(),
        "trouble.fail-before" => words.conform_fact_trouble_fail_before(),
        "trouble.disk-full" => words.conform_fact_trouble_disk_full(),
        "trouble.lost-volume" => words.conform_fact_trouble_lost_volume(),
        "life.recipe" => words.conform_fact_life_recipe(),
        "life.recipe-unresolved" => words.conform_fact_life_recipe_unresolved(),
        "life.volume" => words.conform_fact_life_volume(),
        "life.volume-order" => words.conform_fact_life_volume_order(),
        "backup.metered" => words.conform_fact_backup_metered(),
        "image.upload" => words.conform_fact_image_upload(),
        "image.resume" => words.conform_fact_image_resume(),
        "image.digest" => words.conform_fact_image_digest(),
        "image.start" => words.conform_fact_image_start(),
        "image.fresh" => words.conform_fact_image_fresh(),
        "image.convert" => words.conform_fact_image_convert(),
        "image.refused" => words.conform_fact_image_refused(),
        "image.fence" => words.conform_fact_image_fence(),
        "image.deleted" => words.conform_fact_image_deleted(),
        "image.told" => words.conform_fact_image_told(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Locale;

    #[test]
    fn every_check_has_its_words_in_both_languages() {
        for (check, fact_told) in broker::conformance::checks() {
            let english = fact(Locale::En.words(), check).unwrap_or_else(|| panic!("{check}"));
            // The same sentence as in reports of the command line.
            assert_eq!(english.to_lowercase(), fact_told.to_lowercase(), "{check}");
            assert_ne!(fact(Locale::Ja.words(), check), Some(english), "{check}");
        }
    }
}
