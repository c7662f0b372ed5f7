// The ten-minute tour of README.md, stop by stop, for a visitor in either language, with or without script.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { decent } from "../helpers/checks.mjs";
import { pause } from "../helpers/broker.mjs";
import { awake } from "../helpers/fixture.mjs";
import { wordsOf } from "../helpers/words.mjs";

export const PASSWORD = "kumoichi-demo";
export const OFFER = { en: "Hokusei Cloud public-sector IaaS", ja: "北星クラウド 公共向けIaaS" };
export const OTHER = { en: "Hokusei Cloud standard IaaS", ja: "北星クラウド スタンダードIaaS" };
const NEW = { en: "Aoba small servers", ja: "青葉 小規模サーバー" };
const UPLOADED = { en: "Small servers", ja: "小規模サーバー" };
// Starting a process, a probe or an index commit takes seconds on a busy machine.
const LONG_MS = 60_000;

/** A visitor of the tour: a page, its language, its words. */
export class Guest {
  constructor(page, { language = "en", script = true } = {}) {
    Object.assign(this, { page, language, script, word: wordsOf(language), faults: [] });
    // Offers of one provider have names of their own; two tours may share a market.
    this.suffix = language === "en" ? "" : `-${language}`;
  }

  button(key, values) {
    return this.page.getByRole("button", { name: this.word(key, values), exact: true });
  }

  link(key, values) {
    return this.page.getByRole("link", { name: this.word(key, values), exact: true });
  }

  /** A way in the head of the page. */
  way(key) {
    return this.page.locator("nav.ways").getByRole("link", { name: this.word(key), exact: true });
  }

  field(name) {
    return this.page.locator(`main [name="${name}"]`);
  }

  text(key, values) {
    return this.page.getByText(this.word(key, values));
  }

  /** A page of the tour: waits for its heading and notes what any check finds, so that all is told at once. */
  async stop(name, heading) {
    const at = this.page.getByRole("heading", { level: 1 });
    if (heading) await at.and(this.page.getByText(heading, { exact: true })).waitFor();
    if (this.script) await awake(this.page);
    await decent(this.page, this.language).catch((fault) => this.faults.push(`${name}: ${fault.message}`));
    await picture(this.page, `${this.language}-${this.script ? "script" : "plain"}-${name}`);
  }

  /** A narrow screen keeps the ways and the account behind a button. */
  async openHead() {
    const menu = this.button("common_menu");
    if (await menu.isVisible()) await menu.click();
  }

  async signIn(role, next) {
    const { page } = this;
    if (!next) {
      await this.openHead();
      await this.link("common_account_sign_in").first().click();
    }
    await this.stop(`sign-in-${role}`, this.word("account_sign_in_title"));
    await this.field("email").fill(`${role}@demo.example`);
    await this.field("password").fill(PASSWORD);
    await page.locator("main form").getByRole("button", { name: this.word("common_account_sign_in") }).click();
    await this.page.locator("form[action='/account/sign-out']").first().waitFor({ state: "attached" });
  }

  async signOut() {
    await this.button("common_account_sign_out").click();
    await this.text("account_sign_out_done").waitFor();
  }

  /** Loads the page again until something is there. */
  async until(thing, again = () => this.page.reload()) {
    const end = Date.now() + LONG_MS;
    while ((await thing.count()) === 0) {
      assert.ok(Date.now() < end, `${thing} did not appear`);
      await pause(200);
      await again();
    }
  }

  /** Waits for a headline of the timeline: live where there is script, by the refresh link where not. */
  async follow(key) {
    const headline = this.page.locator(".timeline .headline", { hasText: this.word(key) });
    if (!this.script) {
      await this.until(headline, () => this.refresh());
      return;
    }
    // The events bring every step; only when nothing more will come does the page load itself again, once.
    let loads = 0;
    const count = (frame) => (loads += frame === this.page.mainFrame() ? 1 : 0);
    this.page.on("framenavigated", count);
    await headline.first().waitFor({ timeout: LONG_MS });
    this.page.off("framenavigated", count);
    assert.ok(loads <= 1, `the page was loaded ${loads} times while it was followed`);
  }

  async refresh() {
    await this.link("common_timeline_refresh").first().click();
    await this.page.waitForLoadState();
  }
}

/** Keeps a picture of the page where KUMOICHI_SHOTS names a folder. */
export async function picture(page, name) {
  const folder = process.env.KUMOICHI_SHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

/** Find: search, read an offer, compare two. */
export async function find(guest) {
  const { page, language, word } = guest;
  await page.goto("/");
  await guest.stop("home", word("home_question"));
  await guest.field("q").fill("Osaka");
  await guest.button("common_search").click();
  await guest.stop("market", word("market_title"));
  await page.locator(".offer").getByRole("link", { name: OFFER[language], exact: true }).click();
  await guest.stop("offer", OFFER[language]);
  await guest.way("common_way_market").click();
  await guest.field("q").fill("Hokusei");
  await guest.button("common_search").click();
  for (const title of [OFFER[language], OTHER[language]]) {
    await page.getByRole("checkbox", { name: word("market_compare_pick", { title }), exact: true }).check();
  }
  await guest.button("market_compare_action").click();
  await guest.stop("compare", word("market_compare_title"));
  for (const title of [OFFER[language], OTHER[language]]) {
    await page.getByRole("columnheader", { name: title }).waitFor();
  }
}

/** Ask: a template, the ranked list with its reasons, another order, the offer against the need. */
export async function ask(guest) {
  const { page, language, word } = guest;
  await page.goto("/");
  await guest.link("home_template_certificate").click();
  const row = page.locator("#matches .rank, [aria-labelledby='matches-title'] .rank").filter({ hasText: OFFER[language] });
  await row.first().waitFor();
  await row.first().locator("summary", { hasText: word("needs_why") }).click();
  await row.first().getByRole("table").waitFor();
  await guest.stop("ranked");
  await guest.link("needs_order_value").click();
  await page.waitForURL(/order=value/);
  await page.getByText(word("needs_order_value_text")).waitFor();
  await row.first().getByRole("link", { name: OFFER[language], exact: true }).click();
  await page.getByText(word("market_offer_enough")).waitFor();
  await guest.stop("enough", OFFER[language]);
}

/** Sign: quote, sign-in on the way, plan and price, the signature. Returns the contract's address. */
export async function sign(guest, name) {
  const { page, language, word } = guest;
  await guest.button("market_offer_contract").click();
  if (page.url().includes("/account/sign-in")) await guest.signIn("customer", true);
  await guest.stop("quote", word("contracts_quote_title", { offer: OFFER[language] }));
  await page.getByText(word("contracts_plan_title"), { exact: true }).first().waitFor();
  await guest.field("serviceName").fill(name);
  await guest.button("contracts_sign_button").click();
  await page.waitForURL(/\/contracts\/\w+$/);
  await page.getByRole("heading", { level: 1, name }).waitFor();
  return page.url();
}

/** Watch: live until it runs, then its address and its measurements. Returns the service's address. */
export async function watch(guest) {
  const { page } = guest;
  await guest.follow("contracts_headline_active");
  await page.locator("a.address").waitFor();
  const place = page.locator("dl.definitions > div").filter({ hasText: guest.word("contracts_page_runs_in") });
  await place.getByText("jp-sapporo-1").waitFor();
  await guest.stop("active");
  const address = await page.locator("a.address").getAttribute("href");
  const answer = await fetch(address);
  await answer.arrayBuffer();
  assert.equal(answer.status, 200, `the service answers at ${address}`);
  await page.locator("a.address").click();
  await page.waitForURL((url) => url.href.startsWith(new URL(address).origin));
  await page.goBack();
  await guest.until(page.locator("figure.chart.line"));
  await page.locator("figure.chart.line .key.promise").first().waitFor();
  await guest.stop("measured");
  return address;
}

/** Signs an offer for the sample need and waits until it runs; the address of its page. */
export async function running(guest, name) {
  const { page, language } = guest;
  await page.goto("/needs/templates/certificate-service");
  await page.locator(".rank").getByRole("link", { name: OFFER[language], exact: true }).first().click();
  await page.locator("button[formaction='/contracts/new']").click();
  await guest.field("serviceName").fill(name);
  await page.locator("button[value=sign]").click();
  await guest.follow("contracts_headline_active");
  return page.url();
}

/** Release: the name typed, the data erased, the statement kept, the address silent. */
export async function release(guest, name, address) {
  const { page, word } = guest;
  await guest.link("contracts_release_open").click();
  await guest.stop("release", word("contracts_release_title", { name }));
  await page.locator("[name=data][value=erase]").check();
  await guest.field("name").fill(name);
  await guest.button("contracts_release_button").click();
  await page.waitForURL(/\/contracts\/\w+$/);
  await guest.follow("contracts_headline_released");
  await guest.text("contracts_left_erased").waitFor();
  await guest.stop("released", name);
  await assert.rejects(fetch(address), "the address refuses after the release");
  const statement = await page.request.get(`${page.url().split("?")[0]}/erasure.json`);
  assert.equal(statement.status(), 200);
  assert.ok((await statement.json()).method, "the statement says how data was erased");
}

/** Publish: by form with a fault first, then by document; both are found in the market. */
export async function publish(guest) {
  const { page, language, word } = guest;
  await guest.signIn("provider");
  await guest.stop("offers", word("common_way_offers"));
  await guest.link("portal_offer_new").click();
  await guest.stop("new-offer", word("portal_offer_new"));
  await guest.field("name").fill(`aoba-small${guest.suffix}`);
  await guest.field(`title_${language}`).fill(NEW[language]);
  await guest.field("region").fill("jp-sendai-1");
  await guest.field("price").fill("98000");
  await guest.field("availability.service_uptime").fill("very high");
  await guest.button("portal_form_preview").click();
  await page.getByText(word("common_form_faults", { count: 1 })).waitFor();
  assert.equal(
    await page.evaluate(() => document.activeElement.getAttribute("name")),
    "availability.service_uptime",
    "the focus is on the first fault",
  );
  assert.equal(await guest.field("name").inputValue(), `aoba-small${guest.suffix}`, "what was typed is kept");
  await guest.stop("new-offer-fault", word("portal_offer_new"));
  await guest.field("availability.service_uptime").fill("99.95 %");
  await guest.button("portal_form_preview").click();
  await guest.stop("preview", word("portal_preview_title"));
  await guest.button("portal_preview_publish").click();
  await guest.text("portal_published", { version: 1 }).waitFor();
  await guest.stop("own-offer", NEW[language]);
  await isFound(guest, NEW[language]);
  await upload(guest);
}

async function upload(guest) {
  const { page, language, word } = guest;
  await guest.way("common_way_offers").click();
  await guest.link("portal_offer_new").click();
  await guest.link("portal_ways_document").click();
  await guest.stop("document", word("portal_offer_new"));
  const shown = await page.locator("details pre").last().textContent();
  const example = shown.replace("my-first-offer", `my-first-offer${guest.suffix}`);
  const file = (text) => ({ name: "offer.yaml", mimeType: "application/yaml", buffer: Buffer.from(text) });
  await guest.field("file").setInputFiles(file(example.replace("99.9", "199.9").replace("0.999", "1.999")));
  await guest.button("portal_form_preview").click();
  await page.getByRole("table", { name: word("portal_document_table") }).waitFor();
  await guest.stop("document-fault", word("portal_offer_new"));
  await guest.field("file").setInputFiles(file(example));
  await guest.button("portal_form_preview").click();
  await guest.button("portal_preview_save").click();
  await guest.text("portal_saved", { version: 1 }).waitFor();
  await guest.button("portal_offer_publish", { version: 1 }).click();
  await guest.text("portal_published", { version: 1 }).waitFor();
  await isFound(guest, UPLOADED[language]);
}

async function isFound(guest, title) {
  const { page } = guest;
  await guest.way("common_way_market").click();
  await guest.field("q").fill(title);
  await guest.button("common_search").click();
  await guest.until(page.locator(".offer").getByRole("link", { name: title, exact: true }));
}

/** Look after it: the broker's desk with both workflows and the audit list. */
export async function desk(guest) {
  const { page, word } = guest;
  await guest.signIn("broker");
  await guest.stop("desk", word("desk_title"));
  await guest.way("common_way_workflows").click();
  await guest.stop("workflows", word("common_way_workflows"));
  for (const kind of ["contracts_kind_activate", "contracts_kind_release"]) {
    await page.getByRole("row").filter({ hasText: word(kind) }).filter({ hasText: word("desk_state_done") }).first().waitFor();
  }
  await page.getByRole("row").filter({ hasText: word("contracts_kind_release") }).first().getByRole("link").first().click();
  await page.getByText(word("contracts_step_erase")).first().waitFor();
  await guest.stop("workflow");
  await guest.way("common_way_audit").click();
  await guest.stop("audit", word("common_way_audit"));
  for (const action of ["contract_signed", "contract_activated", "released", "offer_published"]) {
    await page.getByRole("row").filter({ hasText: word(`desk_action_${action}`) }).first().waitFor();
  }
}

/** The whole tour. */
export async function tour(guest) {
  await walk(guest);
  assert.deepEqual(guest.faults, [], "all pages of the tour are accessible and fit");
}

async function walk(guest) {
  const name = guest.word("home_template_certificate");
  await find(guest);
  await ask(guest);
  await sign(guest, name);
  const address = await watch(guest);
  await release(guest, name, address);
  await guest.signOut();
  await publish(guest);
  await guest.signOut();
  await desk(guest);
}
