// The requirement studio: a corner is dragged, moved by keys or typed, the list follows, and whatever
// stands there is what the server says for the same need.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, decent, fitsWidth } from "../helpers/checks.mjs";
import { kumoichi } from "../helpers/fixture.mjs";
import { wordsOf } from "../helpers/words.mjs";
import { TEMPLATES, askServer, open, ready, rows } from "../walks/studio.mjs";

const fixture = kumoichi();
const word = wordsOf("en");
/** What the server says for the need in the address. */
const asked = (page) => askServer(fixture.url(), page.url());

/** The reasons and changes beside the rows of a list. */
function reasons(page, list) {
  return page.locator(`${list} .rank .reason`).evaluateAll((all) =>
    all.map((one) => [...one.querySelectorAll(":scope > p:not(.hint, .stronger, :has(a))")].map((p) => p.textContent.trim()).filter(Boolean)),
  );
}

/** Drags a corner towards the middle of the drawing; `before` looks at the page while it is held. */
async function drag(page, name, part, before = async () => {}) {
  const corner = page.getByRole("slider", { name, exact: true });
  await corner.scrollIntoViewIfNeeded();
  const [knob, drawing] = [await corner.boundingBox(), await page.locator("[data-chart] svg").boundingBox()];
  const middle = { x: drawing.x + drawing.width / 2, y: drawing.y + drawing.height / 2 };
  const from = { x: knob.x + knob.width / 2, y: knob.y + knob.height / 2 };
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  for (let step = 1; step <= 8; step++) {
    const way = (part * step) / 8;
    await page.mouse.move(from.x + (middle.x - from.x) * way, from.y + (middle.y - from.y) * way);
  }
  await before();
  await page.mouse.up();
  await ready(page);
}

test("the list follows a dragged corner, and the address brings the same list to anybody", async () => {
  await fixture.visit({}, async (page) => {
    await open(page);
    const corner = page.getByRole("slider", { name: "Service uptime", exact: true });
    const before = await corner.getAttribute("aria-valuetext");
    const matched = page.locator("#live-matches");
    await drag(page, "Service uptime", 0.9, async () => {
      // Still in the hand: the list is there already.
      await matched.waitFor();
      assert.notEqual(await corner.getAttribute("aria-valuetext"), before);
    });
    assert.match(page.url(), /\/needs\?doc=/);
    const here = await rows(page);
    assert.deepEqual(here, await asked(page));
    const said = await reasons(page, ".live");
    assert.ok(said.length > 0 && said.every((lines) => lines.length > 0));
    const address = page.url();
    const typed = await page.locator("[id='value-availability.service_uptime']").inputValue();
    await page.goto(address);
    await ready(page);
    assert.equal(await page.locator("[id='value-availability.service_uptime']").inputValue(), typed);
    await fixture.visit({ script: false }, async (plain) => {
      await plain.goto(address);
      const links = await plain.locator(".fits .rank h3 a").evaluateAll((all) => all.map((a) => a.pathname.split("/").pop()));
      assert.deepEqual(links, here.map(([id]) => id));
      assert.deepEqual(await reasons(plain, ".fits"), said);
      assert.equal(await plain.locator("[id='value-availability.service_uptime']").inputValue(), typed);
    });
  });
});

test("a corner is a slider: arrows, pages and ends move it, and it says its value in its unit", async () => {
  await fixture.visit({}, async (page) => {
    await open(page);
    const corner = page.getByRole("slider", { name: "End-to-end response time", exact: true });
    await corner.focus();
    const value = () => corner.getAttribute("aria-valuetext");
    const seen = [await value()];
    for (const key of ["ArrowUp", "PageUp", "End", "ArrowDown", "PageDown", "Home"]) {
      await page.keyboard.press(key);
      seen.push(await value());
    }
    assert.ok(seen.every((text) => /^at most .+ (ms|s|min)$/.test(text)), seen.join("; "));
    assert.equal(new Set(seen).size, seen.length, seen.join("; "));
    assert.ok(await corner.evaluate((element) => element === document.activeElement));
    await ready(page);
    assert.deepEqual(await rows(page), await asked(page));
  });
});

test("a value is typed with its unit; what cannot be read is said at its field", async () => {
  await fixture.visit({}, async (page) => {
    await open(page);
    const field = page.locator("[id='value-availability.service_uptime']");
    await field.fill("99.95 %");
    await field.press("Tab");
    await ready(page);
    const corner = page.getByRole("slider", { name: "Service uptime", exact: true });
    assert.equal(await corner.getAttribute("aria-valuetext"), "at least 99.95 %");
    assert.deepEqual(await rows(page), await asked(page));
    await field.fill("99.95 km");
    await field.press("Tab");
    await page.locator("[id='value-availability.service_uptime-error']", { hasText: "99.95 km" }).waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    await accessible(page);
  });
});

test("an item that is emptied away leaves the focus at what came next", async () => {
  await fixture.visit({}, async (page) => {
    await open(page);
    const gone = page.locator("[id='value-availability.service_uptime']");
    await gone.fill("");
    await gone.press("Tab");
    await gone.waitFor({ state: "detached" });
    await ready(page);
    const here = await page.evaluate(() => document.activeElement.closest("[data-fields] [data-item]")?.dataset.item);
    assert.equal(here, "performance.e2e_response_time");
    // It comes back with all that was said of it, and can go again.
    await page.locator("[data-undo] button").click();
    await gone.waitFor();
    await ready(page);
    assert.equal(await gone.inputValue(), "99.9 %");
    await gone.fill("");
    await gone.press("Tab");
    await gone.waitFor({ state: "detached" });
    await ready(page);
    // And the same by the button of a row.
    const button = page.locator("[data-remove='performance.e2e_response_time']");
    await button.focus();
    await page.keyboard.press("Enter");
    await button.waitFor({ state: "detached" });
    await ready(page);
    const next = await page.evaluate(() => document.activeElement.closest("[data-fields] [data-item]")?.dataset.item);
    assert.ok(next, "the focus is in the next row");
  });
});

test("a relaxation is applied by one click and taken back by another", async () => {
  await fixture.visit({}, async (page) => {
    await open(page);
    await drag(page, "Service uptime", 0.1);
    const [before, address] = [await rows(page), page.url()];
    await page.locator("[data-relax]").first().click();
    await ready(page);
    assert.notDeepEqual(await rows(page), before);
    assert.deepEqual(await rows(page), await asked(page));
    await page.locator("[data-undo] button").click();
    await ready(page);
    assert.deepEqual(await rows(page), before);
    assert.equal(page.url(), address);
  });
});

test("another item is found by its words and asked with one click", async () => {
  await fixture.visit({}, async (page) => {
    await open(page);
    await page.getByText(word("needs_studio_add"), { exact: true }).click();
    await page.getByLabel(word("needs_studio_search"), { exact: true }).fill("backup");
    await page.locator("[data-pick]:not([hidden]) a").first().click();
    await page.locator(".wish").nth(8).waitFor();
    await ready(page);
    assert.deepEqual(await rows(page), await asked(page));
    assert.equal(await page.locator(".wish :focus").count(), 1, "the new field has the focus");
  });
});

test("the rose tells weights, the table says the same as the chart, and both stand every check", async () => {
  for (const [language, width, theme] of [["en", 1280, "light"], ["ja", 360, "dark"]]) {
    await fixture.visit({ language, width, theme }, async (page) => {
      await open(page);
      await page.locator("[data-form=rose]").click();
      assert.ok((await page.locator("[data-need]").getAttribute("d")).includes("A"));
      const corners = await page.getByRole("slider").evaluateAll((all) => all.map((one) => [one.ariaLabel, one.ariaValueText]));
      const table = await page
        .locator("[data-table] tbody tr")
        .evaluateAll((lines) => lines.map((line) => [line.cells[0].textContent, line.cells[1].textContent]));
      for (const corner of corners) {
        assert.ok(table.some(([item, need]) => item === corner[0] && need.startsWith(corner[1])), corner.join(": "));
      }
      await page.locator("[data-level], [id='level-availability.service_uptime']").first().selectOption("prefer");
      await ready(page);
      await page.locator("[data-focus]").nth(1).click();
      await decent(page, language);
      await fitsWidth(page);
    });
  }
});

test("a range, a scheme with what is accepted, an item of one's own: the list follows what the server reads", async () => {
  await fixture.visit({}, async (page) => {
    await open(page);
    const field = (name) => page.locator(`[id='${name}']`);
    await field("value-performance.e2e_response_time").fill("1 to 5 s");
    await field("value-performance.e2e_response_time").press("Tab");
    await page.locator("[data-table] tbody tr", { hasText: "End-to-end response time" }).nth(1).waitFor({ state: "attached" });
    await ready(page);
    assert.equal(await field("value-performance.e2e_response_time").inputValue(), "1 s to 5 s");
    assert.deepEqual(await rows(page), await asked(page));

    const before = (await rows(page)).length;
    await field("value-security.assurance_level").selectOption("ismap:ismap");
    await ready(page);
    await page.locator(".members.accept > summary").click();
    await page.locator(".members.accept input[value='fedramp:C']").uncheck();
    await ready(page);
    assert.deepEqual(await rows(page), await asked(page));
    assert.ok(before > 0 && (await page.locator(".members.accept input[value='fedramp:C']").isChecked()) === false);

    await page.getByText(word("needs_own"), { exact: true }).click();
    await page.getByLabel(word("needs_own_key"), { exact: true }).fill("x-acme.colour");
    await page.locator("[name='own-op']").selectOption("eq");
    await page.locator("[name='own-value']").fill("indigo");
    await page.locator("[name='own-value']").press("Tab");
    await page.locator("[data-item='x-acme.colour']").waitFor();
    await ready(page);
    assert.equal(await page.locator("#live-matches").textContent(), word("needs_matches", { count: 0 }));
    assert.deepEqual(await rows(page), await asked(page));
    await page.locator("[data-undo] button").click();
    await ready(page);
    assert.equal(await page.locator("[data-item='x-acme.colour']").count(), 0);
    assert.deepEqual(await rows(page), await asked(page));
  });
});

test("floors for a disaster are edited under the hand; a fault stands at its field and the list stays", async () => {
  for (const [language, width] of [["en", 1280], ["ja", 360]]) {
    await fixture.visit({ language, width, refusals: true }, async (page) => {
      const say = wordsOf(language);
      await open(page);
      const rto = page.locator("[id='field-value-disaster:availability.rto']");
      await rto.fill("1 min");
      await rto.press("Tab");
      await page.locator("#live-near").waitFor();
      await ready(page);
      const first = page.locator(".live .rank .reason p").first();
      assert.ok((await first.textContent()).startsWith(say("needs_summary_every_day")), await first.textContent());
      assert.deepEqual(await rows(page), await asked(page));
      const floor = page.locator("[id='field-floor-disaster:availability.service_uptime']");
      const list = await rows(page);
      await floor.fill("99.99 %");
      await floor.press("Tab");
      await page.locator("[id='field-floor-disaster:availability.service_uptime-error']", { hasText: "99.99" }).waitFor();
      await ready(page);
      assert.deepEqual(await rows(page), list);
      await decent(page, language);
      await fitsWidth(page);
      await floor.fill("95 %");
      await floor.press("Tab");
      await page.locator("[id='field-floor-disaster:availability.service_uptime-error']").waitFor({ state: "detached" });
      await ready(page);
      assert.deepEqual(await rows(page), await asked(page));
    });
  }
});

test("a region of users that does not exist is said at its field, and one that does ranks anew", async () => {
  await fixture.visit({ refusals: true }, async (page) => {
    await open(page);
    const users = page.locator("[data-part=users]");
    await users.fill("Mars");
    await users.press("Tab");
    await page.locator("[id='user_regions-error']", { hasText: /mars/i }).waitFor();
    assert.equal(await users.getAttribute("aria-invalid"), "true");
    await users.fill("DE");
    await users.press("Tab");
    await page.waitForURL(/doc=/);
    await ready(page);
    assert.equal(await users.getAttribute("aria-invalid"), null);
    assert.deepEqual(await rows(page), await asked(page));
  });
});

test("a floor comes down with a corner that goes below it, and comes back with it", async () => {
  await fixture.visit({}, async (page) => {
    await open(page);
    const before = await page.locator("[id='field-floor-disaster:availability.service_uptime']").inputValue();
    await drag(page, "Service uptime", 0.97);
    const typed = await page.locator("[id='value-availability.service_uptime']").inputValue();
    const floor = page.locator("[id='field-floor-disaster:availability.service_uptime']");
    assert.ok(parseFloat(typed) < 99, typed);
    assert.equal(await floor.inputValue(), typed);
    assert.deepEqual(await rows(page), await asked(page));
    await page.getByRole("slider", { name: "Service uptime", exact: true }).press("End");
    await ready(page);
    assert.equal(await floor.inputValue(), before);
    assert.deepEqual(await rows(page), await asked(page));
  });
});

test("three offers stand beside the need, by a link that says it all", async () => {
  await fixture.visit({}, async (page) => {
    await open(page);
    await drag(page, "Service uptime", 0.5);
    await page.locator("[data-compare]").click();
    await page.locator(".compare .asked").first().waitFor();
    assert.equal(await page.locator(".compare thead th").count(), 5);
    const line = page.locator(".compare tbody tr", { hasText: "Service uptime" }).first();
    assert.match(await line.locator("td.asked").textContent(), /^at least /);
    assert.ok((await line.locator(".badge").count()) === 3);
    await decent(page, "en");
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator(".compare-tools").isVisible(), false);
  });
});

test("on a narrow screen the lists are one link away and the fields unfold, with and without script", async () => {
  const numbers = (text) => text.match(/\d+|One/g).map((number) => (number === "One" ? 1 : Number(number)));
  const top = (page) => page.locator("#results").evaluate((lists) => lists.getBoundingClientRect().top + window.scrollY);
  for (const [language, script] of [["en", true], ["ja", true], ["en", false]]) {
    await fixture.visit({ language, script, width: 360 }, async (page) => {
      await page.goto(`/needs/templates/${TEMPLATES[0]}`);
      if (script) await ready(page);
      const field = page.locator("[id='value-availability.service_uptime']");
      assert.equal(await field.isVisible(), false);
      const folded = await top(page);
      assert.ok(folded < 1700, `the lists begin at ${folded}`);
      const jump = page.locator(".jump a");
      const [matched, all] = numbers(await page.locator(".page-head .lead").textContent()).sort((a, b) => a - b);
      assert.deepEqual(numbers(await jump.textContent()), [matched, all - matched]);
      await jump.click();
      const { y } = await page.locator("#results").boundingBox();
      assert.ok(y >= 0 && y < 200, `the link leads to ${y}`);
      await page.locator("[data-fold] > summary").click();
      assert.ok(await field.isVisible());
      if (!script) return;
      await field.fill("99.999 %");
      await field.press("Tab");
      await ready(page);
      const live = await page.locator(".live .rank").count();
      assert.ok(live > 0);
      const now = numbers(await jump.textContent());
      assert.ok(now[0] < matched && now[0] + now[1] === all, now.join(" + "));
    });
  }
});

test("on a narrow screen a comparison shows a whole offer beside the items from the start", async () => {
  for (const [language, query] of [["en", ""], ["ja", ""], ["ja", "&only=differences"]]) {
    await fixture.visit({ language, width: 360 }, async (page) => {
      await open(page);
      await page.goto(`${await page.locator("[data-compare]").getAttribute("href")}${query}`);
      const box = (name) => page.locator(name).first().boundingBox();
      const [frame, items, offer] = [
        await box(".compare"),
        await box(".compare thead th"),
        await box(".compare thead th:not(:first-child, .asked)"),
      ];
      assert.ok(offer.x >= items.x + items.width - 1, `the offer begins at ${offer.x}`);
      assert.ok(offer.x + offer.width <= frame.x + frame.width + 1, `the offer ends at ${offer.x + offer.width}`);
      assert.ok(offer.width > 180, `the offer is ${offer.width} wide`);
      assert.ok(await page.locator(".compare .asked-below").first().isVisible(), "what is asked stands below the item");
      await decent(page, language);
    });
  }
});
