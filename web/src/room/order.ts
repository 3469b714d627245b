import type { Member } from "./types";

const collator = new Intl.Collator("vi", { numeric: true });

/**
 * Returns a comparison in protocol order: as the list of invitees has it, whoever is not on it last, by name.
 *
 * @param identities Identities in protocol order.
 */
export function protocolOrder(identities: readonly string[]): (one: Member, other: Member) => number {
  const places = new Map(identities.map((identity, place) => [identity, place]));
  const place = (member: Member) => places.get(member.identity) ?? identities.length;
  return (one, other) =>
    place(one) - place(other) ||
    collator.compare(one.name, other.name) ||
    (one.identity < other.identity ? -1 : Number(one.identity > other.identity));
}
