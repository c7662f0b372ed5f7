// Committed pictures of what a screen reader is told: `end2end/snapshots/NAME.aria.yml`. Write them anew
// with KUMOICHI_UPDATE=1 and read the difference before committing it.

import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";

const FOLDER = new URL("../snapshots/", import.meta.url);

/**
 * Compares the accessibility tree below `main` with the committed one. `steady` replaces what differs
 * from run to run: pairs of a pattern and its replacement.
 */
export async function soundsAsBefore(page, name, steady = []) {
  const file = new URL(`${name}.aria.yml`, FOLDER);
  let tree = `${(await page.locator("main").ariaSnapshot()).trimEnd()}\n`;
  for (const [pattern, replacement] of steady) tree = tree.replaceAll(pattern, replacement);
  if (process.env.KUMOICHI_UPDATE) {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(file, tree);
    return;
  }
  const before = await readFile(file, "utf8").catch(() => {
    throw new Error(`no snapshot ${name}; write it with KUMOICHI_UPDATE=1`);
  });
  assert.equal(tree, before, `the accessibility tree of ${page.url()} differs from ${name}.aria.yml`);
}
