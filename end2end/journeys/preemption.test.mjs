// A customer agrees that a lifeline may take room of a service, changes it and takes it back, with script and without, and
// no page of it has faults.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, running } from "../walks/tour.mjs";

const fixture = kumoichi();

for (const [language, script] of [["en", true], ["ja", false]]) {
  test(`room for lifelines is agreed to in ${language}, ${script ? "with" : "without"} script`, async () => {
    await fixture.visit({ language, script, width: script ? 1280 : 360, refusals: true }, async (page) => {
      const guest = new Guest(page, { language, script });
      const title = guest.word("preempt_title", { service: `gives ${language}` });
      await page.goto("/account/sign-in");
      await guest.signIn("customer", true);
      await running(guest, `gives ${language}`);
      await guest.link("preempt_open").click();
      await guest.stop("preemption", title);
      await guest.text("preempt_none").waitFor();
      await guest.field("noticeSeconds").fill("120");
      await guest.button("preempt_agree").click();
      await guest.text("preempt_done").waitFor();
      await guest.stop("preemption-agreed", title);
      await guest.button("preempt_withdraw").click();
      await guest.text("preempt_withdrawn").waitFor();
      await guest.text("preempt_none").waitFor();
      assert.deepEqual(guest.faults, []);
    });
  });
}
