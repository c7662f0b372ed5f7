// The visible words, read from `locales/`, so that a journey asks for a button by the name a reader sees.
// `market_compare_action` is `action` in `[compare]` of `market.toml`, as in the pages.

import { readdirSync, readFileSync } from "node:fs";

const LOCALES = new URL("../../locales/", import.meta.url);
const LINE = /^([A-Za-z0-9_-]+)\s*=\s*(.+)$/;
const FORM = /(one|other)\s*=\s*("(?:[^"\\]|\\.)*")/g;

/** `word(key, values)` in a language; an unknown key or a missing value fails. */
export function wordsOf(language) {
  const all = new Map();
  const folder = new URL(`${language}/`, LOCALES);
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".toml"))) {
    read(all, file.replace(".toml", ""), readFileSync(new URL(file, folder), "utf8"));
  }
  return (key, values = {}) => {
    const found = all.get(key);
    if (found === undefined) throw new Error(`there is no word ${key} in ${language}`);
    const text = typeof found === "string" ? found : found[values.count === 1 ? "one" : "other"] ?? found.other;
    return text.replace(/\{(\w+)\}/g, (_, name) => {
      if (values[name] === undefined) throw new Error(`${key} needs ${name}`);
      return String(values[name]);
    });
  };
}

/** All words of a language, without their places for values. */
export function everyWord(language) {
  const all = new Map();
  const folder = new URL(`${language}/`, LOCALES);
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".toml"))) {
    read(all, file.replace(".toml", ""), readFileSync(new URL(file, folder), "utf8"));
  }
  return new Set([...all.values()].flatMap((word) => (typeof word === "string" ? [word] : Object.values(word))));
}

function read(all, feature, text) {
  let section = "";
  for (const line of text.split("\n").map((raw) => raw.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const head = /^\[([\w.]+)\]$/.exec(line);
    if (head) {
      section = `${head[1].replaceAll(".", "_")}_`;
      continue;
    }
    const pair = LINE.exec(line);
    if (!pair) throw new Error(`${feature}.toml: ${line}`);
    all.set(`${feature}_${section}${pair[1]}`, value(pair[2]));
  }
}

function value(text) {
  if (text.startsWith('"')) return JSON.parse(text);
  return Object.fromEntries([...text.matchAll(FORM)].map(([, form, word]) => [form, JSON.parse(word)]));
}
