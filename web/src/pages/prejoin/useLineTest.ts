import { useEffect, useState, useSyncExternalStore } from "react";
import { point } from "~/api/clients";
import type { LineVerdict } from "~/gen/briefing/v1/quality_pb";
import { LineTest, type LineTestState } from "~/room/lineTest";
import { socketUrl } from "../meeting/entry";
import { makeTestSignal } from "./testSignal";
import type { Way } from "./way";

function makeTest(briefing: string): LineTest<LineVerdict> {
  return new LineTest<LineVerdict>({
    start: (signal) => point.startLineTest({ briefing }, { signal }),
    open: async (token, onSilence) =>
      (await import("~/room")).openLoopback(socketUrl(window.location), token, onSilence),
    makeSignal: makeTestSignal,
    finish: async (room, signal) => {
      const { verdict } = await point.finishLineTest({ room }, { signal });
      if (!verdict) throw new Error("LINE_TEST_EMPTY");
      return verdict;
    },
  });
}

export interface LineTesting {
  readonly state: LineTestState<LineVerdict>;
  again(): void;
  stop(): void;
}

/** Tests the line once the page is there, and again when asked. */
export function useLineTest(way: Way, enabled: boolean): LineTesting {
  const [test] = useState(() => makeTest(way.briefing));
  const state = useSyncExternalStore(test.subscribe, test.getSnapshot);
  useEffect(() => {
    if (!enabled) return;
    void test.run();
    return () => test.stop();
  }, [test, enabled]);
  return { state, again: () => void test.run(), stop: () => test.stop() };
}
