import { QueryClient } from "@tanstack/react-query";
import { isFinal } from "./errors";

const STALE_AFTER_MS = 30_000;
const KEPT_MS = 10 * 60_000;

/** The page's memory of answers; asks again only where a repeat can help. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_AFTER_MS,
      gcTime: KEPT_MS,
      retry: (failures, error) => failures < 2 && !isFinal(error),
    },
    mutations: { retry: false, networkMode: "always" },
  },
});
