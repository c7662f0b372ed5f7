// What journeys of the requirement studio do and read.

import assert from "node:assert/strict";

export const TEMPLATES = ["certificate-service", "collaboration-service", "tracking-service"];

/** Opens the bench of a template and waits until the market has come. */
export async function open(page, template = TEMPLATES[0], query = "") {
  await page.goto(`/needs/templates/${template}${query}`);
  await ready(page);
  // On narrow screens the fields are folded.
  const fold = page.locator("[data-fold] > summary");
  if (await fold.isVisible()) await fold.click();
}

/** Waits until the last change has come to rest. */
export async function ready(page) {
  await page.locator(".studio[data-ready=yes]").waitFor({ timeout: 30_000 });
}

/** Ids of the rows of the live list, in order. */
export function rows(page) {
  return page
    .locator(".live .rank")
    .evaluateAll((list) => list.map(({ dataset }) => [dataset.offer, dataset.shortfall, dataset.surplus]));
}

/** What the server at `base` says for the need in an address. */
export async function askServer(base, url) {
  const address = new URL(url);
  const answer = await fetch(`${base}/api/v1/rankings`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
    body: JSON.stringify({
      need: { shareCode: address.searchParams.get("doc") },
      order: address.searchParams.get("order") ?? "balanced",
      limit: Number(address.searchParams.get("show") ?? 10),
    }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  const list = await answer.json();
  const decimal = (nano) => String(nano / 1e9).includes("e") ? (nano / 1e9).toFixed(9).replace(/0+$/, "") : String(nano / 1e9);
  return [...list.matches, ...list.nearMisses].map(({ offer, explanation: { totals } }) => [
    offer.id,
    decimal(totals.shortfall),
    decimal(totals.surplus),
  ]);
}
