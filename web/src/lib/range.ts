import { addDays, formatCivil, weekday } from "./dates";

/** Ways to look at the calendar. */
export const VIEWS = ["day", "week", "month", "list"] as const;
export type View = (typeof VIEWS)[number];

/** How many days the list shows. */
export const LIST_DAYS = 28;

function monday(date: string): string {
  return addDays(date, -((weekday(date) + 6) % 7));
}

function firstOfMonth(date: string): string {
  return `${date.slice(0, 7)}-01`;
}

function addMonths(date: string, months: number): string {
  const [year, month] = date.split("-").map(Number) as [number, number];
  const count = year * 12 + (month - 1) + months;
  return `${Math.floor(count / 12)}-${String((count % 12) + 1).padStart(2, "0")}-01`;
}

/** Returns the civil dates a view shows around `date`: the first, and the one after the last. */
export function shownRange(view: View, date: string): { first: string; end: string } {
  switch (view) {
    case "day":
      return { first: date, end: addDays(date, 1) };
    case "week":
      return { first: monday(date), end: addDays(monday(date), 7) };
    case "list":
      return { first: date, end: addDays(date, LIST_DAYS) };
    case "month": {
      const last = addDays(addMonths(date, 1), -1);
      return { first: monday(firstOfMonth(date)), end: addDays(monday(last), 7) };
    }
  }
}

/** Moves `date` by one screen of a view, backwards or forwards. */
export function step(view: View, date: string, direction: -1 | 1): string {
  switch (view) {
    case "day":
      return addDays(date, direction);
    case "week":
      return addDays(date, 7 * direction);
    case "list":
      return addDays(date, LIST_DAYS * direction);
    case "month":
      return addMonths(date, direction);
  }
}

/** Writes a span of civil dates short: `23–29/11/2026`, `30/11–06/12/2026`. */
export function shortSpan(first: string, last: string): string {
  const [year, month, day] = first.split("-");
  if (first === last) return formatCivil(first);
  if (first.slice(0, 7) === last.slice(0, 7)) return `${day}–${formatCivil(last)}`;
  if (first.slice(0, 4) === last.slice(0, 4)) return `${day}/${month}–${formatCivil(last)}`;
  return `${day}/${month}/${year}–${formatCivil(last)}`;
}
