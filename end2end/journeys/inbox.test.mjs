// A saved need is watched: its provider takes an offer away and brings it back, and the inbox tells, with
// and without script, in both languages.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, OFFER } from "../walks/tour.mjs";

const fixture = kumoichi();

/** The provider's own tool: withdraws and publishes over the API, in a browser of its own. */
async function provider(work) {
  await fixture.visit({ script: false }, async (page) => {
    const guest = new Guest(page, { script: false });
    await page.goto("/market?q=Hokusei");
    const offer = page.locator(".offer").getByRole("link", { name: OFFER.en, exact: true });
    const id = new URL(await offer.getAttribute("href"), page.url()).pathname.split("/").pop();
    await guest.signIn("provider");
    await work(async (verb) => {
      const answer = await page.request.post(`/api/v1/provider/offers/${id}/${verb}`, {
        headers: { "Idempotency-Key": randomUUID() },
      });
      assert.ok(answer.ok(), `${verb}: ${answer.status()} ${await answer.text()}`);
    });
  });
}

const visitors = [
  { language: "en", script: true },
  { language: "ja", script: false, width: 360 },
];

for (const wishes of visitors) {
  test(`the inbox tells what happens to a saved need for ${JSON.stringify(wishes)}`, async () => {
    await provider(async (offer) => {
      await fixture.visit(wishes, (page) => story(new Guest(page, wishes), offer));
    });
  });
}

async function story(guest, offer) {
  const { page, language, word } = guest;
  await page.goto("/");
  await guest.signIn("customer");
  await page.goto("/needs/templates/certificate-service");
  const need = await page.getByRole("heading", { level: 1 }).innerText();
  await guest.button("needs_save").click();
  await guest.text("needs_saved").waitFor();
  await guest.text("inbox_watched").waitFor();
  await guest.stop("need-watched", need);
  const saved = new URL(page.url()).pathname;

  const told = (kind, title) => page.locator(".notice-entry.unread").getByRole("link", { name: word(kind, title), exact: true });
  const title = { offer: OFFER[language], need };
  // What an earlier visitor of the same organisation left unread is not waited for.
  await page.goto("/inbox");
  if ((await guest.button("inbox_read_all").count()) > 0) {
    await guest.button("inbox_read_all").click();
    await guest.button("inbox_undo").waitFor();
  }
  await offer("withdraw");
  await page.goto("/inbox");
  await guest.until(told("inbox_lost", title));
  await offer("publish");
  await guest.until(told("inbox_gained", title));
  await guest.stop("inbox", word("inbox_title"));
  await page.locator("nav.ways .count").waitFor({ state: "attached" });

  await told("inbox_gained", title).first().click();
  await page.locator(".rank details[open]").first().waitFor();
  await page.goBack();

  await guest.button("inbox_read_all").click();
  await guest.button("inbox_undo").waitFor();
  assert.equal(await page.locator(".notice-entry.unread").count(), 0);
  assert.equal(await page.locator("nav.ways .count").count(), 0);
  await guest.stop("inbox-read", word("inbox_title"));
  await guest.button("inbox_undo").click();
  await told("inbox_gained", title).first().waitFor();
  await page.getByRole("button", { name: word("inbox_read_named", { title: word("inbox_gained", title) }), exact: true }).first().click();
  await page.getByRole("button", { name: word("inbox_unread_named", { title: word("inbox_gained", title) }), exact: true }).first().waitFor();

  await page.goto(saved);
  await page.getByRole("button", { name: word("inbox_unwatch_named", { need }), exact: true }).click();
  await guest.text("inbox_not_watched").waitFor();
  await guest.openHead();
  await guest.way("common_way_needs").click();
  await page.getByRole("button", { name: word("inbox_watch_named", { need }), exact: true }).first().waitFor();
  await guest.stop("needs-list");
  assert.deepEqual(guest.faults, []);
}
