import { QualityGrade, type QualitySample } from "~/gen/briefing/v1/quality_pb";
import { instantOf } from "./dates";
import { compareText } from "./text";

/** What is known of one participant's line. */
export interface Line {
  readonly sample: QualitySample;
  /** Scores of the last ten minutes, oldest first; null where a window had no data. */
  readonly scores: readonly (number | null)[];
  /** Badness of the windows of the last minute, newest last. */
  readonly recent: readonly number[];
  /** When it dropped, in milliseconds since 1970; null while connected. */
  readonly lostAt: number | null;
}

/** Lines by room and identity. */
export type Lines = ReadonlyMap<string, Line>;

const WINDOWS_OF_TEN_MINUTES = 120;
const WINDOWS_OF_ONE_MINUTE = 12;

/** Rows keep their place this long after the order was last made. */
export const HOLD_MS = 5_000;

/** How bad a judgement is: 0 good … 3 dropped. No data is worse than good: nobody knows. */
export function badness(grade: QualityGrade): number {
  switch (grade) {
    case QualityGrade.GOOD:
      return 0;
    case QualityGrade.UNSPECIFIED:
    case QualityGrade.NO_DATA:
      return 0.5;
    case QualityGrade.FAIR:
      return 1;
    case QualityGrade.POOR:
      return 2;
    case QualityGrade.LOST:
      return 3;
  }
}

/** Returns the judgement to show: who has left is lost, whatever the last window said. */
export function gradeOf(line: Line): QualityGrade {
  return line.sample.connected ? line.sample.grade : QualityGrade.LOST;
}

/** True for a line somebody should look after. */
export function needsCare(line: Line): boolean {
  return badness(gradeOf(line)) >= 1;
}

const keyOf = (sample: QualitySample) => `${sample.room} ${sample.identity}`;

function follow(before: Line | undefined, sample: QualitySample): Line {
  if (before?.sample.key === sample.key && before.sample.connected === sample.connected) return before;
  const at = instantOf(sample.windowEndTime)?.getTime() ?? 0;
  const line = {
    sample,
    scores: [...(before?.scores ?? []), sample.score ?? null].slice(-WINDOWS_OF_TEN_MINUTES),
    lostAt: sample.connected ? null : (before?.lostAt ?? at),
  };
  const bad = badness(sample.connected ? sample.grade : QualityGrade.LOST);
  return { ...line, recent: [...(before?.recent ?? []), bad].slice(-WINDOWS_OF_ONE_MINUTE) };
}

/** Adds what a message of the stream says; after a reset only what it names is still known, with its history. */
export function applySamples(before: Lines, samples: readonly QualitySample[], reset: boolean): Lines {
  const next = new Map(reset ? [] : before);
  for (const sample of samples) next.set(keyOf(sample), follow(before.get(keyOf(sample)), sample));
  return next;
}

function weight(line: Line): number {
  const mean = line.recent.reduce((sum, bad) => sum + bad, 0) / Math.max(1, line.recent.length);
  // What is bad now goes before what was bad a moment ago.
  return badness(gradeOf(line)) * 2 + mean;
}

/** Returns the keys of the lines, worst of the last minute first, then by name. */
export function worstFirst(lines: Lines): string[] {
  return [...lines.entries()]
    .sort(([, one], [, other]) => {
      const byBadness = weight(other) - weight(one);
      return Math.abs(byBadness) > 1e-9 ? byBadness : compareText(one.sample.displayName, other.sample.displayName);
    })
    .map(([key]) => key);
}

/** Keeps an order that was made: who has gone leaves it, who is new comes at its end. */
export function heldOrder(order: readonly string[], lines: Lines): string[] {
  const known = new Set(order);
  return [...order.filter((key) => lines.has(key)), ...[...lines.keys()].filter((key) => !known.has(key))];
}

/** Counts lines by judgement. */
export function countGrades(lines: Iterable<Line>): Record<"good" | "fair" | "poor" | "unknown" | "lost", number> {
  const counts = { good: 0, fair: 0, poor: 0, unknown: 0, lost: 0 };
  for (const line of lines) {
    const grade = gradeOf(line);
    if (grade === QualityGrade.GOOD) counts.good += 1;
    else if (grade === QualityGrade.FAIR) counts.fair += 1;
    else if (grade === QualityGrade.POOR) counts.poor += 1;
    else if (grade === QualityGrade.LOST) counts.lost += 1;
    else counts.unknown += 1;
  }
  return counts;
}
