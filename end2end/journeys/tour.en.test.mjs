// The tour of README.md in English with script: the contract is followed live.

import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, tour } from "../walks/tour.mjs";

const fixture = kumoichi({ env: { KUMOICHI_MONITOR_INTERVAL_SECONDS: "1" } });

test("a newcomer takes a service through its whole life in English", async () => {
  await fixture.visit({ language: "en", refusals: true }, (page) => tour(new Guest(page, { language: "en" })));
});
