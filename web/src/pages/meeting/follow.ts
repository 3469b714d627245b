import { endingOf } from "~/api/stream";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/**
 * Keeps a server stream open until `signal`: hands each message on, and opens the stream again whatever ended it, a
 * refusal too, since who sits in a room does not reload the page. A renewal, which the gateway asks for, loses no time.
 *
 * @param random From 0 to below 1; replaced in tests.
 */
export async function follow<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  tell: (message: T) => void,
  signal: AbortSignal,
  random: () => number = Math.random,
): Promise<void> {
  let wait = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      for await (const message of open(signal)) {
        wait = FIRST_WAIT_MS;
        tell(message);
      }
    } catch (error) {
      const ending = endingOf(error);
      if (ending === "renew") continue;
      if (ending === "refused") wait = LONGEST_WAIT_MS;
    }
    if (signal.aborted) return;
    // A whole province asks again after a restart: not all in one moment.
    await pause(wait * (0.5 + random()), signal);
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  }
}
