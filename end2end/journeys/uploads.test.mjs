// A provider sends some thousand rows, sees how far they are, reads what became of them and undoes the whole file; a broker puts
// offers together that are ordered together. In both languages, with script and without.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest } from "../walks/tour.mjs";

const fixture = kumoichi();
const BUNDLE = { en: "Two places", ja: "二拠点セット" };
/** Rows of the file; more than a page takes in at once. */
const ROWS = 3000;

for (const [language, script] of [["en", true], ["ja", false]]) {
  const wishes = { language, script, width: script ? 1280 : 360, refusals: true };
  const how = script ? "with" : "without";
  test(`a large file is followed and undone in ${language}, ${how} script`, async () => {
    await fixture.visit(wishes, async (page) => {
      const provider = new Guest(page, wishes);
      const file = `rows-${language}.csv`;
      const title = provider.word("uploads_one", { file });
      await page.goto("/account/sign-in");
      await provider.signIn("provider", true);
      await page.goto("/provider/uploads");
      await provider.stop("uploads", provider.word("uploads_title"));
      await page.goto("/provider/offers/import");
      await page.locator("[name=file]").setInputFiles({
        name: file,
        mimeType: "text/csv",
        buffer: Buffer.from(rows(language)),
      });
      await page.locator("[name=publish][value=yes]").check();
      await press(provider.button("exchange_import_send"));
      await page.waitForURL("**/provider/uploads/upl_*");
      const at = new URL(page.url()).pathname;
      if (!script) {
        await provider.stop("upload-waits", title);
        for (let asked = 0; await page.locator("progress").count() > 0; asked += 1) {
          assert.ok(asked < 600, "it never ended");
          await page.goto(at, { waitUntil: "load" });
        }
      }
      const undo = page.locator("main a", { hasText: provider.word("uploads_undo") });
      await undo.waitFor({ timeout: 120_000 });
      await provider.stop("upload-saved", title);
      await undo.click();
      await provider.stop("upload-undo", provider.word("uploads_undo_title", { file }));
      await press(provider.button("uploads_undo"));
      await page.waitForURL(`**${at}`);
      await provider.text("uploads_undone").first().waitFor();
      await provider.stop("upload-undone", title);
      assert.deepEqual(provider.faults, []);
    });
  });

  test(`a bundle is made, found and ordered in ${language}, ${how} script`, async () => {
    await fixture.visit(wishes, async (page) => {
      const broker = new Guest(page, wishes);
      await page.goto("/market?per_page=20&backed=1");
      const links = page.locator("ul.offers h3 a");
      const offers = [await links.nth(0).getAttribute("href"), await links.nth(1).getAttribute("href")];
      await page.goto("/account/sign-in");
      await broker.signIn("broker", true);
      await page.goto("/desk/bundles");
      await broker.stop("bundles-desk", broker.word("bundles_title"));
      await broker.field(language === "en" ? "titleEn" : "titleJa").fill(BUNDLE[language]);
      await broker.field("offer1").fill(new URL(offers[0], page.url()).href);
      await broker.field("offer2").fill("hokusei");
      await press(broker.button("bundles_make"));
      await page.locator("#field-offer2-error").waitFor();
      await broker.field("offer2").fill(offers[1].split("/").pop().split("?")[0]);
      await press(broker.button("bundles_make"));
      await broker.text("bundles_made").waitFor();
      await fixture.visit(wishes, (other) => order(new Guest(other, wishes), offers[0]));
      assert.deepEqual(broker.faults, []);
    });
  });
}

/** From an offer to the bundle that holds it, and to the page where it is signed. */
async function order(guest, offer) {
  const { page, language } = guest;
  await page.goto("/account/sign-in");
  await guest.signIn("customer", true);
  await page.goto(offer);
  await page.locator("#bundles a", { hasText: BUNDLE[language] }).click();
  await guest.stop("bundle", BUNDLE[language]);
  await press(guest.button("bundles_order"));
  await page.waitForURL("**/orders/new?*");
  assert.equal(await page.locator("input[name=offer]").count(), 2, "both are there");
  await page.goto("/market/bundles");
  await guest.stop("bundles", guest.word("bundles_title"));
  assert.deepEqual(guest.faults, []);
}

/** Sends the form of a button by keyboard. */
async function press(button) {
  await button.focus();
  await button.press("Enter");
}

function rows(language) {
  const head = "name,title.en,model,deployment,regions,calendar,timezone,slice_seconds,min_outage_seconds,commitment,"
    + "availability.service_uptime,price.monthly,price.currency";
  const line = (number) => `bulk-${language}-${number},Bulk ${number},IaaS,public,jp-tokyo-1 JP,1M,Asia/Tokyo,60,60,`
    + `objective,99.9 %,${90000 + number},JPY`;
  return [head, ...Array.from({ length: ROWS }, (_, number) => line(number)), ""].join("\n");
}
