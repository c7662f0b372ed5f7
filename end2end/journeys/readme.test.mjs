// README's tour speaks in the words of the pages and of the demo market.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { everyWord } from "../helpers/words.mjs";
import { OFFER, OTHER, PASSWORD } from "../walks/tour.mjs";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const tour = readme.slice(readme.indexOf("## A tour"), readme.indexOf("## Where things are"));
const steps = tour.split("\n").filter((line) => /^(\d+\.| {3,})/.test(line)).join("\n");

test("every word in bold of the tour is on a page", () => {
  // A word that is little more than its places for values would fit anything.
  const telling = (word) => !word.includes("{") || word.replace(/\{\w+\}/g, "").trim().length > 6;
  const texts = [...[...everyWord("en")].filter(telling), OFFER.en, OTHER.en].map(pattern);
  assert.ok(!texts.some((known) => known.test("A button that nobody made")));
  const bold = [...steps.matchAll(/\*\*(.+?)\*\*/g)].map(([, text]) => text);
  assert.ok(bold.length > 30);
  assert.deepEqual(bold.filter((text) => !texts.some((known) => known.test(text))), []);
});

test("the steps are counted from one", () => {
  const numbers = [...steps.matchAll(/^(\d+)\./gm)].map(([, number]) => Number(number));
  assert.deepEqual(numbers, numbers.map((_, index) => index + 1));
});

test("the logins of the tour are those of the demo market", () => {
  const seed = readFileSync(new URL("../../crates/broker/src/seed.rs", import.meta.url), "utf8");
  assert.match(tour, new RegExp(`\`${PASSWORD}\``));
  for (const text of [`"${PASSWORD}"`, ...["customer", "provider", "broker"].map((role) => `"${role}@demo.example"`)]) {
    assert.ok(seed.includes(text), text);
    assert.ok(tour.includes(text.replaceAll('"', "`")), text);
  }
});

/** A word with places for values fits any value there. */
function pattern(word) {
  const parts = word.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`);
}
