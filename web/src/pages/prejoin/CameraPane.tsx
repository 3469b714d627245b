import { Camera, CameraOff } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Preview } from "./usePreview";

interface CameraPaneProps {
  readonly preview: Preview;
  readonly on: boolean;
  readonly name: string;
  readonly onSwitch: (on: boolean) => void;
}

/** What the others will see, mirrored as everyone knows themselves. */
export function CameraPane({ preview, on, name, onSwitch }: CameraPaneProps) {
  const { t } = useTranslation("prejoin");
  const video = useRef<HTMLVideoElement>(null);
  const { track, waiting, problem } = preview;
  useEffect(() => {
    if (video.current) video.current.srcObject = track ? new MediaStream([track]) : null;
  }, [track]);
  const word = problem ? t(`camera.problem.${problem}`) : t(waiting ? "camera.waiting" : "camera.off");
  return (
    <div className="pj-camera">
      {track ? (
        <video ref={video} autoPlay muted playsInline aria-label={t("camera.picture")} data-kind="preview" />
      ) : (
        <div className="pj-camera-empty">
          <CameraOff size={40} aria-hidden="true" />
          <strong>{name}</strong>
          <span>{word}</span>
        </div>
      )}
      <button type="button" className="mt-button pj-camera-switch" aria-pressed={on} onClick={() => onSwitch(!on)}>
        {on ? <Camera size={20} aria-hidden="true" /> : <CameraOff size={20} aria-hidden="true" />}
        {t(on ? "camera.isOn" : "camera.isOff")}
      </button>
    </div>
  );
}
