//! The columns with their help, for the documentation and for pages.

use super::layout::{ABOUT, COMMITMENT, FIXED, MARK, MORE, WORDS};
use crate::{ItemKind, Locale, registry};
use std::fmt::Write as _;

/// A column and how its cells are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnHelp {
    /// Name in the header.
    pub name: String,
    /// What it is, in English.
    pub about: String,
    /// How a cell is written, in English.
    pub cell: String,
}

/// Every column but those of extensions (`x-<vendor>.<name>`) and of other languages, in the order
/// they are written.
#[must_use]
pub fn columns() -> Vec<ColumnHelp> {
    let help = |name: &str, about: &str, cell: &str| ColumnHelp {
        name: name.to_owned(),
        about: about.to_owned(),
        cell: cell.to_owned(),
    };
    let mut all: Vec<ColumnHelp> =
        FIXED.iter().map(|column| help(column.name, column.help, "")).collect();
    for (word, about) in WORDS {
        all.extend(["en", "ja"].map(|language| help(&format!("{word}.{language}"), about, "")));
    }
    all.push(help(
        COMMITMENT,
        "how binding the promises of the row are, where they do not say",
        "",
    ));
    for item in registry().items() {
        all.push(help(&item.key, item.label(Locale::En), &values(item)));
        let about = ABOUT.iter();
        all.extend(
            about.map(|(name, _, _, cell)| help(&format!("{}{MARK}{name}", item.key), "", cell)),
        );
    }
    let more = "any other fields of this part of the document as JSON";
    all.extend(["metadata", "spec"].map(|part| help(&format!("{part}{MARK}{MORE}"), more, "")));
    all
}

fn values(item: &crate::ItemDef) -> String {
    let words = || item.words().iter().map(|word| word.key.as_str()).collect::<Vec<_>>().join(", ");
    match &item.kind {
        ItemKind::Ratio => "`99.9 %` or `0.999`".to_owned(),
        ItemKind::Duration | ItemKind::Number => {
            format!("a number in {}", item.unit.accepted().join(", "))
        }
        ItemKind::Level(_) => format!("one of {}", words()),
        ItemKind::SchemeLevel => "`scheme:level`, such as `ismap:ismap`".to_owned(),
        ItemKind::Set(_) => format!("any of {}", words()),
        ItemKind::Countries => "countries: `JP DE`".to_owned(),
    }
}

/// The page `docs/csv.md`.
#[must_use]
pub fn documentation() -> String {
    let mut page = String::from(HEAD);
    let fixed = |page: &mut String, name: &str, about: &str| {
        let _ = writeln!(page, "| `{name}` | {about} |");
    };
    for column in FIXED {
        fixed(&mut page, column.name, column.help);
    }
    for (word, about) in WORDS {
        fixed(&mut page, &format!("{word}.en`, `{word}.ja"), about);
    }
    fixed(&mut page, COMMITMENT, "how binding the promises of the row are, where they do not say");
    fixed(&mut page, "metadata:more`, `spec:more", "any other fields of the document as JSON");
    page.push_str(ITEMS);
    for item in registry().items() {
        let _ =
            writeln!(page, "| `{}` | {} | {} |", item.key, item.label(Locale::En), values(item));
    }
    page.push_str(BESIDE);
    for (name, _, _, cell) in ABOUT {
        let _ = writeln!(page, "| `{MARK}{name}` | {cell} |");
    }
    page
}

const HEAD: &str = "\
# Offers as a table

One row for each offer. A file names the columns it needs, in any order; the first row is the header.
Cells that are empty say nothing: an item without a value is not promised, which is neither zero nor a
pass. Text is UTF-8; commas, semicolons or tabs may stand between cells. At most 10,000 rows.

A file is taken whole or not at all, unless the rows without a fault are asked for (`rows=valid`). The report names for each fault the row (the header is row 1),
the column, what was found and what is allowed.

```csv
name,title.en,model,deployment,regions,calendar,timezone,slice_seconds,min_outage_seconds,commitment,availability.service_uptime,security.data_location,price.monthly,price.currency
small-server,Small server,IaaS,public,jp-tokyo-1 JP,1M,Asia/Tokyo,60,60,objective,99.9 %,JP,98000,JPY
```

This page is written from the registry by `kumoichi sla columns`.

## The offer

| column | cells |
| --- | --- |
";

const ITEMS: &str = "
## Items

The column of an item holds the promised value. Items of your own are named `x-<vendor>.<name>`.

| column | item | cells |
| --- | --- | --- |
";

const BESIDE: &str = "
## Beside the value

After the key of an item and a colon: `availability.service_uptime:commitment`.

| column | cells |
| --- | --- |
";
