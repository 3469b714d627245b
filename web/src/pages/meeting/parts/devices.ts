import { useCallback, useEffect, useState } from "react";
import { choicesOf, type DeviceChoice } from "~/room/devices";
import type { ChosenDevices } from "~/room/options";
import type { DeviceKind } from "~/room/types";

const STORED_AS = "giaoban.devices";
const NOTHING_CHOSEN: ChosenDevices = { audioinput: "", videoinput: "", audiooutput: "" };

function readChosen(): ChosenDevices {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED_AS) ?? "{}");
    if (typeof stored !== "object" || stored === null) return NOTHING_CHOSEN;
    const text = (kind: DeviceKind) => {
      const value = (stored as Record<string, unknown>)[kind];
      return typeof value === "string" ? value : "";
    };
    return { audioinput: text("audioinput"), videoinput: text("videoinput"), audiooutput: text("audiooutput") };
  } catch {
    return NOTHING_CHOSEN; // Storage is forbidden or holds something else: the browser's defaults.
  }
}

/** The devices this machine was told to use, remembered from one briefing to the next. */
export function useChosenDevices(): [ChosenDevices, (kind: DeviceKind, id: string) => void] {
  const [chosen, setChosen] = useState(readChosen);
  const choose = useCallback((kind: DeviceKind, id: string) => {
    setChosen((before) => {
      const after = { ...before, [kind]: id };
      try {
        localStorage.setItem(STORED_AS, JSON.stringify(after));
      } catch {
        // Storage is forbidden in this browser: the choice holds until the page is closed.
      }
      return after;
    });
  }, []);
  return [chosen, choose];
}

/** True where the browser can send sound to a loudspeaker of the visitor's choice. */
export const canChooseSpeaker = "setSinkId" in HTMLMediaElement.prototype;

/**
 * The devices of this machine by kind, kept up to date while they are plugged in and out.
 *
 * @param again Changes when permissions may have changed: names are hidden before.
 */
export function useDevices(again: unknown): Record<DeviceKind, DeviceChoice[]> {
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `again` asks for reading again.
  useEffect(() => {
    const media: MediaDevices | undefined = navigator.mediaDevices;
    if (!media) return;
    let current = true;
    const read = () =>
      void media.enumerateDevices().then(
        (found) => current && setDevices(found),
        () => undefined,
      );
    read();
    media.addEventListener("devicechange", read);
    return () => {
      current = false;
      media.removeEventListener("devicechange", read);
    };
  }, [again]);
  return {
    audioinput: choicesOf(devices, "audioinput"),
    videoinput: choicesOf(devices, "videoinput"),
    audiooutput: choicesOf(devices, "audiooutput"),
  };
}
