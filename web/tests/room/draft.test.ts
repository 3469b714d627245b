import { expect, test } from "vitest";
import { canSend, EMPTY_DRAFT, sendingDraft, settledDraft } from "~/pages/meeting/draft";

const written = { ...EMPTY_DRAFT, text: "nghe rõ" };

test("a message under way is not sent a second time", () => {
  expect(canSend(written)).toBe(true);
  expect(canSend(sendingDraft(written))).toBe(false);
  expect(canSend({ ...EMPTY_DRAFT, text: "  " })).toBe(false);
});

test("what went out leaves the field", () => {
  expect(settledDraft(sendingDraft(written), true)).toEqual(EMPTY_DRAFT);
});

test.each([
  ["nghe rõ, cảm ơn", ", cảm ơn"],
  ["câu khác", "câu khác"],
  ["", ""],
])("what was made of it meanwhile, “%s”, leaves “%s”", (text, rest) => {
  const after = settledDraft({ ...sendingDraft(written), text }, true);
  expect(after).toEqual({ text: rest, sending: null, failed: false });
});

test("what did not go out stays, may be sent again, and is told of until then", () => {
  const failed = settledDraft(sendingDraft(written), false);
  expect(failed).toEqual({ text: "nghe rõ", sending: null, failed: true });
  expect(canSend(failed)).toBe(true);
  expect(sendingDraft(failed).failed).toBe(false);
});
