import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { formatDateTime } from "~/lib/dates";
import { type Problem, problemOf } from "./errors";

/** A problem as people read it. */
export interface ProblemWords {
  /** What happened. */
  readonly what: string;
  /** What to do. */
  readonly remedy: string;
}

// Instants in metadata are RFC 3339; people read dates.
function readable(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [
      key,
      /^\d{4}-\d{2}-\d{2}T/.test(value) ? formatDateTime(new Date(value)) : value,
    ]),
  );
}

/** Returns a function that puts a thrown thing or a `Problem` into words of the language on the screen. */
export function useProblemWords(): (thrown: unknown) => ProblemWords {
  const { t, i18n } = useTranslation("errors");
  return useCallback(
    (thrown: unknown) => {
      const problem = isProblem(thrown) ? thrown : problemOf(thrown);
      const key = i18n.exists(`errors:${problem.reason}.what`) ? problem.reason : "UNEXPECTED";
      const facts = readable(problem.metadata);
      return { what: t(`${key}.what`, facts), remedy: t(`${key}.remedy`, facts) };
    },
    [t, i18n],
  );
}

function isProblem(thrown: unknown): thrown is Problem {
  return typeof thrown === "object" && thrown !== null && "reason" in thrown && "metadata" in thrown;
}
