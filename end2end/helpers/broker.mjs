// Starts a broker of its own for one file of journeys, on a free loopback port with a data folder
// that is thrown away, and stops it by its process id.

import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

// Seeding the demo market and starting three clouds takes seconds in a debug build on a busy machine.
const START_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 15_000;
// Ports of the demo clouds: three times 33 (server/src/clouds/places.rs), and one that is held. They lie
// between those that brokers look for themselves and those that systems hand out.
const CLOUDS = { first: 30_000, each: 100, blocks: 27 };

// The default action of these would skip the handlers that end the broker.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

/** Starts `kumoichi serve --demo` and waits until it is healthy. */
export async function startBroker({ args = ["serve", "--demo"], env = {} } = {}) {
  const program = process.env.KUMOICHI_BIN;
  if (!program) throw new Error("KUMOICHI_BIN is not set; run: cargo xtask test --only journeys");
  const data = await mkdtemp(join(tmpdir(), "kumoichi-journey-"));
  const [port, clouds] = [await freePort(), await holdBlock()];
  const log = [];
  // A group of its own, so that its clouds can be ended with it when it does not stop by itself.
  const child = spawn(resolve(program), args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PORT: String(port), KUMOICHI_DATA: data, KUMOICHI_CLOUDS_PORT: String(clouds.port), ...env },
  });
  const keep = (bytes) => log.push(String(bytes));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  child.once("exit", clouds.release);
  const broker = new Broker(child, `http://127.0.0.1:${port}`, data, log);
  try {
    await broker.healthy();
  } catch (fault) {
    await broker.stop();
    throw fault;
  }
  return broker;
}

class Broker {
  #child;
  #data;
  #log;
  #ended;
  #abandon = () => {
    this.#killGroup();
    rmSync(this.#data, { recursive: true, force: true });
  };

  constructor(child, url, data, log) {
    this.#child = child;
    this.#data = data;
    this.#log = log;
    this.url = url;
    this.#ended = new Promise((end) => {
      child.once("exit", (code, signal) => end({ code, signal }));
      child.once("error", (fault) => end({ fault }));
    });
    process.once("exit", this.#abandon);
  }

  /** What the broker printed so far. */
  get log() {
    return this.#log.join("");
  }

  /** The data folder of this run. */
  get data() {
    return this.#data;
  }

  /** Waits until `/readyz` says that broker and clouds are there; fails with the log when the broker ends or the time is over. */
  async healthy() {
    const until = Date.now() + START_LIMIT_MS;
    let ended;
    this.#ended.then((how) => (ended = how));
    while (Date.now() < until) {
      if (ended) throw new Error(`the broker ended: ${ended.fault ?? ended.code}\n${this.#tail()}`);
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      await answer?.arrayBuffer();
      if (answer?.ok) return;
      await pause(50);
    }
    throw new Error(`the broker was not ready after ${START_LIMIT_MS / 1000} s\n${this.#tail()}`);
  }

  /** Stops the broker as Ctrl-C does, removes its data and fails when it panicked on the way. */
  async stop() {
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid) {
      this.#child.kill("SIGINT");
      const late = setTimeout(() => this.#killGroup(), STOP_LIMIT_MS);
      await this.#ended;
      clearTimeout(late);
    }
    process.removeListener("exit", this.#abandon);
    await rm(this.#data, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    if (this.log.includes("panicked at")) throw new Error(`the broker panicked\n${this.#tail()}`);
  }

  #killGroup() {
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // Already gone.
    }
  }

  #tail() {
    return this.log.split("\n").slice(-40).join("\n");
  }
}

/** A loopback port that is free now. */
export async function freePort() {
  const server = await listen(0);
  const { port } = server.address();
  await close(server);
  return port;
}

/**
 * Ports for the clouds of one broker. The last of the block is listened on as long as the broker lives, so
 * that two files of journeys that start at the same moment never choose the same.
 */
export async function holdBlock() {
  const start = process.pid % CLOUDS.blocks;
  for (let step = 0; step < CLOUDS.blocks; step += 1) {
    const port = CLOUDS.first + ((start + step) % CLOUDS.blocks) * CLOUDS.each;
    const guard = await listen(port + CLOUDS.each - 1).catch(() => undefined);
    if (!guard) continue;
    // Does not keep this process alive.
    guard.unref();
    if (await allFree(port, CLOUDS.each - 1)) return { port, release: () => guard.close() };
    await close(guard);
  }
  throw new Error("no block of free ports for the demo clouds");
}

async function allFree(first, count) {
  const tried = await Promise.allSettled(Array.from({ length: count }, (_, at) => listen(first + at)));
  const servers = tried.filter(({ value }) => value).map(({ value }) => value);
  await Promise.all(servers.map(close));
  return servers.length === count;
}

function listen(port) {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(port, "127.0.0.1", () => done(server));
  });
}

function close(server) {
  return new Promise((done) => server.close(done));
}

/** Waits a moment between two looks at something. */
export function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}
