import { Camera, CameraOff, Hand, ListOrdered, LogOut, Mic, MicOff, MonitorUp, MonitorX, Settings } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { RoomSnapshot } from "~/room/types";

/** Where the visitor stands in the speaking order. */
export type Turn =
  | { readonly kind: "none" }
  | { readonly kind: "waiting"; readonly place: number }
  | { readonly kind: "speaking"; readonly seconds: number };

interface ControlBarProps {
  readonly snapshot: RoomSnapshot;
  readonly turn: Turn;
  readonly isPoint: boolean;
  /** Who leads holds the own microphone muted. */
  readonly held: boolean;
  readonly screenDenied: boolean;
  readonly unread: number;
  readonly sideOpen: boolean;
  readonly onMicrophone: () => void;
  readonly onCamera: () => void;
  readonly onScreen: () => void;
  readonly onAsk: () => void;
  readonly onWithdraw: () => void;
  readonly onSide: () => void;
  readonly onDevices: () => void;
  readonly onLeave: () => void;
}

const canShare = typeof navigator !== "undefined" && "getDisplayMedia" in (navigator.mediaDevices ?? {});

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** One place that says how one is heard, and everything one can do. */
export function ControlBar(props: ControlBarProps) {
  const { snapshot, turn } = props;
  const { t } = useTranslation("room");
  const { microphone, camera, screen } = snapshot.own;
  const micOn = microphone.state === "on";
  const voice = voiceOf(snapshot);
  return (
    <footer className="rm-bar" data-tone={toneOf(voice, turn)}>
      <div className="rm-say">
        <Sentence {...props} />
      </div>
      <div className="rm-controls">
        <Control
          icon={micOn ? <Mic size={22} aria-hidden="true" /> : <MicOff size={22} aria-hidden="true" />}
          word={t(micOn ? "bar.closeMic" : "bar.openMic")}
          keyName="M"
          on={micOn}
          disabled={microphone.state === "starting" || (props.held && !micOn)}
          onClick={props.onMicrophone}
        />
        <Control
          icon={
            camera.state === "on" ? <Camera size={22} aria-hidden="true" /> : <CameraOff size={22} aria-hidden="true" />
          }
          word={t(camera.state === "on" ? "bar.closeCamera" : "bar.openCamera")}
          keyName="C"
          on={camera.state === "on"}
          disabled={camera.state === "starting"}
          onClick={props.onCamera}
        />
        {canShare ? <ScreenControl screen={screen} denied={props.screenDenied} onScreen={props.onScreen} /> : null}
        <Control icon={<Settings size={22} aria-hidden="true" />} word={t("bar.devices")} onClick={props.onDevices} />
        <Control
          icon={<ListOrdered size={22} aria-hidden="true" />}
          word={props.unread > 0 ? t("bar.sideUnread", { count: props.unread }) : t("bar.side")}
          expanded={props.sideOpen}
          className="rm-side-switch"
          onClick={props.onSide}
        />
        <Control
          icon={<LogOut size={22} aria-hidden="true" />}
          word={t("bar.leave")}
          className="rm-leave"
          onClick={props.onLeave}
        />
      </div>
    </footer>
  );
}

interface ScreenControlProps {
  readonly screen: RoomSnapshot["own"]["screen"];
  readonly denied: boolean;
  readonly onScreen: () => void;
}

function ScreenControl({ screen, denied, onScreen }: ScreenControlProps) {
  const { t } = useTranslation("room");
  const on = screen.state === "on";
  const word = on ? "bar.stopScreen" : denied ? "bar.screenDenied" : "bar.screen";
  return (
    <Control
      icon={on ? <MonitorX size={22} aria-hidden="true" /> : <MonitorUp size={22} aria-hidden="true" />}
      word={t(word)}
      on={on}
      disabled={screen.state === "starting" || (denied && !on)}
      onClick={onScreen}
    />
  );
}

/** What becomes of the own voice, as far as it is measured. */
type Voice = "shut" | "checking" | "heard" | "notSent" | "cut";

function voiceOf({ own, phase, cut, voice }: RoomSnapshot): Voice {
  if (own.microphone.state !== "on") return "shut";
  if (cut || phase === "reconnecting") return "cut";
  if (voice === null) return "checking";
  return voice ? "heard" : "notSent";
}

/** Green is only what is heard. */
function toneOf(voice: Voice, turn: Turn): "warn" | "granted" | "open" | undefined {
  if (voice === "cut" || voice === "notSent") return "warn";
  if (turn.kind === "speaking") return "granted";
  return voice === "heard" ? "open" : undefined;
}

const VOICE_WORDS = {
  checking: "say.checking",
  heard: "say.everyoneHears",
  notSent: "say.notSent",
  cut: "say.cut",
} as const;

const FLOOR_WORDS = {
  shut: "say.micShut",
  checking: "say.micOpen",
  heard: "say.micOpen",
  notSent: "say.notSent",
  cut: "say.cut",
} as const;

function Sentence({ snapshot, turn, isPoint, held, onAsk, onWithdraw }: ControlBarProps) {
  const { t } = useTranslation("room");
  const voice = voiceOf(snapshot);
  const live = (text: string) => (
    <p aria-live="polite" data-say={turn.kind}>
      {text}
    </p>
  );
  if (turn.kind === "speaking") {
    const invited = t(isPoint ? "say.floorPoint" : "say.floorPerson");
    return (
      <>
        {live(`${invited} ${t(FLOOR_WORDS[voice])}`)}
        <span className="rm-time">{t("say.spoken", { time: clock(turn.seconds) })}</span>
        <button type="button" className="mt-button" onClick={onWithdraw}>
          {t("say.endTurn")}
        </button>
      </>
    );
  }
  if (turn.kind === "waiting") {
    return (
      <>
        {live(t("say.waiting", { place: turn.place }))}
        <button type="button" className="mt-button" onClick={onWithdraw}>
          {t("say.withdraw")} <kbd>P</kbd>
        </button>
      </>
    );
  }
  if (voice !== "shut") return live(t(VOICE_WORDS[voice]));
  return (
    <>
      {live(t(held ? "say.held" : snapshot.mutedByConductor ? "say.mutedByConductor" : "say.micOff"))}
      <button type="button" className="mt-button" data-tone="primary" onClick={onAsk}>
        <Hand size={20} aria-hidden="true" />
        {t("say.ask")} <kbd>P</kbd>
      </button>
    </>
  );
}

interface ControlProps {
  readonly icon: ReactNode;
  readonly word: string;
  readonly onClick: () => void;
  readonly keyName?: string;
  readonly on?: boolean;
  readonly expanded?: boolean;
  readonly disabled?: boolean;
  readonly className?: string;
}

function Control({ icon, word, onClick, keyName, on, expanded, disabled, className }: ControlProps) {
  return (
    <button
      type="button"
      className={`mt-button rm-control ${className ?? ""}`}
      data-on={on || undefined}
      aria-expanded={expanded}
      aria-keyshortcuts={keyName}
      disabled={disabled}
      onClick={onClick}
    >
      {icon}
      <span>{word}</span>
      {keyName ? <kbd>{keyName}</kbd> : null}
    </button>
  );
}
