//! How a page is divided: its head, sections, facts and figures.

use leptos::prelude::*;

use super::Views;

/// The page's one `h1`, a lead sentence below it and actions beside it.
pub fn page_head(title: impl Into<String>, lead: Option<String>, actions: Views) -> AnyView {
    let actions = (!actions.is_empty()).then(|| view! { <div class="actions">{actions}</div> });
    view! {
        <header class="page-head">
            <div><h1>{title.into()}</h1>{lead.map(|lead| view! { <p class="lead">{lead}</p> })}</div>
            {actions}
        </header>
    }
    .into_any()
}

/// A part of a page under an `h2`.
pub fn section(id: &'static str, title: impl Into<String>, body: AnyView) -> AnyView {
    let heading = format!("{id}-title");
    let labelled = heading.clone();
    view! {
        <section class="section" id=id aria-labelledby=labelled>
            <h2 id=heading>{title.into()}</h2>
            {body}
        </section>
    }
    .into_any()
}

/// Terms and what they are, in two columns where there is room.
pub fn definitions(pairs: Vec<(String, AnyView)>) -> AnyView {
    let rows: Vec<_> = pairs
        .into_iter()
        .map(|(term, value)| view! { <div><dt>{term}</dt><dd>{value}</dd></div> })
        .collect();
    view! { <dl class="definitions">{rows}</dl> }.into_any()
}

/// One figure with its name and, if wanted, a line about it.
pub fn stat(label: impl Into<String>, value: impl Into<String>, note: Option<String>) -> AnyView {
    view! {
        <div class="stat">
            <dt>{label.into()}</dt>
            <dd><span class="figure">{value.into()}</span>{note.map(|note| view! { <span class="note">{note}</span> })}</dd>
        </div>
    }
    .into_any()
}

/// Figures side by side.
pub fn stats(figures: Views) -> AnyView {
    view! { <dl class="stats">{figures}</dl> }.into_any()
}

/// Folded detail that opens without script.
pub fn disclosure(summary: impl Into<String>, body: AnyView) -> AnyView {
    view! { <details class="disclosure"><summary>{summary.into()}</summary><div class="inside">{body}</div></details> }.into_any()
}
