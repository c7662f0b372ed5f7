// Everything works without script: the whole tour by plain forms and links, and the forms beside it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decent } from "../helpers/checks.mjs";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, tour } from "../walks/tour.mjs";

const fixture = kumoichi({ env: { KUMOICHI_MONITOR_INTERVAL_SECONDS: "1" } });

for (const language of ["en", "ja"]) {
  const wishes = { language, script: false, refusals: true };

  test(`an account is made, left and entered again without script in ${language}`, async () => {
    await fixture.visit(wishes, async (page) => {
      const guest = new Guest(page, wishes);
      await page.goto("/account/sign-up");
      const fill = async (password) => {
        await page.locator("[name=role][value=customer]").check();
        await guest.field("name").fill("Aki Mori");
        await guest.field("organisation").fill("Mori Ltd");
        await guest.field("email").fill(`aki.${language}@mori.example`);
        await guest.field("password").fill(password);
        await page.locator("main form").getByRole("button", { name: guest.word("common_account_sign_up") }).click();
      };
      await fill("short");
      await page.getByRole("alert").waitFor();
      assert.equal(await guest.field("name").inputValue(), "Aki Mori", "what was typed is kept");
      assert.equal(await guest.field("password").inputValue(), "", "a password is never shown again");
      await guest.stop("sign-up-fault", guest.word("account_sign_up_title"));
      await fill("long enough to be one");
      await guest.text("account_sign_up_done", { name: "Aki Mori" }).waitFor();
      await guest.stop("services-empty", guest.word("contracts_services_title"));
      await guest.signOut();
      await page.goto("/account/sign-in");
      await guest.field("email").fill(`aki.${language}@mori.example`);
      await guest.field("password").fill("long enough to be one");
      await page.locator("main form").getByRole("button", { name: guest.word("common_account_sign_in") }).click();
      await guest.text("account_sign_in_done", { name: "Aki Mori" }).waitFor();
      assert.deepEqual(guest.faults, []);
    });
  });

  test(`a need is asked by form, saved and found again without script in ${language}`, async () => {
    await fixture.visit(wishes, async (page) => {
      const guest = new Guest(page, wishes);
      await page.goto("/needs/new?by=form");
      await guest.field(`title_${language}`).fill("Booking 予約");
      const uptime = "availability.service_uptime";
      for (const details of await page.locator("main details:not([open])").all()) {
        if ((await details.locator(`[name="value-${uptime}"]`).count()) > 0) await details.locator("summary").first().click();
      }
      await guest.field(`value-${uptime}`).fill("often");
      await guest.button("needs_see").click();
      await page.getByRole("alert").waitFor();
      await guest.stop("need-form-fault");
      await guest.field(`value-${uptime}`).fill("99.9 %");
      await guest.button("needs_see").click();
      await page.getByRole("heading", { level: 1, name: "Booking 予約" }).waitFor();
      await guest.link("needs_sign_in").click();
      await guest.signIn("customer", true);
      await guest.button("needs_save").click();
      await guest.text("needs_saved").waitFor();
      await guest.way("common_way_needs").click();
      await page.getByRole("link", { name: "Booking 予約" }).first().click();
      await page.getByRole("heading", { level: 1, name: "Booking 予約" }).waitFor();
      assert.deepEqual(guest.faults, []);
    });
  });

  test(`a newcomer takes a service through its whole life without script in ${language}`, async () => {
    await fixture.visit(wishes, (page) => tour(new Guest(page, wishes)));
  });
}

test("language and colours are chosen and kept without script", async () => {
  await fixture.visit({ script: false, language: "en" }, async (page) => {
    await page.goto("/market?q=Osaka&country=JP");
    await page.getByRole("button", { name: "日本語" }).click();
    const ja = new Guest(page, { language: "ja", script: false });
    await page.getByRole("heading", { level: 1, name: ja.word("market_title") }).waitFor();
    assert.match(page.url(), /q=Osaka&country=JP/, "the choice comes back to the same page");
    await ja.button("common_theme_dark").click();
    await page.locator("html[data-theme=dark]").waitFor();
    await page.goto("/needs/new");
    assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
    await decent(page, "ja");
    await page.getByRole("button", { name: "English" }).click();
    const en = new Guest(page, { language: "en", script: false });
    await page.getByRole("heading", { level: 1, name: en.word("needs_new_title") }).waitFor();
    await en.button("common_theme_auto").click();
    await page.locator("html:not([data-theme])").waitFor();
  });
});

test("filters narrow the market and are taken away one by one without script", async () => {
  await fixture.visit({ script: false }, async (page) => {
    const { word } = new Guest(page, { script: false });
    await page.goto("/market");
    const count = () => page.locator("#found-title").textContent();
    const all = await count();
    const filters = page.locator("#filters");
    await filters.locator("[name=country][value=JP]").check();
    await filters.locator("[name=backed]").check();
    await filters.locator("[name=max]").fill("100000");
    await filters.getByRole("button", { name: word("market_filter_apply") }).click();
    await page.waitForURL(/backed=1/);
    const few = await count();
    assert.notEqual(few, all);
    assert.ok((await page.locator(".offer").count()) > 0);
    await decent(page, "en");
    const chips = page.locator(".chips.active a");
    for (let left = await chips.count(); left > 0; left -= 1) {
      await chips.first().click();
      assert.equal(await chips.count(), left - 1);
    }
    assert.equal(await count(), all);
  });
});
