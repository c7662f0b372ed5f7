//! Horizontal bars to compare a few amounts, such as prices: the number stands beside each bar.

use leptos::prelude::*;

use crate::ui::Views;

/// One amount.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it is.
    pub label: String,
    /// The amount as text, already with its unit or currency.
    pub text: String,
    /// The amount as a share of the largest, from 0 to 1.
    pub share: f64,
    /// Whether this is the one looked at.
    pub highlighted: bool,
}

/// Draws bars below each other; a plain list to those who do not see them.
pub fn bars(label: impl Into<String>, bars: Vec<Bar>) -> AnyView {
    let rows: Views = bars.into_iter().map(row).collect();
    view! { <ul class="bars" aria-label=label.into()>{rows}</ul> }.into_any()
}

fn row(bar: Bar) -> AnyView {
    let class = if bar.highlighted { "measure highlighted" } else { "measure" };
    let svg = format!(
        r#"<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"/><rect class="fill" width="{:.2}" height="8"/></svg>"#,
        bar.share.clamp(0.0, 1.0) * 100.0
    );
    view! {
        <li class=class>
            <span class="name">{bar.label}</span>
            <span class="rail" inner_html=svg></span>
            <span class="amount">{bar.text}</span>
        </li>
    }
    .into_any()
}
