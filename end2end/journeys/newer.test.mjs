// A provider sees who a dearer version would affect and publishes it; its customer is told, compares, and accepts it or
// leaves the contract as it was signed, with script and without.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, running } from "../walks/tour.mjs";

const fixture = kumoichi({ env: { KUMOICHI_MONITOR_INTERVAL_SECONDS: "1" } });
const TITLE = { en: "Hokusei Cloud public-sector IaaS", ja: "北星クラウド 公共向けIaaS" };

for (const [language, script, accepts] of [["en", true, true], ["ja", false, false]]) {
  const wishes = { language, script, width: script ? 1280 : 360, refusals: true };
  const how = script ? "with" : "without";
  test(`a newer version is told and ${accepts ? "accepted" : "not taken"} in ${language}, ${how} script`, async () => {
    await fixture.visit(wishes, async (page) => {
      const customer = new Guest(page, wishes);
      const name = `newer ${language}`;
      await page.goto("/account/sign-in");
      await customer.signIn("customer", true);
      await channels(customer);
      const own = (await running(customer, name)).split("?")[0];
      await fixture.visit(wishes, (other) => publishDearer(new Guest(other, wishes)));
      // The inbox tells it and leads to the page of the contract.
      await page.goto("/inbox");
      const told = page.locator(".notice-entry.unread").filter({ hasText: name });
      await customer.until(told);
      await customer.stop("newer-inbox", customer.word("inbox_title"));
      await told.getByRole("link").first().click();
      await customer.link("newer_open").waitFor();
      await customer.stop("newer-contract", name);
      await customer.link("newer_open").click();
      await customer.stop("newer-decide", customer.word("newer_title", { service: name }));
      if (accepts) {
        await page.locator("button[name=accept]").click();
      } else {
        await page.locator("button[name=keep]").click();
        await customer.text("newer_kept").first().waitFor();
      }
      await page.goto(`${own}/newer`);
      await customer.stop("newer-decided", customer.word("newer_title", { service: name }));
      const decision = accepts ? "newer_decision_accepted" : "newer_decision_kept";
      await page.getByText(customer.word(decision), { exact: true }).first().waitFor();
      assert.equal(await page.locator("button[name=accept]").count(), accepts ? 0 : 1);
      assert.deepEqual(customer.faults, []);
    });
  });
}

/** The page of the channels, and an address that nothing can be posted to. */
async function channels(guest) {
  const { page } = guest;
  await page.goto("/account/channels");
  await guest.stop("channels", guest.word("channels_title"));
  await page.locator("[name=channels][value=webhook]").check();
  await guest.field("webhookUrl").fill("http://10.0.0.1/events");
  await guest.button("channels_save").click();
  await page.locator("#field-webhookUrl-error").waitFor();
  await guest.stop("channels-refused", guest.word("channels_title"));
}

async function publishDearer(guest) {
  const { page, language } = guest;
  await page.goto("/account/sign-in");
  await guest.signIn("provider", true);
  await page.goto("/provider/offers");
  await page.getByRole("link", { name: TITLE[language], exact: true }).click();
  const at = page.url().split("?")[0];
  const yaml = await page.locator("pre").last().textContent();
  const price = /(monthlyTotal:[\s\S]*?amount: )(\d+)/;
  const dearer = yaml.replace(price, (_, before, amount) => `${before}${Number(amount) * 2}`);
  assert.notEqual(dearer, yaml, "the price is in the document");
  await page.goto("/provider/offers/document");
  await guest.field("yaml").fill(dearer);
  await guest.button("portal_form_preview").click();
  await guest.button("portal_preview_save").click();
  await page.goto(at);
  await guest.link("newer_affected_link").click();
  await guest.stop("affected");
  await page.locator("#contracts table").waitFor();
  await page.goto(at);
  await page.locator("form[action$='/publish'] button").click();
  await page.waitForLoadState();
  assert.deepEqual(guest.faults, []);
}
