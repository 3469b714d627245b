import { useEffect, useMemo, useState } from "react";
import { briefings } from "~/api/clients";
import { useInvitees } from "~/api/invitees";
import { type Invitee, Invitee_Kind } from "~/gen/briefing/v1/briefing_pb";
import type { WatchBriefingResponse } from "~/gen/briefing/v1/briefing_service_pb";
import { follow } from "./follow";

/** The live state of the briefing (queue, presence, headcount) as the scheduler tells it; null until it spoke. */
export function useLive(name: string): WatchBriefingResponse | null {
  const [live, setLive] = useState<WatchBriefingResponse | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    void follow((signal) => briefings.watchBriefing({ name }, { signal }), setLive, controller.signal);
    return () => controller.abort();
  }, [name]);
  return live;
}

const NOBODY: readonly Invitee[] = [];

/** Who is invited, in protocol order; asked again when people come and go. */
export function useLiveInvitees(name: string, position: bigint | undefined): readonly Invitee[] {
  const query = useInvitees(name, 60_000, 5_000);
  const { refetch } = query;
  useEffect(() => {
    // Only a change after the first answer says that something is new.
    if (position === undefined) return;
    const timer = setTimeout(() => void refetch(), 2_000);
    return () => clearTimeout(timer);
  }, [position, refetch]);
  return query.data ?? NOBODY;
}

/** Returns what to call whoever has an identity. */
/** Where people belong, by identity; points are called after their place. */
export function useUnits(invitees: readonly Invitee[]): (identity: string) => string {
  const units = useMemo(
    () =>
      new Map(
        invitees.flatMap((invitee) =>
          invitee.kind === Invitee_Kind.PERSON ? [[invitee.subject, invitee.unitDisplayName]] : [],
        ),
      ),
    [invitees],
  );
  return (identity) => units.get(identity) ?? "";
}

export function useNames(invitees: readonly Invitee[]): (identity: string, fallback: string) => string {
  const names = useMemo(() => new Map(invitees.map((invitee) => [invitee.subject, invitee.displayName])), [invitees]);
  return (identity, fallback) => names.get(identity) || fallback;
}
