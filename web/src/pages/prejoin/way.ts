import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useQuery } from "@tanstack/react-query";
import { point } from "~/api/clients";
import { actAsInvitee } from "~/api/transport";
import type { GetAdmissionResponse } from "~/gen/briefing/v1/point_service_pb";

const FRESH_FOR_MS = 60_000;

/** How somebody comes: by a join link, or signed in to a briefing. */
export interface Way {
  readonly link: boolean;
  /** `briefings/{briefing}`; empty for a link, which names its own. */
  readonly briefing: string;
}

/** An admission with the time at the server. */
export interface Admission {
  readonly answer: GetAdmissionResponse;
  /** Server time minus this machine's, in milliseconds. */
  readonly skew: number;
}

async function fetchAdmission(way: Way, signal: AbortSignal): Promise<Admission> {
  actAsInvitee(way.link);
  const asked = Date.now();
  const answer = await point.getAdmission({ briefing: way.briefing }, { signal });
  const between = (asked + Date.now()) / 2;
  return { answer, skew: answer.serverTime ? timestampDate(answer.serverTime).getTime() - between : 0 };
}

/** Reads which invitation the visitor holds, again each minute: a briefing may move or be called off meanwhile. */
export function useAdmission(way: Way) {
  return useQuery({
    queryKey: ["admission", way.link ? "link" : way.briefing],
    queryFn: ({ signal }) => fetchAdmission(way, signal),
    staleTime: 0,
    refetchInterval: FRESH_FOR_MS,
  });
}
