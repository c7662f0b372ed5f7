// Keyboard only: past the head, through the market, to a signature, and to the first fault of a form.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, fitsWidth } from "../helpers/checks.mjs";
import { kumoichi } from "../helpers/fixture.mjs";
import { wordsOf } from "../helpers/words.mjs";
import { OFFER, PASSWORD } from "../walks/tour.mjs";

const fixture = kumoichi();
const word = wordsOf("en");
const STOPS_MAX = 120;

/** Presses Tab until the element in focus is the one wanted; each stop on the way must be seen. */
async function tabTo(page, wanted, what) {
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(describe);
    assert.ok(here.visible, `the focus is seen at ${here.name} of ${page.url()}`);
    if (wanted(here)) return;
  }
  assert.fail(`${what} was not reached by Tab at ${page.url()}`);
}

/** What is in focus, and whether a reader sees that it is. */
function describe() {
  const here = document.activeElement;
  const box = here.getBoundingClientRect();
  const style = getComputedStyle(here);
  const ring = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0;
  const name = (here.getAttribute("aria-label") ?? here.textContent ?? "").trim().replace(/\s+/g, " ");
  return { tag: here.localName, field: here.getAttribute("name"), name, visible: ring && box.width > 0 && box.height > 0 };
}

const named = (name) => (here) => here.name === name;
const field = (name) => (here) => here.field === name;

test("the first stop leads past the head of the page", async () => {
  await fixture.visit({}, async (page) => {
    await page.goto("/market");
    await page.keyboard.press("Tab");
    assert.equal((await page.evaluate(describe)).name, word("common_skip"));
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => document.querySelector("main").contains(document.activeElement)));
  });
});

test("the order of stops is that of the page", async () => {
  await fixture.visit({}, async (page) => {
    await page.goto("/market?q=Hokusei");
    await page.keyboard.press("Tab");
    const seen = [];
    for (let stop = 0; stop < 25; stop += 1) {
      await page.keyboard.press("Tab");
      seen.push(
        await page.evaluate(() => [...document.querySelectorAll("*")].indexOf(document.activeElement)),
      );
    }
    assert.deepEqual(seen, seen.toSorted((one, other) => one - other));
  });
});

test("a service is found, signed for and opened with the keyboard only", async () => {
  await fixture.visit({ refusals: true }, async (page) => {
    await page.goto("/market?q=Hokusei");
    await tabTo(page, named(OFFER.en), "the offer");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: OFFER.en }).waitFor();
    await tabTo(page, field("need"), "the choice of the need");
    await page.keyboard.press("ArrowDown");
    await tabTo(page, named(word("market_offer_check")), "the check");
    await page.keyboard.press("Enter");
    await page.waitForURL(/need=/);
    await tabTo(page, named(word("market_offer_contract")), "the way to plan and price");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: word("account_sign_in_title") }).waitFor();
    await tabTo(page, field("email"), "the mail address");
    await page.keyboard.type("customer@demo.example");
    await page.keyboard.press("Tab");
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/contracts\/new/);
    await tabTo(page, field("serviceName"), "the name of the service");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("by keyboard");
    await tabTo(page, named(word("contracts_sign_button")), "the signature");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "by keyboard" }).waitFor();
  });
});

for (const script of [true, false]) {
  const how = script ? "with" : "without";

  for (const language of ["en", "ja"]) {
    test(`a narrow screen folds the head into one line that opens by keyboard, ${how} script, ${language}`, async () => {
      await fixture.visit({ script, language, width: 360 }, async (page) => {
        await page.goto("/market");
        const { height } = await page.locator(".masthead").boundingBox();
        assert.ok(height <= 80, `the head is ${height} pixels high`);
        const ways = page.locator("nav.ways");
        await ways.waitFor({ state: "hidden" });
        const menu = wordsOf(language)("common_menu");
        await tabTo(page, named(menu), "the menu");
        await page.keyboard.press("Enter");
        await ways.waitFor();
        await fitsWidth(page);
        if (script) await accessible(page);
        // What opens comes next in the order of stops.
        await page.keyboard.press("Tab");
        const first = await ways.getByRole("link").first().textContent();
        assert.equal((await page.evaluate(describe)).name, first);
        await page.keyboard.press("Escape");
        await ways.waitFor({ state: "hidden" });
        assert.equal((await page.evaluate(describe)).name, menu, "the focus is back at the button");
      });
    });
  }

  test(`the focus moves to the first fault ${how} script`, async () => {
    await fixture.visit({ script, refusals: true }, async (page) => {
      await page.goto("/account/sign-up");
      await page.locator("[name=role]").first().check();
      await page.locator("[name=name]").fill("Aki Mori");
      await page.locator("[name=organisation]").fill("Mori Ltd");
      await page.locator("[name=email]").fill("aki@mori.example");
      await page.locator("[name=password]").fill("short");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").waitFor();
      await page.locator("[name=password][aria-invalid=true]:focus").waitFor();
      assert.equal(await page.locator("[name=email]").inputValue(), "aki@mori.example", "what was typed is kept");
    });
  });

  test(`the focus moves to the summary where no field is at fault, ${how} script`, async () => {
    await fixture.visit({ script, refusals: true }, async (page) => {
      await page.goto("/account/sign-in");
      await page.locator("[name=email]").fill("customer@demo.example");
      await page.locator("[name=password]").fill("this is not it");
      await page.keyboard.press("Enter");
      await page.locator("[role=alert]:focus").waitFor();
      assert.equal(await page.locator("[name=email]").inputValue(), "customer@demo.example", "what was typed is kept");
    });
  });
}
