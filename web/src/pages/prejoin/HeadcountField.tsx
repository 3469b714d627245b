import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

/** The server refuses a point without people and more than this. */
const MAX_HEADCOUNT = 2000;

interface HeadcountFieldProps {
  /** From 1. */
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/** How many people sit before the camera of a point. */
export function HeadcountField({ value, onChange }: HeadcountFieldProps) {
  const { t } = useTranslation("prejoin");
  const id = useId();
  // Empty while the visitor types a new number over the old one.
  const [empty, setEmpty] = useState(false);
  const set = (next: number) => {
    setEmpty(false);
    onChange(Math.min(MAX_HEADCOUNT, Math.max(1, next)));
  };
  const type = (text: string) => {
    const digits = text.replace(/\D/g, "").slice(0, 4);
    if (digits) set(Number(digits));
    else setEmpty(true);
  };
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
          value={empty ? "" : String(value)}
          onFocus={(event) => event.currentTarget.select()}
          onBlur={() => setEmpty(false)}
          onChange={(event) => type(event.currentTarget.value)}
        />
        <button type="button" className="mt-button" aria-label={t("headcount.more")} onClick={() => set(value + 1)}>
          +
        </button>
      </div>
    </div>
  );
}
