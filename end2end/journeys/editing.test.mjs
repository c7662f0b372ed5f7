// The provider's editor: where the document would stand, the middle of its category, a working copy that is gone on with, faults
// of a document at their lines, and what customers miss; in both languages, with script and without.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest } from "../walks/tour.mjs";

const fixture = kumoichi();
const TITLE = { en: "Servers typed slowly", ja: "少しずつ入力するサーバー" };

for (const [language, script] of [["en", true], ["ja", false]]) {
  const wishes = { language, script, width: script ? 1280 : 360, refusals: true };
  test(`an offer is edited in ${language} and nothing typed is lost, ${script ? "with" : "without"} script`, async () => {
    await fixture.visit(wishes, async (page) => {
      const guest = new Guest(page, wishes);
      await page.goto("/account/sign-in");
      await guest.signIn("provider", true);
      await kept(guest);
      await preview(guest);
      await document(guest);
      await page.goto("/provider/demand");
      await guest.stop("demand", guest.word("demand_title"));
      assert.deepEqual(guest.faults, []);
    });
  });
}

/** Sends the form of a button by keyboard. */
async function press(button) {
  await button.focus();
  await button.press("Enter");
}

/** What was typed comes back after the page was left; with script nobody had to press anything. */
async function kept(guest) {
  const { page, language, script } = guest;
  await page.goto("/provider/offers/new");
  await guest.field("name").fill(`typed-slowly${guest.suffix}`);
  await guest.field(`title_${language}`).fill(TITLE[language]);
  await guest.field("region").fill("jp-sendai-1");
  await guest.field("price").fill("98000");
  await guest.field("availability.service_uptime").fill("99.95 %");
  if (script) await page.locator("p.kept", { hasText: guest.word("portal_copy_kept", { at: "" }).trim() }).waitFor();
  else {
    await press(guest.button("portal_copy_keep"));
    await guest.text("portal_copy_kept_text").waitFor();
  }
  await page.goto("/provider/offers");
  await page.goto("/provider/offers/new");
  await guest.text("portal_copy_title").waitFor();
  await guest.stop("copy-offered");
  await press(guest.link("portal_copy_go_on"));
  await page.waitForURL(/go=on/);
  assert.equal(await guest.field("price").inputValue(), "98000");
}

/** Where it would stand, before anybody sees it. */
async function preview(guest) {
  await press(guest.button("portal_form_preview"));
  await guest.stop("preview-rank", guest.word("portal_preview_title"));
  await guest.page.getByRole("heading", { name: guest.word("demand_rank_title"), exact: true }).waitFor();
  await guest.page.getByRole("heading", { name: guest.word("demand_beside_title"), exact: true }).waitFor();
}

/** A fault of a document leads to its line. */
async function document(guest) {
  const { page } = guest;
  await page.goto("/provider/offers/document");
  await guest.field("yaml").fill("apiVersion: sla.kumoichi/v1alpha1\nkind: ServiceLevelOffr\n");
  await press(guest.button("portal_form_preview"));
  await page.locator("#line-2 mark").waitFor();
  await guest.stop("document-faults");
  await page.locator('a[href="#line-2"]').first().click();
  assert.ok(page.url().endsWith("#line-2"));
}
