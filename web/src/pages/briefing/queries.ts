import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { briefings } from "~/api/clients";
import { useStream } from "~/api/stream";
import type { WatchBriefingResponse } from "~/gen/briefing/v1/briefing_service_pb";

/** One briefing. */
export function useBriefing(name: string) {
  return useQuery({
    queryKey: ["briefing", name],
    queryFn: async ({ signal }) => (await briefings.getBriefing({ name }, { signal })).briefing ?? null,
  });
}

/** Returns a function that reads a briefing and everything about it anew. */
export function useRefresh(name: string): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    await Promise.all([
      client.invalidateQueries({ queryKey: ["briefing", name] }),
      client.invalidateQueries({ queryKey: ["invitees", name] }),
      client.invalidateQueries({ queryKey: ["deliveries", name] }),
      client.invalidateQueries({ queryKey: ["briefings"] }),
    ]);
  }, [client, name]);
}

/** Watches a briefing: keeps what other queries hold of it up to date and returns the live state. */
export function useLiveBriefing(name: string) {
  const client = useQueryClient();
  const [live, setLive] = useState<WatchBriefingResponse | null>(null);
  const position = useRef(-1n);
  const { state } = useStream(
    (signal) => briefings.watchBriefing({ name }, { signal }),
    (message) => {
      setLive(message);
      if (message.briefing) client.setQueryData(["briefing", name], message.briefing);
      // The stream says that something changed; answers and attendance are read from the list.
      if (message.position !== position.current) void client.invalidateQueries({ queryKey: ["invitees", name] });
      position.current = message.position;
    },
    name,
  );
  return { live, state };
}
