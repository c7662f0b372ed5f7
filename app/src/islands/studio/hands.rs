//! Pointer, keys, fields and buttons of the studio: each event becomes one change and one frame.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::prelude::{request_animation_frame, set_timeout, window};
use matching::{Mode, Order};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent, PointerEvent};

use super::{
    desk::Desk,
    dom,
    server::{load, send},
};
use crate::studio::{
    Change, Studio,
    draw::{self, Form},
    nice::{LEAP, STEP},
    say,
};

/// A change is settled when none followed for so long.
const REST: Duration = Duration::from_millis(250);

/// The desk, as every listener holds it.
pub type Shared = Rc<RefCell<Desk>>;

/// Takes hold of the bench and fetches the market.
pub fn take_hold(root: Element, need: &str, locale: &str, order: &str, rows: u32) {
    let words = say::locale(locale).words();
    let order = Order::from_name(order).unwrap_or_default();
    let desk = Rc::new(RefCell::new(Desk::new(root.clone(), words, order, rows as usize)));
    listen(&desk, &root);
    follow_address(&desk);
    load(&desk, need);
}

/// Ranks and draws after a change, or asks the server for other columns; then comes to rest.
fn changed(desk: &Shared, change: Option<Change>) {
    let Some(change) = change else { return };
    if change == Change::Fields {
        return send(desk, String::new());
    }
    let (code, pending) = {
        let mut at = desk.borrow_mut();
        at.go_live();
        // What comes back for the document from before would undo this change: ask for this one.
        if change == Change::Here && !at.loading {
            at.paint();
            (None, None)
        } else {
            at.turn = at.turn.wrapping_add(1);
            let code = at.studio.as_ref().map(|studio| crate::studio::need::code(studio.need()));
            (code, at.pending.take())
        }
    };
    match (code, pending) {
        // Fields that are on their way are in no document yet; they go once more, with this change.
        (Some(_), Some(name)) => send(desk, name),
        (Some(code), None) => load(desk, &format!("doc:{code}")),
        (None, _) => rest(desk),
    }
}

/// Settles when no other change follows.
fn rest(desk: &Shared) {
    let turn = {
        let mut at = desk.borrow_mut();
        at.turn = at.turn.wrapping_add(1);
        dom::set(&at.root, "data-ready", "no");
        at.turn
    };
    let desk = Rc::clone(desk);
    set_timeout(
        move || {
            let mut at = desk.borrow_mut();
            if at.turn == turn && at.held.is_none() {
                at.paint();
                at.settle();
                dom::set(&at.root, "data-ready", "yes");
            }
        },
        REST,
    );
}

fn listen(desk: &Shared, root: &Element) {
    let target: &web_sys::EventTarget = root.as_ref();
    let here = Rc::clone(desk);
    dom::on(target, "pointerdown", move |event: PointerEvent| grasp(&here, &event));
    let here = Rc::clone(desk);
    dom::on(target, "pointermove", move |event: PointerEvent| drag(&here, &event));
    for end in ["pointerup", "pointercancel"] {
        let here = Rc::clone(desk);
        dom::on(target, end, move |_: PointerEvent| let_go(&here));
    }
    let here = Rc::clone(desk);
    dom::on(target, "keydown", move |event: KeyboardEvent| key(&here, &event));
    for (name, done) in [("input", false), ("change", true)] {
        let here = Rc::clone(desk);
        dom::on(target, name, move |event: Event| typed(&here, &event, done));
    }
    let here = Rc::clone(desk);
    dom::on(target, "click", move |event: Event| click(&here, &event));
    let here = Rc::clone(desk);
    dom::on(target, "submit", move |event: Event| {
        // What the button would bring stands there already: it leads to it.
        let wishes = dom::around(event.target(), "[data-wishes]").is_some();
        if wishes && here.borrow().studio.is_some() {
            event.prevent_default();
            if let Some(found) = dom::find(&here.borrow().root, ".outcome") {
                found.scroll_into_view();
            }
        }
    });
}

/// Back and forward, and anybody who changes the address, bring the need that stands in it.
fn follow_address(desk: &Shared) {
    let here = Rc::clone(desk);
    dom::on(window().as_ref(), "popstate", move |_: Event| {
        let query = window().location().search().unwrap_or_default();
        let code =
            query.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix("doc="));
        let Some(code) = code.map(str::to_owned) else { return };
        {
            let mut at = here.borrow_mut();
            at.past.clear();
            at.go_live();
        }
        load(&here, &format!("doc:{code}"));
    });
}

fn grasp(desk: &Shared, event: &PointerEvent) {
    let Some(corner) = dom::around(event.target(), "[data-corner]") else { return };
    let Some(index) = dom::number(&corner, "data-corner") else { return };
    event.prevent_default();
    let _ = corner.set_pointer_capture(event.pointer_id());
    if let Some(corner) = corner.dyn_ref::<web_sys::SvgElement>() {
        let _ = corner.focus();
    }
    let mut at = desk.borrow_mut();
    at.held = Some(index);
    if let Some(drawing) = dom::find(&at.root, "[data-chart] svg") {
        let frame = drawing.get_bounding_client_rect();
        at.frame = (frame.left(), frame.top(), frame.width().max(1.0));
    }
}

fn drag(desk: &Shared, event: &PointerEvent) {
    let mut at = desk.borrow_mut();
    let Some(held) = at.held else { return };
    let (left, top, width) = at.frame;
    let x = (f64::from(event.client_x()) - left) * 440.0 / width;
    let y = (f64::from(event.client_y()) - top) * 440.0 / width;
    let angle = draw::corner_angles(&at.axes, at.form).get(held).copied().unwrap_or(0.0);
    let waiting = at.place.replace(draw::place_of(angle, x, y)).is_some();
    drop(at);
    if !waiting {
        let desk = Rc::clone(desk);
        request_animation_frame(move || follow(&desk));
    }
}

/// Once a frame: the corner goes where the hand is.
fn follow(desk: &Shared) {
    let change = {
        let mut at = desk.borrow_mut();
        let (Some(held), Some(place)) = (at.held, at.place.take()) else { return };
        let Some(ask) = at.axes.get(held).map(|axis| axis.ask) else { return };
        let change = at.studio.as_mut().and_then(|studio| studio.move_to(ask, place));
        if change.is_some() {
            at.refill(ask);
        }
        change
    };
    changed(desk, change);
}

fn let_go(desk: &Shared) {
    let held = {
        let mut at = desk.borrow_mut();
        let held = at.held;
        drop(at);
        if held.is_some() {
            follow(desk);
        }
        at = desk.borrow_mut();
        at.held.take()
    };
    if held.is_some() {
        rest(desk);
    }
}

fn key(desk: &Shared, event: &KeyboardEvent) {
    let Some(corner) = dom::around(event.target(), "[data-corner]") else { return };
    let Some(index) = dom::number(&corner, "data-corner") else { return };
    let change = {
        let mut at = desk.borrow_mut();
        let Some((ask, from)) = at.axes.get(index).map(|axis| (axis.ask, axis.need.unwrap_or(0.0)))
        else {
            return;
        };
        let Some(studio) = at.studio.as_mut() else { return };
        let change = match event.key().as_str() {
            "ArrowUp" | "ArrowRight" => studio.move_by(ask, from, STEP),
            "ArrowDown" | "ArrowLeft" => studio.move_by(ask, from, -STEP),
            "PageUp" => studio.move_by(ask, from, LEAP),
            "PageDown" => studio.move_by(ask, from, -LEAP),
            "Home" => studio.move_to(ask, 0.0),
            "End" => studio.move_to(ask, 1.0),
            _ => return,
        };
        at.refill(ask);
        change
    };
    event.prevent_default();
    changed(desk, change);
}

/// A field was changed; faults are said when it is left, not while somebody types.
fn typed(desk: &Shared, event: &Event, done: bool) {
    if let Some(sheet) = dom::around(event.target(), "[data-sheet]") {
        if done {
            sheet_changed(desk, title_of(event, &sheet));
        }
        return;
    }
    let Some(field) = dom::around(event.target(), "[data-part]") else { return };
    let part = field.get_attribute("data-part").unwrap_or_default();
    let text = dom::value(&field);
    if part == "search" {
        return search(desk, &text);
    }
    // Fields that are drawn anew leave the page, and the one that was typed in says so.
    let Ok(mut at) = desk.try_borrow_mut() else { return };
    if at.studio.is_none() {
        return;
    }
    if part == "users" {
        drop(at);
        // Which regions there are is the server's to know.
        if done {
            send(desk, text);
        }
        return;
    }
    let Some(wish) = field.closest("[data-ask]").ok().flatten() else { return };
    let Some(ask) = dom::number(&wish, "data-ask") else { return };
    let result = apply(&mut at, &wish, (ask, &part, &text), done);
    let change = match result {
        Ok(change) => {
            at.fault(&field, None);
            change
        }
        Err(reason) => {
            if part == "level" {
                // What is missing is the value, and it is said there.
                at.refill(ask);
                if let Some(value) = dom::find(&wish, "[data-part=value]") {
                    at.fault(&value, Some(&reason));
                }
            } else if done {
                at.fault(&field, Some(&reason));
            }
            None
        }
    };
    let name = at.name_of_ask(ask);
    drop(at);
    if part == "member" || part == "accept" {
        name_members(&wish, &part);
    }
    match change {
        // While somebody types there is nothing to send.
        Some(Change::Fields) if done => send(desk, name),
        Some(Change::Fields) => {}
        change => changed(desk, change),
    }
}

/// A field of the sheet was changed. One that an answer takes away while somebody types in it says so
/// in the middle of the drawing: what was typed is put back then, and sent after it.
fn sheet_changed(desk: &Shared, name: String) {
    match desk.try_borrow().map(|at| at.studio.is_some()) {
        Ok(true) => send(desk, name),
        Ok(false) => {}
        Err(_) => {
            let desk = Rc::clone(desk);
            request_animation_frame(move || sheet_changed(&desk, name));
        }
    }
}

/// Makes one change of what a field says.
fn apply(
    at: &mut Desk,
    wish: &Element,
    (ask, part, text): (usize, &str, &str),
    done: bool,
) -> Result<Option<Change>, String> {
    let key = wish.get_attribute("data-item").unwrap_or_default();
    let members = if part == "member" { chosen(wish) } else { String::new() };
    let may_remove = at.studio.as_ref().is_some_and(Studio::may_remove);
    if part == "value" && text.trim().is_empty() && done && may_remove {
        return Ok(remove(at, &key));
    }
    let Some(studio) = at.studio.as_mut() else { return Ok(None) };
    match part {
        "value" => studio.type_value(ask, text),
        "member" => studio.type_value(ask, &members),
        "weight" => studio.type_weight(ask, text),
        "tolerance" => studio.type_tolerance(ask, text),
        "level" => studio.set_mode(ask, mode(text)),
        "op" | "accept" => Ok(Some(Change::Fields)),
        _ => Ok(None),
    }
}

/// What a field of the sheet is about, for taking its change back.
fn title_of(event: &Event, sheet: &Element) -> String {
    let around = dom::around(event.target(), "fieldset.ask, details");
    let around = around.unwrap_or_else(|| sheet.clone());
    let title = dom::find(&around, "legend, summary");
    title.and_then(|title| title.text_content()).unwrap_or_default().trim().to_owned()
}

fn mode(word: &str) -> Mode {
    match word {
        "prefer" => Mode::Prefer,
        "best_effort" => Mode::BestEffort,
        _ => Mode::Must,
    }
}

/// The ticked members of a set.
fn chosen(wish: &Element) -> String {
    let mut all = Vec::new();
    dom::each(wish, "[data-part=member]", |member| {
        if member.dyn_ref::<HtmlInputElement>().is_some_and(HtmlInputElement::checked) {
            all.push(dom::value(member));
        }
    });
    all.join(", ")
}

/// The names of the ticked members, in the summary of the list.
fn name_members(wish: &Element, part: &str) {
    let list = if part == "member" { ".members.value" } else { ".members.accept" };
    let mut names = Vec::new();
    dom::each(wish, &format!("{list} .choice:has(:checked) label"), |label| {
        names.push(label.text_content().unwrap_or_default());
    });
    dom::say(wish, &format!("{list} [data-names]"), &names.join(", "));
}

/// Keeps the state, so that what is done now can be taken back.
pub fn remember(at: &mut Desk, name: &str) {
    if let Some(moment) = at.studio.as_ref().map(Studio::moment) {
        at.past.push((name.to_owned(), moment));
    }
}

/// Takes an item out of the need; it can be taken back with all that was said of it.
fn remove(at: &mut Desk, key: &str) -> Option<Change> {
    let label = at.studio.as_ref().and_then(|studio| {
        studio.asks().iter().find(|ask| ask.key == key).map(|ask| ask.label.clone())
    });
    remember(at, &label.unwrap_or_default());
    at.studio.as_mut().map(|studio| studio.remove(key))
}

fn search(desk: &Shared, text: &str) {
    let at = desk.borrow();
    let wanted: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut found = false;
    let asks = at.studio.as_ref().map(Studio::asks).unwrap_or_default();
    dom::each(&at.root, "[data-pick]", |pick| {
        let words = pick.text_content().unwrap_or_default().to_lowercase();
        let key = pick.get_attribute("data-pick").unwrap_or_default();
        let fits =
            wanted.iter().all(|word| words.contains(word.as_str()) || key.contains(word.as_str()));
        let shown = fits && asks.iter().all(|ask| ask.key != key || ask.time.is_some());
        found |= shown;
        let _ = pick.toggle_attribute_with_force("hidden", !shown);
    });
    dom::show(&at.root, "[data-none]", !found);
}

fn click(desk: &Shared, event: &Event) {
    const ACTS: &str = "[data-add],[data-remove],[data-focus],[data-form],[data-relax],[data-order],[data-undo] button";
    let Some(button) = dom::around(event.target(), ACTS) else { return };
    let mut at = desk.borrow_mut();
    if at.studio.is_none() {
        return;
    }
    event.prevent_default();
    let text = |name: &str| button.get_attribute(name);
    let change = if let Some(asked) = text("data-add") {
        add(&mut at, &button, &asked)
    } else if let Some(key) = text("data-remove") {
        remove(&mut at, &key)
    } else if button.has_attribute("data-focus") {
        focus(&mut at, &button);
        None
    } else if let Some(form) = text("data-form") {
        at.form = if form == "rose" { Form::Rose } else { Form::Radar };
        press(&at.root, "[data-form]", &button);
        let hint = match at.form {
            Form::Radar => at.words.needs_studio_shape_hint(),
            Form::Rose => at.words.needs_studio_rose_text(),
        };
        dom::say(&at.root, "[data-hint]", hint);
        at.redraw();
        None
    } else if let Some(order) = text("data-order") {
        at.order = Order::from_name(&order).unwrap_or_default();
        let order = at.order;
        press(&at.root, "[data-order]", &button);
        at.studio.as_mut().map(|studio| {
            studio.order = order;
            Change::Here
        })
    } else if button.has_attribute("data-relax") {
        relax(&mut at, &button)
    } else {
        take_back(&mut at)
    };
    drop(at);
    changed(desk, change);
}

/// Marks one button of a group as pressed.
fn press(root: &Element, group: &str, pressed: &Element) {
    dom::each(root, group, |each| {
        dom::set(each, "aria-pressed", if each == pressed { "true" } else { "false" });
    });
}

fn add(at: &mut Desk, link: &Element, asked: &str) -> Option<Change> {
    let asked: serde_json::Value = serde_json::from_str(asked).ok()?;
    at.goal = asked.get("item").and_then(|key| key.as_str()).map(str::to_owned);
    remember(at, &link.text_content().unwrap_or_default());
    Some(at.studio.as_mut()?.add(asked))
}

fn focus(at: &mut Desk, button: &Element) {
    let index = dom::number(button, "data-focus");
    at.focus = index.and_then(|index| at.studio.as_ref().map(|studio| studio.id(index).to_owned()));
    at.paint();
    // The list was drawn anew; the hand stays where it was.
    let again = index.and_then(|index| dom::find(&at.root, &format!("[data-focus=\"{index}\"]")));
    if let Some(again) = again.and_then(|again| again.dyn_into::<HtmlElement>().ok()) {
        let _ = again.focus();
    }
}

fn relax(at: &mut Desk, button: &Element) -> Option<Change> {
    let gain = at.gains.get(dom::number(button, "data-relax")?)?.clone();
    let step = dom::number(button, "data-step").and_then(|step| gain.steps.get(step));
    let name = at.name_of(gain.row);
    remember(at, &name);
    let change = at.studio.as_mut()?.relax(gain.row, step);
    at.refield();
    change
}

fn take_back(at: &mut Desk) -> Option<Change> {
    let (_, moment) = at.past.pop()?;
    let change = at.studio.as_mut()?.restore(moment);
    at.refield();
    Some(change)
}
