// What a file of journeys needs: one broker and one browser for all of its tests, a fresh visitor for
// each visit, and a watch on what goes wrong in the page while it is visited.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { startBroker } from "./broker.mjs";
import { newVisitor, startBrowser } from "./browser.mjs";

/** Starts broker and browser before the tests of this file and stops them after. */
export function kumoichi(options = {}) {
  const fixture = { broker: undefined, browser: undefined };
  before(async () => {
    [fixture.broker, fixture.browser] = await Promise.all([startBroker(options), startBrowser()]);
  });
  after(async () => {
    await fixture.browser?.close();
    await fixture.broker?.stop();
  });
  /** Where the broker listens. */
  fixture.url = () => fixture.broker.url;
  /**
   * Lets a fresh visitor do something in a page; fails when the page logged an error, threw, or got
   * an answer of 500 and above. `refusals: true` expects answers of 400 to 499 on the way.
   */
  fixture.visit = async (wishes, walk) => {
    const context = await newVisitor(fixture.browser, fixture.broker.url, wishes);
    const page = await context.newPage();
    const troubles = watch(page, wishes);
    try {
      await walk(page, context);
    } catch (fault) {
      fault.message += `\nat ${page.url()}${troubles.length ? `\nand in the page: ${troubles.join("; ")}` : ""}`;
      throw fault;
    } finally {
      await context.close();
    }
    assert.deepEqual(troubles, [], "the page had troubles");
  };
  return fixture;
}

/** Collects console errors, exceptions and server faults of a page. */
function watch(page, { refusals = false } = {}) {
  const troubles = [];
  page.on("console", (message) => {
    const refused = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !(refusals && refused)) troubles.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (fault) => troubles.push(`exception: ${fault.message}`));
  page.on("response", (answer) => {
    if (answer.status() >= 500) troubles.push(`${answer.status()} for ${answer.url()}`);
  });
  return troubles;
}

/** Waits until every island of the page is awake; a page without islands is awake at once. */
export async function awake(page) {
  if ((await page.locator("leptos-island").count()) > 0) {
    await page.locator("html[data-awake=yes]").waitFor({ state: "attached" });
  }
}
