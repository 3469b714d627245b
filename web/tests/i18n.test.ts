import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sources } from "./sources";

type Texts = { [key: string]: string | Texts };

const areas = readdirSync("src/i18n/vi").map((file) => file.replace(".json", ""));
const read = (language: string, area: string): Texts =>
  JSON.parse(readFileSync(`src/i18n/${language}/${area}.json`, "utf8"));

function flat(texts: Texts, above = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string") found.set(above + key, value);
    else for (const [inner, text] of flat(value, `${above}${key}.`)) found.set(inner, text);
  }
  return found;
}

// English has a form for one thing more than Vietnamese.
const withoutForms = (texts: Map<string, string>) =>
  new Set([...texts.keys()].map((key) => key.replace(/_(one|other)$/, "")));

test("both languages have the same areas", () => {
  expect(readdirSync("src/i18n/en").map((file) => file.replace(".json", ""))).toEqual(areas);
});

test.each(areas)("%s says the same things in both languages", (area) => {
  const vi = flat(read("vi", area));
  const en = flat(read("en", area));
  expect([...withoutForms(en)].sort()).toEqual([...withoutForms(vi)].sort());
  for (const [key, text] of vi) {
    const facts = (words: string) => new Set(words.match(/\{\{\w+\}\}/g));
    expect(facts(en.get(key) ?? ""), key).toEqual(facts(text));
    expect(text.trim(), key).not.toBe("");
  }
});

test("English has a form for one wherever it counts things", () => {
  const bare = areas.flatMap((area) =>
    [...flat(read("en", area))].filter(
      ([key, text]) => /\{\{count\}\} [a-z]+s\b/.test(text) && !key.endsWith("_other"),
    ),
  );
  expect(bare.map(([key]) => key)).toEqual(["emptyList"]); // its span is always of many days
});

test("every text that sources name exists", () => {
  const known = new Set(
    areas.flatMap((area) => [...withoutForms(flat(read("vi", area)))].map((key) => `${area}:${key}`)),
  );
  const missing: string[] = [];
  let checked = 0;
  for (const { path, text } of sources(/\.tsx?$/)) {
    const areasOfFile = [...text.matchAll(/useTranslation\(([^)]*)\)/g)].flatMap((match) =>
      match[1] ? (match[1].match(/\w+/g) ?? []) : ["common"],
    );
    for (const match of text.matchAll(/[^\w.]t\(\s*"([\w.:]+)"/g)) {
      const key = match[1] ?? "";
      checked += 1;
      const candidates = key.includes(":") ? [key] : areasOfFile.map((area) => `${area}:${key}`);
      if (candidates.length > 0 && !candidates.some((candidate) => known.has(candidate)))
        missing.push(`${path} ${key}`);
    }
  }
  expect(checked).toBeGreaterThan(150);
  expect(missing).toEqual([]);
});

test("every reason that the contract names is put into words", () => {
  const comments = readdirSync("../protos/briefing/v1")
    .map((file) => readFileSync(`../protos/briefing/v1/${file}`, "utf8"))
    .flatMap((text) => [...text.matchAll(/^\s*\/\/[^\n]*(?:\n\s*\/\/[^\n]*)*\n\s*rpc /gm)].map((match) => match[0]));
  const reasons = new Set(
    comments.flatMap((comment) => comment.match(/`[A-Z]+(?:_[A-Z]+)+`/g) ?? []).map((word) => word.replaceAll("`", "")),
  );
  const words = read("vi", "errors");
  expect(reasons.size).toBeGreaterThan(20);
  expect([...reasons].filter((reason) => !(reason in words))).toEqual([]);
});
