import { type RefObject, useEffect, useState } from "react";

/** Louder than the noise of a quiet room, as root mean square of samples from -1 to 1. */
const VOICE = 0.012;
const SILENT_AFTER_MS = 8_000;
const BARS = 12;

export type Hearing = "waiting" | "heard" | "silent";

function rootMeanSquare(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}

/** Maps a level to 0 to 1 the way ears do: -60 dB is nothing, -10 dB is full. */
export function shareOf(level: number): number {
  if (level <= 0) return 0;
  return Math.min(1, Math.max(0, (20 * Math.log10(level) + 60) / 50));
}

/**
 * Moves the bars in `meter` with the voice, without drawing the page anew, and says whether anything was heard.
 *
 * @param track The microphone, null while there is none.
 */
export function useLevel(track: MediaStreamTrack | null, meter: RefObject<HTMLElement | null>): Hearing {
  const [hearing, setHearing] = useState<Hearing>("waiting");
  useEffect(() => {
    setHearing("waiting");
    if (!track) return;
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    // Browsers may hold the context back until the visitor does something.
    const resume = () => void context.resume().catch(() => undefined);
    resume();
    window.addEventListener("pointerdown", resume);
    let frame = 0;
    const silence = setTimeout(() => setHearing((now) => (now === "heard" ? now : "silent")), SILENT_AFTER_MS);
    const draw = () => {
      analyser.getFloatTimeDomainData(samples);
      const level = rootMeanSquare(samples);
      if (level > VOICE) setHearing("heard");
      const element = meter.current;
      if (element) {
        const share = shareOf(level);
        element.setAttribute("data-level", String(Math.round(share * 100)));
        for (const [index, bar] of [...element.children].entries()) {
          bar.toggleAttribute("data-on", share * BARS > index + 0.5);
        }
      }
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      clearTimeout(silence);
      cancelAnimationFrame(frame);
      window.removeEventListener("pointerdown", resume);
      void context.close();
    };
  }, [track, meter]);
  return hearing;
}

/** Keys of the bars of the meter. */
export const bars: readonly number[] = Array.from({ length: BARS }, (_, index) => index);
