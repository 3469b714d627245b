import { Drawer, MantineProvider, Modal } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createElement, type ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { withCloseLabel } from "~/office/closeLabel";
import { AgendaEditor } from "~/pages/booking/AgendaEditor";
import { BookingForm } from "~/pages/booking/BookingForm";
import { emptyDraft, emptyLine, FIELDS, type Field } from "~/pages/booking/draft";
import { theme } from "~/theme/mantine";
import { sources } from "./sources";

vi.mock("react-i18next", () => ({ useTranslation: () => ({ t: (key: string) => key, i18n: { language: "vi" } }) }));

const DRAFT = { ...emptyDraft(), agenda: [{ ...emptyLine(), minutes: 10 }] };

const draw = (part: ReactNode, close = "Đóng"): string =>
  renderToStaticMarkup(createElement(MantineProvider, { theme: withCloseLabel(theme, close) }, part));

const always = { opened: true, onClose: () => {}, withinPortal: false, title: "Hủy cuộc họp" };

test.each([
  ["a dialog", createElement(Modal, always)],
  ["a drawer", createElement(Drawer, always)],
])("the cross of %s says in words what it does", (_part, dialog) => {
  expect(draw(dialog)).toMatch(/<button[^>]*aria-label="Đóng"/);
  expect(draw(dialog, "Close")).toMatch(/<button[^>]*aria-label="Close"/);
});

test("a dialog without a heading is called by the words given to its content", () => {
  const dialog = createElement(Modal, {
    ...always,
    title: undefined,
    withCloseButton: false,
    attributes: { content: { "aria-label": "Tìm kiếm" } },
  });
  const head = draw(dialog).match(/<section[^>]*role="dialog"[^>]*>/)?.[0];
  expect(head).toContain('aria-label="Tìm kiếm"');
  expect(head).not.toContain("aria-labelledby");
});

test("every dialog has a name", () => {
  const dialogs = sources(/\.tsx$/).flatMap(({ path, text }) =>
    [...text.matchAll(/<(?:Modal|Drawer)\s(?:(?!\n {2,}>\n|">\n|\}>\n|\d>\n)[\s\S])*/g)].map(([head]) => ({
      path,
      head,
    })),
  );
  expect(dialogs.length).toBeGreaterThan(5);
  expect(dialogs.filter(({ head }) => !/\btitle=|aria-label/.test(head)).map(({ path }) => path)).toEqual([]);
});

test("hours and minutes of the start have names of their own, both beginning with what they are of", async () => {
  const form = sources(/booking\/BookingForm\.tsx$/)[0]?.text ?? "";
  expect(form).toContain('hoursInputLabel={t("field.timeHours")}');
  expect(form).toContain('minutesInputLabel={t("field.timeMinutes")}');
  for (const language of ["vi", "en"]) {
    const { field } = (await import(`../src/i18n/${language}/booking.json`)).default;
    expect(field.timeHours.startsWith(field.time) && field.timeMinutes.startsWith(field.time)).toBe(true);
    expect(field.timeHours).not.toBe(field.timeMinutes);
  }
});

test("the summary of a booking leads to fields that take the focus", () => {
  const form = createElement(BookingForm, { draft: DRAFT, bad: new Set<Field>(), onChange: () => {} });
  const page = draw(createElement(QueryClientProvider, { client: new QueryClient() }, form));
  for (const field of FIELDS) expect(page, field).toMatch(new RegExp(`<(input|textarea)[^>]* id="field-${field}"`));
});

test("the summary of a booking leads to the agenda line that is wrong", () => {
  const lines = [{ ...emptyLine(), title: "Thu ngân sách" }, emptyLine(), { ...emptyLine(), minutes: 10 }];
  const editor = draw(createElement(AgendaEditor, { lines, minutes: 90, marked: true, onChange: () => {} }));
  const named = [...editor.matchAll(/<input[^>]*>/g)].map(([input]) => input.includes('id="field-agenda"'));
  expect(named.indexOf(true)).toBe(6); // the subject of the third line, each line having three fields
  expect(named.filter(Boolean)).toHaveLength(1);
});
