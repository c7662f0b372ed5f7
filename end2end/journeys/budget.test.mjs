// What a page weighs, whether it moves, and what it is allowed to load.

import assert from "node:assert/strict";
import { test } from "node:test";
import { weigh } from "../helpers/checks.mjs";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, OFFER, sign } from "../walks/tour.mjs";

const LIMIT = 150_000;
const STUDIO_WASM_LIMIT = 250_000;
const STILL = ["/", "/market", "/market?q=Osaka", "/needs/new", "/how-ranking-works"];

const fixture = kumoichi();

for (const path of STILL) {
  test(`${path} weighs less than 150 kB, does not move and loads no script`, async () => {
    await fixture.visit({}, async (page) => {
      const scripts = [];
      page.on("request", (request) => /\.(js|wasm)$/.test(request.url()) && scripts.push(request.url()));
      const { bytes, shift } = await weigh(page, path);
      assert.ok(bytes < LIMIT, `${bytes} bytes`);
      assert.equal(shift, 0);
      assert.deepEqual(scripts, []);
      assert.equal(await page.locator("script").count(), 0);
    });
  });
}

test("the page of a contract with its wasm weighs less than 150 kB, does not move and breaks no policy", async () => {
  await fixture.visit({ refusals: true }, async (page, context) => {
    const guest = new Guest(page);
    await page.goto("/needs/templates/certificate-service");
    await page.locator(".rank").getByRole("link", { name: OFFER.en, exact: true }).first().click();
    const address = await sign(guest, "weighed");
    await page.locator(".timeline .headline", { hasText: guest.word("contracts_headline_active") }).waitFor({ timeout: 60_000 });
    // A page of the same visitor without anything in its cache, after the events have ended.
    const fresh = await context.newPage();
    const violations = [];
    await fresh.exposeFunction("violated", (what) => violations.push(what));
    await fresh.addInitScript(() =>
      document.addEventListener("securitypolicyviolation", (event) => globalThis.violated(event.violatedDirective)),
    );
    const session = await context.newCDPSession(fresh);
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    const { bytes, shift } = await weigh(fresh, address);
    await fresh.locator("html[data-awake=yes]").waitFor({ state: "attached" });
    assert.ok((await fresh.locator("leptos-island").count()) > 0, "the page has an island");
    assert.ok(bytes < LIMIT, `${bytes} bytes`);
    assert.equal(shift, 0);
    assert.deepEqual(violations, []);
  });
});

test("the studio's module weighs less than 250 kB, the rest of its page less than 150 kB, and nothing moves", async () => {
  await fixture.visit({}, async (page, context) => {
    const violations = [];
    await page.exposeFunction("violated", (what) => violations.push(what));
    await page.addInitScript(() =>
      document.addEventListener("securitypolicyviolation", (event) => globalThis.violated(event.violatedDirective)),
    );
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    const modules = new Map();
    session.on("Network.responseReceived", ({ requestId, response }) => {
      if (response.mimeType === "application/wasm") modules.set(requestId, response);
    });
    let module = 0;
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (modules.has(requestId)) module += encodedDataLength;
    });
    const { bytes, shift } = await weigh(page, "/needs/templates/certificate-service");
    await page.locator(".studio[data-ready=yes]").waitFor();
    assert.equal(modules.size, 1, "one module is loaded");
    assert.ok(module > 0 && module < STUDIO_WASM_LIMIT, `${module} bytes of wasm`);
    assert.ok(bytes - module < LIMIT, `${bytes - module} bytes besides`);
    assert.equal(shift, 0);
    assert.deepEqual(violations, []);
  });
});

test("files that do not change travel as Brotli and may be kept for ever", async () => {
  await fixture.visit({}, async (page) => {
    const kept = [];
    page.on("response", (answer) => answer.url().includes("/pkg/") && kept.push(answer));
    await page.goto("/", { waitUntil: "networkidle" });
    assert.ok(kept.length > 0);
    for (const answer of kept) {
      const headers = await answer.allHeaders();
      assert.equal(headers["content-encoding"], "br", answer.url());
      assert.match(headers["cache-control"], /immutable/);
    }
  });
});

test("pages travel compressed", async () => {
  const answer = await fetch(`${fixture.url()}/market`, { headers: { "accept-encoding": "br" } });
  assert.equal(answer.headers.get("content-encoding"), "br");
  assert.match(await answer.text(), /<html/);
});
