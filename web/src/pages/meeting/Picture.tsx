import { useEffect, useRef, useState } from "react";
import type { MediaHandle } from "~/room/types";

interface PictureProps {
  readonly handle: MediaHandle;
  readonly identity: string;
  readonly kind: "camera" | "screen";
  readonly label: string;
  readonly mirrored: boolean;
  /** Keep the last frame, greyed: the line is being mended. */
  readonly frozen: boolean;
}

/** A moving picture of the room. */
export function Picture({ handle, identity, kind, label, mirrored, frozen }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const [held, setHeld] = useState(false);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    handle.attach(element);
    return () => handle.detach(element);
  }, [handle]);
  useEffect(() => {
    const element = video.current;
    const canvas = still.current;
    if (!element || !canvas) return;
    if (frozen) {
      if (element.videoWidth === 0) return;
      // A full reconnect takes the track away, and with it the frame: it is copied while it is there.
      canvas.width = element.videoWidth;
      canvas.height = element.videoHeight;
      canvas.getContext("2d")?.drawImage(element, 0, 0);
      setHeld(true);
      return;
    }
    const show = () => setHeld(false);
    if (element.srcObject && !element.paused && element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) show();
    element.addEventListener("playing", show);
    return () => element.removeEventListener("playing", show);
  }, [frozen]);
  return (
    <div className="rm-picture" data-frozen={frozen || undefined} data-mirrored={mirrored || undefined}>
      <video ref={video} autoPlay muted playsInline aria-label={label} data-identity={identity} data-kind={kind} />
      <canvas ref={still} hidden={!held} />
    </div>
  );
}

/** A sound of the room. */
export function Sound({ handle, identity }: { handle: MediaHandle; identity: string }) {
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const element = audio.current;
    if (!element) return;
    handle.attach(element);
    return () => handle.detach(element);
  }, [handle]);
  // Speech of a live meeting has no captions file.
  // biome-ignore lint/a11y/useMediaCaption: nothing is written yet while it is said.
  return <audio ref={audio} autoPlay data-identity={identity} data-kind="audio" />;
}
