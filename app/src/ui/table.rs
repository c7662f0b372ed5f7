//! Tables: numbers line up, the frame scrolls instead of the page, and narrow windows stack rows.

use leptos::prelude::*;

use super::Views;

/// Where the content of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Text, from the start of the line.
    #[default]
    Start,
    /// Numbers, at the end of the line.
    End,
}

/// A column's head.
#[derive(Debug, Clone)]
pub struct Column {
    label: String,
    align: Align,
}

impl Column {
    /// A column of text.
    pub fn text(label: impl Into<String>) -> Self {
        Self { label: label.into(), align: Align::Start }
    }

    /// A column of numbers.
    pub fn number(label: impl Into<String>) -> Self {
        Self { label: label.into(), align: Align::End }
    }
}

/// A table with a caption; the first cell of each row is its head.
pub struct Table {
    caption: String,
    caption_shown: bool,
    columns: Vec<Column>,
    rows: Vec<Views>,
    stacks: bool,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("caption", &self.caption)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl Table {
    /// An empty table; the caption says what it holds.
    pub fn new(caption: impl Into<String>, columns: Vec<Column>) -> Self {
        Self {
            caption: caption.into(),
            caption_shown: false,
            columns,
            rows: Vec::new(),
            stacks: true,
        }
    }

    /// Shows the caption; otherwise it is only read aloud.
    pub fn with_caption(mut self) -> Self {
        self.caption_shown = true;
        self
    }

    /// Keeps rows side by side in narrow windows, to compare; the frame scrolls then.
    pub fn scrolling(mut self) -> Self {
        self.stacks = false;
        self
    }

    /// Adds a row with one view per column.
    pub fn row(mut self, cells: Views) -> Self {
        self.rows.push(cells);
        self
    }

    /// Adds many rows.
    pub fn rows(mut self, rows: impl IntoIterator<Item = Views>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// Draws it.
    pub fn view(self) -> AnyView {
        let Self { caption, caption_shown, columns, rows, stacks } = self;
        let heads: Views = columns
            .iter()
            .map(|column| {
                view! { <th scope="col" class=class_of(column.align)>{column.label.clone()}</th> }
                    .into_any()
            })
            .collect();
        let body: Views = rows.into_iter().map(|cells| row_view(&columns, cells)).collect();
        let name = caption.clone();
        let frame = if stacks { "table stacks" } else { "table" };
        let caption_class = (!caption_shown).then_some("aside");
        // Focusable, so that the keyboard can scroll it too; a group and no landmark, as sections are landmarks.
        view! {
            <div class=frame role="group" tabindex="0" aria-label=name>
                <table>
                    <caption class=caption_class>{caption}</caption>
                    <thead><tr>{heads}</tr></thead>
                    <tbody>{body}</tbody>
                </table>
            </div>
        }
        .into_any()
    }
}

fn row_view(columns: &[Column], cells: Views) -> AnyView {
    let cells: Views = cells
        .into_iter()
        .zip(columns)
        .enumerate()
        .map(|(index, (cell, column))| {
            let class = class_of(column.align);
            if index == 0 {
                view! { <th scope="row" class=class>{cell}</th> }.into_any()
            } else {
                view! { <td class=class data-label=column.label.clone()>{cell}</td> }.into_any()
            }
        })
        .collect();
    view! { <tr>{cells}</tr> }.into_any()
}

fn class_of(align: Align) -> Option<&'static str> {
    (align == Align::End).then_some("number")
}
