/** The colours and measures of the product; every other file takes them from here. */

export const office = {
  ink: "#0F172A",
  muted: "#475569",
  line: "#E2E8F0",
  // Edges of fields and buttons, a step darker than the lines between rows.
  edge: "#CBD5E1",
  page: "#F6F8FB",
  card: "#FFFFFF",
  primary: "#12509B",
  primaryHover: "#0D3F7C",
  primaryTint: "#E8F0FA",
  stop: "#C62828",
  stopTint: "#FDECEC",
  good: "#1B7F4B",
  goodTint: "#ECF8F1",
  // A shade darker than the plain orange of signs: words in it stay readable on white and on its tint.
  warn: "#8F5600",
  warnTint: "#FDF3E1",
} as const;

export const room = {
  stage: "#0B1220",
  panel: "#111A2B",
  raised: "#1B2740",
  line: "#2A3A58",
  ink: "#F1F5F9",
  muted: "#A9B6CA",
  primary: "#7FB2F0",
  stop: "#FF8A80",
  stopFill: "#C62828",
  good: "#6FD6A0",
  goodFill: "#1B7F4B",
  warn: "#F5C36B",
} as const;

export const FONT = '"Be Vietnam Pro", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
export const RADIUS_PX = 8;
export const SHADOW = "0 6px 24px rgba(15, 23, 42, 0.14)";

/** Pairs of text and ground that appear on screens; each must reach a contrast of 4.5:1. */
export const textPairs: readonly (readonly [name: string, text: string, ground: string])[] = [
  ["office ink on page", office.ink, office.page],
  ["office ink on card", office.ink, office.card],
  ["office muted on page", office.muted, office.page],
  ["office muted on card", office.muted, office.card],
  ["office muted on line", office.muted, office.line],
  ["office primary on card", office.primary, office.card],
  ["office ink on tint", office.ink, office.primaryTint],
  ["office muted on tint", office.muted, office.primaryTint],
  ["office primary on tint", office.primary, office.primaryTint],
  ["white on primary", office.card, office.primary],
  ["white on primary hover", office.card, office.primaryHover],
  ["stop on card", office.stop, office.card],
  ["stop on tint", office.stop, office.stopTint],
  ["white on stop", office.card, office.stop],
  ["good on card", office.good, office.card],
  ["good on tint", office.good, office.goodTint],
  ["white on good", office.card, office.good],
  ["warn on card", office.warn, office.card],
  ["warn on tint", office.warn, office.warnTint],
  ["room ink on stage", room.ink, room.stage],
  ["room ink on panel", room.ink, room.panel],
  ["room ink on raised", room.ink, room.raised],
  ["room muted on panel", room.muted, room.panel],
  ["room muted on raised", room.muted, room.raised],
  ["room primary on panel", room.primary, room.panel],
  ["room stop on panel", room.stop, room.panel],
  ["room good on panel", room.good, room.panel],
  ["room warn on panel", room.warn, room.panel],
  ["room ink on stop fill", room.ink, room.stopFill],
  ["room ink on good fill", room.ink, room.goodFill],
];

const kebab = (word: string) => word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Returns the tokens as CSS custom properties: `--gb-ink`, `--gb-primary-tint`, `--gb-room-stage`, … */
export function cssProperties(): Record<string, string> {
  const properties: Record<string, string> = {
    "--gb-font": FONT,
    "--gb-radius": `${RADIUS_PX}px`,
    "--gb-shadow": SHADOW,
  };
  for (const [name, value] of Object.entries(office)) properties[`--gb-${kebab(name)}`] = value;
  for (const [name, value] of Object.entries(room)) properties[`--gb-room-${kebab(name)}`] = value;
  return properties;
}

/** Writes the tokens onto the document; called once before the first picture. */
export function applyTokens(root: HTMLElement): void {
  for (const [name, value] of Object.entries(cssProperties())) root.style.setProperty(name, value);
}
