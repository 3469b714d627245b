/** Formats a rate in kbit/s short: `512 kbit/s`, `20 Mbit/s`; empty for 0. */
export function formatKbps(kbps: number): string {
  if (kbps <= 0) return "";
  if (kbps < 1000) return `${Math.round(kbps)} kbit/s`;
  const mega = kbps / 1000;
  return `${mega.toLocaleString("vi", { maximumFractionDigits: mega < 10 ? 1 : 0 })} Mbit/s`;
}
