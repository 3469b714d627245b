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
  ["chosen beside the pictures", "chat", false, false, true],
  ["chosen, but closed on a phone", "chat", false, true, false],
  ["chosen and open on a phone", "chat", true, true, true],
  ["not chosen", "people", true, true, false],
] as const)("the chat, %s (%s, open %s, narrow %s): read %s", (_, tab, open, narrow, read) => {
  expect(isReading(tab, open, narrow)).toBe(read);
});

test("the style sheet closes the panel at the width at which messages wait", () => {
  const [sheet] = sources(/^pages\/meeting\/room\.css$/);
  const narrowed = sheet?.text.split(`@media ${NARROW} {`)[1] ?? "";
  expect(narrowed).toMatch(/^[^@]*\.rm-side \{\s*display: none;/);
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
