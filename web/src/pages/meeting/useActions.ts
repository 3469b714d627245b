import { useCallback, useState } from "react";
import { useProblemWords } from "~/api/words";

/** Something to tell the visitor until it is read. */
export interface Actions {
  readonly notice: string | null;
  /** Does something at the server and tells when it was refused. */
  run(act: () => Promise<unknown>): Promise<void>;
  say(text: string): void;
  dismiss(): void;
}

/** Runs what buttons ask of the server; a refusal becomes a sentence. */
export function useActions(): Actions {
  const words = useProblemWords();
  const [notice, setNotice] = useState<string | null>(null);
  const run = useCallback(
    async (act: () => Promise<unknown>) => {
      setNotice(null);
      try {
        await act();
      } catch (error) {
        const { what, remedy } = words(error);
        setNotice(`${what} ${remedy}`);
      }
    },
    [words],
  );
  return { notice, run, say: setNotice, dismiss: useCallback(() => setNotice(null), []) };
}
