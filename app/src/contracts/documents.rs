//! The frozen texts of a contract, and what is left of it after release.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use broker::{BrokerError, contracts::ContractPage};
use leptos::prelude::*;

use super::contract_id;
use crate::{
    AppState, PageContext,
    account::guard,
    format,
    islands::CopyButton,
    layout::fail,
    market::changes::changes,
    ui::{self, Kind, Look, definitions, disclosure, link_button, notice, section, time},
    words::Words,
};

/// Both documents as they were signed, folded away, with their hashes.
pub(super) fn frozen(ctx: &PageContext, contract: &ContractPage) -> AnyView {
    let words = ctx.words();
    view! {
        <p>{words.contracts_documents_lead()}</p>
        {newer(ctx, contract)}
        {document(ctx, words.contracts_documents_offer(contract.offer_version), &contract.offer_document, &contract.offer_hash)}
        {document(ctx, words.contracts_documents_need(contract.requirement_version), &contract.requirement_document, &contract.requirement_hash)}
    }
    .into_any()
}

/// What the provider has published since, and that it changes nothing here.
fn newer(ctx: &PageContext, contract: &ContractPage) -> Option<AnyView> {
    let words = ctx.words();
    let newer = contract.newer.as_ref()?;
    let title = words.exchange_diff_since();
    let text = words.exchange_diff_since_text(newer.version, contract.offer_version);
    let body = view! {
        <p>{text}</p>
        {changes(ctx, title, &newer.changes)}
    };
    Some(notice(Kind::Note, title, body.into_any()))
}

pub(super) fn document(ctx: &PageContext, title: String, text: &str, hash: &str) -> AnyView {
    let words = ctx.words();
    let name = title.clone();
    let body = view! {
        <p class="hash">"SHA-256 "{ui::id(ctx, hash)}</p>
        <p><CopyButton text=text.to_owned() label=words.contracts_documents_copy().to_owned() done=words.common_copied().to_owned()/></p>
        <pre class="frozen" tabindex="0" role="region" aria-label=name>{text.to_owned()}</pre>
    };
    disclosure(title, body.into_any())
}

/// Proof of erasure and the final meter.
pub(super) fn after_release(ctx: &PageContext, contract: &ContractPage) -> AnyView {
    let words = ctx.words();
    let body = view! { {erased(ctx, contract)}{meter(ctx, contract)} }.into_any();
    section("left", words.contracts_left_title(), body)
}

fn erased(ctx: &PageContext, contract: &ContractPage) -> AnyView {
    let words = ctx.words();
    let Some(statement) = &contract.statement else {
        return notice(Kind::Attention, words.contracts_left_no_statement(), ().into_any());
    };
    let told: serde_json::Value = serde_json::from_str(&statement.statement).unwrap_or_default();
    let mut facts =
        vec![(words.contracts_left_received().to_owned(), time(ctx, statement.received_at.0))];
    if let Some(bytes) = told["bytes"].as_i64() {
        facts.push((words.contracts_left_bytes().to_owned(), ui::number(bytes)));
    }
    if let Some(method) = told["method"].as_str() {
        let standard = told["standard"].as_str().unwrap_or_default();
        facts.push((
            words.contracts_left_method().to_owned(),
            format!("{method} ({standard})").into_any(),
        ));
    }
    facts.push((words.contracts_left_key().to_owned(), ui::id(ctx, &statement.verified_with)));
    let href = format!("/contracts/{}/erasure.json", contract.card.id);
    let body = view! {
        {definitions(facts)}
        <p class="actions">{link_button(Look::Secondary, words.contracts_left_download(), href)}</p>
    };
    notice(Kind::Done, words.contracts_left_erased(), body.into_any())
}

fn meter(ctx: &PageContext, contract: &ContractPage) -> Option<AnyView> {
    let words = ctx.words();
    let meter: serde_json::Value = serde_json::from_str(contract.usage.as_deref()?).ok()?;
    Some(
        view! { <h3>{words.contracts_meter_title()}</h3>{definitions(meter_facts(ctx, words, &meter))} }
            .into_any(),
    )
}

fn meter_facts(
    ctx: &PageContext,
    words: Words,
    meter: &serde_json::Value,
) -> Vec<(String, AnyView)> {
    let seconds = |name: &str| {
        meter[name]
            .as_i64()
            .map(|count| format::duration(ctx.locale, count.saturating_mul(1_000_000)))
    };
    let count = |name: &str| meter[name].as_i64().map(format::integer);
    [
        (words.contracts_meter_used(), seconds("usedSeconds")),
        (words.contracts_meter_instances(), seconds("instanceSeconds")),
        (words.contracts_meter_vcpu(), seconds("vcpuSeconds")),
        (words.contracts_meter_storage(), count("storageGbSeconds")),
        (words.contracts_meter_requests(), count("requests")),
    ]
    .into_iter()
    .filter_map(|(term, value)| {
        let value = value?;
        Some((term.to_owned(), view! { <span class="number">{value}</span> }.into_any()))
    })
    .collect()
}

/// The signed statement as the provider sent it, to keep and to verify.
pub(super) async fn erasure(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = guard::refuse_strangers(&ctx) {
        return refusal;
    }
    let found = match contract_id(&id) {
        Ok(id) => state.broker.contract(&ctx.op(), id).await,
        Err(error) => Err(error),
    };
    match found.map(|contract| contract.statement) {
        Ok(Some(statement)) => file(&id, statement.statement),
        Ok(None) => fail(&ctx, BrokerError::NotFound { what: "statement" }),
        Err(error) => fail(&ctx, error),
    }
}

fn file(id: &str, text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The id was parsed before, so it holds letters, digits and an underscore only.
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"erasure-{id}.json\""))
    {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}
