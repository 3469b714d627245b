import { describe, expect, it } from "vitest";
import { type Counts, type Flow, NOTHING_FLOWS, stepFlow } from "~/room/flow";
import { whoIsAway } from "~/room/reach";

const QUIET: Counts = { received: null, voice: null, frames: new Map() };

function flowOf(...readings: readonly [at: number, counts: Partial<Counts>][]): Flow {
  return readings.reduce((flow, [at, counts]) => stepFlow(flow, { ...QUIET, ...counts }, at), NOTHING_FLOWS);
}

describe("what flows", () => {
  it("is cut after two seconds without a byte", () => {
    expect(flowOf([0, { received: 9 }], [1_999, { received: 9 }]).cut).toBe(false);
    expect(flowOf([0, { received: 9 }], [2_000, { received: 9 }]).cut).toBe(true);
  });

  it("is not cut where nobody sends, nor after a quiet time", () => {
    expect(flowOf([0, { received: 9 }], [5_000, {}]).cut).toBe(false);
    expect(flowOf([0, { received: 9 }], [5_000, {}], [9_000, { received: 9 }]).cut).toBe(false);
  });

  it("goes on with the counters of a new connection", () => {
    expect(flowOf([0, { received: 900 }], [2_100, { received: 3 }]).cut).toBe(false);
  });

  it("claims nothing of a voice before it was seen to go out", () => {
    expect(flowOf([0, { voice: 7 }], [1_900, { voice: 7 }]).voice).toBe(null);
    expect(flowOf([0, { voice: 7 }], [2_000, { voice: 7 }]).voice).toBe(false);
    expect(flowOf([0, { voice: 7 }], [700, { voice: 8 }]).voice).toBe(true);
  });

  it("judges each picture by itself, and one that comes back anew", () => {
    const frames = (a: number, b?: number) => ({
      frames: new Map([["a", a], ...(b === undefined ? [] : [["b", b] as const])] as [string, number][]),
    });
    expect([...flowOf([0, frames(1, 1)], [2_000, frames(2, 1)]).still]).toEqual(["b"]);
    expect([...flowOf([0, frames(1, 1)], [1_000, frames(2)], [9_000, frames(3, 1)]).still]).toEqual([]);
  });
});

describe("what is away", () => {
  const online = () => true;

  it.each([
    ["answers", async () => ({ ok: true }), null],
    ["is answered for by its proxy", async () => ({ ok: false }), "server"],
    ["refuses at once", () => Promise.reject(new TypeError("refused")), "server"],
  ])("is told by a server that %s", async (_what, ask, away) => {
    expect(await whoIsAway(ask, online)).toBe(away);
  });

  it("is the line when nothing comes back, or there is no network", async () => {
    const never = (signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    expect(await whoIsAway(never, online, 20, 5)).toBe("line");
    expect(await whoIsAway(never, () => false)).toBe("line");
  });
});
