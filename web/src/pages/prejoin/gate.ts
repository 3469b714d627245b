import { Briefing_State } from "~/gen/briefing/v1/briefing_pb";

/** Whether the room can be entered now. */
export type Gate = "early" | "open" | "over" | "cancelled";

/**
 * Says whether the room can be entered.
 *
 * @param openTime When the room opens, in milliseconds; null when unknown.
 * @param now Time at the server.
 */
export function gateOf(state: Briefing_State, openTime: number | null, now: number): Gate {
  if (state === Briefing_State.CANCELLED) return "cancelled";
  if (state === Briefing_State.ENDED) return "over";
  // An open room is open whatever a clock says.
  if (state === Briefing_State.OPEN || openTime === null) return "open";
  return now >= openTime ? "open" : "early";
}

/** Splits a wait in whole seconds for a countdown: `12:05`, with hours `3:12:05`. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
