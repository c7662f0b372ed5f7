// Drags a corner of the studio for some seconds and reads from the browser's own trace how many frames
// were drawn and how long each took. Prints one JSON object: arrays of milliseconds.
// node bench/studio.mjs ADDRESS [PATH]

import { newVisitor, startBrowser } from "../helpers/browser.mjs";

const [address, path = "/needs/templates/certificate-service"] = process.argv.slice(2);
const SECONDS = 4;
const CATEGORIES = "devtools.timeline,disabled-by-default-devtools.timeline,disabled-by-default-devtools.timeline.frame";

const browser = await startBrowser();
try {
  const context = await newVisitor(browser, address);
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await page.goto(path);
  await page.locator(".studio[data-ready=yes]").waitFor({ timeout: 60_000 });
  const still = await trace(session, () => wiggle(page, false));
  const moving = await trace(session, () => wiggle(page, true));
  console.log(JSON.stringify({ still: read(still), moving: read(moving), offers: await offers(page) }));
} finally {
  await browser.close();
}

/** Moves the pointer for a while, about once a frame; with a corner in the hand or beside it. */
async function wiggle(page, held) {
  const corner = page.getByRole("slider").first();
  const [knob, drawing] = [await corner.boundingBox(), await page.locator("[data-chart] svg").boundingBox()];
  const from = { x: knob.x + knob.width / 2, y: knob.y + knob.height / 2 };
  const middle = { x: drawing.x + drawing.width / 2, y: drawing.y + drawing.height / 2 };
  await page.mouse.move(from.x, from.y);
  if (held) await page.mouse.down();
  const until = Date.now() + SECONDS * 1000;
  for (let step = 0; Date.now() < until; step++) {
    const way = (1 - Math.cos(step / 20)) / 2.2;
    await page.mouse.move(from.x + (middle.x - from.x) * way, from.y + (middle.y - from.y) * way);
  }
  if (held) await page.mouse.up();
}

/** Everything the browser recorded meanwhile. */
async function trace(session, act) {
  const events = [];
  const keep = ({ value }) => events.push(...value);
  session.on("Tracing.dataCollected", keep);
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: CATEGORIES.split(",") } });
  await act();
  const done = new Promise((end) => session.once("Tracing.tracingComplete", end));
  await session.send("Tracing.end");
  await done;
  session.off("Tracing.dataCollected", keep);
  return events;
}

/** Times between drawn frames, the work of each frame on the main thread, and frames that were dropped. */
function read(events) {
  const at = (name) => events.filter((event) => event.name === name);
  const drawn = at("DrawFrame").map((event) => event.ts / 1000).sort((a, b) => a - b);
  const between = drawn.slice(1).map((time, index) => time - drawn[index]);
  const work = at("FireAnimationFrame").filter((event) => event.dur).map((event) => event.dur / 1000);
  return { between, work, dropped: at("DroppedFrame").length, drawn: drawn.length };
}

/** How many offers were ranked. */
async function offers(page) {
  const text = await page.locator("[data-status]").textContent();
  return Math.max(0, ...[...text.matchAll(/[\d,]+/g)].map(([number]) => Number(number.replaceAll(",", ""))));
}
