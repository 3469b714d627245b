import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { briefings } from "~/api/clients";
import { isFinal } from "~/api/errors";
import type { Invitee } from "~/gen/briefing/v1/briefing_pb";
import type { WatchBriefingResponse } from "~/gen/briefing/v1/briefing_service_pb";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

async function follow(name: string, signal: AbortSignal, tell: (live: WatchBriefingResponse) => void): Promise<void> {
  let wait = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      for await (const live of briefings.watchBriefing({ name }, { signal })) {
        wait = FIRST_WAIT_MS;
        tell(live);
      }
    } catch (error) {
      if (isFinal(error)) wait = LONGEST_WAIT_MS;
    }
    // A whole province asks again after a restart: not all in one moment.
    await pause(wait * (0.5 + Math.random()), signal);
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  }
}

/** The live state of the briefing (queue, presence, headcount) as the scheduler tells it; null until it spoke. */
export function useLive(name: string): WatchBriefingResponse | null {
  const [live, setLive] = useState<WatchBriefingResponse | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    void follow(name, controller.signal, setLive);
    return () => controller.abort();
  }, [name]);
  return live;
}

const NOBODY: readonly Invitee[] = [];

/** Who is invited, in protocol order; asked again when people come and go. */
export function useInvitees(name: string, position: bigint | undefined): readonly Invitee[] {
  const query = useQuery({
    queryKey: ["invitees", name],
    queryFn: async ({ signal }) => (await briefings.listInvitees({ parent: name }, { signal })).invitees,
    refetchInterval: 60_000,
    staleTime: 5_000,
  });
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
export function useNames(invitees: readonly Invitee[]): (identity: string, fallback: string) => string {
  const names = useMemo(() => new Map(invitees.map((invitee) => [invitee.subject, invitee.displayName])), [invitees]);
  return (identity, fallback) => names.get(identity) || fallback;
}
