import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ErrorInfoSchema } from "~/gen/google/rpc/error_details_pb";
import { follow } from "~/pages/meeting/follow";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const renewal = new ConnectError("anew", Code.Unavailable, undefined, [
  { desc: ErrorInfoSchema, value: { reason: "STREAM_RENEWAL", domain: "giaoban" } },
]);
const refusal = new ConnectError("no", Code.PermissionDenied);
const breakdown = new ConnectError("gone", Code.Unavailable);

/** Follows streams that each bring their number, then end as `endings` say; the last one stays open. */
function start(endings: readonly (unknown | undefined)[]) {
  const stop = new AbortController();
  const heard: number[] = [];
  let opened = 0;
  async function* open(signal: AbortSignal): AsyncGenerator<number> {
    const number = opened++;
    yield number;
    if (number >= endings.length) await new Promise((_, reject) => signal.addEventListener("abort", reject));
    if (endings[number]) throw endings[number];
  }
  const done = follow(
    open,
    (number) => void heard.push(number),
    stop.signal,
    () => 0.5,
  );
  return { heard, stop, done };
}

test("a stream that the gateway asks to renew is opened anew without a pause", async () => {
  const { heard, stop, done } = start([renewal, renewal]);
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual([0, 1, 2]);
  stop.abort();
  await done;
});

test.each([
  ["broke", breakdown, 500],
  ["came to its end", undefined, 500],
  ["was refused", refusal, 15_000],
])("a stream that %s is opened anew after a pause", async (_, ending, wait) => {
  const { heard, stop, done } = start([ending]);
  await vi.advanceTimersByTimeAsync(wait - 1);
  expect(heard).toEqual([0]);
  await vi.advanceTimersByTimeAsync(1);
  expect(heard).toEqual([0, 1]);
  stop.abort();
  await done;
});

test("nothing is opened anew once the page is left", async () => {
  const { heard, stop, done } = start([breakdown]);
  await vi.advanceTimersByTimeAsync(0);
  stop.abort();
  await done;
  expect([heard, vi.getTimerCount()]).toEqual([[0], 0]);
});
