/** Nobody takes the stage by a cough: it changes at most this often, in milliseconds. */
const HELD_MS = 3_000;

/** Who holds the stage by voice. */
export interface Speaker {
  readonly identity: string;
  /** When it took the stage, in milliseconds of any clock. */
  readonly since: number;
}

/**
 * Follows who speaks: the loudest other one takes over once the one before is quiet or held the stage long enough,
 * and keeps it in silence.
 *
 * @param loud Identities that speak now, loudest first, oneself left out.
 */
export function followSpeaker(before: Speaker | null, loud: readonly string[], now: number): Speaker | null {
  const loudest = loud[0];
  if (loudest === undefined || loudest === before?.identity) return before;
  if (before && now - before.since < HELD_MS) return before;
  if (before && loud.includes(before.identity)) return before;
  return { identity: loudest, since: now };
}
