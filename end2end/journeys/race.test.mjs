// Two customers sign for the last capacity at the same time: one gets it, the other is told what else there is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { newVisitor } from "../helpers/browser.mjs";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, OFFER } from "../walks/tour.mjs";

const fixture = kumoichi();
// The small cloud has eight machines; each of the two wants more than half.
const MACHINES = "5";
const LONG_MS = 60_000;

/** A customer of an organisation of their own, in front of the signature. */
async function customer(name) {
  const context = await newVisitor(fixture.browser, fixture.url());
  const page = await context.newPage();
  const guest = new Guest(page);
  await page.goto("/account/sign-up");
  await page.locator("[name=role][value=customer]").check();
  for (const [field, text] of Object.entries({ name, organisation: `${name} Ltd`, email: `${name}@race.example`, password: "fast and careful" })) {
    await guest.field(field).fill(text);
  }
  await page.locator("main form").getByRole("button", { name: guest.word("common_account_sign_up") }).click();
  await guest.text("account_sign_up_done", { name }).waitFor();
  await page.goto("/needs/templates/certificate-service");
  await page.locator(".rank").getByRole("link", { name: OFFER.en, exact: true }).first().click();
  await guest.button("market_offer_contract").click();
  for (const [field, value] of Object.entries({ instances: MACHINES, vcpu: "1", ramMb: "512", storageGb: "1", serviceName: name })) {
    await guest.field(field).fill(value);
  }
  // Nobody signs for a price that was not shown.
  const before = await page.locator("[name=price]").inputValue();
  await guest.button("contracts_price_again").click();
  await page.locator(`[name=price]:not([value='${before}'])`).waitFor({ state: "attached" });
  return { page, guest, context };
}

test("of two contracts for the last capacity one runs and the other is refused with the next best offers", async () => {
  const both = await Promise.all([customer("ada"), customer("ben")]);
  const { word } = both[0].guest;
  await Promise.all(
    both.map(async ({ page, guest }) => {
      await guest.button("contracts_sign_button").click();
      const ended = [word("contracts_headline_active"), word("contracts_headline_undone")];
      const headline = page.locator(".timeline .headline");
      await headline.getByText(ended[0]).or(headline.getByText(ended[1])).waitFor({ timeout: LONG_MS });
      await page.locator("html").waitFor();
    }),
  );
  const won = [];
  for (const { page, guest } of both) {
    await page.reload();
    const runs = (await page.locator("a.address").count()) > 0;
    won.push(runs);
    if (runs) continue;
    await guest.text("contracts_reason_no_capacity").first().waitFor();
    await guest.text("contracts_failure_undone").waitFor();
    assert.ok((await page.locator(".alternatives .alternative").count()) > 0, "the next best offers are named");
    await guest.stop("race-lost");
    assert.deepEqual(guest.faults, []);
  }
  assert.deepEqual(won.toSorted(), [false, true]);
  for (const { context } of both) await context.close();
});
