// Places that are held: the time is counted down where there is script, stands there where not, and ends once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest } from "../walks/tour.mjs";

const fixture = kumoichi();
const QUESTION = "/firm/new?need=template%3Acertificate-service";

/** Asks, waits until places are held, and looks at the page. */
async function held(guest) {
  const { page } = guest;
  await page.goto(QUESTION);
  await guest.signIn("customer", true);
  await guest.stop("firm-question", guest.word("securing_firm_title"));
  await guest.button("securing_firm_button").click();
  await guest.until(guest.button("securing_firm_book"));
  await guest.stop("firm-held");
}

/** The seconds that a text of the countdown tells. */
function seconds(text) {
  const figures = [...text.matchAll(/\d+/g)].map(([figure]) => Number(figure));
  return figures.length === 2 ? figures[0] * 60 + figures[1] : figures[0];
}

for (const [language, width] of [["en", 1280], ["ja", 360]]) {
  test(`held places are counted down and end once in ${language}`, async () => {
    await fixture.visit({ language, width }, async (page, context) => {
      const guest = new Guest(page, { language });
      // The clock of this browser alone is moved; the market goes on by its own.
      await page.clock.install();
      await held(guest);
      const [timer, said] = [page.getByRole("timer"), page.locator(".countdown [role=status]")];
      const before = await timer.textContent();
      const first = seconds(before);
      assert.ok(first > 60 && first % 10 === 0, `${first}: little motion was asked for`);
      await page.clock.fastForward(30_000);
      await timer.filter({ hasNotText: before }).waitFor();
      assert.ok(seconds(await timer.textContent()) <= first - 20);
      assert.equal((await said.textContent()).trim(), "", "nothing is said while there is time");
      await page.clock.fastForward((first - 30 - 40) * 1000);
      await said.getByText(guest.word("common_countdown_last")).waitFor({ state: "attached" });
      await guest.stop("firm-last");
      // Let go by somebody else of the organisation; this page does not know of it yet.
      const other = await context.newPage();
      await other.goto(page.url());
      await other.getByRole("button", { name: guest.word("securing_firm_drop"), exact: true }).click();
      await other.getByText(guest.word("securing_state_dropped")).waitFor();
      let loads = 0;
      page.on("framenavigated", (frame) => (loads += frame === page.mainFrame() ? 1 : 0));
      await page.clock.fastForward(60_000);
      await guest.text("securing_state_dropped").waitFor();
      await page.clock.fastForward(60_000);
      await guest.stop("firm-ended");
      assert.equal(loads, 1, "the end is loaded once");
      assert.equal(await timer.count(), 0);
      assert.deepEqual(guest.faults, []);
    });
  });

  test(`held places tell their time in ${language} without script`, async () => {
    await fixture.visit({ language, width, script: false }, async (page) => {
      const guest = new Guest(page, { language, script: false });
      await held(guest);
      const timer = page.getByRole("timer");
      assert.match(await timer.getAttribute("title"), /^\d{4}-\d\d-\d\d /);
      assert.equal(await timer.textContent(), guest.word("common_time_ahead", { span: guest.word("common_time_minutes", { count: 2 }) }));
      await guest.button("securing_firm_drop").click();
      await guest.text("securing_state_dropped").waitFor();
      await guest.stop("firm-dropped");
      assert.deepEqual(guest.faults, []);
    });
  });
}
