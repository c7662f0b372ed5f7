// A provider gives notice for a service that runs, and takes it back: its customer is told in the inbox and on the page
// of the contract, with script and without.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, running } from "../walks/tour.mjs";

const fixture = kumoichi({ env: { KUMOICHI_MONITOR_INTERVAL_SECONDS: "1" } });
const REASON = { en: "This region closes.", ja: "このリージョンを終了します。" };

for (const [language, script] of [["en", true], ["ja", false]]) {
  const wishes = { language, script, width: script ? 1280 : 360, refusals: true };
  test(`a provider's notice is given, told and taken back in ${language}, ${script ? "with" : "without"} script`, async () => {
    await fixture.visit(wishes, async (page) => {
      const customer = new Guest(page, wishes);
      const name = `noticed ${language}`;
      await page.goto("/account/sign-in");
      await customer.signIn("customer", true);
      const own = await running(customer, name);
      await fixture.visit(wishes, (other) => giveNotice(new Guest(other, wishes), name));
      // The inbox tells it and leads to the page of the contract.
      await page.goto("/inbox");
      const told = page.locator(".notice-entry.unread").filter({ hasText: name });
      await customer.until(told);
      await customer.stop("inbox-notice", customer.word("inbox_title"));
      await told.getByRole("link").first().click();
      assert.equal(page.url().split("?")[0], own.split("?")[0]);
      await page.getByText(customer.word("notice_customer_reason", { text: REASON[language] })).waitFor();
      await customer.text("notice_customer_data").waitFor();
      await customer.stop("contract-notice", name);
      await fixture.visit(wishes, (other) => takeBack(new Guest(other, wishes), name));
      await page.goto("/inbox");
      const stays = customer.word("notice_inbox_stays", { provider: "", service: name }).trim();
      await customer.until(page.locator(".notice-entry").filter({ hasText: stays }));
      await page.goto(own);
      assert.equal(await customer.text("notice_customer_data").count(), 0);
      assert.deepEqual(customer.faults, []);
    });
  });
}

async function opened(guest, name) {
  const { page } = guest;
  await page.goto("/account/sign-in");
  await guest.signIn("provider", true);
  await page.goto("/provider/contracts");
  await guest.stop("delivered", guest.word("notice_list_title"));
  await page.getByRole("link", { name, exact: true }).click();
}

async function giveNotice(guest, name) {
  const { page, language } = guest;
  await opened(guest, name);
  await guest.stop("notice-form", name);
  // Too early is told at the field, with the earliest moment.
  const lawful = await guest.field("ends").inputValue();
  assert.match(lawful, /^\d{4}-\d\d-\d\dT\d\d:00$/, "the form begins with what is lawful");
  await guest.field("ends").fill("2026-12-01T00:00");
  await guest.field("reason").fill(REASON[language]);
  await guest.button("notice_give").click();
  await page.locator("#field-ends-error").waitFor();
  await guest.stop("notice-early", name);
  await guest.field("ends").fill(lawful);
  await guest.button("notice_give").click();
  await guest.text("notice_given").waitFor();
  await guest.stop("notice-given", name);
  assert.deepEqual(guest.faults, []);
}

async function takeBack(guest, name) {
  await opened(guest, name);
  await guest.button("notice_withdraw").click();
  await guest.text("notice_withdrawn").waitFor();
  await guest.stop("notice-withdrawn", name);
  assert.deepEqual(guest.faults, []);
}
