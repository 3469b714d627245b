import type { LineQuality } from "./types";

const BAD_FOR_MS = 8_000;
const GOOD_FOR_MS = 30_000;

/** Whether pictures are held back to save the sound. */
export interface Guard {
  readonly saving: boolean;
  /** Since when the line says the opposite of `saving`, in milliseconds; null while it agrees. */
  readonly doubtSince: number | null;
}

export const RELAXED: Guard = { saving: false, doubtSince: null };

/**
 * Decides with patience: eight bad seconds start saving, thirty good ones end it, so that pictures do not flicker.
 * A line without a judgement changes nothing.
 */
export function stepGuard(guard: Guard, quality: LineQuality, now: number): Guard {
  const bad = quality === "poor" || quality === "lost";
  const opposite = quality !== "unknown" && bad !== guard.saving;
  if (!opposite) return guard.doubtSince === null ? guard : { ...guard, doubtSince: null };
  const since = guard.doubtSince ?? now;
  const patience = guard.saving ? GOOD_FOR_MS : BAD_FOR_MS;
  if (now - since >= patience) return { saving: !guard.saving, doubtSince: null };
  return guard.doubtSince === since ? guard : { ...guard, doubtSince: since };
}
