//! Choosing among given values: select, radio buttons, checkboxes, and the fieldset around fields.

use leptos::prelude::*;

use super::{
    Views,
    field::{described_by, error_line},
    labels,
};
use crate::form::FormState;

#[derive(Debug, Clone)]
struct Choice {
    value: String,
    label: String,
    hint: Option<String>,
}

/// What select, radio and checkbox groups have in common.
#[derive(Debug, Clone)]
struct Group {
    name: String,
    label: String,
    choices: Vec<Choice>,
    chosen: Vec<String>,
    hint: Option<String>,
    error: Option<String>,
    focus: bool,
}

impl Group {
    fn new(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            choices: Vec::new(),
            chosen: Vec::new(),
            hint: None,
            error: None,
            focus: false,
        }
    }

    fn fill(&mut self, form: &FormState) {
        self.chosen = form.values(&self.name).map(str::to_owned).collect();
        self.error = form.error(&self.name).map(str::to_owned);
        self.focus = form.is_first_fault(&self.name);
    }

    fn boxes(self, kind: &'static str) -> AnyView {
        labels::note(&self.name, &self.label);
        let id = format!("field-{}", self.name);
        let described = described_by(&id, self.hint.is_some(), self.error.is_some());
        let hint =
            self.hint.map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> });
        let error = error_line(&id, self.error.clone());
        let choices: Views = self
            .choices
            .into_iter()
            .enumerate()
            .map(|(index, choice)| {
                let own_id = if index == 0 { id.clone() } else { format!("{id}-{index}") };
                let hint_id = choice.hint.as_ref().map(|_| format!("{own_id}-about"));
                let checked = self.chosen.contains(&choice.value);
                let hint = choice.hint.map(|hint| view! { <span class="hint" id=hint_id.clone()>{hint}</span> });
                view! {
                    <div class="choice">
                        <input type=kind id=own_id.clone() name=self.name.clone() value=choice.value checked=checked
                            autofocus=self.focus && index == 0 aria-describedby=hint_id/>
                        <label for=own_id>{choice.label}</label>
                        {hint}
                    </div>
                }
                .into_any()
            })
            .collect();
        view! {
            <fieldset class="field choices" aria-describedby=described>
                <legend>{self.label}</legend>
                {hint}
                <div class="set">{choices}</div>
                {error}
            </fieldset>
        }
        .into_any()
    }
}

macro_rules! group_methods {
    ($kind:ident) => {
        impl $kind {
            /// A group of choices under a label.
            pub fn new(name: impl Into<String>, label: impl Into<String>) -> Self {
                Self(Group::new(name, label))
            }

            /// Adds a choice.
            pub fn option(mut self, value: impl Into<String>, label: impl Into<String>) -> Self {
                self.0.choices.push(Choice {
                    value: value.into(),
                    label: label.into(),
                    hint: None,
                });
                self
            }

            /// Takes choice, error and focus from the form this group belongs to.
            pub fn of(mut self, form: &FormState) -> Self {
                self.0.fill(form);
                self
            }

            /// Sets what is chosen.
            pub fn chosen<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
                self.0.chosen = values.into_iter().map(Into::into).collect();
                self
            }

            /// Says below the label what is meant or allowed.
            pub fn hint(mut self, hint: impl Into<String>) -> Self {
                self.0.hint = Some(hint.into());
                self
            }

            /// Sets the error.
            pub fn error(mut self, error: impl Into<String>) -> Self {
                self.0.error = Some(error.into());
                self
            }
        }
    };
}

/// One of many, folded away.
#[derive(Debug, Clone)]
pub struct Select(Group);

/// One of a few, all in sight.
#[derive(Debug, Clone)]
pub struct RadioGroup(Group);

/// Any number of a few.
#[derive(Debug, Clone)]
pub struct CheckGroup(Group);

group_methods!(Select);
group_methods!(RadioGroup);
group_methods!(CheckGroup);

impl RadioGroup {
    /// Adds a choice with a line about it.
    pub fn option_about(
        mut self,
        value: impl Into<String>,
        label: impl Into<String>,
        about: impl Into<String>,
    ) -> Self {
        self.0.choices.push(Choice {
            value: value.into(),
            label: label.into(),
            hint: Some(about.into()),
        });
        self
    }

    /// Draws it.
    pub fn view(self) -> AnyView {
        self.0.boxes("radio")
    }
}

impl CheckGroup {
    /// Draws it.
    pub fn view(self) -> AnyView {
        self.0.boxes("checkbox")
    }
}

impl Select {
    /// Draws it.
    pub fn view(self) -> AnyView {
        let Group { name, label, choices, chosen, hint, error, focus } = self.0;
        labels::note(&name, &label);
        let id = format!("field-{name}");
        let described = described_by(&id, hint.is_some(), error.is_some());
        let invalid = error.as_ref().map(|_| "true");
        let hint = hint.map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> });
        let error = error_line(&id, error);
        let options: Vec<_> = choices
            .into_iter()
            .map(|choice| {
                let selected = chosen.contains(&choice.value);
                view! { <option value=choice.value selected=selected>{choice.label}</option> }
            })
            .collect();
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                {hint}
                <div class="input">
                    <select id=id name=name autofocus=focus aria-invalid=invalid aria-describedby=described>{options}</select>
                </div>
                {error}
            </div>
        }
        .into_any()
    }
}

/// Fields that belong together under one legend.
pub fn fieldset(legend: impl Into<String>, body: AnyView) -> AnyView {
    view! { <fieldset class="together"><legend>{legend.into()}</legend>{body}</fieldset> }
        .into_any()
}
