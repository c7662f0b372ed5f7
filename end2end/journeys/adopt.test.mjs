// What a customer made at a cloud alone comes under a contract as it stands: the code is shown, the service gets it as its
// label, what was found is told, signed and followed, with script and without.

import assert from "node:assert/strict";
import { test } from "node:test";
import { demoCloud, madeThere } from "../helpers/clouds.mjs";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, OFFER } from "../walks/tour.mjs";

const fixture = kumoichi({ env: { KUMOICHI_MONITOR_INTERVAL_SECONDS: "1" } });
const NEED = "/needs/templates/certificate-service";

for (const [language, script] of [["en", true], ["ja", false]]) {
  test(`what runs already is adopted in ${language}, ${script ? "with" : "without"} script`, async () => {
    const cloud = await demoCloud(fixture.broker, "hokusei");
    await fixture.visit({ language, script, width: script ? 1280 : 360, refusals: true }, async (page) => {
      const guest = new Guest(page, { language, script });
      await page.goto("/account/sign-in");
      await guest.signIn("customer", true);
      await page.goto(NEED);
      await page.locator(".rank").getByRole("link", { name: OFFER[language], exact: true }).first().click();
      await page.locator("button[formaction='/contracts/new']").click();
      await guest.link("adopt_link").click();
      await guest.stop("adopt-none", guest.word("adopt_title"));
      await guest.text("adopt_none").first().waitFor();

      const own = `made-alone-${language}`;
      const id = await madeThere(cloud, own, "jp-sapporo-1");
      const code = await page.locator(".whole code").first().textContent();
      const before = await cloud("GET", `/v1/allocations/${id}`);
      await cloud("POST", `/v1/allocations/${id}/adopt`, { from: own, label: code });
      await guest.link("adopt_again").click();
      await guest.button("adopt_button").waitFor();
      await page.getByRole("table", { name: guest.word("adopt_differences") }).waitFor();
      await guest.stop("adopt-found", guest.word("adopt_title"));
      // Nothing is signed without a name.
      await guest.field("serviceName").fill("a\u200bb");
      await guest.button("adopt_button").click();
      await page.locator("#field-serviceName-error").waitFor();
      await guest.stop("adopt-faulty", guest.word("adopt_title"));
      await guest.field("serviceName").fill(own);
      await guest.button("adopt_button").click();
      await page.waitForURL(/\/contracts\/ctr_\w+$/);
      await guest.follow("contracts_headline_active");
      await guest.stop("adopted", own);
      const address = await page.locator("a.address").getAttribute("href");
      const after = await cloud("GET", `/v1/allocations/${id}`);
      assert.equal(new URL(address).port, String(new URL(before.endpoint.url).port), "it answers where it did");
      assert.notEqual(after.label, code, "the code opens nothing more");
      assert.deepEqual(guest.faults, []);
    });
  });
}
