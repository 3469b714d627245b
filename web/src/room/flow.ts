/** Without progress for this long, something stands still. */
const STILL_MS = 2_000;

/** What the browser has counted since the room was entered; null and absent mean that nothing should be flowing. */
export interface Counts {
  /** Bytes that came in, of any kind; null while nobody sends. */
  readonly received: number | null;
  /** Packets of the own microphone that went out; null while it is closed. */
  readonly voice: number | null;
  /** Decoded frames of the pictures that should be moving, by track. */
  readonly frames: ReadonlyMap<string, number>;
}

interface Progress {
  readonly count: number;
  /** When it last grew, or was first looked at; milliseconds. */
  readonly since: number;
  /** Whether it was ever seen to grow. */
  readonly grew: boolean;
}

/** What flows, judged by what was counted; never by what was asked for. */
export interface Flow {
  /** Nothing comes in although something should: the line is cut. */
  readonly cut: boolean;
  /** Whether the own voice leaves this machine; null while the microphone is closed or just opened. */
  readonly voice: boolean | null;
  /** Pictures that stand still. */
  readonly still: ReadonlySet<string>;
  readonly progress: {
    readonly received: Progress | null;
    readonly voice: Progress | null;
    readonly frames: ReadonlyMap<string, Progress>;
  };
}

export const NOTHING_FLOWS: Flow = {
  cut: false,
  voice: null,
  still: new Set(),
  progress: { received: null, voice: null, frames: new Map() },
};

// A counter that fell belongs to a new connection: that is progress too.
function follow(before: Progress | null | undefined, count: number | null, now: number): Progress | null {
  if (count === null) return null;
  if (!before) return { count, since: now, grew: false };
  return count === before.count ? before : { count, since: now, grew: true };
}

function stands(progress: Progress | null, now: number): boolean {
  return progress !== null && now - progress.since >= STILL_MS;
}

/** Judges one more reading, taken at `now` in milliseconds. Look at least once a second. */
export function stepFlow(before: Flow, counts: Counts, now: number): Flow {
  const received = follow(before.progress.received, counts.received, now);
  const voice = follow(before.progress.voice, counts.voice, now);
  const frames = new Map<string, Progress>();
  const still = new Set<string>();
  for (const [sid, count] of counts.frames) {
    const progress = follow(before.progress.frames.get(sid), count, now);
    if (!progress) continue;
    frames.set(sid, progress);
    if (stands(progress, now)) still.add(sid);
  }
  const voiceStands = stands(voice, now);
  return {
    cut: stands(received, now),
    voice: voice === null || (!voice.grew && !voiceStands) ? null : !voiceStands,
    still,
    progress: { received, voice, frames },
  };
}
