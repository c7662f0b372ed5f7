//! A file of offers: chosen or pasted, taken whole, or row by row where that is wished, with a report for each row.

use axum::{
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    http::StatusCode,
    response::Response,
};
use broker::offers::{
    ChecklistHead, ImportFault, ImportOutcome, ImportReport, OfferFile, OfferFormat, UploadCounts,
};
use leptos::prelude::*;
use sla::ServiceModel;

use super::{edit, row_report, uploads};
use crate::{
    AppState, PageContext,
    account::OfProvider,
    fault::fault_text,
    form::{FormState, IMPORT_BYTES_MAX},
    islands::CopyButton,
    layout::{error_page::error_page, fail},
    market::text,
    render::{Page, page, redirect},
    ui::{
        Button, Column, Field, Kind, Look, RadioGroup, Select, Table, disclosure, error_summary,
        link_button, notice, page_head,
    },
    words::Words,
};

/// Rows that a report shows; a longer one would be no page to read.
pub(super) const SHOWN: usize = 200;
/// Larger files are taken in beside the request, which would take longer than a second.
const AT_ONCE_BYTES: usize = 200_000;

/// Fields for what a checklist does not say.
const CHECKLIST: [&str; 5] = ["name", "title", "model", "region", "country"];
/// Forms of a file that can be chosen; as it looks unless one is.
const FORMATS: [OfferFormat; 4] =
    [OfferFormat::Csv, OfferFormat::Yaml, OfferFormat::Json, OfferFormat::Meti];

const EXAMPLE: &str = "\
name,title.en,title.ja,model,deployment,regions,calendar,timezone,slice_seconds,min_outage_seconds,commitment,availability.service_uptime,security.data_location,price.monthly,price.currency
small-server,Small server,小規模サーバー,IaaS,public,jp-tokyo-1 JP,1M,Asia/Tokyo,60,60,objective,99.9 %,JP,98000,JPY
large-server,Large server,大規模サーバー,IaaS,public,jp-tokyo-1 JP,1M,Asia/Tokyo,60,60,objective,99.95 %,JP,240000,JPY
";

pub(super) async fn show(OfProvider(ctx): OfProvider) -> Response {
    sheet(&ctx, &FormState::empty(), None, StatusCode::OK)
}

pub(super) async fn import(
    OfProvider(ctx): OfProvider,
    State(state): State<AppState>,
    request: Request,
) -> Response {
    let (mut form, sent_as) = match read(&ctx, request, &state).await {
        Ok(sent) => sent,
        Err(response) => return response,
    };
    let words = ctx.words();
    if form.is_sound() && form.value("text").trim().is_empty() {
        form.fail("file", words.exchange_import_missing());
    }
    if !form.is_sound() {
        return sheet(&ctx, &form, None, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (publish, valid_rows_only) =
        (form.value("publish") == "yes", form.value("rows") == "valid");
    let as_report = form.value("step") == "report";
    let dry_run = as_report || form.value("step") == "try";
    let text = |name: &str| form.value(name).trim().to_owned();
    let checklist = ChecklistHead {
        name: text("name"),
        title: text("title"),
        model: text("model"),
        region: text("region"),
        country: text("country").to_uppercase(),
        provider: None,
    };
    let format = OfferFormat::from_word(form.value("format"));
    let (text, file_name) = (form.value("text").to_owned(), text("file_name"));
    let large = text.len() > AT_ONCE_BYTES && !as_report;
    let file = OfferFile { text, file_name, format, publish, dry_run, valid_rows_only, checklist };
    if large {
        return match state.broker.send_offer_file(&ctx.op(), file).await {
            Ok(sent) => redirect(&uploads::address(sent.id), None),
            Err(error) => match uploads::conflict(words, &error) {
                Some(text) => {
                    form.fail("", text);
                    sheet(&ctx, &form, None, StatusCode::CONFLICT)
                }
                None => fail(&ctx, error),
            },
        };
    }
    match state.broker.import_offers(&ctx.op(), file).await {
        Ok(report) if as_report => row_report::answer(&ctx, &report),
        Ok(report) if report.saved => done(&ctx, &report),
        Ok(report) if report.is_taken(valid_rows_only) => {
            sheet(&ctx, &form, Some(&report), StatusCode::OK)
        }
        Ok(report) => {
            for found in report.faults.iter().filter(|found| found.row == 0) {
                if CHECKLIST.contains(&found.column.as_str()) {
                    form.fail(&found.column, fault_text(words, &found.fault));
                }
            }
            let count = i64::try_from(report.fault_count).unwrap_or(i64::MAX);
            form.fail(sent_as, words.exchange_import_faults(count));
            sheet(&ctx, &form, Some(&report), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => fail(&ctx, error),
    }
}

/// Fields of the form, and the one that the offers came in; a file wins over the text beside it.
async fn read(
    ctx: &PageContext,
    request: Request,
    state: &AppState,
) -> Result<(FormState, &'static str), Response> {
    let broken = |error: MultipartError| error_page(ctx, error.status());
    let mut parts = Multipart::from_request(request, state)
        .await
        .map_err(|rejection| error_page(ctx, rejection.status()))?;
    let words = ctx.words();
    let (mut form, mut sent_as) = (FormState::empty(), "text");
    while let Some(mut part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let file: String = part.file_name().unwrap_or_default().chars().take(80).collect();
        // A part that no field of ours sent is told at the form.
        let place = if matches!(name.as_str(), "file" | "text") { name.as_str() } else { "" };
        let mut bytes = Vec::new();
        let mut size = 0;
        // What is too large is read to its end, so that the browser gets to see the answer.
        while let Some(chunk) = part.chunk().await.map_err(broken)? {
            size += chunk.len();
            if size <= IMPORT_BYTES_MAX {
                bytes.extend_from_slice(&chunk);
            }
        }
        if size > IMPORT_BYTES_MAX {
            form.fail(place, words.exchange_import_too_large());
            continue;
        }
        match String::from_utf8(bytes) {
            Ok(text) if name == "file" && text.contains('\0') => {
                form.fail("file", words.exchange_import_not_text(file));
            }
            Ok(text) if name == "file" && text.trim().is_empty() => {}
            Ok(text) if name == "file" => {
                sent_as = "file";
                form = form.with("text", text).with("file_name", file);
            }
            // A file wins, whichever comes first.
            Ok(text) if form.value(&name).is_empty() => form = form.with(&name, text),
            Ok(_) => {}
            Err(_) => form.fail(place, words.exchange_import_not_utf8(file)),
        }
    }
    Ok((form, sent_as))
}

fn sheet(
    ctx: &PageContext,
    form: &FormState,
    report: Option<&ImportReport>,
    status: StatusCode,
) -> Response {
    let words = ctx.words();
    let title = words.exchange_import_title();
    // A file of megabytes is not sent back; its owner has it.
    let small = form.value("text").len() <= 100_000;
    let shown = if small { form.clone() } else { form.clone().with("text", "") };
    page(ctx, Page::new(title).status(status).private(), || {
        view! {
            {edit::trail(words)}
            {page_head(title, Some(words.exchange_import_lead().to_owned()), vec![
                link_button(Look::Secondary, words.uploads_open(), "/provider/uploads"),
            ])}
            {error_summary(&shown, words)}
            {report.filter(|report| !report.offers.is_empty()).map(|report| tried(words, report))}
            {report.filter(|report| report.fault_count > 0).map(|report| faults(words, report))}
            <form class="document-form" method="post" action="/provider/offers/import" enctype="multipart/form-data">
                {Field::file("file", words.exchange_import_file()).hint(words.exchange_import_file_hint()).of(&shown).view()}
                {Field::area("text", words.exchange_import_text(), 12).hint(words.exchange_import_text_hint()).of(&shown).view()}
                {format(words, &shown)}
                {checklist(words, &shown)}
                {RadioGroup::new("publish", words.exchange_import_publish())
                    .option("no", words.exchange_import_publish_no())
                    .option("yes", words.exchange_import_publish_yes())
                    .chosen([if form.value("publish") == "yes" { "yes" } else { "no" }])
                    .view()}
                {RadioGroup::new("rows", words.exchange_import_rows_choice())
                    .option("all", words.exchange_import_rows_all())
                    .option("valid", words.exchange_import_rows_valid())
                    .chosen([if form.value("rows") == "valid" { "valid" } else { "all" }])
                    .view()}
                <div class="actions">
                    {Button::primary(words.exchange_import_send()).view()}
                    {Button::secondary(words.life_import_try()).sends("step", "try").view()}
                    {Button::secondary(words.exchange_import_report()).sends("step", "report").view()}
                    {link_button(Look::Quiet, words.common_cancel(), "/provider/offers")}
                </div>
            </form>
            {disclosure(words.exchange_import_example(), view! {
                <p><CopyButton text=EXAMPLE.to_owned() label=words.common_copy().to_owned() done=words.common_copied().to_owned()/></p>
                <pre tabindex="0" role="region" aria-label=words.exchange_import_example()>{EXAMPLE}</pre>
            }.into_any())}
            {disclosure(words.exchange_import_columns(), columns(ctx))}
        }
        .into_any()
    })
}

fn format(words: Words, form: &FormState) -> AnyView {
    let word = |format: OfferFormat| match format {
        OfferFormat::Yaml => words.exchange_import_format_yaml(),
        OfferFormat::Json => words.exchange_import_format_json(),
        OfferFormat::Meti => words.exchange_import_format_meti(),
        _ => words.exchange_import_format_csv(),
    };
    let looks = Select::new("format", words.exchange_import_format())
        .option("", words.exchange_import_format_looks());
    FORMATS
        .into_iter()
        .fold(looks, |select, format| select.option(format.as_str(), word(format)))
        .of(form)
        .view()
}

/// What a checklist does not say about its offer.
fn checklist(words: Words, form: &FormState) -> AnyView {
    let field = |name: &str, label: &str| Field::text(name, label).of(form);
    let chosen = form.filled("model").unwrap_or(ServiceModel::Saas.as_str()).to_owned();
    let model = ServiceModel::WORDS
        .iter()
        .fold(Select::new("model", words.exchange_import_checklist_model()), |select, word| {
            select.option(*word, text::model(words, word))
        });
    let model = match form.error("model") {
        Some(error) => model.error(error),
        None => model,
    };
    let open = CHECKLIST.iter().any(|name| form.error(name).is_some())
        || CHECKLIST.iter().any(|name| *name != "model" && form.filled(name).is_some())
        || form.value("format") == OfferFormat::Meti.as_str();
    view! {
        <details class="group" open=open>
            <summary>{words.exchange_import_checklist()}</summary>
            <div class="inside">
                <p class="hint">{words.exchange_import_checklist_lead()}</p>
                {field("name", words.exchange_import_checklist_name()).hint(words.exchange_import_checklist_name_hint()).max_length(63).view()}
                {field("title", words.exchange_import_checklist_title()).max_length(120).view()}
                {model.chosen([chosen]).view()}
                {field("region", words.exchange_import_checklist_region()).hint(words.exchange_import_checklist_region_hint()).view()}
                {field("country", words.exchange_import_checklist_country()).hint(words.exchange_import_checklist_country_hint()).max_length(2).view()}
            </div>
        </details>
    }
    .into_any()
}

pub(super) fn faults(words: Words, report: &ImportReport) -> AnyView {
    let columns = vec![
        Column::number(words.exchange_import_row()),
        Column::text(words.exchange_import_column()),
        Column::text(words.exchange_import_fault()),
    ];
    let place = |found: &ImportFault| match (found.row, found.column.as_str()) {
        (0, _) => words.exchange_import_whole_file().into_any(),
        (_, "") => words.exchange_import_whole_row().into_any(),
        (_, column) => view! { <code>{column.to_owned()}</code> }.into_any(),
    };
    let rows = report.faults.iter().take(SHOWN).map(|found| {
        let row = if found.row == 0 { "–".to_owned() } else { found.row.to_string() };
        vec![row.into_any(), place(found), fault_text(words, &found.fault).into_any()]
    });
    let table = Table::new(words.exchange_import_table(), columns).rows(rows).view();
    let rest = report.fault_count.saturating_sub(SHOWN.min(report.faults.len()));
    let more = (rest > 0).then(|| {
        let rest = i64::try_from(rest).unwrap_or(i64::MAX);
        view! { <p>{words.exchange_import_more_faults(rest)}</p> }
    });
    let body = view! { <p>{words.exchange_import_row_lead()}</p>{table}{more} }.into_any();
    notice(Kind::Problem, words.exchange_import_table(), body)
}

/// Every item with its column.
fn columns(ctx: &PageContext) -> AnyView {
    let words = ctx.words();
    let heads = vec![
        Column::text(words.exchange_import_column()),
        Column::text(words.exchange_import_item()),
    ];
    let rows = sla::registry().items().iter().map(|item| {
        let about = format!("/items/{}", item.key);
        let label = item.label(ctx.locale.sla()).to_owned();
        vec![
            view! { <code>{item.key.clone()}</code> }.into_any(),
            view! { <a href=about>{label}</a> }.into_any(),
        ]
    });
    view! {
        <p>{words.exchange_import_columns_lead()}</p>
        {Table::new(words.exchange_import_columns(), heads).rows(rows).view()}
    }
    .into_any()
}

/// How many offers came out how; what did not happen is not told.
pub(super) fn counts(words: Words, counts: UploadCounts) -> AnyView {
    let lines = [
        (counts.created, words.exchange_import_created(counts.created)),
        (counts.revised, words.exchange_import_revised(counts.revised)),
        (counts.unchanged, words.exchange_import_unchanged(counts.unchanged)),
        (counts.published, words.exchange_import_published(counts.published)),
        (counts.submitted, words.life_import_submitted(counts.submitted)),
        (counts.refused, words.exchange_import_refused(counts.refused)),
    ];
    let lines = lines.into_iter().filter(|(count, _)| *count > 0);
    view! { <ul>{lines.map(|(_, line)| view! { <li>{line}</li> }).collect_view()}</ul> }.into_any()
}

/// What would become of a file; nothing has.
fn tried(words: Words, report: &ImportReport) -> AnyView {
    notice(Kind::Note, words.life_import_tried(), counts(words, report.counts()))
}

/// What became of the first offers of a file.
pub(super) fn rows(words: Words, report: &ImportReport, counts: UploadCounts) -> AnyView {
    let heads = vec![
        Column::number(words.exchange_import_row()),
        Column::text(words.exchange_import_offer()),
        Column::number(words.exchange_import_version()),
        Column::text(words.exchange_import_outcome()),
    ];
    let saved = report.saved;
    let rows = report.offers.iter().take(SHOWN).map(|row| {
        let href = format!("/provider/offers/{}", row.id);
        let outcome = match row.outcome {
            ImportOutcome::Created => words.exchange_import_outcome_created(),
            ImportOutcome::Revised => words.exchange_import_outcome_revised(),
            ImportOutcome::Unchanged => words.exchange_import_outcome_unchanged(),
        };
        let name = view! { <code>{row.name.clone()}</code> };
        // New offers of a trial are not there.
        let there = saved || row.before.is_some();
        let name = match there {
            true => view! { <a href=href>{name}</a> }.into_any(),
            false => name.into_any(),
        };
        vec![
            row.row.to_string().into_any(),
            name,
            row.version.to_string().into_any(),
            outcome.into_any(),
        ]
    });
    let shown = i64::try_from(report.offers.len().min(SHOWN)).unwrap_or(i64::MAX);
    let rest = counts.rows.saturating_sub(counts.refused).saturating_sub(shown);
    view! {
        {Table::new(words.exchange_import_rows(), heads).with_caption().rows(rows).view()}
        {(rest > 0).then(|| view! { <p>{words.exchange_import_more_rows(rest)}</p> })}
    }
    .into_any()
}

fn done(ctx: &PageContext, report: &ImportReport) -> Response {
    let words = ctx.words();
    let counted = report.counts();
    let title = words.exchange_import_done(counted.rows.saturating_sub(counted.refused));
    let upload = report
        .upload
        .map(|id| link_button(Look::Secondary, words.uploads_show(), uploads::address(id)));
    let offers = link_button(Look::Secondary, words.common_way_offers(), "/provider/offers");
    page(ctx, Page::new(title.clone()).private(), || {
        view! {
            {edit::trail(words)}
            {page_head(title, None, std::iter::once(offers).chain(upload).collect())}
            {counts(words, counted)}
            {(report.fault_count > 0).then(|| faults(words, report))}
            {rows(words, report, counted)}
        }
        .into_any()
    })
}
