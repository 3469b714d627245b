import { RefreshCw, TriangleAlert, Volume2, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RoomSnapshot } from "~/room/types";
import type { Actions } from "./useActions";

const LONG_MS = 3_000;
/** Where media is let through, it comes up sooner after the server let us in. */
const SILENCE_MS = 4_000;

interface BannersProps {
  readonly snapshot: RoomSnapshot;
  readonly actions: Actions;
  readonly onSound: () => void;
}

/** Where the visitor stands while entering; after some seconds it says why that takes long. */
function Entering({ admitted }: { admitted: boolean }) {
  const { t } = useTranslation("room");
  const [long, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    const timer = setTimeout(() => setLong(true), admitted ? SILENCE_MS : LONG_MS);
    return () => clearTimeout(timer);
  }, [admitted]);
  if (!long) return <p data-tone="plain">{t("banner.connecting")}</p>;
  return <p data-tone={admitted ? "warn" : "plain"}>{t(admitted ? "banner.blocked" : "banner.crowded")}</p>;
}

const AWAY_WORDS = { line: "banner.lineAway", server: "banner.serverAway" } as const;

/** What the visitor must know now, at most one line each. */
export function Banners({ snapshot, actions, onSound }: BannersProps) {
  const { t } = useTranslation("room");
  const { phase, attempt, own, saving, soundBlocked } = snapshot;
  const broken = (["microphone", "camera", "screen"] as const).find(
    (source) => own[source].problem !== null && own[source].problem !== "CANCELLED",
  );
  // Whoever closes the browser's window for choosing a screen knows why nothing is shared.
  const problem = broken && !(broken === "screen" && own.screen.problem === "DENIED") ? own[broken].problem : null;
  return (
    <div className="rm-banners">
      <div aria-live="assertive">
        {phase === "connecting" ? <Entering admitted={snapshot.admitted} /> : null}
        {phase === "reconnecting" ? (
          <p data-tone="warn" data-attempt={attempt}>
            <RefreshCw size={20} aria-hidden="true" />{" "}
            {t(snapshot.away ? AWAY_WORDS[snapshot.away] : "banner.reconnecting", { attempt })}
          </p>
        ) : null}
        {snapshot.cut ? (
          <p data-tone="warn">
            <TriangleAlert size={20} aria-hidden="true" /> {t("banner.cut")}
          </p>
        ) : null}
      </div>
      <div aria-live="polite">
        {saving && phase === "connected" ? (
          <p data-tone="warn">
            <TriangleAlert size={20} aria-hidden="true" /> {t("banner.saving")}
          </p>
        ) : null}
        {problem && broken ? (
          <p data-tone="warn">
            <TriangleAlert size={20} aria-hidden="true" />
            <span>
              <strong>{t(`banner.broken.${broken}`)}</strong> {t(`prejoin:help.${problem}`)}
            </span>
          </p>
        ) : null}
        {actions.notice ? (
          <p data-tone="plain">
            <span>{actions.notice}</span>
            <button type="button" className="mt-button" data-small onClick={actions.dismiss}>
              <X size={18} aria-hidden="true" /> {t("common:action.close")}
            </button>
          </p>
        ) : null}
      </div>
      {soundBlocked ? (
        <p data-tone="warn">
          <button type="button" className="mt-button" data-tone="primary" onClick={onSound}>
            <Volume2 size={20} aria-hidden="true" /> {t("banner.startSound")}
          </button>
        </p>
      ) : null}
    </div>
  );
}
