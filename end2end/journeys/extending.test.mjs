// A provider's offer names a key that nobody knows; it proposes what the key means, a broker decides, and everybody reads
// it: with a preview, faults at their fields, by keyboard, in both languages, with script and without.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest } from "../walks/tour.mjs";

const fixture = kumoichi();
const TITLE = { en: "First reply to a ticket", ja: "問い合わせへの初回応答" };

for (const [language, script] of [["en", true], ["ja", false]]) {
  const wishes = { language, script, width: script ? 1280 : 360, refusals: true };
  // Both tests share a market: each has a key of its own.
  const key = `x-hokusei.reply_${language}`;
  test(`an item is proposed and decided in ${language} ${script ? "with" : "without"} script`, async () => {
    let proposal;
    await fixture.visit(wishes, async (page) => {
      const provider = new Guest(page, wishes);
      await page.goto("/account/sign-in");
      await provider.signIn("provider", true);
      await offer(provider, key);
      proposal = await propose(provider, key);
      assert.deepEqual(provider.faults, []);
    });
    await fixture.visit(wishes, (page) => decide(new Guest(page, wishes), proposal));
    await fixture.visit(wishes, (page) => read(new Guest(page, wishes), key));
  });
}

/** Sends the form of a button by keyboard. */
async function press(button) {
  await button.focus();
  await button.press("Enter");
}

/** Saves an offer that promises something under the key. */
async function offer(guest, key) {
  const { page, language } = guest;
  await page.goto("/provider/offers/document");
  const text = await page.locator("pre", { hasText: "kind: ServiceLevelOffer" }).first().textContent();
  const own = text
    .replace(/(name: )[a-z0-9-]+/, `$1extending-${language}`)
    .replace(/\n( *)items:\n( *)- /, (_, outer, inner) => `\n${outer}items:\n${inner}- {item: ${key}, value: 14400, commitment: objective}\n${inner}- `);
  assert.ok(own.includes(key), own);
  await guest.field("yaml").fill(own);
  await press(guest.button("portal_form_preview"));
  await page.locator(".notice", { hasText: key }).waitFor();
  await press(guest.button("portal_preview_save"));
  await page.locator(`a[href*="/provider/items/new?key="]`).first().waitFor();
  await page.locator(`a[href*="/provider/items/new?key="]`).first().click();
}

/** A preview, a fault at its field, and the proposal; returns its number. */
async function propose(guest, key) {
  const { page, language } = guest;
  await guest.stop("extending-form", guest.word("extend_define"));
  assert.equal(await guest.field("key").inputValue(), key);
  await guest.field("titleEn").fill(TITLE.en);
  await guest.field("titleJa").fill(TITLE.ja);
  await guest.field("helpEn").fill("Until a person answers.");
  await guest.field("helpJa").fill("担当者が答えるまでの時間です。");
  await guest.field("type").selectOption("duration");
  await guest.field("direction").selectOption("higher");
  await guest.field("unit").selectOption("s");
  await guest.field("curve").selectOption("log");
  await guest.field("worst").fill("86400");
  await guest.field("best").fill("600");
  await press(guest.button("extend_preview"));
  await page.locator("#field-best-error").waitFor();
  await guest.field("direction").selectOption("lower");
  await press(guest.button("extend_preview"));
  await page.locator("#preview", { hasText: TITLE[language] }).waitFor();
  await guest.stop("extending-preview", guest.word("extend_define"));
  await press(guest.button("catalog_desk_propose"));
  await guest.text("catalog_desk_proposed").waitFor();
  await guest.stop("extending-own");
  return new URL(page.url()).pathname.split("/").pop();
}

async function decide(guest, proposal) {
  const { page, language } = guest;
  await page.goto("/account/sign-in");
  await guest.signIn("broker", true);
  await page.goto("/desk/items");
  await guest.stop("extending-desk", guest.word("extend_title"));
  await page.locator(`a[href="/desk/item-proposals/${proposal}"]`).click();
  await page.locator("#affects").waitFor();
  await guest.stop("extending-decision");
  await press(guest.button("catalog_desk_refuse"));
  await page.locator("#field-reason-error").waitFor();
  await press(guest.button("catalog_desk_accept"));
  await guest.text("catalog_desk_accepted").waitFor();
  await page.getByRole("link", { name: TITLE[language] }).first().waitFor();
  assert.deepEqual(guest.faults, []);
}

async function read(guest, key) {
  const { page, language } = guest;
  await page.goto("/items");
  await page.locator("#extension a", { hasText: TITLE[language] }).first().waitFor();
  await page.goto(`/items/${key}`);
  await guest.stop("extending-item", TITLE[language]);
  await page.goto("/needs/new?by=form");
  assert.ok((await page.content()).includes(key), "the form of a need offers it");
  assert.deepEqual(guest.faults, []);
}
