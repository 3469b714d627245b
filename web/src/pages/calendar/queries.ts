import { useQuery } from "@tanstack/react-query";
import { calendar } from "~/api/clients";
import { addDays } from "~/lib/dates";

/** Holidays and make-up days between two civil dates, the last one not included. */
export function useSpecialDays(first: string, end: string) {
  return useQuery({
    queryKey: ["special-days", first, end],
    queryFn: async ({ signal }) =>
      (await calendar.listSpecialDays({ firstDate: first, lastDate: addDays(end, -1) }, { signal })).days,
    staleTime: 60 * 60_000,
  });
}
