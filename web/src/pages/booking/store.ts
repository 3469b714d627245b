import { dropOwn, hasOwn, keepOwn, readOwn } from "~/lib/own";
import type { Draft } from "./draft";

// Raised whenever the shape of a draft changes, so that an old one is not read as a new one.
const VERSION = 1;
const START = "draft.";

const keyOf = (name: string) => `${START}${VERSION}.${name || "new"}`;

/** Reads the draft that the person signed in keeps for a briefing (`""` for a new one); null when there is none. */
export function loadDraft(name: string): Draft | null {
  try {
    const text = readOwn(keyOf(name));
    return text ? (JSON.parse(text) as Draft) : null;
  } catch {
    return null; // It holds something else: begin anew.
  }
}

/** Keeps a draft until it is booked, its writer signs out or the browser tab is closed. */
export function saveDraft(name: string, draft: Draft): void {
  keepOwn(keyOf(name), JSON.stringify(draft));
}

/** Forgets a draft. */
export function dropDraft(name: string): void {
  dropOwn(keyOf(name));
}

/** Whether the person signed in would lose a draft by signing out. */
export function hasDraft(): boolean {
  return hasOwn(START);
}
