import type { Member } from "./types";

/** What stands on the stage. */
export interface Stage {
  readonly identity: string;
  readonly kind: "camera" | "screen";
}

/** What the choice of the stage depends on. */
export interface StageFacts {
  /** Everyone, in protocol order. */
  readonly members: readonly Member[];
  /** Whom the visitor pinned, if anyone. */
  readonly pinned: string | null;
  /** What who leads put on everyone's stage. */
  readonly chosen: Stage | null;
  /** Who has the floor. */
  readonly floor: string | null;
  /** Who spoke last, held for a while so that a cough does not change the picture. */
  readonly speaker: string | null;
  readonly chair: string | null;
}

/**
 * Chooses what stands on the stage: the visitor's pin, else what who leads chose, else who has the floor, else a shared
 * screen, else who speaks, else the chair, else the first other one with a picture. Null for an empty room.
 */
export function chooseStage({ members, pinned, chosen, floor, speaker, chair }: StageFacts): Stage | null {
  const pin = members.find((member) => member.identity === pinned);
  if (pin) return best(pin);
  // One's own face does not belong on one's own stage: who speaks or chairs looks at the others. Nor does one's own
  // screen: it would show a mirror in a mirror.
  const others = members.filter((member) => !member.isLocal);
  const other = (identity: string | undefined | null) => others.find((member) => member.identity === identity);
  const staged = other(chosen?.identity);
  if (staged) return chosen?.kind === "camera" ? { identity: staged.identity, kind: "camera" } : best(staged);
  const first = other(floor) ?? others.find((member) => member.screenSid) ?? other(speaker) ?? other(chair);
  const last = first ?? others.find((member) => member.cameraSid) ?? others[0];
  if (last) return best(last);
  return members[0] ? { identity: members[0].identity, kind: "camera" } : null;
}

/** A shared screen is what somebody wants to show. */
function best({ identity, screenSid }: Member): Stage {
  return { identity, kind: screenSid ? "screen" : "camera" };
}

/** Most thumbs on the screen at a time. */
export const STRIP_SIZE = 9;

/** What the strip depends on. */
export interface StripFacts {
  readonly members: readonly Member[];
  readonly stage: Stage | null;
  readonly chair: string | null;
  /** Who has the floor and who waits for it, in their order. */
  readonly queue: readonly string[];
}

/**
 * Deals everyone but the one on the stage to pages of the strip. The first page holds those who matter now (oneself,
 * the chair, the next speakers, then pictures); each page is in protocol order.
 */
export function stripPages({ members, stage, chair, queue }: StripFacts, size = STRIP_SIZE): Member[][] {
  const shown = members.filter((member) => !(stage?.kind === "camera" && stage.identity === member.identity));
  const weight = (member: Member) => {
    if (member.isLocal) return 0;
    if (member.identity === chair) return 1;
    const place = queue.indexOf(member.identity);
    if (place >= 0) return 2 + place;
    return 2 + queue.length + (member.cameraSid ? 0 : 1);
  };
  const place = new Map(members.map((member, index) => [member, index]));
  const inOrder = (one: Member, other: Member) => (place.get(one) ?? 0) - (place.get(other) ?? 0);
  const first = [...shown].sort((one, other) => weight(one) - weight(other) || inOrder(one, other)).slice(0, size);
  const rest = shown.filter((member) => !first.includes(member));
  const pages = first.length > 0 ? [first.sort(inOrder)] : [];
  for (let start = 0; start < rest.length; start += size) pages.push(rest.slice(start, start + size));
  return pages;
}

/** Returns the video tracks that are on the screen and so worth receiving; on a weak line only the stage's. */
export function shownTracks(stage: Stage | null, page: readonly Member[], members: readonly Member[], saving: boolean) {
  const sids = new Set<string>();
  const main = members.find((member) => member.identity === stage?.identity);
  const sid = stage?.kind === "screen" ? main?.screenSid : main?.cameraSid;
  if (sid) sids.add(sid);
  if (!saving) for (const member of page) if (member.cameraSid) sids.add(member.cameraSid);
  return sids;
}
