/** How long the line is measured. */
export const MEASURED_MS = 5_000;
/** Entering and publishing take at most this long. */
const SETUP_MS = 12_000;

/** A loopback room that was entered. */
export interface Loopback {
  publish(tracks: readonly MediaStreamTrack[]): Promise<void>;
  isOpen(): boolean;
  close(): Promise<void>;
}

/** What is sent to be measured. */
export interface TestSignal {
  readonly tracks: readonly MediaStreamTrack[];
  stop(): void;
}

/** What a test needs from outside. */
export interface LineTestParts<Verdict> {
  /** Asks the server for a loopback room. */
  start(signal: AbortSignal): Promise<{ room: string; token: string }>;
  /** @param onSilence Called when the server let us in and media does not come up; it may still. */
  open(token: string, onSilence: () => void): Promise<Loopback>;
  makeSignal(): TestSignal;
  /** Asks the server what it measured. */
  finish(room: string, signal: AbortSignal): Promise<Verdict>;
}

/** Where a test stands. */
export type LineTestState<Verdict> =
  | { readonly step: "idle" | "connecting" | "blocked" | "measuring" | "judging" }
  | { readonly step: "done"; readonly verdict: Verdict }
  | { readonly step: "failed"; readonly error: unknown };

/** Rejects with `LINE_TEST_SLOW` when a step takes too long on a line that is hardly there. */
function within<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("LINE_TEST_SLOW")), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** Tests the line against the server: sends a picture and a tone for five seconds, then asks what arrived. */
export class LineTest<Verdict> {
  private readonly listeners = new Set<() => void>();
  private state: LineTestState<Verdict> = { step: "idle" };
  private running: AbortController | null = null;

  constructor(private readonly parts: LineTestParts<Verdict>) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getSnapshot = (): LineTestState<Verdict> => this.state;

  /** Runs one test, ending one under way; resolves when it is done, failed or stopped. */
  async run(): Promise<void> {
    this.stop();
    const controller = new AbortController();
    this.running = controller;
    const tell = (state: LineTestState<Verdict>) => {
      if (controller.signal.aborted) return;
      this.state = state;
      for (const listener of this.listeners) listener();
    };
    try {
      tell({ step: "connecting" });
      tell({ step: "done", verdict: await this.measure(controller.signal, tell) });
    } catch (error) {
      tell({ step: "failed", error });
    }
  }

  /** Ends a test under way; its loopback room is left, its state goes back to the start. */
  stop(): void {
    if (!this.running) return;
    this.running.abort(new Error("STOPPED"));
    this.running = null;
    if (this.state.step === "done" || this.state.step === "failed") return;
    this.state = { step: "idle" };
    for (const listener of this.listeners) listener();
  }

  private async measure(signal: AbortSignal, tell: (state: LineTestState<Verdict>) => void): Promise<Verdict> {
    const { room, token } = await this.parts.start(signal);
    signal.throwIfAborted();
    let silent = false;
    const opening = this.parts.open(token, () => {
      silent = true;
      tell({ step: "blocked" });
    });
    let loopback: Loopback;
    try {
      loopback = await within(opening, SETUP_MS);
    } catch (error) {
      // It may still come up after we gave up on it.
      void opening.then(
        (late) => late.close(),
        () => undefined,
      );
      throw silent ? new Error("MEDIA_BLOCKED") : error;
    }
    try {
      signal.throwIfAborted();
      await this.send(loopback, signal, tell);
      tell({ step: "judging" });
      return await this.parts.finish(room, signal);
    } finally {
      void loopback.close().catch(() => undefined);
    }
  }

  private async send(loopback: Loopback, signal: AbortSignal, tell: (state: LineTestState<Verdict>) => void) {
    const source = this.parts.makeSignal();
    try {
      await within(loopback.publish(source.tracks), SETUP_MS);
      tell({ step: "measuring" });
      await pause(MEASURED_MS, signal);
      if (!loopback.isOpen()) throw new Error("LINE_LOST");
    } finally {
      source.stop();
    }
  }
}
