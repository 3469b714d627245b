import { type Invitee, ParticipationStatus } from "~/gen/briefing/v1/briefing_pb";
import { instantOf } from "./dates";

/** Ways to filter who is invited. */
export const INVITEE_FILTERS = ["all", "accepted", "declined", "waiting", "present", "absent"] as const;
export type InviteeFilter = (typeof INVITEE_FILTERS)[number];

const YES = [ParticipationStatus.ACCEPTED, ParticipationStatus.DELEGATED];
const OPEN = [ParticipationStatus.UNSPECIFIED, ParticipationStatus.NEEDS_ACTION, ParticipationStatus.TENTATIVE];

/** True when the invitee belongs to what the filter shows. */
export function passes(invitee: Invitee, filter: InviteeFilter): boolean {
  switch (filter) {
    case "all":
      return true;
    case "accepted":
      return YES.includes(invitee.status);
    case "declined":
      return invitee.status === ParticipationStatus.DECLINED;
    case "waiting":
      return OPEN.includes(invitee.status);
    case "present":
      return invitee.present;
    case "absent":
      return !invitee.present && invitee.intervals.length === 0;
  }
}

/** Counts of a list of invitees, as its summary says them. */
export interface Attendance {
  readonly accepted: number;
  readonly declined: number;
  readonly waiting: number;
  readonly present: number;
  readonly headcount: number;
}

/** Counts answers, who is in the room, and people as the points said themselves. */
export function countInvitees(invitees: readonly Invitee[]): Attendance {
  const count = (filter: InviteeFilter) => invitees.filter((invitee) => passes(invitee, filter)).length;
  return {
    accepted: count("accepted"),
    declined: count("declined"),
    waiting: count("waiting"),
    present: count("present"),
    headcount: invitees.reduce((sum, invitee) => sum + invitee.headcount, 0),
  };
}

/** Returns how long an invitee was in the room, in milliseconds; an open stay lasts until `now`. */
export function timePresent(invitee: Invitee, now: Date): number {
  return invitee.intervals.reduce((sum, interval) => {
    const from = instantOf(interval.joinTime);
    const to = instantOf(interval.leaveTime) ?? now;
    return from ? sum + Math.max(0, to.getTime() - from.getTime()) : sum;
  }, 0);
}
