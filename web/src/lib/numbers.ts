import { currentLanguage } from "~/i18n";

/** Formats a number as the language on the screen writes it: `1,5` or `1.5`. */
export function formatNumber(value: number, digits = 0): string {
  return value.toLocaleString(currentLanguage(), { maximumFractionDigits: digits });
}

/** Formats a number with its unit on one line. */
export function formatQuantity(value: number, unit: string, digits = 0): string {
  return `${formatNumber(value, digits)}\u00a0${unit}`;
}

/** Formats a rate in kbit/s short: `512 kbit/s`, `20 Mbit/s`; empty for 0. */
export function formatKbps(kbps: number): string {
  if (kbps <= 0) return "";
  if (kbps < 1000) return formatQuantity(kbps, "kbit/s");
  return formatQuantity(kbps / 1000, "Mbit/s", kbps < 10_000 ? 1 : 0);
}
