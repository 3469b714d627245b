/** A message on its way from the keyboard to the room. */
export interface Draft {
  /** What stands in the field. */
  readonly text: string;
  /** What was taken from the field and is under way; null when nothing is. */
  readonly sending: string | null;
  /** True when the last message did not go out. */
  readonly failed: boolean;
}

export const EMPTY_DRAFT: Draft = { text: "", sending: null, failed: false };

/** True when there is something to send and nothing under way. */
export function canSend({ text, sending }: Draft): boolean {
  return sending === null && text.trim() !== "";
}

/** The text is handed over; it stays in the field until it has gone out. */
export function sendingDraft({ text }: Draft): Draft {
  return { text, sending: text, failed: false };
}

/** The message went out, or not. What was written meanwhile stays, and so does what did not go out. */
export function settledDraft({ text, sending }: Draft, sent: boolean): Draft {
  const rest = sent && sending !== null && text.startsWith(sending) ? text.slice(sending.length) : text;
  return { text: rest, sending: null, failed: !sent };
}
