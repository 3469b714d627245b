import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { contrast } from "~/theme/contrast";
import { cssProperties, textPairs } from "~/theme/tokens";
import { sources } from "./sources";

test("contrast is that of WCAG", () => {
  expect(contrast("#000000", "#FFFFFF")).toBeCloseTo(21, 5);
  expect(contrast("#FFFFFF", "#FFFFFF")).toBe(1);
  expect(contrast("#777777", "#FFFFFF")).toBeCloseTo(4.48, 2);
});

test.each(textPairs)("%s can be read", (_name, text, ground) => {
  expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
});

test("no file but the tokens holds a colour", () => {
  const offenders = sources(/\.(tsx?|css)$/)
    .filter(({ path }) => !path.endsWith("theme/tokens.ts"))
    .flatMap(({ path, text }) =>
      (text.match(/#[0-9a-fA-F]{6}\b(?!")|"#[0-9a-fA-F]{3,8}"/g) ?? []).map((hit) => `${path} ${hit}`),
    )
    .filter((hit) => !hit.endsWith('"#000000"'));
  expect(offenders).toEqual([]);
});

test("every custom property that styles use is a token", () => {
  const known = new Set(Object.keys(cssProperties()));
  const used = sources(/\.(tsx?|css)$/).flatMap(({ text }) => text.match(/--gb-[a-z-]+(?=[),])/g) ?? []);
  expect(used.length).toBeGreaterThan(50);
  expect([...new Set(used)].filter((name) => !known.has(name))).toEqual([]);
});

test("every part of the kit that pages use has its style", () => {
  const imported = new Set(readFileSync("src/theme/kit.ts", "utf8").match(/(?<=styles\/)\w+(?=\.css)/g));
  const used = new Set(
    sources(/\.tsx$/).flatMap(({ text }) =>
      [...text.matchAll(/import \{([^}]*)\} from "@mantine\/core"/g)].flatMap((match) =>
        (match[1] ?? "").split(",").map((name) => name.trim()),
      ),
    ),
  );
  const missing = [...used].filter(
    (name) => existsSync(`node_modules/@mantine/core/styles/${name}.css`) && !imported.has(name),
  );
  expect(used.size).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

test("fonts cover Latin and Vietnamese in three weights", () => {
  const faces = readFileSync("src/theme/fonts.css", "utf8").match(/url\("([^"]+)"\)/g) ?? [];
  expect(faces).toHaveLength(6);
  for (const face of faces) {
    const file = face.replace('url("', "node_modules/").replace('")', "");
    expect(existsSync(file), file).toBe(true);
  }
});
