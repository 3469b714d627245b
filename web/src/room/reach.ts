/** What keeps the room from being reached: the line is cut, or the server does not run; null: both carry. */
export type Away = "line" | "server" | null;

/** A refusal comes back within a round trip; a cut line says nothing at all. */
const REFUSED_WITHIN_MS = 1_500;
const PATIENCE_MS = 4_000;

/**
 * Tells a stopped server from a cut line by asking the own origin for a sign of life. A machine that refuses at once is
 * there, and the line to it as well; where nothing comes back, or the system knows of no network, the line is cut.
 *
 * @param ask Fetches the probe; replaced in tests, as are the others.
 */
export async function whoIsAway(
  ask: (signal: AbortSignal) => Promise<{ ok: boolean }> = (signal) => fetch("/healthz", { cache: "no-store", signal }),
  isOnline: () => boolean = () => navigator.onLine,
  patience = PATIENCE_MS,
  refusedWithin = REFUSED_WITHIN_MS,
): Promise<Away> {
  if (!isOnline()) return "line";
  const begun = performance.now();
  try {
    // A proxy in front of a stopped server answers in its place.
    return (await ask(AbortSignal.timeout(patience))).ok ? null : "server";
  } catch {
    return isOnline() && performance.now() - begun < refusedWithin ? "server" : "line";
  }
}
