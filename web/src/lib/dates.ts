import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { currentLanguage, type Language } from "~/i18n";

/** Where the province lives; every date on a screen is told in this zone, whatever the machine believes. */
export const ZONE = "Asia/Ho_Chi_Minh";
// The zone has kept this offset without summer time since 1975.
const OFFSET = "+07:00";
const DAY_MS = 86_400_000;

const partsFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

interface Parts {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
}

function partsOf(instant: Date): Parts {
  const found = Object.fromEntries(partsFormat.formatToParts(instant).map((part) => [part.type, part.value]));
  return found as unknown as Parts;
}

const WEEKDAYS: Record<Language, readonly string[]> = {
  vi: ["Chủ Nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"],
  en: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
};

/** Returns the instant of a wire timestamp, or null where the field is empty. */
export function instantOf(timestamp: Timestamp | undefined): Date | null {
  return timestamp ? timestampDate(timestamp) : null;
}

/** Returns the civil date of an instant, `YYYY-MM-DD`. */
export function civilDate(instant: Date): string {
  const { year, month, day } = partsOf(instant);
  return `${year}-${month}-${day}`;
}

/** Returns the civil time of an instant, `HH:mm`. */
export function civilTime(instant: Date): string {
  const { hour, minute } = partsOf(instant);
  return `${hour}:${minute}`;
}

/** Returns the civil date and time without zone, `YYYY-MM-DDTHH:mm:ss`, for parts that know only one zone. */
export function civilDateTime(instant: Date): string {
  return `${civilDate(instant)}T${civilTime(instant)}:${partsOf(instant).second}`;
}

/** Returns the instant of a civil date `YYYY-MM-DD` and time `HH:mm`, or null when either is not one. */
export function instantFromCivil(date: string, time: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || !/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) return null;
  const instant = new Date(`${date}T${time}:00${OFFSET}`);
  // 31 February would silently become 3 March.
  return Number.isNaN(instant.getTime()) || civilDate(instant) !== date ? null : instant;
}

/** Moves a civil date by whole days. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Returns the day of the week of a civil date, 0 for Sunday. */
export function weekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

/** Formats a civil date: `24/11/2026`. */
export function formatCivil(date: string): string {
  const [year, month, day] = date.split("-");
  return `${day}/${month}/${year}`;
}

/** Reads a civil date as offices write it: 24/11/2026, 24-11-2026, 24.11.26; null when it is none. */
export function parseCivil(text: string): string | null {
  const match = /^\s*(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{2}|\d{4})\s*$/.exec(text);
  if (!match) return null;
  const [, day = "", month = "", year = ""] = match;
  const date = `${year.length === 2 ? `20${year}` : year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  // 31 February would silently become 3 March.
  return Number.isNaN(Date.parse(date)) || addDays(date, 0) !== date ? null : date;
}

/** Formats a day: `Thứ Hai, 24/11/2026`. */
export function formatDay(instant: Date, language: Language = currentLanguage()): string {
  const date = civilDate(instant);
  return `${WEEKDAYS[language][weekday(date)]}, ${formatCivil(date)}`;
}

/** Formats a clock time: `08:00`. */
export function formatTime(instant: Date): string {
  return civilTime(instant);
}

/** Formats a day and time: `24/11/2026 08:00`. */
export function formatDateTime(instant: Date): string {
  return `${formatCivil(civilDate(instant))} ${civilTime(instant)}`;
}

/** Formats a span: `Thứ Hai, 24/11/2026 · 08:00–09:30`; the other day is named when it ends on one. */
export function formatSpan(start: Date, end: Date, language: Language = currentLanguage()): string {
  const sameDay = civilDate(start) === civilDate(end);
  const until = sameDay ? civilTime(end) : `${civilTime(end)} ${formatCivil(civilDate(end))}`;
  return `${formatDay(start, language)} · ${civilTime(start)}–${until}`;
}

/** Returns the ISO 8601 week number of a civil date. */
export function weekNumber(date: string): number {
  const thursday = addDays(date, 4 - (weekday(date) || 7));
  const firstOfYear = `${thursday.slice(0, 4)}-01-01`;
  return Math.floor((Date.parse(thursday) - Date.parse(firstOfYear)) / DAY_MS / 7) + 1;
}

/** Splits a span of milliseconds into whole days, hours and minutes. */
export function splitDuration(milliseconds: number): { days: number; hours: number; minutes: number } {
  const minutes = Math.max(0, Math.ceil(milliseconds / 60_000));
  return { days: Math.floor(minutes / 1440), hours: Math.floor((minutes % 1440) / 60), minutes: minutes % 60 };
}
