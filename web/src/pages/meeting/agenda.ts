import type { AgendaItem } from "~/gen/briefing/v1/briefing_pb";

/** The item that is due by the planned minutes. */
export interface DueItem {
  /** From 1. */
  readonly number: number;
  readonly count: number;
  readonly title: string;
}

/**
 * Returns the agenda item that is due now; null before the start and for an agenda without planned minutes.
 *
 * @param elapsed Milliseconds since the start.
 */
export function dueItem(agenda: readonly AgendaItem[], elapsed: number): DueItem | null {
  const last = agenda[agenda.length - 1];
  if (!last || elapsed < 0) return null;
  let end = 0;
  for (const [index, item] of agenda.entries()) {
    // An item without a time lasts until somebody ends it, which nobody can know here.
    if (item.minutes <= 0) return end === 0 ? null : { number: index + 1, count: agenda.length, title: item.title };
    end += item.minutes * 60_000;
    if (elapsed < end) return { number: index + 1, count: agenda.length, title: item.title };
  }
  return { number: agenda.length, count: agenda.length, title: last.title };
}
