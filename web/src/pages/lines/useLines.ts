import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { org, quality } from "~/api/clients";
import { useStream } from "~/api/stream";
import type { Line as PointLine, Unit } from "~/gen/briefing/v1/org_pb";
import { applySamples, HOLD_MS, heldOrder, type Lines, worstFirst } from "~/lib/lines";

/** Watches the lines of a room (empty: of all) and keeps them in an order that does not jump. */
export function useLines(room: string) {
  const [lines, setLines] = useState<Lines>(new Map());
  const [order, setOrder] = useState<readonly string[]>([]);
  const newest = useRef(lines);
  newest.current = lines;

  const { state, error } = useStream(
    (signal) => quality.watchQuality({ room }, { signal }),
    (message) => setLines((before) => applySamples(before, message.samples, message.reset)),
    room,
  );
  useEffect(() => {
    const timer = setInterval(() => setOrder(worstFirst(newest.current)), HOLD_MS);
    return () => clearInterval(timer);
  }, []);

  const shown = order.length === 0 ? worstFirst(lines) : heldOrder(order, lines);
  return { lines, order: shown, state, error };
}

const PAGE_SIZE = 2000;

/** The IT contacts of points, by name of the point. */
export function useContacts(): ReadonlyMap<string, PointLine> {
  const { data } = useQuery({
    queryKey: ["points", "contacts"],
    queryFn: async ({ signal }) => (await org.listPoints({ pageSize: PAGE_SIZE }, { signal })).points,
    staleTime: 10 * 60_000,
  });
  const pairs = (data ?? []).flatMap((point) => (point.line ? [[point.name, point.line] as const] : []));
  return new Map(pairs);
}

/** All units the caller may see. */
export function useUnits() {
  return useQuery({
    queryKey: ["units"],
    queryFn: async ({ signal }): Promise<Unit[]> => (await org.listUnits({ pageSize: PAGE_SIZE }, { signal })).units,
    staleTime: 10 * 60_000,
  });
}
