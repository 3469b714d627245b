import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LineTest, type LineTestParts, type Loopback, MEASURED_MS } from "~/room/lineTest";

function makeParts(changes: Partial<LineTestParts<string>> = {}) {
  const loopback = { publish: vi.fn(async () => {}), isOpen: vi.fn(() => true), close: vi.fn(async () => {}) };
  const signal = { tracks: [], stop: vi.fn() };
  const parts = {
    start: vi.fn(async () => ({ room: "loopback-1", token: "t" })),
    open: vi.fn(async (): Promise<Loopback> => loopback),
    makeSignal: vi.fn(() => signal),
    finish: vi.fn(async () => "GOOD"),
    ...changes,
  };
  return { parts, loopback, signal };
}

describe("a line test", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("goes through its steps, judges after five seconds and leaves nothing running", async () => {
    const { parts, loopback, signal } = makeParts();
    const test = new LineTest(parts);
    const steps: string[] = [];
    test.subscribe(() => steps.push(test.getSnapshot().step));
    const run = test.run();
    await vi.advanceTimersByTimeAsync(MEASURED_MS - 1);
    expect(parts.finish).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await run;
    expect(steps).toEqual(["connecting", "measuring", "judging", "done"]);
    expect(test.getSnapshot()).toEqual({ step: "done", verdict: "GOOD" });
    expect(parts.finish).toHaveBeenCalledWith("loopback-1", expect.anything());
    expect(signal.stop).toHaveBeenCalledOnce();
    expect(loopback.close).toHaveBeenCalledOnce();
  });

  it("fails when the line breaks while it is measured", async () => {
    const { parts, loopback } = makeParts();
    const test = new LineTest(parts);
    const run = test.run();
    loopback.isOpen.mockReturnValue(false);
    await vi.advanceTimersByTimeAsync(MEASURED_MS);
    await run;
    expect(test.getSnapshot()).toMatchObject({ step: "failed", error: { message: "LINE_LOST" } });
    expect(parts.finish).not.toHaveBeenCalled();
  });

  it("names a firewall while it still tries, and goes on when media comes through late", async () => {
    let told: () => void = () => {};
    let arrive: (loopback: Loopback) => void = () => {};
    const { parts, loopback } = makeParts({
      open: (_token, onSilence) => {
        told = onSilence;
        return new Promise((resolve) => {
          arrive = resolve;
        });
      },
    });
    const test = new LineTest(parts);
    const run = test.run();
    await vi.advanceTimersByTimeAsync(0);
    told();
    expect(test.getSnapshot()).toEqual({ step: "blocked" });
    arrive(loopback);
    await vi.advanceTimersByTimeAsync(MEASURED_MS);
    await run;
    expect(test.getSnapshot().step).toBe("done");
  });

  it("ends as blocked when the server let us in and media never came", async () => {
    const { parts } = makeParts({
      open: (_token, onSilence) => {
        onSilence();
        return new Promise(() => {});
      },
    });
    const test = new LineTest(parts);
    const run = test.run();
    await vi.advanceTimersByTimeAsync(12_000);
    await run;
    expect(test.getSnapshot()).toMatchObject({ step: "failed", error: { message: "MEDIA_BLOCKED" } });
  });

  it("gives up on a room that does not come up, and leaves it when it does", async () => {
    let arrive: (loopback: Loopback) => void = () => {};
    const { parts, loopback } = makeParts({
      open: () =>
        new Promise((resolve) => {
          arrive = resolve;
        }),
    });
    const test = new LineTest(parts);
    const run = test.run();
    await vi.advanceTimersByTimeAsync(20_000);
    await run;
    expect(test.getSnapshot()).toMatchObject({ step: "failed", error: { message: "LINE_TEST_SLOW" } });
    arrive(loopback);
    await vi.advanceTimersByTimeAsync(0);
    expect(loopback.close).toHaveBeenCalledOnce();
  });

  it("stops when the visitor joins meanwhile", async () => {
    const { parts, loopback, signal } = makeParts();
    const test = new LineTest(parts);
    const run = test.run();
    await vi.advanceTimersByTimeAsync(1_000);
    test.stop();
    await run;
    expect(test.getSnapshot()).toEqual({ step: "idle" });
    expect(signal.stop).toHaveBeenCalledOnce();
    expect(loopback.close).toHaveBeenCalledOnce();
    expect(parts.finish).not.toHaveBeenCalled();
  });

  it("says what the server said when it refuses", async () => {
    const refusal = new Error("LINE_TEST_UNKNOWN");
    const { parts } = makeParts({ finish: () => Promise.reject(refusal) });
    const test = new LineTest(parts);
    const run = test.run();
    await vi.advanceTimersByTimeAsync(MEASURED_MS);
    await run;
    expect(test.getSnapshot()).toEqual({ step: "failed", error: refusal });
  });
});
