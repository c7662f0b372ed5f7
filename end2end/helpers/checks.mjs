// Checks that every page has to stand: accessibility, width, heading, language, weight.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { isScriptless } from "./browser.mjs";

const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
let axeSource;

/** Fails with each finding of axe, the rule and the first places. */
export async function accessible(page) {
  const faults = isScriptless(page) ? await inTwin(page, findings) : await findings(page);
  assert.deepEqual(faults, [], `axe found faults at ${page.url()}`);
}

async function findings(page) {
  axeSource ??= await readFile(axeFile, "utf8");
  // Evaluated by the debugger, so that the page's content security policy stays switched on.
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((fault) => {
    const places = fault.nodes.slice(0, 3).map((node) => node.target.join(" "));
    return `${fault.id} (${fault.help}): ${places.join(", ")}`;
  });
}

/**
 * axe needs timers, which a page without script does not have. So it looks at a twin: the same
 * document as it stands, without its scripts, in a context that may run script.
 */
async function inTwin(page, check) {
  const html = (await page.content())
    .replace(/<script[\s\S]*?<\/script>/g, "")
    .replace(/<(\/?)noscript/g, "<$1div");
  const context = await page.context().browser().newContext({ viewport: page.viewportSize() });
  try {
    const twin = await context.newPage();
    const address = page.url();
    await twin.route((url) => url.href === address, (route) => route.fulfill({ contentType: "text/html", body: html }));
    await twin.goto(address);
    return await check(twin);
  } finally {
    await context.close();
  }
}

/** One `h1`, the language of the page as asked for, a title. */
export async function wellFormed(page, language) {
  assert.equal(await page.locator("h1").count(), 1, `one h1 at ${page.url()}`);
  assert.equal(await page.locator("html").getAttribute("lang"), language, `language of ${page.url()}`);
  assert.notEqual((await page.title()).trim(), "", `title of ${page.url()}`);
}

/** Nothing sticks out to the side. */
export async function fitsWidth(page) {
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(content <= view, `${page.url()} is ${content} pixels wide in a view of ${view}`);
}

/** All three at once. */
export async function decent(page, language) {
  await wellFormed(page, language);
  await fitsWidth(page);
  await accessible(page);
}

/** Opens a page and returns the bytes that went over the line, headers included, and the layout shift. */
export async function weigh(page, path) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  await page.goto(path, { waitUntil: "networkidle" });
  const shift = await page.evaluate(
    () =>
      new Promise((done) => {
        let sum = 0;
        const observer = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += entry.value;
        });
        observer.observe({ type: "layout-shift", buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
      }),
  );
  return { bytes, shift };
}
