//! An offer as a YAML or JSON document: pasted or uploaded, every fault listed with its place.

use axum::{
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    http::{StatusCode, header},
    response::Response,
};
use broker::{
    BrokerError, FieldFault,
    offers::{EditingWay, OfferForm, OwnOffer},
    regions::CloudRegion,
};
use leptos::prelude::*;

use super::{
    basis,
    copy::{self, Kept},
    edit,
    market::Market,
    merge, preview, source,
};
use crate::{
    AppState, PageContext,
    account::OfProvider,
    fault::fault_text,
    form::{BODY_BYTES_MAX, FormState},
    islands::CopyButton,
    layout::{error_page::error_page, fail},
    render::{Page, page},
    ui::{
        Button, Column, Field, Kind, Look, Table, disclosure, error_summary, link_button, notice,
        page_head,
    },
    words::{Locale, Words},
};

/// Where documents are checked.
pub(super) const ADDRESS: &str = "/provider/offers/document";

pub(super) async fn show(OfProvider(ctx): OfProvider, State(state): State<AppState>) -> Response {
    let kept = state.broker.working_copies(&ctx.op(), None).await;
    let kept = kept.map_or(Kept::Nothing, Kept::Offered);
    let about = About { offer: None, kept };
    sheet(&ctx, &state, &about, FormState::empty(), &[], StatusCode::OK).await
}

/// What the document stands for.
pub(super) struct About<'a> {
    /// The offer that gets a new version; `None`: a new offer, or one that the document names.
    pub offer: Option<&'a OwnOffer>,
    /// What was kept before.
    pub kept: Kept,
}

impl About<'_> {
    const NEW: Self = Self { offer: None, kept: Kept::Nothing };
}

pub(super) async fn check(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    request: Request,
) -> Response {
    let (mut form, file) = match read(&ctx, request, &state).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    let words = ctx.words();
    if !form.is_sound() {
        return sheet(&ctx, &state, &About::NEW, form, &[], StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    if form.value("yaml").trim().is_empty() {
        form.fail("yaml", words.portal_document_missing());
        return sheet(&ctx, &state, &About::NEW, form, &[], StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    if form.value("step") == copy::STEP {
        return match copy::store(&ctx, &state, EditingWay::Document, &form).await {
            Ok(at) => {
                let about = About { offer: None, kept: Kept::At(at) };
                sheet(&ctx, &state, &about, form, &[], StatusCode::OK).await
            }
            Err(error) => fail(&ctx, error),
        };
    }
    copy::store_aside(&ctx, &state, EditingWay::Document, &form).await;
    if form.value("step") == "change" {
        return sheet(&ctx, &state, &About::NEW, form, &[], StatusCode::OK).await;
    }
    match previewed(&ctx, &state, form, file.as_deref(), StatusCode::OK).await {
        Ok(page) => page,
        Err(error) => fail(&ctx, error),
    }
}

/// What a document would be saved as, or its faults; `file` is the name of the file it came in.
pub(super) async fn previewed(
    ctx: &PageContext,
    state: &AppState,
    form: FormState,
    file: Option<&str>,
    status: StatusCode,
) -> Result<Response, BrokerError> {
    let provider = state.broker.my_provider(&ctx.op()).await?;
    let checked = state.broker.check_offer_text(form.value("yaml"));
    let (Some(offer), Some(yaml)) = (checked.offer, checked.yaml) else {
        return Ok(faulty(ctx, state, form, file, &checked.faults).await);
    };
    let replaced = edit::replaced(ctx, state, Some(&offer)).await?;
    if let Some(over) = &replaced {
        let provider = &provider.card;
        let change = merge::Change { yaml: &yaml, form: &form, over, provider };
        if let Some(answer) = merge::united(ctx, state, &change, status).await {
            return answer;
        }
    }
    let over = replaced.as_ref().map(|replaced| (replaced, basis::read(&form)));
    let notices = &checked.notices;
    let id = replaced.as_ref().map(|replaced| replaced.card.id);
    let market = Market::of(ctx, state, id, &offer).await;
    let shown =
        preview::Shown { offer: &offer, yaml: &yaml, notices, over, market: &market, merged: None };
    let back = Some((ADDRESS.to_owned(), form));
    Ok(preview::sheet(ctx, &provider.card, &shown, back, status))
}

/// The document again, with its faults at the field it came in: the file's, or the text's.
pub(super) async fn faulty(
    ctx: &PageContext,
    state: &AppState,
    mut form: FormState,
    file: Option<&str>,
    faults: &[FieldFault],
) -> Response {
    let words = ctx.words();
    let (said, listed) = match faults {
        // A fault of the whole document has no place of its own to be listed with.
        [fault] if fault.pointer.is_empty() && fault.place.is_none() => {
            (fault_text(words, fault), &[][..])
        }
        [fault] if fault.pointer.is_empty() => (fault_text(words, fault), faults),
        _ => {
            let count = i64::try_from(faults.len()).unwrap_or(i64::MAX);
            (words.portal_document_faults(count), faults)
        }
    };
    match file {
        Some(name) => form.fail("file", words.portal_document_in_file(name, said)),
        None => form.fail("yaml", said),
    }
    sheet(ctx, state, &About::NEW, form, listed, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// Fields of a multipart form (a file wins over the text beside it) or of an ordinary one, and the name
/// of the file whose text is checked. A file or text that cannot be a document is noted at its field.
async fn read(
    ctx: &PageContext,
    request: Request,
    state: &AppState,
) -> Result<(FormState, Option<String>), Response> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        return FormState::from_request(request, state).await.map(|form| (form, None));
    }
    let broken = |error: MultipartError| error_page(ctx, error.status());
    let mut parts = Multipart::from_request(request, state)
        .await
        .map_err(|rejection| error_page(ctx, rejection.status()))?;
    let words = ctx.words();
    let (mut form, mut sent, mut empty) = (FormState::empty(), None, None);
    while let Some(mut part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let file: String = part.file_name().unwrap_or_default().chars().take(80).collect();
        // A part that no field of ours sent is told at the form.
        let place = if matches!(name.as_str(), "file" | "yaml") { name.as_str() } else { "" };
        let mut bytes = Vec::new();
        let mut size = 0;
        // What is too large is read to its end, so that the browser gets to see the answer.
        while let Some(chunk) = part.chunk().await.map_err(broken)? {
            size += chunk.len();
            if size <= BODY_BYTES_MAX {
                bytes.extend_from_slice(&chunk);
            }
        }
        if size > BODY_BYTES_MAX {
            let said = words.portal_document_too_large().to_owned();
            let named = || words.portal_document_in_file(&file, &said);
            form.fail(place, if name == "file" { named() } else { said.clone() });
            continue;
        }
        match String::from_utf8(bytes) {
            Ok(text) if name == "file" && text.contains('\0') => {
                form.fail("file", words.portal_document_not_text(file));
            }
            // Browsers send a part without a name where no file was chosen.
            Ok(text) if name == "file" && text.trim().is_empty() => {
                empty = Some(file).filter(|name| !name.is_empty());
            }
            Ok(text) if name == "file" => {
                sent = Some(file);
                form = form.with("yaml", text);
            }
            // A file wins, whichever comes first.
            Ok(text) if form.value(&name).is_empty() => form = form.with(&name, text),
            Ok(_) => {}
            Err(_) => form.fail(place, words.portal_document_not_text(file)),
        }
    }
    if let Some(name) = empty.filter(|_| form.value("yaml").trim().is_empty()) {
        form.fail("file", words.portal_document_empty(name));
    }
    Ok((form, sent))
}

pub(super) async fn sheet(
    ctx: &PageContext,
    state: &AppState,
    about: &About<'_>,
    form: FormState,
    faults: &[FieldFault],
    status: StatusCode,
) -> Response {
    let example = match example(ctx, state).await {
        Ok(example) => example,
        Err(error) => return fail(ctx, error),
    };
    let words = ctx.words();
    let offer = about.offer;
    let title = edit::title(ctx, offer);
    let (keep, keeping) = copy::keeping(words, EditingWay::Document);
    page(ctx, Page::new(title.clone()).status(status).private(), || {
        view! {
            {edit::trail(words)}
            {page_head(title, Some(words.portal_document_lead().to_owned()), vec![])}
            {edit::ways(words, offer, true)}
            {about.kept.view(ctx, offer)}
            {error_summary(&form, words)}
            {fault_table(words, faults)}
            {faults.iter().any(|fault| fault.code == "unknown_item").then(|| view! {
                <p>{words.extend_fault_unknown()}" "<a href="/items">{words.items_title()}</a>" · "<a href="/provider/items">{words.extend_title()}</a></p>
            })}
            {source::marked(words, form.value("yaml"), faults)}
            <form class="document-form" method="post" action=ADDRESS enctype="multipart/form-data">
                {basis::fields(basis::read(&form))}
                {Field::area("yaml", words.portal_document_text(), 24).hint(words.portal_document_text_hint()).of(&form).view()}
                {Field::file("file", words.portal_document_file()).hint(words.portal_document_file_hint()).of(&form).view()}
                <div class="actions">
                    {Button::primary(words.portal_form_preview()).view()}
                    {keep}
                    {link_button(Look::Quiet, words.common_cancel(), "/provider/offers")}
                </div>
                {keeping}
            </form>
            {example.map(|example| disclosure(words.portal_document_example(), view! {
                <p><CopyButton text=example.clone() label=words.common_copy().to_owned() done=words.common_copied().to_owned()/></p>
                <pre tabindex="0" role="region" aria-label=words.portal_document_example()>{example}</pre>
            }.into_any()))}
        }
        .into_any()
    })
}

fn fault_table(words: Words, faults: &[FieldFault]) -> Option<AnyView> {
    if faults.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text(words.portal_document_place()),
        Column::text(words.portal_document_fault()),
        Column::text(words.portal_document_remark()),
    ];
    let rows = faults.iter().map(|fault| {
        let place = if fault.pointer.is_empty() { "/" } else { &fault.pointer };
        let line = source::place_link(words, fault);
        vec![
            view! { <span>{line}<code class="hint line">{place.to_owned()}</code></span> }
                .into_any(),
            fault_text(words, fault).into_any(),
            remark(words, fault),
        ]
    });
    let table = Table::new(words.portal_document_table(), columns).rows(rows).view();
    Some(notice(Kind::Problem, words.portal_document_table(), table))
}

/// What a program would say; only readers of English have something of it.
fn remark(words: Words, fault: &FieldFault) -> AnyView {
    match words.0 {
        Locale::En => fault.message.clone().into_any(),
        Locale::Ja => "–".into_any(),
    }
}

/// A small sound document of this provider, to start from.
async fn example(ctx: &PageContext, state: &AppState) -> Result<Option<String>, BrokerError> {
    let provider = state.broker.my_provider(&ctx.op()).await?;
    // Best one that can be ordered as it stands.
    let first = provider.card.regions.as_ref().and_then(|regions| regions.first()).cloned();
    let region = first
        .unwrap_or_else(|| CloudRegion { id: "jp-tokyo-1".to_owned(), country: "JP".to_owned() });
    let form = OfferForm {
        name: "my-first-offer".to_owned(),
        title_en: "Small servers".to_owned(),
        title_ja: "小規模サーバー".to_owned(),
        model: "IaaS".to_owned(),
        deployment: "public".to_owned(),
        region: region.id.clone(),
        country: region.country.clone(),
        price: "98000".to_owned(),
        currency: "JPY".to_owned(),
        commitment: "objective".to_owned(),
        items: vec![
            ("availability.service_uptime".to_owned(), "99.9 %".to_owned()),
            ("security.data_location".to_owned(), region.country.clone()),
        ],
        ..OfferForm::default()
    };
    Ok(state.broker.check_offer_form(&provider.did, &form).yaml)
}
