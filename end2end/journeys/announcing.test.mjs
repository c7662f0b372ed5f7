// The market and a provider announce something: faults at their fields, the banner, the provider's page, a customer's inbox; in
// both languages, with script and without.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest } from "../walks/tour.mjs";

const fixture = kumoichi();
const TITLE = { en: "Letters arrive late", ja: "通知メールの遅延" };
const WORK = { en: "A new core switch", ja: "基幹スイッチの交換" };

for (const [language, script] of [["en", true], ["ja", false]]) {
  const wishes = { language, script, width: script ? 1280 : 360, refusals: true };
  test(`what is announced in ${language} is read by whom it concerns, ${script ? "with" : "without"} script`, async () => {
    await fixture.visit(wishes, async (page) => {
      const broker = new Guest(page, wishes);
      await page.goto("/account/sign-in");
      await broker.signIn("broker", true);
      await page.goto("/desk/announcements");
      await broker.stop("announcing-empty", broker.word("announce_title"));
      await publish(broker, "incident", TITLE[language]);
      const banner = page.locator("aside.announced");
      await banner.waitFor();
      await fixture.visit(wishes, (other) => everybody(new Guest(other, wishes)));
      await fixture.visit(wishes, (other) => provider(new Guest(other, wishes)));
      await page.goto("/desk/announcements");
      await page.locator("main a", { hasText: TITLE[language] }).first().click();
      await broker.stop("announcing-change", TITLE[language]);
      await press(broker.button("announce_end"));
      await broker.text("announce_ended").waitFor();
      assert.equal(await banner.count(), 0, "what is over leaves every page at once");
      assert.deepEqual(broker.faults, []);
    });
  });
}

/** Sends the form of a button by keyboard. */
async function press(button) {
  await button.focus();
  await button.press("Enter");
}

/** A title that is missing is told at its field; then it is published. */
async function publish(guest, kind, title) {
  const { page, language } = guest;
  await page.locator("[name=kind]").selectOption(kind);
  await press(guest.button("announce_make"));
  await page.locator("#field-titleEn-error").waitFor();
  assert.equal(await page.locator("[name=kind]").inputValue(), kind, "what was chosen is kept");
  await guest.field(language === "en" ? "titleEn" : "titleJa").fill(title);
  await press(guest.button("announce_make"));
  await guest.text("announce_made").waitFor();
}

async function everybody(guest) {
  const { page, language } = guest;
  await page.goto("/market");
  const banner = page.locator("aside.announced");
  await banner.waitFor();
  assert.ok((await banner.innerText()).includes(TITLE[language]));
  await banner.locator("a").click();
  await guest.stop("announcement", TITLE[language]);
  assert.deepEqual(guest.faults, []);
}

async function provider(guest) {
  const { page, language } = guest;
  await page.goto("/account/sign-in");
  await guest.signIn("provider", true);
  await page.goto("/provider/announcements");
  await publish(guest, "incident", WORK[language]);
  await guest.stop("announcing-portal", guest.word("announce_title"));
  await page.goto("/providers/hokusei");
  await page.locator("#announcements a", { hasText: WORK[language] }).waitFor();
  assert.deepEqual(guest.faults, []);
}
