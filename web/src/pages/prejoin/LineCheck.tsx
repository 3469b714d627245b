import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useProblemWords } from "~/api/words";
import { type LineDirection, type LineVerdict, QualityGrade } from "~/gen/briefing/v1/quality_pb";
import { formatQuantity } from "~/lib/numbers";
import { QualityMark } from "~/ui/QualityMark";
import { Dialog } from "../meeting/parts/Dialog";
import type { LineTesting } from "./useLineTest";

const ADVICE = ["VIDEO_FINE", "LOW_VIDEO", "AUDIO_ONLY", "CALL_SUPPORT"];
/** Reasons that end a test on this machine; others come from the server and have words of their own. */
const OWN_REASONS = ["LINE_TEST_SLOW", "LINE_LOST", "MEDIA_BLOCKED", "SERVER_AWAY", "REFUSED"];

/** The verdict on the line in a sentence, the numbers one click away. */
export function LineCheck({ testing }: { testing: LineTesting }) {
  const { t } = useTranslation("prejoin");
  const { state } = testing;
  return (
    <div className="pj-line" aria-live="polite">
      <p>
        <span>{t("line.label")} </span>
        {state.step === "done" ? <QualityMark grade={state.verdict.grade} /> : null}
        {state.step === "failed" ? <QualityMark grade={QualityGrade.NO_DATA} /> : null}
        {state.step !== "done" && state.step !== "failed" ? (
          <strong className="mt-muted">{t(`line.${state.step}`)}</strong>
        ) : null}
        {state.step === "done" ? <Details verdict={state.verdict} onAgain={testing.again} /> : null}
        {state.step === "failed" ? (
          <button type="button" className="mt-link" onClick={testing.again}>
            {t("line.again")}
          </button>
        ) : null}
      </p>
      {state.step === "done" && ADVICE.includes(state.verdict.advice) ? (
        <p className="pj-advice">{t(`line.advice.${state.verdict.advice}`)}</p>
      ) : null}
      {state.step === "failed" ? <Failure error={state.error} /> : null}
    </div>
  );
}

function Failure({ error }: { error: unknown }) {
  const { t } = useTranslation("prejoin");
  const words = useProblemWords();
  const reason = error instanceof Error ? error.message : "";
  if (OWN_REASONS.includes(reason)) return <p className="pj-advice">{t(`line.failed.${reason}`)}</p>;
  const { what, remedy } = words(error);
  return (
    <p className="pj-advice">
      {what} {remedy}
    </p>
  );
}

function Details({ verdict, onAgain }: { verdict: LineVerdict; onAgain: () => void }) {
  const { t } = useTranslation("prejoin");
  const [open, setOpen] = useState(false);
  const [copied, setCopied] = useState(false);
  const rows = useRows(verdict);
  const copy = async () => {
    const text = [...rows.map(([name, value]) => `${name}: ${value}`), navigator.userAgent].join("\n");
    await navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => undefined, // Without the right to copy, the numbers are on the screen.
    );
  };
  const close = () => setOpen(false);
  const footer = (
    <>
      <button type="button" className="mt-button" onClick={() => void copy()}>
        {t(copied ? "line.copied" : "line.copy")}
      </button>
      <button
        type="button"
        className="mt-button"
        onClick={() => {
          close();
          onAgain();
        }}
      >
        {t("line.again")}
      </button>
      <button type="button" className="mt-button" data-tone="primary" onClick={close}>
        {t("common:action.close")}
      </button>
    </>
  );
  return (
    <>
      <button type="button" className="mt-link" onClick={() => setOpen(true)}>
        {t("line.details")}
      </button>
      {open ? (
        <Dialog title={t("line.detailsTitle")} onClose={close} footer={footer}>
          <table className="pj-numbers">
            <tbody>
              {rows.map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Dialog>
      ) : null}
    </>
  );
}

function useRows(verdict: LineVerdict): [name: string, value: string][] {
  const { t } = useTranslation("prejoin");
  const number = (value: number | undefined, unit: string, digits = 0) =>
    value === undefined ? t("line.unmeasured") : formatQuantity(value, unit, digits);
  const direction = (side: "up" | "down", line: LineDirection | undefined): [string, string][] => [
    [t(`line.${side}.loss`), number(line?.lossPercent, "%", 1)],
    [t(`line.${side}.jitter`), number(line?.jitterMs, "ms")],
    [t(`line.${side}.rate`), number(line?.bitrateBps === undefined ? undefined : line.bitrateBps / 1000, "kbit/s")],
  ];
  return [
    ...direction("up", verdict.up),
    ...direction("down", verdict.down),
    [t("line.roundTrip"), number(verdict.roundTripMs, "ms")],
    [t("line.measured"), number(verdict.measuredSeconds, "s", 1)],
  ];
}
