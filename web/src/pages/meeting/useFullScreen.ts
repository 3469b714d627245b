import { type RefObject, useCallback, useSyncExternalStore } from "react";

/** Whether the browser shows a part of the page on all of the screen; iPhones do not. */
export const canFill = typeof document !== "undefined" && document.fullscreenEnabled === true;

function watch(tell: () => void): () => void {
  document.addEventListener("fullscreenchange", tell);
  return () => document.removeEventListener("fullscreenchange", tell);
}

/** Whether an element fills the screen, and the switch for it; Escape ends it too. */
export function useFullScreen(element: RefObject<HTMLElement | null>): [full: boolean, toggle: () => void] {
  const full = useSyncExternalStore(
    watch,
    () => element.current !== null && document.fullscreenElement === element.current,
  );
  const toggle = useCallback(() => {
    const done = document.fullscreenElement ? document.exitFullscreen() : element.current?.requestFullscreen();
    // A browser that refuses leaves the page as it is, and says so itself.
    done?.catch(() => undefined);
  }, [element]);
  return [full, toggle];
}
