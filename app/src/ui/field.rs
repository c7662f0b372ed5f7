//! One labelled input with its hint and its error, tied together for assistive technology.

use leptos::prelude::*;

use crate::form::FormState;

/// A text-like input. Made by kind, then described, then drawn with [`Field::view`].
#[derive(Debug, Clone)]
pub struct Field {
    name: String,
    label: String,
    kind: &'static str,
    rows: Option<u16>,
    value: String,
    hint: Option<String>,
    error: Option<String>,
    focus: bool,
    required: bool,
    optional_word: Option<String>,
    autocomplete: Option<&'static str>,
    unit: Option<String>,
    range: (Option<String>, Option<String>, Option<String>),
    max_length: Option<u32>,
    narrow: bool,
    suggestions: Option<&'static str>,
}

impl Field {
    fn of_kind(kind: &'static str, name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind,
            rows: None,
            value: String::new(),
            hint: None,
            error: None,
            focus: false,
            required: false,
            optional_word: None,
            autocomplete: None,
            unit: None,
            range: (None, None, None),
            max_length: None,
            narrow: false,
            suggestions: None,
        }
    }

    /// One line of text.
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::of_kind("text", name, label)
    }

    /// A mail address.
    pub fn email(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { autocomplete: Some("email"), ..Self::of_kind("email", name, label) }
    }

    /// A password; its value is never shown again.
    pub fn password(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::of_kind("password", name, label)
    }

    /// A decimal number, as text so that the server can say what is wrong with it.
    pub fn number(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { narrow: true, ..Self::of_kind("number", name, label) }
    }

    /// A day with a time, in the zone of the reader's language; read it with `format::read_moment`.
    pub fn moment(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::of_kind("datetime-local", name, label)
    }

    /// A search term.
    pub fn search(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::of_kind("search", name, label)
    }

    /// A file; the form needs `enctype="multipart/form-data"`.
    pub fn file(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::of_kind("file", name, label)
    }

    /// Several lines.
    pub fn area(name: impl Into<String>, label: impl Into<String>, rows: u16) -> Self {
        Self { rows: Some(rows), ..Self::of_kind("text", name, label) }
    }

    /// Takes value, error and focus from the form this field belongs to.
    pub fn of(mut self, form: &FormState) -> Self {
        form.value(&self.name).clone_into(&mut self.value);
        self.error = form.error(&self.name).map(str::to_owned);
        self.focus = form.is_first_fault(&self.name);
        self
    }

    /// Sets the value.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// Says below the label what is meant or allowed.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the error.
    pub fn error(mut self, error: impl Into<String>) -> Self {
        self.error = Some(error.into());
        self
    }

    /// Must be filled.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Says beside the label that it may stay empty.
    pub fn optional(mut self, word: impl Into<String>) -> Self {
        self.optional_word = Some(word.into());
        self
    }

    /// The `autocomplete` token of HTML.
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = Some(token);
        self
    }

    /// Shows a unit after the input.
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Least, most and step of a number.
    pub fn range(mut self, min: Option<&str>, max: Option<&str>, step: Option<&str>) -> Self {
        self.range = (min.map(str::to_owned), max.map(str::to_owned), step.map(str::to_owned));
        self
    }

    /// The most characters.
    pub fn max_length(mut self, characters: u32) -> Self {
        self.max_length = Some(characters);
        self
    }

    /// As wide as a number.
    pub fn narrow(mut self) -> Self {
        self.narrow = true;
        self
    }

    /// The `datalist` that the browser completes from.
    pub fn suggestions(mut self, list: &'static str) -> Self {
        self.suggestions = Some(list);
        self
    }

    /// Draws label, hint, input and error.
    pub fn view(self) -> AnyView {
        super::labels::note(&self.name, &self.label);
        let id = format!("field-{}", self.name);
        let described = described_by(&id, self.hint.is_some(), self.error.is_some());
        let classes = if self.narrow { "field narrow" } else { "field" };
        let label = view! {
            <label for=id.clone()>
                {self.label.clone()}
                {self.optional_word.clone().map(|word| view! { <span class="optional">{word}</span> })}
            </label>
        };
        let hint = self
            .hint
            .clone()
            .map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> });
        let error = error_line(&id, self.error.clone());
        let unit = self.unit.clone().map(|unit| view! { <span class="unit">{unit}</span> });
        let input = self.input(id, described);
        view! { <div class=classes>{label}{hint}<div class="input">{input}{unit}</div>{error}</div> }.into_any()
    }

    fn input(self, id: String, described: Option<String>) -> AnyView {
        let invalid = self.error.as_ref().map(|_| "true");
        let value = crate::form::shown_again(&self.value);
        if let Some(rows) = self.rows {
            // A parser drops the first line break of a textarea, so one is put there to be dropped. Leptos
            // writes the content of a textarea as it is, so what somebody typed is escaped here.
            let mut text = String::from("\n");
            crate::render::push_escaped(&mut text, &value);
            return view! {
                <textarea id=id name=self.name rows=rows required=self.required maxlength=self.max_length autofocus=self.focus
                    aria-invalid=invalid aria-describedby=described>{text}</textarea>
            }
            .into_any();
        }
        let (min, max, step) = self.range;
        let is_number = self.kind == "number";
        let kind = if is_number { "text" } else { self.kind };
        let mode = is_number.then_some("decimal");
        let secret = self.kind == "password" || self.kind == "file";
        let value = (!secret).then_some(value);
        // Limits of numbers are said in the hint and checked by the server; `data-` keeps them for islands.
        view! {
            <input id=id name=self.name type=kind inputmode=mode value=value required=self.required maxlength=self.max_length
                data-min=min data-max=max data-step=step autocomplete=self.autocomplete list=self.suggestions autofocus=self.focus
                aria-invalid=invalid aria-describedby=described/>
        }
        .into_any()
    }
}

/// Fields that can be at fault together: the error of `name` stands above them and describes them all.
pub fn fields_together(
    name: &str,
    label: impl Into<String>,
    form: &FormState,
    fields: AnyView,
) -> AnyView {
    let label = label.into();
    super::labels::note(name, &label);
    let id = format!("field-{name}");
    let error = form.error(name).map(str::to_owned);
    let described = described_by(&id, false, error.is_some());
    let focus = form.is_first_fault(name);
    let error = error_line(&id, error);
    view! {
        <div role="group" id=id tabindex="-1" autofocus=focus aria-label=label aria-describedby=described>
            {error}
            {fields}
        </div>
    }
    .into_any()
}

/// The value of `aria-describedby` for an input with this id.
pub(super) fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (true, true) => Some(format!("{id}-hint {id}-error")),
        (true, false) => Some(format!("{id}-hint")),
        (false, true) => Some(format!("{id}-error")),
        (false, false) => None,
    }
}

/// The error below an input.
pub(super) fn error_line(id: &str, error: Option<String>) -> Option<AnyView> {
    let id = format!("{id}-error");
    error.map(|error| {
        view! { <p class="error" id=id>{super::icon(super::Icon::Warning)}<span>{error}</span></p> }.into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_does_not_come_back() {
        let typed = "Ao\u{202e}ba\0";
        for field in [Field::text("name", "Name"), Field::area("name", "Name", 3)] {
            let html = Owner::new().with(|| field.value(typed).view().to_html());
            assert!(html.contains("Aoba"), "{html}");
            assert_eq!(sla::first_unseen(&html.replace('\n', "")), None, "{html}");
        }
    }

    #[test]
    fn a_closing_tag_typed_into_an_area_stays_text() {
        let field = Field::area("text", "Text", 3).value("</textarea><script>a & b</script>");
        let html = Owner::new().with(|| field.view().to_html());
        assert!(html.contains("\n&lt;/textarea&gt;&lt;script&gt;a &amp; b"), "{html}");
        assert!(!html.contains("<script>"));
    }
}
