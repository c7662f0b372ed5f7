//! What passes between the studio and the server: the market for a need, and fields that only the
//! server reads.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{
    desk::Desk,
    dom,
    hands::{Shared, remember},
};
use crate::studio::{Refusal, Studio, StudioData};

/// The market has more offers than are sent to be ranked here.
const TOO_LARGE: u16 = 409;

/// Fetches what the offers promise for a need, then starts or goes on.
pub fn load(desk: &Shared, need: &str) {
    let ticket = wait(desk);
    let address = format!("/needs/candidates?need={need}&lang={}", desk.borrow().words.0.tag());
    let desk = Rc::clone(desk);
    dom::fetch(&address, None, move |status, text| {
        let mut at = desk.borrow_mut();
        if at.ticket != ticket {
            return;
        }
        at.loading = false;
        match answer(&mut at, status, &text) {
            Some((studio, sheet)) => begin(&mut at, studio, &sheet),
            None => fail(&mut at, status),
        }
    });
}

/// Sends the fields as they stand: what they ask is read by the server, which knows how.
pub fn send(desk: &Shared, name: String) {
    let fields = {
        let at = desk.borrow();
        let document = at.studio.as_ref().map(|studio| studio.need().to_string());
        let form = dom::find(&at.root, "[data-wishes]");
        form.zip(document).and_then(|(form, document)| dom::fields(&form, "document", &document))
    };
    let Some(fields) = fields else { return };
    let ticket = wait(desk);
    desk.borrow_mut().pending = Some(name.clone());
    let address = format!("/needs/candidates?lang={}", desk.borrow().words.0.tag());
    let desk = Rc::clone(desk);
    dom::fetch(&address, Some(&fields), move |status, text| {
        let mut at = desk.borrow_mut();
        if at.ticket != ticket {
            return;
        }
        at.loading = false;
        at.pending = None;
        if let Some((studio, sheet)) = answer(&mut at, status, &text) {
            remember(&mut at, &name);
            if let Some(users) = dom::find(&at.root, "[data-part=users]") {
                at.fault(&users, None);
            }
            at.go_live();
            return begin(&mut at, studio, &sheet);
        }
        match serde_json::from_str::<Refusal>(&text) {
            Ok(refusal) => at.refuse(&refusal),
            Err(_) => dom::say(&at.root, "[data-status]", at.words.needs_studio_failed()),
        }
        dom::set(&at.root, "data-ready", "yes");
    });
}

/// Marks that an answer is under way; only the newest one counts.
fn wait(desk: &Shared) -> u32 {
    let mut at = desk.borrow_mut();
    at.ticket = at.ticket.wrapping_add(1);
    at.loading = true;
    at.pending = None;
    dom::set(&at.root, "data-ready", "no");
    at.ticket
}

/// What the server sent, ready to be worked on, and the fields of its sheet.
fn answer(at: &mut Desk, status: u16, text: &str) -> Option<(Studio, String)> {
    let data = serde_json::from_str::<StudioData>(text).ok().filter(|_| status == 200)?;
    let sheet = data.sheet.clone();
    let studio = Studio::new(at.words, data, at.order, at.rows).ok()?;
    Some((studio.of_answer(at.ticket), sheet))
}

fn begin(at: &mut Desk, studio: Studio, sheet: &str) {
    let first = at.studio.is_none();
    at.studio = Some(studio);
    // Whoever has begun to write is not disturbed; everybody else keeps the place.
    let place = dom::find(&at.root, "[data-wishes] :focus").map(|field| field.id());
    if !first || place.is_none() {
        at.refield();
    }
    if !first {
        at.resheet(sheet);
    }
    if let Some(field) = place.and_then(|id| dom::find(&at.root, &format!("[id=\"{id}\"]")))
        && let Ok(field) = field.dyn_into::<HtmlElement>()
    {
        let _ = field.focus();
    }
    dom::each(&at.root, "[data-sleeps]", |part| {
        let _ = part.class_list().remove_1("asleep");
    });
    for awake in ["[data-what-if]", "[data-search]"] {
        dom::show(&at.root, awake, true);
    }
    at.redraw();
    at.settle();
    if let Some(key) = at.goal.take() {
        let field = dom::find(&at.root, &format!("[data-item=\"{key}\"] [data-part]"));
        if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
            // On narrow screens the fields may be folded away.
            dom::put(&at.root, "[data-fold]", "open", "");
            let _ = field.focus();
        }
    }
    dom::set(&at.root, "data-ready", "yes");
}

/// The server refused the document: the state before comes back.
fn fail(at: &mut Desk, status: u16) {
    let text = match status {
        TOO_LARGE => at.words.needs_studio_large(),
        _ => at.words.needs_studio_failed(),
    };
    dom::say(&at.root, "[data-status]", text);
    let before = at.past.pop();
    if let (Some((_, moment)), Some(studio)) = (before, at.studio.as_mut()) {
        studio.restore(moment);
        at.refield();
        at.paint();
    }
    dom::set(&at.root, "data-ready", "yes");
}
