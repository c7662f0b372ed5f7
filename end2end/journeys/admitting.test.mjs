// A newcomer applies, a broker goes through the list of checks, is stopped where one is open, admits, and suspends again: the
// provider reads each, and everybody what stands on its page. In both languages, with script and without, by keyboard.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest } from "../walks/tour.mjs";

const fixture = kumoichi();
const CHECKS = ["legal_identity", "contact", "email_domain", "terms", "data_location"];

for (const [language, script] of [["en", true], ["ja", true], ["en", false], ["ja", false]]) {
  const wishes = { language, script, width: script ? 1280 : 360, refusals: true };
  // All tests share a market: each has a newcomer of its own.
  const name = `Minami ${language} ${script ? "one" : "two"}`;
  test(`a provider is admitted and suspended in ${language}, ${script ? "with" : "without"} script`, async () => {
    await fixture.visit(wishes, async (page) => {
      const provider = new Guest(page, wishes);
      await apply(provider, name);
      await fixture.visit(wishes, (other) => decide(new Guest(other, wishes), name));
      await page.goto("/provider/admission");
      await page.locator("#history", { hasText: "silent for a month" }).waitFor();
      await provider.stop("admission-suspended", provider.word("admit_own_title"));
      assert.deepEqual(provider.faults, []);
    });
  });
}

/** Sends the form of a button by keyboard. */
async function press(button) {
  await button.focus();
  await button.press("Enter");
}

/** Signs up as a provider, is told what a link has to be, and sends the application in. */
async function apply(guest, name) {
  const { page } = guest;
  await page.goto("/account/sign-up");
  await page.locator("[name=role][value=provider]").check();
  const account = name.toLowerCase().replaceAll(" ", ".");
  const typed = { name: "Rin Minami", organisation: name, email: `${account}@minami.example`, password: "south and careful" };
  for (const [field, text] of Object.entries(typed)) await guest.field(field).fill(text);
  await press(page.locator("main form").getByRole("button", { name: guest.word("common_account_sign_up") }));
  await guest.text("account_sign_up_done", { name: typed.name }).waitFor();
  await page.goto("/provider/admission");
  await guest.stop("admission-own", guest.word("admit_own_title"));
  await guest.field("statement").fill("We are Minami, register number 7.");
  await guest.field("links").fill("nowhere");
  await press(guest.button("admit_send"));
  await page.getByRole("alert").waitFor();
  assert.equal(await guest.field("links").inputValue(), "nowhere", "what was typed is kept");
  await guest.field("links").fill("https://minami.example/register");
  await press(guest.button("admit_send"));
  await guest.text("admit_sent").waitFor();
  await guest.stop("admission-sent");
}

async function decide(guest, name) {
  const { page } = guest;
  await page.goto("/account/sign-in");
  await guest.signIn("broker", true);
  await page.goto("/desk");
  await page.locator('a[href="/desk/admissions?state=applied"]').click();
  await guest.stop("admissions", guest.word("admit_title"));
  await page.getByRole("link", { name, exact: true }).click();
  await guest.stop("admissions-one", name);
  await press(guest.button("admit_begin"));
  await guest.text("admit_done").waitFor();
  await press(guest.button("admit_admit"));
  await page.getByRole("alert").filter({ hasText: guest.word("admit_fault_missing") }).waitFor();
  for (const check of CHECKS) {
    await guest.field(`answer.${check}`).selectOption("met");
    await guest.field(`note.${check}`).fill("seen in the register");
    await press(page.locator("form", { has: page.locator(`[name="check"][value="${check}"]`) }).getByRole("button"));
    // What was kept stands in the page itself, not only in the field.
    await page.locator(`[name="note.${check}"][value="seen in the register"]`).waitFor();
  }
  await guest.stop("admissions-checked", name);
  await press(guest.button("admit_admit"));
  await page.locator("#history", { hasText: guest.word("admit_event_admit") }).waitFor();
  await press(guest.button("admit_suspend"));
  await page.locator("#field-reason-error").waitFor();
  await guest.field("reason").fill("silent for a month");
  await press(guest.button("admit_suspend"));
  await page.locator("#history", { hasText: "silent for a month" }).waitFor();
  await page.goto(page.url().replace("/desk/admissions/", "/providers/"));
  await guest.text("admit_suspended_note").waitFor();
  await guest.stop("admissions-public");
  assert.deepEqual(guest.faults, []);
}
