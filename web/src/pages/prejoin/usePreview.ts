import { useCallback, useEffect, useRef, useState } from "react";
import { deviceProblemOf } from "~/room/devices";
import type { ChosenDevices } from "~/room/options";
import type { DeviceProblem } from "~/room/types";

/** One of camera and microphone while looking at pre-join. */
export interface Preview {
  readonly track: MediaStreamTrack | null;
  readonly problem: DeviceProblem | null;
  /** True while the browser asks the visitor or starts the device. */
  readonly waiting: boolean;
}

export interface Previews {
  readonly camera: Preview;
  readonly microphone: Preview;
  /** Asks again after the visitor mended what was wrong. */
  retry(): void;
  /** Gives the devices back, so that the room can take them. */
  stop(): void;
}

const WAITING: Preview = { track: null, problem: null, waiting: true };
const OFF: Preview = { track: null, problem: null, waiting: false };

type Kind = "video" | "audio";

function constraintsOf(kind: Kind, id: string): MediaTrackConstraints {
  const device = id ? { deviceId: { ideal: id } } : {};
  return kind === "video" ? { ...device, width: { ideal: 640 }, height: { ideal: 360 } } : device;
}

async function open(kind: Kind, id: string): Promise<Preview> {
  // Browsers hide the devices altogether from pages that did not come over HTTPS.
  if (!window.isSecureContext || !navigator.mediaDevices) return { ...OFF, problem: "INSECURE" };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ [kind]: constraintsOf(kind, id) });
    return { ...OFF, track: stream.getTracks()[0] ?? null };
  } catch (error) {
    return { ...OFF, problem: deviceProblemOf(error) };
  }
}

function useOne(kind: Kind, id: string, wanted: boolean, attempt: number): Preview {
  const [preview, setPreview] = useState<Preview>(wanted ? WAITING : OFF);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks for trying again.
  useEffect(() => {
    if (!wanted) {
      setPreview(OFF);
      return;
    }
    let current = true;
    let track: MediaStreamTrack | null = null;
    setPreview(WAITING);
    void open(kind, id).then((opened) => {
      if (!current) {
        opened.track?.stop();
        return;
      }
      track = opened.track;
      track?.addEventListener("ended", () => setPreview({ ...OFF, problem: "NONE" }));
      setPreview(opened);
    });
    return () => {
      current = false;
      track?.stop();
    };
  }, [kind, id, wanted, attempt]);
  return preview;
}

/** Opens camera and microphone for the preview and says of each why it cannot be used. */
export function usePreview(devices: ChosenDevices, cameraWanted: boolean): Previews {
  const [attempt, setAttempt] = useState(0);
  const [stopped, setStopped] = useState(false);
  const camera = useOne("video", devices.videoinput, cameraWanted && !stopped, attempt);
  const microphone = useOne("audio", devices.audioinput, !stopped, attempt);
  const troubled = useRef(false);
  troubled.current = camera.problem === "NONE" || microphone.problem === "NONE";

  const retry = useCallback(() => {
    setStopped(false);
    setAttempt((before) => before + 1);
  }, []);
  useEffect(() => {
    const media: MediaDevices | undefined = navigator.mediaDevices;
    // Somebody plugs in the missing camera: it should simply appear.
    const onChange = () => troubled.current && retry();
    media?.addEventListener("devicechange", onChange);
    return () => media?.removeEventListener("devicechange", onChange);
  }, [retry]);
  return { camera, microphone, retry, stop: useCallback(() => setStopped(true), []) };
}
