import { expect, test } from "vitest";
import { countUnread, isReading, NARROW } from "~/pages/meeting/side";
import { addLine, MAX_LINES } from "~/room/chat";
import type { ChatLine } from "~/room/types";
import { sources } from "../sources";

const line = (number: number): ChatLine => ({
  id: `m${number}`,
  identity: "points/a",
  name: "A",
  text: "nghe rõ",
  time: number,
  own: false,
});

test.each([
  ["chosen, but folded", "chat", false, false],
  ["chosen and open", "chat", true, true],
  ["not chosen", "people", true, false],
] as const)("the chat, %s (%s, open %s): read %s", (_, tab, open, read) => {
  expect(isReading(tab, open)).toBe(read);
});

test("the style sheet lays the panel over the pictures at the width at which it begins folded", () => {
  const [sheet] = sources(/^pages\/meeting\/room\.css$/);
  const narrowed = sheet?.text.split(`@media ${NARROW} {`)[1] ?? "";
  expect(narrowed).toMatch(/^[^@]*\.rm-side \{\s*position: fixed;/);
  expect(sheet?.text).toMatch(/\.rm-page:not\(\[data-side\]\) \.rm-side \{\s*display: none;/);
});

test("messages after the last one read wait", () => {
  const lines = [line(1), line(2), line(3)];
  expect([null, "m1", "m3"].map((read) => countUnread(lines, read))).toEqual([3, 2, 0]);
  expect(countUnread([], null)).toBe(0);
});

test("messages still wait once the oldest are dropped", () => {
  let lines: readonly ChatLine[] = [];
  for (let number = 1; number <= MAX_LINES + 2; number++) lines = addLine(lines, line(number));
  expect(countUnread(lines, `m${MAX_LINES}`)).toBe(2);
  expect(countUnread(lines, "m1")).toBe(MAX_LINES);
});
