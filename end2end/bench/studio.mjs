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
  await page.locator(".studio[data-ready=yes]").waitFor();
  console.log(JSON.stringify({ still: read(still), moving: read(moving), offers: await offers(page) }));
} finally {
  await browser.close();
}

/** Moves something once a frame for a while: a corner by pointer events, or a dot that nobody follows. */
async function wiggle(page, held) {
  await page.evaluate(
    ({ held, lastMs }) =>
      new Promise((done) => {
        const corner = document.querySelector("[data-corner]");
        const knob = corner.getBoundingClientRect();
        const drawing = document.querySelector("[data-chart] svg").getBoundingClientRect();
        const from = { x: knob.x + knob.width / 2, y: knob.y + knob.height / 2 };
        const middle = { x: drawing.x + drawing.width / 2, y: drawing.y + drawing.height / 2 };
        const tell = (name, way) =>
          corner.dispatchEvent(
            new PointerEvent(name, {
              bubbles: true,
              cancelable: true,
              pointerId: 1,
              clientX: from.x + (middle.x - from.x) * way,
              clientY: from.y + (middle.y - from.y) * way,
            }),
          );
        const dot = corner.querySelector("circle");
        const begin = performance.now();
        if (held) tell("pointerdown", 0);
        let step = 0;
        const frame = () => {
          const way = (1 - Math.cos(step++ / 20)) / 2.2;
          if (held) tell("pointermove", way);
          else dot.setAttribute("r", String(10 + way));
          if (performance.now() - begin < lastMs) return requestAnimationFrame(frame);
          if (held) tell("pointerup", way);
          done();
        };
        requestAnimationFrame(frame);
      }),
    { held, lastMs: SECONDS * 1000 },
  );
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
  const work = [];
  let end = 0;
  for (const event of at("FireAnimationFrame").filter(({ dur }) => dur).sort((a, b) => a.ts - b.ts)) {
    // Callbacks of one frame run right after each other: the hand of this measurement, then the studio.
    if (event.ts - end < 500 && work.length > 0) work[work.length - 1] += event.dur / 1000;
    else work.push(event.dur / 1000);
    end = event.ts + event.dur;
  }
  return { between, work, dropped: at("DroppedFrame").length, drawn: drawn.length };
}

/** How many offers were ranked. */
async function offers(page) {
  const text = await page.locator("[data-status]").textContent();
  return Math.max(0, ...[...text.matchAll(/[\d,]+/g)].map(([number]) => Number(number.replaceAll(",", ""))));
}
