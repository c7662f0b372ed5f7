// What journeys do at a cloud past the broker: the API of a demo cloud as its tenant uses it, and a cloud of one's own.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort, holdBlock, pause } from "./broker.mjs";

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;
// Small: a journey needs one machine.
const GROUP = {
  compute: { count: 1, vcpu: 1, ramMb: 256 },
  storage: { gb: 1 },
  network: { mbps: 10, endpoint: "http" },
};

/** `call(method, path, body)` at the demo cloud with this name. */
export async function demoCloud(broker, name) {
  const places = JSON.parse(await readFile(join(broker.data, "clouds", "places.json"), "utf8"));
  const place = places.clouds.find((cloud) => cloud.name === name);
  return (method, path, body) => call(`http://127.0.0.1:${place.port}`, place.token, method, path, body);
}

async function call(url, token, method, path, body) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  if (method !== "GET") Object.assign(headers, { "idempotency-key": randomUUID(), "kumoichi-epoch": "1" });
  const answer = await fetch(`${url}${path}`, { method, headers, body: body && JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(told)}`);
  return told;
}

/** A service that somebody made at a cloud alone; its id there. */
export async function madeThere(cloud, label, region) {
  const held = await cloud("POST", "/v1/holds", { label, region, resources: GROUP, ttlSeconds: 60 });
  await cloud("POST", `/v1/holds/${held.id}/confirm`, { quota: { storageBytes: 1_000_000_000 } });
  await cloud("POST", `/v1/allocations/${held.id}/start`, { application: "demo", serviceName: label });
  return held.id;
}

/** Starts `kumoichi cloud` with more arguments and waits until it answers: its address, its token, and how to stop it. */
export async function startCloud(args) {
  const data = await mkdtemp(join(tmpdir(), "kumoichi-cloud-"));
  const [port, block, token] = [await freePort(), await holdBlock(), randomUUID()];
  const lent = ["--first-address", "127.0.0.1", "--first-port", String(block.port), "--ports", "32"];
  const own = ["cloud", "--listen", `127.0.0.1:${port}`, "--data", data, "--until-input-closes", ...lent];
  const child = spawn(resolve(process.env.KUMOICHI_BIN), [...own, ...args], {
    stdio: ["pipe", "ignore", "ignore"],
    env: { ...process.env, KUMOICHI_CLOUD_TOKEN: token },
  });
  const ended = new Promise((end) => child.once("exit", end));
  const stop = async () => {
    // The cloud ends with its input, and its services with it.
    child.stdin.end();
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
    await ended;
    clearTimeout(late);
    block.release();
    await rm(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + START_LIMIT_MS;
  for (;;) {
    const told = await call(url, token, "GET", "/v1/capabilities").catch(() => undefined);
    if (told) return { url, token, told, stop };
    if (Date.now() > until) {
      await stop();
      throw new Error(`the cloud at ${url} does not answer`);
    }
    await pause(50);
  }
}
