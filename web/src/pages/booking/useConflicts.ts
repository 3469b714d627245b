import { durationFromMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { calendar } from "~/api/clients";
import { type Draft, LIMITS, selectorsOf, startOf } from "./draft";

const SETTLES_AFTER_MS = 400;

/** Asks, once typing rests, who is taken at the time of the draft; `name` is the briefing being changed. */
export function useConflicts(draft: Draft, name: string) {
  const start = startOf(draft);
  const question = JSON.stringify([
    start?.getTime() ?? 0,
    draft.minutes,
    draft.chair?.name ?? "",
    draft.attendees.map((attendee) => attendee.name),
  ]);
  const [settled] = useDebouncedValue(question, SETTLES_AFTER_MS);
  const durationFits = draft.minutes >= LIMITS.minutesMin && draft.minutes <= LIMITS.minutesMax;
  const enabled = start !== null && durationFits && (draft.attendees.length > 0 || draft.chair !== null);
  const query = useQuery({
    queryKey: ["conflicts", name, settled],
    queryFn: ({ signal }) =>
      calendar.checkConflicts(
        {
          startTime: start ? timestampFromDate(start) : undefined,
          duration: durationFromMs(draft.minutes * 60_000),
          attendees: selectorsOf(draft),
          chair: draft.chair?.name ?? "",
          ignoredBriefing: name,
        },
        { signal },
      ),
    // The question asked must be the one that is keyed: wait until typing rests.
    enabled: enabled && settled === question,
    placeholderData: (before) => before,
    staleTime: 0,
  });
  return {
    answer: enabled ? query.data : undefined,
    checking: enabled && (query.isFetching || settled !== question),
    query,
  };
}
