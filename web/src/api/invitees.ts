import { useQuery } from "@tanstack/react-query";
import { briefings } from "./clients";

/**
 * Who is invited to a briefing, in protocol order; read again every `refetchInterval` milliseconds if given, and not at
 * once where the answer is younger than `staleTime`.
 */
export function useInvitees(name: string, refetchInterval: number | false = false, staleTime?: number) {
  return useQuery({
    queryKey: ["invitees", name],
    queryFn: async ({ signal }) => (await briefings.listInvitees({ parent: name }, { signal })).invitees,
    refetchInterval,
    ...(staleTime === undefined ? {} : { staleTime }),
  });
}
