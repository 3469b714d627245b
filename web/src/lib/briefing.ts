import { type Briefing, Briefing_State } from "~/gen/briefing/v1/briefing_pb";
import { formatSpan, instantOf } from "./dates";

/** Returns when a briefing is planned to end, or null while it has no start. */
export function endOf(briefing: Briefing): Date | null {
  const start = instantOf(briefing.startTime);
  if (!start) return null;
  return new Date(start.getTime() + Number(briefing.duration?.seconds ?? 0n) * 1000);
}

/** Formats when a briefing is: `Thứ Hai, 24/11/2026 · 08:00–09:30`. */
export function whenOf(briefing: Briefing): string {
  const start = instantOf(briefing.startTime);
  const end = endOf(briefing);
  return start && end ? formatSpan(start, end) : "";
}

/** True while a briefing can still be changed, called off or joined. */
export function isAhead(briefing: Briefing): boolean {
  return briefing.state === Briefing_State.SCHEDULED || briefing.state === Briefing_State.OPEN;
}

/** Returns the briefings still ahead or running at `now`, earliest first. */
export function upcoming(all: readonly Briefing[], now: Date): Briefing[] {
  const begins = (briefing: Briefing) => instantOf(briefing.startTime)?.getTime() ?? 0;
  return all
    .filter((briefing) => isAhead(briefing) && (endOf(briefing)?.getTime() ?? 0) > now.getTime())
    .sort((one, other) => begins(one) - begins(other));
}
