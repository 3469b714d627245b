import type { Invitee } from "~/gen/briefing/v1/briefing_pb";
import { matches } from "~/lib/text";
import type { Member } from "~/room/types";

/** One line of the list: invited, in the room, or both. */
export interface Attendant {
  readonly identity: string;
  readonly name: string;
  readonly unit: string;
  readonly headcount: number;
  readonly member: Member | null;
}

/** Puts the invited and those in the room into one list: protocol order, then those who are not invited. */
export function attendants(invitees: readonly Invitee[], members: readonly Member[]): Attendant[] {
  const present = new Map(members.map((member) => [member.identity, member]));
  const invited = invitees.map((invitee) => ({
    identity: invitee.subject,
    name: invitee.displayName,
    unit: invitee.unitDisplayName,
    headcount: invitee.headcount,
    member: present.get(invitee.subject) ?? null,
  }));
  const known = new Set(invited.map((attendant) => attendant.identity));
  const others = members
    .filter((member) => !known.has(member.identity))
    .map((member) => ({ identity: member.identity, name: member.name, unit: "", headcount: 0, member }));
  return [...invited, ...others];
}

/** What the list shows. */
export type Filter = "all" | "present" | "absent";

/** Narrows the list; diacritics do not matter. */
export function narrow(list: readonly Attendant[], query: string, filter: Filter): Attendant[] {
  return list.filter((attendant) => {
    if (filter === "present" && !attendant.member) return false;
    if (filter === "absent" && attendant.member) return false;
    return matches(`${attendant.name} ${attendant.unit}`, query);
  });
}
