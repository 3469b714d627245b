import type { ChatLine } from "./types";

/** Longest message in characters; longer ones are cut at both ends of the way. */
export const MAX_MESSAGE = 1_000;
/** Most messages kept on this machine. */
export const MAX_LINES = 500;

/** Returns what is left of a message to send or show: trimmed, without control characters, cut to size. */
export function cleanMessage(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the purpose.
  const plain = text.replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, " ");
  return [...plain.trim()].slice(0, MAX_MESSAGE).join("");
}

/** Adds a message; one that is already there (a repeat after a reconnect) is not added twice. */
export function addLine(lines: readonly ChatLine[], line: ChatLine): readonly ChatLine[] {
  if (lines.some((known) => known.id === line.id)) return lines;
  return [...lines, line].slice(-MAX_LINES);
}
