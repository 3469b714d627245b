import type { ChatLine } from "~/room/types";

export const TABS = ["queue", "people", "chat"] as const;
export type Tab = (typeof TABS)[number];

/** Where the side panel lies over the pictures, and is folded until it is asked for; room.css has the same line. */
export const NARROW = "(max-width: 1000px)";

/** True while the chat is before the visitor's eyes. */
export function isReading(tab: Tab, open: boolean): boolean {
  return tab === "chat" && open;
}

/**
 * Counts the messages after the last one read.
 *
 * @param read Id of that message; null, or the id of one no longer kept, when none of these was read.
 */
export function countUnread(lines: readonly ChatLine[], read: string | null): number {
  return lines.length - 1 - lines.findIndex((line) => line.id === read);
}
