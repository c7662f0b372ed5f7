// Every page for everybody: axe, one heading, the language, and nothing that sticks out to the side.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decent } from "../helpers/checks.mjs";
import { newVisitor } from "../helpers/browser.mjs";
import { awake, kumoichi } from "../helpers/fixture.mjs";
import { OFFER, PASSWORD, picture } from "../walks/tour.mjs";

const fixture = kumoichi();
const LONG_MS = 60_000;
const TEMPLATE = "/needs/templates/certificate-service";

/** What is open to anybody, and behind which sign-in the rest is. */
const pages = {
  visitor: [
    "/", "/market", "/market?q=Osaka&country=JP&backed=1", "/market?q=nothing-like-it", "/providers", "/providers/hokusei",
    "/needs/new", "/needs/new?by=form", "/needs/new?by=yaml", TEMPLATE, `${TEMPLATE}?order=value&show=50`,
    "/needs/templates/collaboration-service", "/needs/templates/tracking-service", "/items", "/items/availability.rto",
    "/items/security.data_location", "/items/security.certifications", "/how-ranking-works", "/design", "/account/sign-in", "/account/sign-up", "/no-such-page",
  ],
  customer: ["/account", "/account/tokens", "/invitations", "/market/favourites", "/needs", "/services", "/contracts", "/inbox"],
  provider: [
    "/account", "/provider/offers", "/provider/offers/new", "/provider/offers/new?as=yaml", "/provider/offers/import", "/provider/audiences", "/provider/keys", "/provider/connection", "/desk",
  ],
  broker: ["/desk", "/desk/reviews", "/desk/reviews?list=decided", "/desk/rules", "/desk/workflows", "/desk/audit", "/desk/providers", "/desk/signals", "/desk/clouds"],
};
const looks = [
  { language: "en", width: 1280, theme: "light" },
  { language: "ja", width: 1280, theme: "dark" },
  { language: "en", width: 360, theme: "dark" },
  { language: "ja", width: 360, theme: "light" },
];
const states = {};

/** Signs in once for each role; the session is handed to every visitor of that role. */
async function enter(role) {
  states[role] ??= (async () => {
    const context = await newVisitor(fixture.browser, fixture.url());
    const page = await context.newPage();
    if (role !== "visitor") {
      await page.goto("/account/sign-in");
      await page.locator("[name=email]").fill(`${role}@demo.example`);
      await page.locator("[name=password]").fill(PASSWORD);
      await page.keyboard.press("Enter");
      await page.locator("form[action='/account/sign-out']").waitFor();
    }
    const more = await discover(page, role);
    const { cookies } = await context.storageState();
    await context.close();
    // Sessions only: language and colours stay the visitor's own.
    return { cookies: cookies.filter((cookie) => cookie.name.endsWith("kumoichi")), more };
  })();
  return states[role];
}

/** Pages whose addresses hold numbers. */
async function discover(page, role) {
  const first = async (list, selector) => {
    await page.goto(list);
    return page.locator(selector).first().getAttribute("href");
  };
  if (role === "visitor") return stroll(page);
  if (role === "customer") return contract(page);
  if (role === "provider") {
    const own = await first("/provider/offers", "main tbody th a");
    return [own, `${own}/edit?as=form`, `${own}/edit?as=yaml`, `${own}/withdraw`];
  }
  await enter("customer");
  const workflow = await first("/desk/workflows", "main tbody th a");
  return [workflow, await first("/desk/providers", "main tbody th a")];
}

/** A running service: its quote, page and way out. */
async function contract(page) {
  await page.goto(TEMPLATE);
  await page.locator(".rank").getByRole("link", { name: OFFER.en, exact: true }).first().click();
  await page.locator("button[formaction='/contracts/new']").click();
  const quote = page.url();
  await page.locator("[name=serviceName]").fill("Residents’ certificates");
  await page.locator("button[value=sign]").click();
  await page.locator(".timeline .step.done").nth(7).waitFor({ timeout: LONG_MS });
  const own = page.url();
  await page.goto(`${own}/move`);
  const plan = await page.locator("a[href*='/move?offer=']").first().getAttribute("href");
  return [quote, own, `${own}/inventory`, `${own}/inventory?from=0`, `${own}/graph`, `${own}/change`, `${own}/move`, plan, `${own}/release`];
}

/** Offers and comparisons, found as a visitor finds them. */
async function stroll(page) {
  await page.goto("/market?q=Hokusei");
  const offers = await page.locator(".offer h3 a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.ok(offers.length > 3);
  const ids = offers.slice(0, 4).map((href) => `offer=${href.split("/").pop().split("?")[0]}`);
  return [offers[0], `${offers[0]}?need=template:certificate-service`, `/market/compare?${ids.join("&")}`, "/market/compare"];
}

for (const role of Object.keys(pages)) {
  for (const wishes of looks) {
    const { language, width, theme } = wishes;
    test(`pages of a ${role} have no faults in ${language}, ${theme}, ${width} pixels wide`, async () => {
      const entered = await enter(role);
      const faults = [];
      await fixture.visit({ ...wishes, refusals: true }, async (page, context) => {
        await context.addCookies(entered.cookies);
        for (const path of [...pages[role], ...entered.more]) {
          await page.goto(path);
          await awake(page);
          const name = `${role}-${language}-${theme}-${width}-${new URL(page.url()).pathname.slice(1).replaceAll("/", "_")}`;
          await picture(page, name.replaceAll(/\w{3}_[0-9a-z]{26}/g, "id"));
          await decent(page, language).catch((fault) => faults.push(fault.message));
        }
      });
      assert.deepEqual(faults, []);
    });
  }
}
