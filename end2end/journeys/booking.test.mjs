// A cloud that holds nothing: connected and examined, its quote tells what cancelling costs, and what is ordered is booked
// at once, runs and is released, with script and without.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pause } from "../helpers/broker.mjs";
import { startCloud } from "../helpers/clouds.mjs";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, OFFER, release } from "../walks/tour.mjs";

const fixture = kumoichi({ env: { KUMOICHI_MONITOR_INTERVAL_SECONDS: "1" } });
const NEED = "/needs/templates/certificate-service";
const ZONES = ["jp-sapporo-1a:jp-sapporo-1:JP:JP-01", "jp-osaka-1a:jp-osaka-1:JP:JP-27", "jp-sendai-1a:jp-sendai-1:JP:JP-04"];
const ROOM = ["--vcpu", "64", "--ram-mb", "262144", "--storage-gb", "4000"];
// Some hundred checks, each with waits of its own, take minutes on a busy machine.
const EXAMINED_MS = 300_000;
let cloud;

before(async () => {
  const zones = ZONES.flatMap((zone) => ["--zone", zone]);
  cloud = await startCloud([...zones, ...ROOM, "--hold", "none", "--cancel-charge", "JPY:500"]);
});
after(() => cloud?.stop());

test("a cloud that holds nothing is connected in place of another and passes the examination", async () => {
  await fixture.visit({ language: "en" }, async (page) => {
    const desk = new Guest(page);
    await page.goto("/account/sign-in");
    await desk.signIn("broker", true);
    await page.goto("/desk/providers");
    await page.locator("main").getByRole("link", { name: /Hokusei/ }).first().click();
    await desk.field("url").fill(cloud.url);
    await desk.field("token").fill(cloud.token);
    await desk.button("desk_connect_button").click();
    await desk.text("desk_connect_done").waitFor();
    await desk.stop("desk-connected");
    assert.deepEqual(desk.faults, []);
  });
  await fixture.visit({ language: "en" }, async (page) => {
    const provider = new Guest(page);
    await page.goto("/account/sign-in");
    await provider.signIn("provider", true);
    await page.goto("/provider/connection");
    await provider.button("conform_ask").click();
    const passed = page.getByText(provider.word("conform_conforms"), { exact: true });
    const end = Date.now() + EXAMINED_MS;
    while ((await passed.count()) === 0) {
      assert.ok(Date.now() < end, "the examination has come to an end");
      await pause(500);
      await page.goto("/provider/connection");
    }
    await provider.stop("examined");
    assert.deepEqual(provider.faults, []);
  });
});

for (const [language, script] of [["en", true], ["ja", false]]) {
  test(`what cannot be held is booked and released in ${language}, ${script ? "with" : "without"} script`, async () => {
    await fixture.visit({ language, script, width: script ? 1280 : 360, refusals: true }, async (page) => {
      const guest = new Guest(page, { language, script });
      const name = `booked ${language}`;
      await page.goto("/account/sign-in");
      await guest.signIn("customer", true);
      await page.goto(NEED);
      await page.locator(".rank").getByRole("link", { name: OFFER[language], exact: true }).first().click();
      await page.locator("button[formaction='/contracts/new']").click();
      await guest.text("contracts_at_once_alone_charge", { charge: "¥500" }).waitFor();
      await guest.stop("booking-quote", guest.word("contracts_quote_title", { offer: OFFER[language] }));
      await guest.field("serviceName").fill(name);
      await page.locator("button[value=sign]").click();
      await guest.follow("contracts_headline_active");
      await guest.stop("booked", name);
      await page.locator("a.address").waitFor();
      await release(guest, name, await page.locator("a.address").getAttribute("href"));
      assert.deepEqual(guest.faults, []);
    });
  });
}
