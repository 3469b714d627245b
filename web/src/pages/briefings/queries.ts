import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { useQuery } from "@tanstack/react-query";
import { briefings } from "~/api/clients";
import type { Briefing } from "~/gen/briefing/v1/briefing_pb";
import { addDays, civilDate, instantFromCivil } from "~/lib/dates";

const PAGE_SIZE = 500;

/** Reads every briefing the caller may see between two civil dates, the last one not included. */
export async function listBriefings(first: string, end: string, signal: AbortSignal): Promise<Briefing[]> {
  const from = instantFromCivil(first, "00:00");
  const until = instantFromCivil(end, "00:00");
  const all: Briefing[] = [];
  let pageToken = "";
  do {
    const answer = await briefings.listBriefings(
      {
        endAfterTime: from ? timestampFromDate(from) : undefined,
        startBeforeTime: until ? timestampFromDate(until) : undefined,
        pageSize: PAGE_SIZE,
        pageToken,
        showCancelled: true,
      },
      { signal },
    );
    all.push(...answer.briefings);
    pageToken = answer.nextPageToken;
  } while (pageToken);
  return all;
}

/** Briefings between two civil dates. */
export function useBriefings(first: string, end: string) {
  return useQuery({
    queryKey: ["briefings", first, end],
    queryFn: ({ signal }) => listBriefings(first, end, signal),
    refetchInterval: 60_000,
    placeholderData: (before) => before,
  });
}

/** Briefings of the last month and the next three. */
export function useNearBriefings() {
  const today = civilDate(new Date());
  return useBriefings(addDays(today, -31), addDays(today, 92));
}
