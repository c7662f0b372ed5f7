// Brokers of journeys that run side by side have ports of their own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { holdBlock } from "../helpers/broker.mjs";

test("blocks of ports that are held at the same time never meet", async () => {
  const blocks = await Promise.all(Array.from({ length: 4 }, holdBlock));
  assert.equal(new Set(blocks.map(({ port }) => port)).size, blocks.length);
  for (const { release } of blocks) release();
});
