// F7.1.3: finding an offer by keyboard alone: what was meant is offered, what was found is marked, filters and what was
// picked stay in the address, and an empty list has a way out. With script and without, in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decent } from "../helpers/checks.mjs";
import { kumoichi } from "../helpers/fixture.mjs";
import { wordsOf } from "../helpers/words.mjs";
import { picture } from "../walks/tour.mjs";

const fixture = kumoichi();
const STOPS_MAX = 160;

/** What a reader of each language types. */
const asked = {
  en: { misspelt: "postgersql", meant: "postgresql", text: "backups", marked: /^backups$/i },
  ja: { misspelt: "データベイス", meant: "データベース", text: "自治体", marked: /^自治体$/ },
};

/** Presses Tab until the element in focus is the one wanted. */
async function tabTo(page, wanted, what) {
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => {
      const { activeElement: on } = document;
      return { field: on.getAttribute("name"), value: on.getAttribute("value"), text: (on.textContent ?? "").trim(), list: on.closest(".ways-out, .meant")?.className };
    });
    if (wanted(here)) return;
  }
  assert.fail(`${what} was not reached by Tab at ${page.url()}`);
}

for (const [language, script, width] of [["en", true, 1280], ["ja", true, 360], ["en", false, 360], ["ja", false, 1280]]) {
  test(`an offer is found by keyboard in ${language}, ${script ? "with" : "without"} script, ${width} wide`, async () => {
    const word = wordsOf(language);
    const { misspelt, meant, text, marked } = asked[language];
    await fixture.visit({ language, script, width }, async (page) => {
      const stop = async (name) => {
        await picture(page, `finding-${name}-${language}-${width}`);
        await decent(page, language);
      };
      const ask = async (typed) => {
        await page.goto("/market");
        await tabTo(page, (here) => here.field === "q", "the search box");
        await page.keyboard.type(typed);
        await page.keyboard.press("Enter");
        await page.waitForURL(/[?&]q=/);
      };
      await ask(misspelt);
      await page.locator(".meant").waitFor();
      await stop("meant");
      await tabTo(page, (here) => here.list === "meant", "what was meant");
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => url.searchParams.get("q") === meant);
      assert.equal(await page.locator(".meant").count(), 0);

      await ask(text);
      await page.locator(".offer mark").first().waitFor();
      assert.match(await page.locator(".offer mark").first().textContent(), marked);
      await stop("marked");

      await ask("kafka");
      if (width < 960) {
        await tabTo(page, (here) => here.text === word("market_filter_title"), "the filters");
        await page.keyboard.press("Enter");
      }
      await tabTo(page, (here) => here.field === "middleware" && here.value === "Apache Kafka", "the middleware");
      await page.keyboard.press("Space");
      await stop("filters");
      await page.keyboard.press("Enter");
      await page.waitForURL(/middleware=Apache/);
      const found = page.url();
      await tabTo(page, (here) => here.text === word("market_filter_results"), "the way to the results");
      await page.keyboard.press("Enter");
      await tabTo(page, (here) => here.field === "offer", "the box of the first offer");
      await page.keyboard.press("Space");
      const picked = await page.locator(".pick input:checked").getAttribute("value");

      // What is ticked goes along to the next page of a longer list, and back comes back.
      await page.goto("/market");
      await page.locator(`.pick input`).first().check();
      const first = await page.locator(".pick input").first().getAttribute("value");
      await tabTo(page, (here) => here.field === "page" && here.value === "2", "the next page");
      await page.keyboard.press("Enter");
      await page.waitForURL(/page=2/);
      assert.equal(await page.locator(".tray input:checked").getAttribute("value"), first);
      await stop("tray");
      await page.goBack();
      assert.equal(new URL(page.url()).pathname, "/market");
      await page.goto(`${found}&offer=${picked}`);
      assert.equal(await page.locator(".pick input:checked").getAttribute("value"), picked);

      await page.goto(`${found}&country=DE`);
      await page.locator(".ways-out").waitFor();
      await stop("empty");
      await tabTo(page, (here) => here.list === "ways-out", "a way out");
      await page.keyboard.press("Enter");
      await page.locator(".offer").first().waitFor();
    });
  });
}
