import { useEffect, useRef, useState } from "react";
import { isRefusal, problemOf } from "./errors";

/** How a live page is connected. */
export type StreamState = "connecting" | "live" | "lost";

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;

/** What to do after a stream has ended: open it anew at once, after a pause, or not at all. */
export type Ending = "renew" | "mend" | "refused";

/** Tells how a stream ended by what it threw. */
export function endingOf(thrown: unknown): Ending {
  // The gateway asks for a new stream from time to time, so that rights are looked up again.
  if (problemOf(thrown).reason === "STREAM_RENEWAL") return "renew";
  return isRefusal(thrown) ? "refused" : "mend";
}

/**
 * Keeps a server stream running while the component is on the screen: hands each message on, and after a break opens
 * it again with growing pauses. A refusal that a repeat cannot help is returned as `error`.
 */
export function useStream<T>(
  open: ((signal: AbortSignal) => AsyncIterable<T>) | null,
  onMessage: (message: T) => void,
  key: string,
): { state: StreamState; error: unknown } {
  const [state, setState] = useState<StreamState>("connecting");
  const [error, setError] = useState<unknown>(null);
  const current = useRef({ open, onMessage });
  current.current = { open, onMessage };
  const enabled = open !== null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says when it is another stream
  useEffect(() => {
    if (!enabled) return;
    const stop = new AbortController();
    let pause = FIRST_RETRY_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const follow = async (): Promise<Ending> => {
      try {
        for await (const message of current.current.open?.(stop.signal) ?? []) {
          pause = FIRST_RETRY_MS;
          setState("live");
          current.current.onMessage(message);
        }
        return "mend";
      } catch (thrown) {
        const ending = endingOf(thrown);
        if (ending === "refused" && !stop.signal.aborted) setError(thrown);
        return ending;
      }
    };
    const run = async () => {
      const outcome = await follow();
      if (stop.signal.aborted) return;
      if (outcome === "renew") {
        timer = setTimeout(() => void run(), 0);
        return;
      }
      setState("lost");
      if (outcome === "refused") return;
      timer = setTimeout(() => void run(), pause);
      pause = Math.min(pause * 2, LONGEST_RETRY_MS);
    };
    setError(null);
    setState("connecting");
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [enabled, key]);

  return { state, error };
}
