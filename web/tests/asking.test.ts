import { MantineProvider } from "@mantine/core";
import { createElement, type ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { CalendarList } from "~/pages/calendar/CalendarList";
import { PagedView } from "~/ui/PagedView";

// Texts are loaded by the browser; here their names stand for them.
vi.mock("react-i18next", () => ({ useTranslation: () => ({ t: (key: string) => key }) }));

const draw = (part: ReactNode): string => renderToStaticMarkup(createElement(MantineProvider, null, part));

const list = (asking: boolean) =>
  draw(createElement(CalendarList, { first: "2026-11-23", end: "2026-12-21", briefings: [], specialDays: [], asking }));

test("the calendar says that nothing is booked only once it knows", () => {
  expect(list(true)).not.toContain("emptyList");
  expect(list(true)).toContain('aria-busy="true"');
  expect(list(false)).toContain("emptyList");
});

type Parts = Parameters<typeof PagedView>[0];
type Query = Parts["query"];

const page = (isPlaceholderData: boolean) => {
  const query = { isPending: false, data: { pages: [], pageParams: [] }, isPlaceholderData } as unknown as Query;
  return draw(createElement(PagedView, { query, isEmpty: true, empty: "nothing found" } as Parts));
};

test("a search says that nothing was found only of what was searched for", () => {
  expect(page(true)).not.toContain("nothing found");
  expect(page(true)).toContain('aria-busy="true"');
  expect(page(false)).toContain("nothing found");
});
