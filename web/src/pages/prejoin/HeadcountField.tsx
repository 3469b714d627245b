import { useId } from "react";
import { useTranslation } from "react-i18next";

const MAX_HEADCOUNT = 2000;

interface HeadcountFieldProps {
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/** How many people sit before the camera of a point. */
export function HeadcountField({ value, onChange }: HeadcountFieldProps) {
  const { t } = useTranslation("prejoin");
  const id = useId();
  const set = (next: number) => onChange(Math.min(MAX_HEADCOUNT, Math.max(0, Number.isFinite(next) ? next : 0)));
  return (
    <div className="pj-headcount">
      <label htmlFor={id}>{t("headcount.label")}</label>
      <div>
        <button type="button" className="mt-button" aria-label={t("headcount.less")} onClick={() => set(value - 1)}>
          −
        </button>
        <input
          id={id}
          className="mt-input"
          inputMode="numeric"
          pattern="[0-9]*"
          value={String(value)}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => set(Number.parseInt(event.currentTarget.value.replace(/\D/g, "") || "0", 10))}
        />
        <button type="button" className="mt-button" aria-label={t("headcount.more")} onClick={() => set(value + 1)}>
          +
        </button>
      </div>
    </div>
  );
}
