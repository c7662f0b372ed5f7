// Browser and server rank alike: random needs, made by hand in the studio, against what the server says for each.
// In a file of its own, because it takes longer than the rest of the studio.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { TEMPLATES, askServer, open, ready, rows } from "../walks/studio.mjs";

const fixture = kumoichi();
const RANDOM_NEEDS = 200;

/** The same random numbers in every run (mulberry32). */
function dice(seed) {
  return (sides) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

test(`browser and server give the same order and distances for ${RANDOM_NEEDS} random needs`, async () => {
  const roll = dice(20261122);
  let compared = 0;
  for (const template of TEMPLATES) {
    await fixture.visit({}, async (page) => {
      await open(page, template, "?show=200");
      const goal = compared + Math.ceil(RANDOM_NEEDS / TEMPLATES.length);
      // The server judges one need while the browser is at the next.
      let judged = Promise.resolve();
      while (compared < goal) {
        const rolls = Array.from({ length: 60 }, () => roll(1 << 16));
        await page.evaluate(change, rolls);
        await ready(page);
        const [here, address] = [await rows(page), page.url()];
        await judged;
        judged = askServer(fixture.url(), address).then((there) => assert.deepEqual(here, there, address));
        // Reported where it is awaited.
        judged.catch(() => {});
        compared += 1;
      }
      await judged;
    });
  }
  assert.ok(compared >= RANDOM_NEEDS);
});

/** Runs in the page: changes a few fields by hand, as somebody would. */
function change(rolls) {
  const next = (sides) => rolls.shift() % sides;
  const some = (list) => list[next(list.length)];
  const tell = (field, kind) => field.dispatchEvent(new Event(kind, { bubbles: true }));
  const root = document.querySelector(".studio");
  root.dataset.ready = "no";
  // A corner to any place, by keys, so that every round changes something.
  const corner = some([...root.querySelectorAll("[data-corner]")]);
  const press = (key) => corner?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  press(some(["Home", "End"]));
  for (let times = next(40); times > 0; times--) press(some(["ArrowUp", "ArrowDown", "ArrowUp", "PageUp", "PageDown"]) ?? "ArrowUp");
  const weight = some([...root.querySelectorAll("[data-part=weight]")]);
  weight.value = String(next(101) / 10);
  tell(weight, "change");
  const level = some([...root.querySelectorAll("[data-part=level]")]);
  level.value = some(["must", "prefer", "prefer"]);
  tell(level, "change");
  const order = root.querySelectorAll("[data-order]");
  if (order.length > 0) some([...order]).click();
  if (next(10) === 0) some([...root.querySelectorAll("[data-pick]:not([hidden]) a")]).click();
}
