// A provider shows an offer to one organisation, which enters its code, keeps the offer at hand and leaves; in both languages, with
// script and without.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest } from "../walks/tour.mjs";

const fixture = kumoichi();

for (const [language, script] of [["en", true], ["ja", false]]) {
  const wishes = { language, script, width: script ? 1280 : 360, refusals: true };
  test(`an offer is for whoever is invited, in ${language} ${script ? "with" : "without"} script`, async () => {
    await fixture.visit(wishes, async (page) => {
      const provider = new Guest(page, wishes);
      await page.goto("/account/sign-in");
      await provider.signIn("provider", true);
      const { code, offer, path } = await invite(provider);
      await fixture.visit(wishes, (other) => stranger(new Guest(other, wishes), offer));
      await fixture.visit(wishes, (other) => invited(new Guest(other, wishes), { code, offer }));
      await page.goto(path);
      await choose(provider, "");
      await fixture.visit(wishes, (other) => found(new Guest(other, wishes), offer, true));
      assert.deepEqual(provider.faults, []);
    });
  });
}

/** Sends the form of a button by keyboard. */
async function press(button) {
  await button.focus();
  await button.press("Enter");
}

/** Makes an audience, a code, and shows an offer of the market to it alone. */
async function invite(guest) {
  const { page } = guest;
  await page.goto("/provider/audiences");
  await guest.stop("audiences-empty", guest.word("audience_title"));
  await guest.field("name").fill("Ministry");
  await press(guest.button("audience_make"));
  await guest.text("audience_made").waitFor();
  const audience = new URL(page.url()).pathname.split("/").at(-1);
  await guest.field("organisation").fill("Nobody of this name");
  await press(guest.button("audience_invite"));
  await page.locator("#field-organisation-error").waitFor();
  await guest.field("organisation").fill("");
  await press(guest.button("audience_invite"));
  const fresh = page.locator(".fresh");
  await fresh.waitFor();
  const code = (await fresh.innerText()).match(/kmc_[\w-]+/)[0];
  await guest.stop("audience", "Ministry");
  await page.goto("/market?provider=hokusei");
  const offer = await page.locator("li.offer h3 a").first().getAttribute("href");
  const path = `/provider/offers/${offer.split("/").at(-1)}`;
  await page.goto(path);
  await choose(guest, audience);
  await guest.stop("audience-offer", null);
  return { code, offer, path };
}

async function choose(guest, audience) {
  await guest.page.locator("[name=audience]").selectOption(audience);
  await press(guest.button("audience_choice_save"));
  await guest.text("audience_choice_saved").waitFor();
}

/** Whether the offer is in the list of its provider. */
async function found(guest, offer, expected) {
  const { page } = guest;
  await page.goto("/market?provider=hokusei");
  await page.locator("li.offer").first().waitFor();
  assert.equal((await page.locator(`li.offer a[href="${offer}"]`).count()) > 0, expected);
}

async function stranger(guest, offer) {
  await found(guest, offer, false);
  assert.equal((await guest.page.goto(offer)).status(), 404);
}

/** Enters the code, finds the offer, keeps it at hand, and leaves. */
async function invited(guest, { code, offer }) {
  const { page } = guest;
  await page.goto("/account/sign-in");
  await guest.signIn("customer", true);
  await found(guest, offer, false);
  await page.goto("/invitations");
  await guest.stop("invitations", guest.word("audience_mine_title"));
  await guest.field("code").fill("kmc_wrong");
  await press(guest.button("audience_enter_send"));
  await page.locator("#field-code-error").waitFor();
  await guest.field("code").fill(code);
  await press(guest.button("audience_enter_send"));
  await guest.text("audience_accepted").waitFor();
  await found(guest, offer, true);
  await page.goto(offer);
  await guest.text("audience_badge_private").first().waitFor();
  await press(page.locator("button[name=keep]"));
  await page.locator("button[name=drop]").waitFor();
  await page.goto("/market/favourites");
  await page.locator(`li.offer a[href="${offer}"]`).waitFor();
  await guest.stop("favourites", guest.word("favourites_title"));
  await page.goto("/invitations");
  await press(page.locator("form[action$='/decline'] button").first());
  await guest.text("audience_left").waitFor();
  await page.goto("/market/favourites");
  assert.equal(await page.locator(`a[href="${offer}"]`).count(), 0, "what is not shown any more vanishes");
  assert.deepEqual(guest.faults, []);
}
