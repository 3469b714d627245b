import type { Draft } from "./draft";

// Raised whenever the shape of a draft changes, so that an old one is not read as a new one.
const VERSION = 1;

const keyOf = (name: string) => `giaoban.draft.${VERSION}.${name || "new"}`;

/** Reads the draft kept for a briefing (`""` for a new one); null when there is none. */
export function loadDraft(name: string): Draft | null {
  try {
    const text = sessionStorage.getItem(keyOf(name));
    return text ? (JSON.parse(text) as Draft) : null;
  } catch {
    return null; // Storage is forbidden, or holds something else: begin anew.
  }
}

/** Keeps a draft until it is booked or the browser tab is closed. */
export function saveDraft(name: string, draft: Draft): void {
  try {
    sessionStorage.setItem(keyOf(name), JSON.stringify(draft));
  } catch {
    // Storage is forbidden or full: the form still works, only a reload loses it.
  }
}

/** Forgets a draft. */
export function dropDraft(name: string): void {
  try {
    sessionStorage.removeItem(keyOf(name));
  } catch {
    // Storage is forbidden: there was nothing to forget.
  }
}
