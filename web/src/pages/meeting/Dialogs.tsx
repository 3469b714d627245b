import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChosenDevices } from "~/room/options";
import type { DeviceKind } from "~/room/types";
import { DevicePicker } from "./parts/DevicePicker";
import { Dialog } from "./parts/Dialog";
import { canChooseSpeaker, useDevices } from "./parts/devices";

/** What is asked before it is done. */
export type Question =
  | { readonly kind: "leave" | "end" | "muteAll" | "devices" }
  | { readonly kind: "remove"; readonly identity: string; readonly name: string };

interface ConfirmProps {
  readonly question: Exclude<Question, { kind: "devices" }>;
  readonly conducts: boolean;
  readonly onYes: () => void;
  readonly onEnd: () => void;
  readonly onLock: () => void;
  readonly onNo: () => void;
}

/** Asks before something that others notice. */
export function Confirm({ question, conducts, onYes, onEnd, onLock, onNo }: ConfirmProps) {
  const { t } = useTranslation("room");
  const name = question.kind === "remove" ? question.name : "";
  const footer = (
    <>
      <button type="button" className="mt-button" onClick={onNo}>
        {t("ask.stay")}
      </button>
      {question.kind === "leave" && conducts ? (
        <button type="button" className="mt-button" data-tone="stop" onClick={onEnd}>
          {t("conduct.end")}
        </button>
      ) : null}
      {question.kind === "muteAll" ? (
        <button type="button" className="mt-button" onClick={onLock}>
          {t("ask.muteAll.lock")}
        </button>
      ) : null}
      <button
        type="button"
        className="mt-button"
        data-tone={question.kind === "muteAll" ? "primary" : "stop"}
        onClick={onYes}
      >
        {t(`ask.${question.kind}.yes`)}
      </button>
    </>
  );
  return (
    <Dialog title={t(`ask.${question.kind}.title`, { name })} onClose={onNo} footer={footer}>
      <p>{t(`ask.${question.kind}.text`, { name })}</p>
      {question.kind === "muteAll" ? <p>{t("ask.muteAll.lockText")}</p> : null}
    </Dialog>
  );
}

interface DevicesProps {
  readonly devices: ChosenDevices;
  /** Resolves to false when the device could not be taken. */
  readonly onChoose: (kind: DeviceKind, id: string) => Promise<boolean>;
  readonly onClose: () => void;
}

/** Other camera, microphone, loudspeaker. */
export function DevicesDialog({ devices, onChoose, onClose }: DevicesProps) {
  const { t } = useTranslation("room");
  const lists = useDevices("");
  const [failed, setFailed] = useState(false);
  const choose = async (kind: DeviceKind, id: string) => {
    setFailed(false);
    setFailed(!(await onChoose(kind, id)));
  };
  const kinds = (["videoinput", "audioinput", "audiooutput"] as const).filter(
    (kind) => kind !== "audiooutput" || canChooseSpeaker,
  );
  const footer = (
    <button type="button" className="mt-button" data-tone="primary" onClick={onClose}>
      {t("common:action.close")}
    </button>
  );
  return (
    <Dialog title={t("devicesTitle")} onClose={onClose} footer={footer}>
      <div className="rm-pickers">
        {kinds.map((kind) => (
          <DevicePicker key={kind} kind={kind} choices={lists[kind]} value={devices[kind]} onChoose={choose} />
        ))}
      </div>
      {failed ? <p role="alert">{t("devicesFailed")}</p> : null}
    </Dialog>
  );
}
