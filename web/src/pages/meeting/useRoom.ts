import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { followSpeaker, type Speaker } from "~/room/speaker";
import { chooseStage, type Stage, shownTracks, stripPages } from "~/room/stage";
import type { Member, RoomSnapshot } from "~/room/types";
import type { Entry } from "./entry";

/** The room as it is now. */
export function useRoom(entry: Entry): RoomSnapshot {
  return useSyncExternalStore(entry.room.subscribe, entry.room.getSnapshot);
}

/**
 * Leaves the room when the page goes. React mounts twice while developing, so leaving waits a moment for the page to
 * come back.
 */
export function useStay(entry: Entry): void {
  const going = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    clearTimeout(going.current);
    return () => {
      going.current = setTimeout(() => void entry.room.leave(), 50);
    };
  }, [entry]);
}

/** Switches the camera on once inside, when pre-join said so. */
export function useFirstCamera(entry: Entry, inside: boolean): void {
  const done = useRef(false);
  useEffect(() => {
    if (!inside || done.current) return;
    done.current = true;
    if (entry.camera) void entry.room.setCamera(true);
  }, [entry, inside]);
}

/** Keeps the screen lit: a point watches for hours and touches nothing. */
export function useLitScreen(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    let gone = false;
    const light = async () => {
      if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
      lock = await navigator.wakeLock.request("screen").catch(() => undefined);
      if (gone) void lock?.release();
    };
    void light();
    document.addEventListener("visibilitychange", light);
    return () => {
      gone = true;
      document.removeEventListener("visibilitychange", light);
      void lock?.release().catch(() => undefined);
    };
  }, []);
}

/** What is on the screen. */
export interface View {
  readonly stage: Stage | null;
  readonly page: readonly Member[];
  readonly pageNumber: number;
  readonly pageCount: number;
  readonly pinned: string | null;
  turn(by: number): void;
  pin(identity: string | null): void;
}

/** Decides who is on stage and who in the strip, and has only their pictures sent. */
export function useView(
  entry: Entry,
  snapshot: RoomSnapshot,
  chosen: Stage | null,
  floor: string | null,
  queue: readonly string[],
): View {
  const { members, saving } = snapshot;
  const [pinned, setPinned] = useState<string | null>(null);
  const [wantedPage, setWantedPage] = useState(0);
  const [speaker, setSpeaker] = useState<Speaker | null>(null);
  const chair = entry.briefing.chair || null;
  useEffect(() => {
    const loud = members.filter((member) => member.speaking && !member.isLocal).map((member) => member.identity);
    setSpeaker((before) => followSpeaker(before, loud, Date.now()));
  }, [members]);
  const stage = useMemo(
    () => chooseStage({ members, pinned, chosen, floor, speaker: speaker?.identity ?? null, chair }),
    [members, pinned, chosen, floor, speaker, chair],
  );
  const pages = useMemo(() => stripPages({ members, stage, chair, queue }), [members, stage, chair, queue]);
  const pageNumber = Math.min(wantedPage, Math.max(0, pages.length - 1));
  const page = useMemo(() => pages[pageNumber] ?? [], [pages, pageNumber]);
  useEffect(() => {
    entry.room.show(shownTracks(stage, page, members, saving));
  }, [entry, stage, page, members, saving]);
  return {
    stage,
    page,
    pageNumber,
    pageCount: pages.length,
    pinned,
    turn: (by) => setWantedPage(Math.min(Math.max(0, pageNumber + by), Math.max(0, pages.length - 1))),
    pin: setPinned,
  };
}
