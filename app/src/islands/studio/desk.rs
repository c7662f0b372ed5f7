//! What the studio remembers, and how it paints it onto the page.

use matching::{Gain, Order};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{dom, lists::Shown};
use crate::{
    studio::{
        Refusal, Studio,
        draw::{self, Axis, Form, Moving, Titles},
        html,
        model::Moment,
        need,
        rows::Lists,
        say,
    },
    words::Words,
};

/// Fewer corners make no shape.
const AXES_MIN: usize = 3;
/// Offers that the way to the comparison takes along.
const COMPARED: usize = 3;

/// Everything the island remembers.
pub struct Desk {
    /// The element of the island.
    pub root: Element,
    /// Words of the page.
    pub words: Words,
    /// Order of the lists.
    pub order: Order,
    /// Rows of each list.
    pub rows: usize,
    /// Ready when the market has come.
    pub studio: Option<Studio>,
    /// Radar or rose.
    pub form: Form,
    /// The offer whose shape is drawn; `None` follows the first row.
    pub focus: Option<String>,
    /// What is drawn now.
    pub axes: Vec<Axis>,
    /// The corner in the hand.
    pub held: Option<usize>,
    /// Where the drawing stood when the corner was taken: left, top, width. Reading it on every move
    /// would lay the page out once more.
    pub frame: (f64, f64, f64),
    /// Where the hand is, for the next frame.
    pub place: Option<f64>,
    /// States to come back to, each with what was done to it.
    pub past: Vec<(String, Moment)>,
    /// The relaxations that can be clicked.
    pub gains: Vec<Gain>,
    /// Whether the lists of the server have given way.
    pub live: bool,
    /// Counts changes, so that only the last one settles.
    pub turn: u32,
    /// The newest question to the server; answers to older ones come too late.
    pub ticket: u32,
    /// Whether an answer is under way.
    pub loading: bool,
    /// What the fields on their way to the server are about.
    pub pending: Option<String>,
    /// The field to go to when the market has come: its item.
    pub goal: Option<String>,
    lists: Shown,
    moving: Option<Moving>,
    table: String,
}

impl Desk {
    /// An empty desk.
    pub fn new(root: Element, words: Words, order: Order, rows: usize) -> Self {
        Self {
            root,
            words,
            order,
            rows,
            studio: None,
            form: Form::Radar,
            focus: None,
            axes: Vec::new(),
            held: None,
            frame: (0.0, 0.0, 1.0),
            place: None,
            past: Vec::new(),
            gains: Vec::new(),
            live: false,
            turn: 0,
            ticket: 0,
            loading: false,
            pending: None,
            goal: None,
            lists: Shown::default(),
            moving: None,
            table: String::new(),
        }
    }

    /// Draws the frame: lists, shape, table.
    pub fn paint(&mut self) {
        let Some(studio) = &self.studio else { return };
        let ranking = studio.ranking();
        let first = ranking.rows().next().map(|row| row.index);
        let focus = self.focus.as_ref().and_then(|id| studio.position(id)).or(first);
        let title = focus.and_then(|focus| studio.stalls().titles.get(focus));
        let title = title.map_or_else(|| self.words.needs_studio_nobody().to_owned(), Clone::clone);
        let axes = studio.axes(focus);
        if self.live {
            let lists = Lists::new(self.words, studio, &ranking, focus);
            self.lists.paint(&self.root, self.words, studio, lists);
        }
        // Folded away, the table waits until the hand rests.
        if self.held.is_none() || dom::find(&self.root, "[open] > [data-table]").is_some() {
            let explanation = focus.and_then(|focus| studio.explain(focus));
            let table = html::table(self.words, studio.asks(), explanation.as_ref(), &title);
            if table != self.table {
                if let Some(place) = dom::find(&self.root, "[data-table]") {
                    place.set_inner_html(&table);
                }
                self.table = table;
            }
        }
        dom::say(&self.root, "[data-focus-name]", &title);
        self.draw(axes, &title);
    }

    /// Moves what is drawn, or draws it anew where there are other axes.
    fn draw(&mut self, axes: Vec<Axis>, title: &str) {
        let same = axes.len() == self.axes.len()
            && axes.iter().zip(&self.axes).all(|(new, old)| new.label == old.label)
            && dom::find(&self.root, "[data-need]").is_some();
        if same {
            self.shift(draw::moving(&axes, self.form), &axes);
        } else if let Some(place) = dom::find(&self.root, "[data-chart]") {
            let titles = Titles {
                title: &self.words.needs_studio_shape_of(title),
                description: self.words.needs_studio_shape_hint(),
            };
            let enough = axes.len() >= AXES_MIN;
            let drawing =
                if enough { draw::chart(&axes, self.form, titles, true) } else { String::new() };
            place.set_inner_html(&drawing);
            self.moving = None;
        }
        self.axes = axes;
    }

    /// Writes what moved; what stands as it stood costs nothing.
    fn shift(&mut self, moving: Moving, axes: &[Axis]) {
        let before = self.moving.take().unwrap_or_default();
        for (place, path, old) in [
            ("[data-need]", &moving.need, &before.need),
            ("[data-promise]", &moving.promise, &before.promise),
            ("[data-gaps]", &moving.gaps, &before.gaps),
        ] {
            if path != old {
                dom::put(&self.root, place, "d", path);
            }
        }
        if moving.promise != before.promise {
            let whole = self.form == Form::Rose || axes.iter().all(|axis| axis.promise.is_some());
            let class = if whole { "promise area" } else { "promise" };
            dom::put(&self.root, "[data-promise]", "class", class);
        }
        for (index, (axis, corner)) in axes.iter().zip(&moving.corners).enumerate() {
            let old = self.axes.get(index);
            if before.corners.get(index) == Some(corner)
                && old.is_some_and(|old| (old.need, &old.need_text) == (axis.need, &axis.need_text))
            {
                continue;
            }
            let Some(knob) = dom::find(&self.root, &format!("#corner-{index}")) else { continue };
            dom::set(&knob, "transform", corner);
            let now = draw::hundredths(axis.need.unwrap_or(0.0));
            dom::set(&knob, "aria-valuenow", &now.to_string());
            dom::set(&knob, "aria-valuetext", &axis.need_text);
        }
        self.moving = Some(moving);
    }

    /// Draws the shape from nothing: another form, other axes.
    pub fn redraw(&mut self) {
        self.axes.clear();
        self.paint();
    }

    /// Puts the value of an ask into its field, unless somebody is typing there.
    pub fn refill(&self, ask: usize) {
        let Some(ask) = self.studio.as_ref().and_then(|studio| studio.asks().get(ask)) else {
            return;
        };
        for (part, text) in
            [("value", &ask.value), ("tolerance", &ask.tolerance), ("weight", &ask.weight)]
        {
            self.field(part, &ask.key, text);
        }
        self.field("level", &ask.key, html::mode_key(ask.mode));
        // A floor that would ask more has come down with it.
        let asks = self.studio.as_ref().map(Studio::asks).unwrap_or_default();
        for floor in asks.iter().filter(|floor| floor.floor && floor.key == ask.key) {
            if let Some(time) = floor.time {
                self.field("field-floor", &format!("{time}:{}", floor.key), &floor.value);
            }
        }
    }

    fn field(&self, part: &str, key: &str, text: &str) {
        let Some(field) = dom::find(&self.root, &format!("[id=\"{part}-{key}\"]")) else { return };
        if dom::value(&field) != text {
            dom::fill(&field, text);
            self.fault(&field, None);
        }
    }

    /// Draws all fields anew: other items, or a state from before.
    pub fn refield(&mut self) {
        let Some(studio) = &self.studio else { return };
        if let Some(place) = dom::find(&self.root, "[data-fields]") {
            dom::redraw(&place, &html::fields(self.words, studio.asks(), true));
        }
        let asked = self.words.needs_form_asked(html::asked(studio.asks()));
        dom::say(&self.root, "[data-asked]", &asked);
        dom::each(&self.root, "[data-pick]", |pick| {
            let key = pick.get_attribute("data-pick");
            let mut asks = studio.asks().iter().filter(|ask| ask.time.is_none());
            let asked = asks.any(|ask| Some(&ask.key) == key.as_ref());
            let _ = pick.toggle_attribute_with_force("hidden", asked);
        });
    }

    /// Puts the fields of other times in place.
    pub fn resheet(&self, sheet: &str) {
        let Some(place) = dom::find(&self.root, "[data-sheet]") else { return };
        // What somebody is typing there meanwhile is not lost.
        let typing = dom::find(&place, ":focus").map(|field| (field.id(), dom::value(&field)));
        place.set_inner_html(sheet);
        if let Some((id, text)) = typing
            && let Some(field) = dom::find(&place, &format!("[id=\"{id}\"]"))
        {
            dom::fill(&field, &text);
        }
    }

    /// Says what the server could not make a need of, field by field.
    pub fn refuse(&self, refusal: &Refusal) {
        let place = dom::find(&self.root, "[data-wishes] :focus").map(|field| field.id());
        self.resheet(&refusal.sheet);
        for (field, text) in &refusal.faults {
            let about = dom::find(&self.root, &format!("[id=\"{field}-error\"]"));
            if let Some(about) = about {
                about.set_text_content(Some(text));
                let _ = about.toggle_attribute_with_force("hidden", false);
                dom::put(&self.root, &format!("[id=\"{field}\"]"), "aria-invalid", "true");
            }
        }
        let first = refusal.faults.first().map_or("", |(_, text)| text.as_str());
        dom::say(&self.root, "[data-status]", first);
        if let Some(field) = place.and_then(|id| dom::find(&self.root, &format!("[id=\"{id}\"]")))
            && let Ok(field) = field.dyn_into::<HtmlElement>()
        {
            let _ = field.focus();
        }
    }

    /// Says at a field what is wrong with it, or that nothing is.
    pub fn fault(&self, field: &Element, text: Option<&str>) {
        let place = format!("[id=\"{}-error\"]", field.id());
        if let Some(place) = dom::find(&self.root, &place) {
            place.set_text_content(text);
            let _ = place.toggle_attribute_with_force("hidden", text.is_none());
        }
        match text {
            Some(_) => dom::set(field, "aria-invalid", "true"),
            None => drop(field.remove_attribute("aria-invalid")),
        }
    }

    /// What is left for a moment of rest: the address, links, what-if, what is said aloud.
    pub fn settle(&mut self) {
        let Some(studio) = &self.studio else { return };
        let code = need::code(studio.need());
        let fits = code.len() <= need::CODE_MAX;
        if self.live && fits {
            let mut address = format!("/needs?doc={code}");
            if self.order != Order::default() {
                address.push_str(&format!("&order={}", self.order.name()));
            }
            if self.rows != 10 {
                address.push_str(&format!("&show={}", self.rows));
            }
            dom::readdress(&address);
            dom::put(&self.root, "[data-share]", "href", &address);
            let back = format!("/account/sign-in?next=%2Fneeds%3Fdoc%3D{code}");
            dom::put(&self.root, "[data-sign-in]", "href", &back);
            dom::each(&self.root, "[data-doc]", |field| dom::fill(field, &code));
            dom::each(&self.root, "[name=need]", |field| dom::fill(field, &format!("doc:{code}")));
        }
        dom::each(&self.root, "[data-link]", |link| {
            let begin = link.get_attribute("data-link").unwrap_or_default();
            dom::set(link, "href", &format!("{begin}{code}"));
        });
        let ranking = studio.ranking();
        let first = ranking.rows().take(COMPARED).map(|row| format!("offer={}&", row.id));
        let first: String = first.collect();
        dom::put(
            &self.root,
            "[data-compare]",
            "href",
            &format!("/market/compare?{first}need=doc:{code}"),
        );
        self.gains = studio.gains();
        if let Some(place) = dom::find(&self.root, "[data-gains]") {
            place.set_inner_html(&html::what_if(self.words, studio.asks(), &self.gains));
        }
        let undo = self.past.last().map(|(done, _)| self.words.needs_studio_undo(done));
        dom::say(&self.root, "[data-undo] button", undo.as_deref().unwrap_or_default());
        dom::show(&self.root, "[data-undo]", undo.is_some());
        self.announce(fits);
    }

    fn announce(&self, fits: bool) {
        let Some(studio) = self.studio.as_ref().filter(|_| self.live) else { return };
        let ranking = studio.ranking();
        let count = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        let (matched, all) = (count(ranking.matched), count(ranking.judged));
        let found = self.words.needs_fit(matched, crate::words::integer(all));
        let rest = crate::words::integer(all.saturating_sub(matched));
        dom::say(&self.root, "[data-jump]", &self.words.needs_jump(matched, rest));
        // The head of the page is none of the island's, but it says the same number.
        if let Some(page) = self.root.closest("main").ok().flatten() {
            dom::say(&page, ".page-head .lead", &found);
        }
        let mut text = self.words.needs_studio_live(found);
        if !fits {
            // Only a stranger is offered to sign in.
            let stranger = dom::find(&self.root, "[data-sign-in]").is_some();
            text.push(' ');
            text.push_str(match stranger {
                true => self.words.needs_studio_long_stranger(),
                false => self.words.needs_studio_long(),
            });
        }
        dom::say(&self.root, "[data-status]", &text);
    }

    /// From the first change on the lists of the server give way to the ones that follow.
    pub fn go_live(&mut self) {
        if self.live {
            return;
        }
        self.live = true;
        let orders: String = Order::ALL
            .into_iter()
            .map(|order| {
                let word = match order {
                    Order::Balanced => self.words.needs_order_balanced(),
                    Order::Fit => self.words.needs_order_fit(),
                    Order::Value => self.words.needs_order_value(),
                    Order::Strength => self.words.needs_order_strength(),
                };
                format!(
                    r#"<button type="button" data-order="{}" aria-pressed="{}">{}</button>"#,
                    order.name(),
                    order == self.order,
                    html::escape(word)
                )
            })
            .collect();
        if let Some(place) = dom::find(&self.root, "[data-live]") {
            self.lists = Shown::default();
            place.set_inner_html(&format!(
                r#"<div class="toggle" role="group" aria-label="{}">{orders}</div><div data-lists></div>"#,
                html::escape(self.words.needs_order())
            ));
        }
        dom::show(&self.root, "[data-live]", true);
        dom::show(&self.root, ".fits", false);
    }

    /// What an ask is called.
    pub fn name_of_ask(&self, ask: usize) -> String {
        let asks = self.studio.as_ref().map(Studio::asks).unwrap_or_default();
        asks.get(ask).map(|ask| ask.label.clone()).unwrap_or_default()
    }

    /// What a relaxation is called when it can be taken back.
    pub fn name_of(&self, row: usize) -> String {
        let asks = self.studio.as_ref().map(Studio::asks).unwrap_or_default();
        say::ask_of(asks, row).map(|ask| ask.label.clone()).unwrap_or_default()
    }
}
