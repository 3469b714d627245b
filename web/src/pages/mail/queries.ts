import { useInfiniteQuery } from "@tanstack/react-query";
import { deliveries } from "~/api/clients";
import { Delivery_State } from "~/gen/briefing/v1/delivery_service_pb";

/** States in which somebody has to look after a message. */
export const TROUBLE: readonly Delivery_State[] = [
  Delivery_State.FAILED,
  Delivery_State.UNKNOWN,
  Delivery_State.NO_ADDRESS,
];

const PAGE_SIZE = 200;

/** Deliveries newest first, of one briefing or of all, page by page. */
export function useDeliveries(briefing: string, onlyTrouble: boolean) {
  return useInfiniteQuery({
    queryKey: ["deliveries", briefing, onlyTrouble],
    queryFn: ({ signal, pageParam }) =>
      deliveries.listDeliveries(
        { briefing, states: onlyTrouble ? [...TROUBLE] : [], pageSize: PAGE_SIZE, pageToken: pageParam },
        { signal },
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    refetchInterval: 10_000,
  });
}
