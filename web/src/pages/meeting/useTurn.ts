import { useEffect, useMemo, useRef } from "react";
import { type SpeakingRequest, SpeakingRequest_State } from "~/gen/briefing/v1/briefing_pb";
import type { WatchBriefingResponse } from "~/gen/briefing/v1/briefing_service_pb";
import { instantOf } from "~/lib/dates";
import type { Stage } from "~/room/stage";
import type { RoomSnapshot } from "~/room/types";
import type { Turn } from "./ControlBar";
import type { Entry } from "./entry";
import { playFloorSound } from "./parts/sounds";

const NO_REQUESTS: readonly SpeakingRequest[] = [];

/** The speaking order as the scheduler keeps it. */
export function requestsOf(live: WatchBriefingResponse | null): readonly SpeakingRequest[] {
  return live?.speakingRequests ?? NO_REQUESTS;
}

/** What who leads put on everyone's stage; one object for as long as it stays. */
export function useChosenStage(live: WatchBriefingResponse | null): Stage | null {
  const identity = live?.stageIdentity ?? "";
  const screen = live?.stageScreen === true;
  return useMemo(() => (identity ? { identity, kind: screen ? "screen" : "camera" } : null), [identity, screen]);
}

/** Says where somebody stands in the speaking order. */
export function turnOf(requests: readonly SpeakingRequest[], identity: string, now: number): Turn {
  const own = requests.find((request) => request.identity === identity);
  if (!own) return { kind: "none" };
  if (own.state === SpeakingRequest_State.SPEAKING) {
    const since = instantOf(own.floorTime)?.getTime() ?? now;
    return { kind: "speaking", seconds: Math.max(0, (now - since) / 1000) };
  }
  const waiting = requests.filter((request) => request.state !== SpeakingRequest_State.SPEAKING);
  return { kind: "waiting", place: waiting.indexOf(own) + 1 };
}

/** Closes what who leads has forbidden; the server lets nobody hear or see it in any case. */
export function useHeld(entry: Entry, live: WatchBriefingResponse | null, own: RoomSnapshot["own"]): void {
  const held = live?.microphoneClosed === true && own.microphone.state === "on";
  const denied = live?.screenDenied === true && own.screen.state === "on";
  useEffect(() => {
    if (held) void entry.room.setMicrophone(false);
  }, [entry, held]);
  useEffect(() => {
    if (denied) void entry.room.setScreen(false);
  }, [entry, denied]);
}

/** Opens the microphone when the floor is given and closes it when it is taken back. */
export function useFloor(entry: Entry, turn: Turn["kind"], inside: boolean): void {
  const before = useRef<Turn["kind"]>("none");
  useEffect(() => {
    if (!inside || before.current === turn) return;
    const had = before.current === "speaking";
    before.current = turn;
    if (turn === "speaking") {
      void entry.room.setMicrophone(true);
      void playFloorSound(entry.devices.audiooutput);
    } else if (had) {
      void entry.room.setMicrophone(false);
    }
  }, [entry, turn, inside]);
}
