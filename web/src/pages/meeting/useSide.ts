import { useEffect, useState, useSyncExternalStore } from "react";
import type { ChatLine } from "~/room/types";
import { countUnread, isReading, NARROW, type Tab } from "./side";

function watchNarrow(tell: () => void): () => void {
  const query = window.matchMedia(NARROW);
  query.addEventListener("change", tell);
  return () => query.removeEventListener("change", tell);
}

/** What the side panel shows, and how many messages wait to be read in it. */
export function useSide(chat: readonly ChatLine[]) {
  const [tab, setTab] = useState<Tab>("queue");
  const [read, setRead] = useState<string | null>(null);
  const narrow = useSyncExternalStore(watchNarrow, () => window.matchMedia(NARROW).matches);
  // What was chosen on one width says nothing of another: turning a tablet must not cover the pictures.
  const [chosen, choose] = useState({ narrow, open: !narrow });
  const open = chosen.narrow === narrow ? chosen.open : !narrow;
  const setOpen = (wanted: boolean) => choose({ narrow, open: wanted });
  const reading = isReading(tab, open);
  const newest = chat.at(-1)?.id ?? null;
  useEffect(() => {
    if (reading) setRead(newest);
  }, [reading, newest]);
  return { open, setOpen, tab, setTab, reading, unread: reading ? 0 : countUnread(chat, read) };
}
