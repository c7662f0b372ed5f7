// The home page stands up: in both languages, with and without script, narrow and dark.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decent, weigh } from "../helpers/checks.mjs";
import { awake, kumoichi } from "../helpers/fixture.mjs";

const fixture = kumoichi();

const visitors = [
  { language: "en", script: true },
  { language: "ja", script: true },
  { language: "en", script: false },
  { language: "ja", script: false },
  { language: "ja", script: true, width: 360, theme: "dark" },
];

for (const wishes of visitors) {
  test(`home page is accessible and without errors for ${JSON.stringify(wishes)}`, async () => {
    await fixture.visit(wishes, async (page) => {
      const answer = await page.goto("/");
      assert.equal(answer.status(), 200);
      if (wishes.script) await awake(page);
      await decent(page, wishes.language);
    });
  });
}

test("home page is light and does not move while it loads", async () => {
  await fixture.visit({}, async (page) => {
    const { bytes, shift } = await weigh(page, "/");
    assert.ok(bytes < 150_000, `${bytes} bytes were transferred`);
    assert.equal(shift, 0);
  });
});

test("unknown address is answered with a page that is not found", async () => {
  await fixture.visit({ refusals: true }, async (page) => {
    const answer = await page.goto("/no-such-page");
    assert.equal(answer.status(), 404);
    await decent(page, "en");
  });
});
