//! Buttons and links that look like buttons. At most one primary button stands in a view.

use leptos::prelude::*;

/// How much weight a button has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// The one thing to do here.
    Primary,
    /// Everything else.
    #[default]
    Secondary,
    /// As light as a link.
    Quiet,
    /// Loses or ends something.
    Danger,
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Look::Primary => "button primary",
            Look::Secondary => "button",
            Look::Quiet => "button quiet",
            Look::Danger => "button danger",
        }
    }
}

/// A button of a form.
#[derive(Debug, Clone)]
pub struct Button {
    label: String,
    look: Look,
    name_value: Option<(String, String)>,
    action: Option<String>,
    refused: Option<String>,
    named: Option<String>,
}

impl Button {
    /// A submit button.
    pub fn new(look: Look, label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            look,
            name_value: None,
            action: None,
            refused: None,
            named: None,
        }
    }

    /// The one primary button.
    pub fn primary(label: impl Into<String>) -> Self {
        Self::new(Look::Primary, label)
    }

    /// An ordinary button.
    pub fn secondary(label: impl Into<String>) -> Self {
        Self::new(Look::Secondary, label)
    }

    /// A button that loses or ends something.
    pub fn danger(label: impl Into<String>) -> Self {
        Self::new(Look::Danger, label)
    }

    /// Sends this pair with the form when pressed.
    pub fn sends(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.name_value = Some((name.into(), value.into()));
        self
    }

    /// Sends the form to another address than the form says.
    pub fn to(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Cannot be pressed, and says why beside it.
    pub fn refused(mut self, reason: impl Into<String>) -> Self {
        self.refused = Some(reason.into());
        self
    }

    /// Says to a screen reader what it is about, where several buttons say the same; begins with the label.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.named = Some(name.into());
        self
    }

    /// Draws it.
    pub fn view(self) -> AnyView {
        let (name, value) = self.name_value.unzip();
        let disabled = self.refused.is_some();
        let button = view! {
            <button type="submit" class=self.look.class() name=name value=value formaction=self.action disabled=disabled aria-label=self.named>{self.label}</button>
        };
        match self.refused {
            None => button.into_any(),
            Some(reason) => {
                view! { <span class="refused">{button}<span class="why">{reason}</span></span> }
                    .into_any()
            }
        }
    }
}

/// A link with the weight of a button.
pub fn link_button(look: Look, label: impl Into<String>, href: impl Into<String>) -> AnyView {
    view! { <a class=look.class() href=href.into()>{label.into()}</a> }.into_any()
}
