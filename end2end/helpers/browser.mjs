// The installed Chromium, without windows where the system has it so, and fresh visitors in it: language, script,
// width, theme.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
// Waiting for a condition ends here; a debug build on two busy cores is slow but not that slow.
const CONDITION_LIMIT_MS = 15_000;

/** Visitors without script. */
const scriptless = new WeakSet();

/** Says whether the visitor of a page has script switched off. */
export function isScriptless(page) {
  return scriptless.has(page.context());
}

/** Starts the browser; nothing is ever downloaded. */
export async function startBrowser() {
  const executablePath = process.env.KUMOICHI_CHROMIUM ?? PLACES.find((place) => existsSync(place));
  if (!executablePath) throw new Error("Chromium is not installed; run: make setup");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/**
 * A fresh visitor.
 * @param {object} wishes
 * @param {"en"|"ja"} [wishes.language] what the browser asks for
 * @param {boolean} [wishes.script] false switches script off
 * @param {number} [wishes.width] in CSS pixels
 * @param {"light"|"dark"} [wishes.theme]
 */
export async function newVisitor(browser, url, wishes = {}) {
  const { language = "en", script = true, width = 1280, theme = "light" } = wishes;
  const context = await browser.newContext({
    baseURL: url,
    locale: language === "ja" ? "ja-JP" : "en-GB",
    timezoneId: "Asia/Tokyo",
    javaScriptEnabled: script,
    viewport: { width, height: width < 500 ? 740 : 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(CONDITION_LIMIT_MS);
  if (!script) scriptless.add(context);
  return context;
}
