import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { org } from "~/api/clients";
import type { DirectoryEntry } from "~/gen/briefing/v1/org_pb";
import { kindOf, type NameKind } from "~/lib/names";

const SETTLES_AFTER_MS = 150;
// Some kinds are filtered out afterwards, so more is asked for than is shown.
const ASKED_FOR = 60;

/** Finds units, points, people and rules by words without diacritics, limited to some kinds. */
export function useDirectory(query: string, kinds: readonly NameKind[], enabled: boolean) {
  const [settled] = useDebouncedValue(query.trim(), SETTLES_AFTER_MS);
  const answer = useQuery({
    queryKey: ["directory", settled, ASKED_FOR],
    queryFn: ({ signal }) => org.searchDirectory({ query: settled, pageSize: ASKED_FOR }, { signal }),
    placeholderData: (before) => before,
    enabled,
  });
  const entries: DirectoryEntry[] = (answer.data?.entries ?? []).filter((entry) => kinds.includes(kindOf(entry.name)));
  const rested = settled === query.trim();
  return {
    entries,
    searching: answer.isFetching || !rested,
    /** Whether the entries are those of `query`, not of what was typed before. */
    fresh: rested && answer.isSuccess && !answer.isPlaceholderData,
    error: answer.error,
  };
}
