import { Mic, MicOff, Volume2 } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { playTestSound } from "../meeting/parts/sounds";
import { bars, useLevel } from "./useLevel";
import type { Preview } from "./usePreview";

/** The bar that moves with the voice. */
export function MicrophoneBar({ preview }: { preview: Preview }) {
  const { t } = useTranslation("prejoin");
  const meter = useRef<HTMLDivElement>(null);
  const hearing = useLevel(preview.track, meter);
  const { problem, waiting, track } = preview;
  const words = problem ? `problem.${problem}` : waiting ? "asking" : hearing;
  return (
    <div className="pj-microphone">
      {track ? <Mic size={22} aria-hidden="true" /> : <MicOff size={22} aria-hidden="true" />}
      {/* The words beside it say the same to those who do not see it move. */}
      <div ref={meter} className="pj-meter" data-level="0" aria-hidden="true">
        {bars.map((bar) => (
          <i key={bar} />
        ))}
      </div>
      <span aria-live="polite">{t(`microphone.${words}`)}</span>
    </div>
  );
}

type Step = "idle" | "playing" | "asking" | "heard" | "unheard";

/** "Thử loa": plays a sound and asks whether it was heard. */
export function SpeakerTest({ speaker }: { speaker: string }) {
  const { t, i18n } = useTranslation("prejoin");
  const [step, setStep] = useState<Step>("idle");
  const play = async () => {
    setStep("playing");
    // Where the browser cannot play at all, the answer is No as well.
    await playTestSound(speaker, t("speaker.sentence"), i18n.language).catch(() => undefined);
    setStep("asking");
  };
  return (
    <div className="pj-speaker" aria-live="polite">
      {step === "asking" ? (
        <>
          <strong>{t("speaker.question")}</strong>
          <button type="button" className="mt-button" onClick={() => setStep("heard")}>
            {t("speaker.yes")}
          </button>
          <button type="button" className="mt-button" onClick={() => setStep("unheard")}>
            {t("speaker.no")}
          </button>
        </>
      ) : (
        <>
          <button type="button" className="mt-button" disabled={step === "playing"} onClick={() => void play()}>
            <Volume2 size={20} aria-hidden="true" />
            {t(step === "playing" ? "speaker.playing" : step === "idle" ? "speaker.test" : "speaker.again")}
          </button>
          {step === "heard" ? <span>{t("speaker.good")}</span> : null}
          {step === "unheard" ? <span>{t("speaker.help")}</span> : null}
        </>
      )}
    </div>
  );
}
