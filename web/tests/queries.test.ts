import { expect, test } from "vitest";
import { sources } from "./sources";

interface Question {
  readonly key: readonly string[];
  readonly asks: string;
}

/** The questions of all pages: the key an answer is remembered by, and how it is asked. */
function questions(): Question[] {
  return sources(/\.tsx?$/).flatMap(({ text }) =>
    [...text.matchAll(/queryKey: \[([^\]]*)\],\s*queryFn: ([\s\S]*?),\n {2,6}[a-zA-Z}]/g)].map((match) => ({
      key: (match[1] ?? "").split(/, ?/),
      asks: (match[2] ?? "").replace(/\s+/g, " "),
    })),
  );
}

/** Whether two keys can come to be equal: where both are fixed words, the words have to be the same. */
function meet(one: readonly string[], other: readonly string[]): boolean {
  const fixed = (part: string | undefined) => part?.startsWith('"');
  return (
    one.length === other.length && one.every((part, at) => !fixed(part) || !fixed(other[at]) || part === other[at])
  );
}

test("an answer is remembered only where the same question was asked", () => {
  const all = questions();
  expect(all.length).toBeGreaterThan(12);
  const mixed = all.flatMap((one, at) =>
    all.slice(at + 1).filter((other) => meet(one.key, other.key) && one.asks !== other.asks),
  );
  expect(mixed.map(({ key }) => key.join(", "))).toEqual([]);
});
