import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { DeviceChoice } from "~/room/devices";
import type { DeviceKind } from "~/room/types";

interface DevicePickerProps {
  readonly kind: DeviceKind;
  readonly choices: readonly DeviceChoice[];
  readonly value: string;
  readonly onChoose: (kind: DeviceKind, id: string) => void;
}

/** A list of cameras, microphones or loudspeakers; "the browser's own" is the first choice. */
export function DevicePicker({ kind, choices, value, onChoose }: DevicePickerProps) {
  const { t } = useTranslation("prejoin");
  const id = useId();
  const known = choices.some((choice) => choice.id === value);
  return (
    <div className="mt-picker">
      <label htmlFor={id}>{t(`device.${kind}`)}</label>
      <select
        id={id}
        className="mt-input"
        value={known ? value : ""}
        disabled={choices.length === 0}
        onChange={(event) => onChoose(kind, event.currentTarget.value)}
      >
        <option value="">{t(choices.length === 0 ? "device.none" : "device.default")}</option>
        {choices.map((choice) => (
          <option key={choice.id} value={choice.id}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}
