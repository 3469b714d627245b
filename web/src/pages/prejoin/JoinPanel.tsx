import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useProblemWords } from "~/api/words";
import { civilDate, formatDay, formatTime } from "~/lib/dates";
import { type Support, SupportLine } from "../meeting/parts/SupportLine";
import { countdown, type Gate } from "./gate";

interface JoinPanelProps {
  readonly gate: Gate;
  readonly openTime: Date | null;
  /** Time at the server. */
  readonly now: Date;
  readonly support: Support;
  readonly join: () => Promise<void>;
}

/** The one large button; before the room opens it counts down and then works by itself. */
export function JoinPanel({ gate, openTime, now, support, join }: JoinPanelProps) {
  const { t } = useTranslation("prejoin");
  const words = useProblemWords();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const early = gate === "early" && openTime !== null;
  const press = async () => {
    setBusy(true);
    setError(null);
    try {
      await join();
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  return (
    <div className="pj-join">
      {error ? (
        <p role="alert" className="pj-error">
          <strong>{words(error).what}</strong> {words(error).remedy}
        </p>
      ) : null}
      <button type="button" className="pj-enter" disabled={busy || gate !== "open"} onClick={() => void press()}>
        {t(busy ? "join.entering" : "join.enter")}
        {early ? <small>{opening(openTime, now)}</small> : null}
      </button>
      {early ? <p className="mt-muted">{t("join.opensByItself")}</p> : null}
      <p>
        {t("join.microphoneOff")} <SupportLine support={support} />
      </p>
    </div>
  );

  function opening(opens: Date, at: Date): string {
    const time = formatTime(opens);
    if (civilDate(opens) !== civilDate(at)) return t("join.opensOn", { time, day: formatDay(opens) });
    return t("join.opensAt", { time, left: countdown(opens.getTime() - at.getTime()) });
  }
}
