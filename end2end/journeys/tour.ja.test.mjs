// The tour of README.md in Japanese with script: the contract is followed live.

import { test } from "node:test";
import { kumoichi } from "../helpers/fixture.mjs";
import { Guest, tour } from "../walks/tour.mjs";

const fixture = kumoichi({ env: { KUMOICHI_MONITOR_INTERVAL_SECONDS: "1" } });

test("a newcomer takes a service through its whole life in Japanese", async () => {
  await fixture.visit({ language: "ja", refusals: true }, (page) => tour(new Guest(page, { language: "ja" })));
});
