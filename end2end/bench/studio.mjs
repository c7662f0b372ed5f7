// Drags a corner of the studio for some seconds and reads from the browser's own trace how many frames
// were drawn and how long each took. Prints one JSON object: arrays of milliseconds.
// node bench/studio.mjs ADDRESS [PATH]

import { newVisitor, startBrowser } from "../helpers/browser.mjs";

const [address, path = "/needs/templates/certificate-service"] = process.argv.slice(2);
const SECONDS = 4;
const CATEGORIES = "devtools.timeline,disabled-by-default-devtools.timeline,disabled-by-default-devtools.timeline.frame";

/** What the main thread does of a frame besides our own script, by the names of the trace. */
const WORK = {
  style: ["UpdateLayoutTree", "RecalculateStyles"],
  layout: ["Layout"],
  paint: ["PrePaint", "Paint", "Layerize", "UpdateLayer", "Commit"],
};

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

/**
 * Moves something once a frame for a while: a corner along its axis by pointer events, or a dot that nobody
 * follows. The corner goes to and fro between a tenth and nine tenths of the axis, so that each move is another
 * value; returns how many of them changed the drawing.
 */
async function wiggle(page, held) {
  return page.evaluate(
    ({ held, lastMs }) =>
      new Promise((done) => {
        const corner = document.querySelector("[data-corner]");
        const drawing = document.querySelector("[data-chart] svg").getBoundingClientRect();
        const shape = document.querySelector("[data-need]");
        // The drawing in its own units, as `studio/draw.rs` has it.
        const [centre, radius, least, scale] = [{ x: 220, y: 156 }, 112, 0.08, drawing.width / 440];
        const [, x, y] = corner.getAttribute("transform").match(/translate\(([-\d.]+) ([-\d.]+)\)/).map(Number);
        const long = Math.hypot(x - centre.x, y - centre.y);
        const along = { x: (x - centre.x) / long, y: (y - centre.y) / long };
        const tell = (name, place) => {
          const reach = (least + place * (1 - least)) * radius;
          corner.dispatchEvent(
            new PointerEvent(name, {
              bubbles: true,
              cancelable: true,
              pointerId: 1,
              clientX: drawing.x + (centre.x + along.x * reach) * scale,
              clientY: drawing.y + (centre.y + along.y * reach) * scale,
            }),
          );
        };
        const dot = corner.querySelector("circle");
        const begin = performance.now();
        let [step, changed, before] = [0, 0, ""];
        const place = () => 0.1 + 0.8 * (1 - Math.abs(((step / 25) % 2) - 1));
        if (held) tell("pointerdown", place());
        const frame = () => {
          step++;
          if (shape.getAttribute("d") !== before) changed++;
          before = shape.getAttribute("d");
          if (held) tell("pointermove", place());
          else dot.setAttribute("r", String(10 + place()));
          if (performance.now() - begin < lastMs) return requestAnimationFrame(frame);
          if (held) tell("pointerup", place());
          done({ moves: step, changed });
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
  const { moves, changed } = await act();
  const done = new Promise((end) => session.once("Tracing.tracingComplete", end));
  await session.send("Tracing.end");
  await done;
  session.off("Tracing.dataCollected", keep);
  return { events, moves, changed };
}

/** Times between drawn frames, the work of each frame on the main thread, and frames that were dropped. */
function read({ events, moves, changed }) {
  const at = (...names) => events.filter((event) => names.includes(event.name));
  const drawn = at("DrawFrame").map((event) => event.ts / 1000).sort((a, b) => a - b);
  const between = drawn.slice(1).map((time, index) => time - drawn[index]);
  const fired = at("FireAnimationFrame").filter(({ dur }) => dur).sort((a, b) => a.ts - b.ts);
  const frames = [];
  let end = 0;
  for (const event of fired) {
    // Callbacks of one frame run right after each other: the hand of this measurement, then the studio.
    if (event.ts - end < 500 && frames.length > 0) frames.at(-1).script += event.dur / 1000;
    else frames.push({ ts: event.ts, script: event.dur / 1000, style: 0, layout: 0, paint: 0 });
    end = event.ts + event.dur;
  }
  const main = fired[0]?.tid;
  for (const [kind, names] of Object.entries(WORK)) {
    for (const event of at(...names).filter(({ dur, tid }) => dur && tid === main)) {
      // Within the script a style or layout was asked for by it and counted there.
      const frame = frames.findLast(({ ts }) => ts <= event.ts);
      if (frame && event.ts >= frame.ts + frame.script * 1000) frame[kind] += event.dur / 1000;
    }
  }
  const all = (kind) => frames.map((frame) => frame[kind]);
  const whole = frames.map(({ script, style, layout, paint }) => script + style + layout + paint);
  return {
    between, whole, script: all("script"), style: all("style"), layout: all("layout"), paint: all("paint"),
    dropped: at("DroppedFrame").length, drawn: drawn.length, moves, changed,
  };
}

/** How many offers were ranked. */
async function offers(page) {
  const text = await page.locator("[data-status]").textContent();
  return Math.max(0, ...[...text.matchAll(/[\d,]+/g)].map(([number]) => Number(number.replaceAll(",", ""))));
}
