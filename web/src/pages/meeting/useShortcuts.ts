import { useEffect, useRef } from "react";

/** What the keys of the room do. */
export interface Shortcuts {
  readonly m: () => void;
  readonly c: () => void;
  readonly p: () => void;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, dialog") !== null;
}

/** Listens to M (microphone), C (camera) and P (ask to speak), but not while somebody types. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const current = useRef(shortcuts);
  current.current = shortcuts;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || isTyping(event.target)) return;
      const key = event.key.toLowerCase();
      if (key !== "m" && key !== "c" && key !== "p") return;
      event.preventDefault();
      current.current[key]();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
