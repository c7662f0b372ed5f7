// A running service is moved to another offer: found, planned, confirmed, followed and read afterwards, with script and
// without, and no page of it has faults.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, running } from "../walks/tour.mjs";

const fixture = kumoichi({ env: { KUMOICHI_MONITOR_INTERVAL_SECONDS: "1" } });
const LONG_MS = 60_000;

for (const [language, script] of [["en", true], ["ja", false]]) {
  test(`a service is moved in ${language}, ${script ? "with" : "without"} script`, async () => {
    await fixture.visit({ language, script, width: script ? 1280 : 360, refusals: true }, async (page) => {
      const guest = new Guest(page, { language, script });
      await page.goto("/account/sign-in");
      await guest.signIn("customer", true);
      const own = await running(guest, `moved ${language}`);
      await guest.link("moves_open").click();
      await guest.stop("move-offers", guest.word("moves_title", { service: `moved ${language}` }));
      await page.locator("a[href*='/move?offer=']").first().click();
      await guest.stop("move-plan", guest.word("moves_title", { service: `moved ${language}` }));
      // Nothing is signed before it is said what becomes of the data.
      await guest.button("moves_ask_confirm").click();
      await page.locator("#field-data-error").waitFor();
      await guest.stop("move-faulty", guest.word("moves_title", { service: `moved ${language}` }));
      const carry = page.locator("input[name=data][value=carry]");
      await ((await carry.count()) > 0 ? carry : page.locator("input[name=data][value=leave]")).check();
      await guest.button("moves_ask_confirm").click();
      // A page that follows is drawn anew as soon as a step is done, and what was said once goes with it.
      if (!script) await guest.text("moves_done_asked").waitFor();
      await guest.follow("moves_headline_moved");
      assert.equal(page.url().split("?")[0], own.split("?")[0]);
      await page.locator("#changes").getByText(guest.word("changes_state_done")).waitFor({ timeout: LONG_MS });
      await guest.stop("moved");
      assert.deepEqual(guest.faults, []);
    });
  });
}
