// What an offer costs, line by line: from the offer to its calculator, faults at their fields, the sum; in both languages, with
// script and without.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest } from "../walks/tour.mjs";

const fixture = kumoichi();

for (const [language, script] of [["en", true], ["ja", false]]) {
  const wishes = { language, script, width: script ? 1280 : 360, refusals: true };
  test(`a bill of quantities is calculated in ${language}, ${script ? "with" : "without"} script`, async () => {
    await fixture.visit(wishes, async (page) => {
      const guest = new Guest(page, wishes);
      await page.goto("/market?provider=hokusei");
      await page.locator('main a[href^="/market/offers/"]').first().click();
      await page.waitForURL(/market\/offers\//);
      await guest.link("cost_link").click();
      await page.locator("#result").waitFor();
      await guest.stop("cost");
      const whole = page.locator("#result tbody tr");
      assert.ok((await whole.count()) >= 1);
      await guest.field("instances").fill("3");
      await guest.field("months").fill("0");
      await page.locator("form.form").evaluate((form) => { form.noValidate = true; }).catch(() => {});
      if (script) {
        await guest.button("cost_calculate").press("Enter");
        await page.locator("#field-months-error").waitFor();
        await guest.stop("cost-fault");
        assert.equal(await guest.field("instances").inputValue(), "3", "what was typed is kept");
      }
      await guest.field("months").fill("24");
      await guest.button("cost_calculate").press("Enter");
      await page.waitForURL(/months=24/);
      assert.ok((await page.locator("#result").innerText()).includes(guest.word("cost_total", { months: "24" })));
      assert.deepEqual(guest.faults, []);
    });
  });
}
