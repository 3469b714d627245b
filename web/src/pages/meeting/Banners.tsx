import { RefreshCw, TriangleAlert, Volume2, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { OwnDevice, OwnSource, RoomSnapshot } from "~/room/types";
import type { Actions } from "./useActions";

const LONG_MS = 3_000;
/** Where media is let through, it comes up sooner after the server let us in. */
const SILENCE_MS = 4_000;

interface BannersProps {
  readonly snapshot: RoomSnapshot;
  readonly actions: Actions;
  readonly onSound: () => void;
  readonly onRetry: (source: OwnSource) => void;
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

/** What the visitor must know now: the gravest alone, as each line is taken from the pictures. */
export function Banners(props: BannersProps) {
  return (
    <div className="rm-banners">
      <div aria-live="assertive">
        <Connection snapshot={props.snapshot} />
      </div>
      {isConnected(props.snapshot) ? <Notices {...props} /> : null}
    </div>
  );
}

function isConnected({ phase, cut }: RoomSnapshot): boolean {
  return phase === "connected" && !cut;
}

function Connection({ snapshot }: { snapshot: RoomSnapshot }) {
  const { t } = useTranslation("room");
  const { phase, attempt, away, cut, admitted } = snapshot;
  if (phase === "connecting") return <Entering admitted={admitted} />;
  if (phase === "reconnecting") {
    return (
      <p data-tone="warn" data-attempt={attempt}>
        <RefreshCw size={20} aria-hidden="true" />{" "}
        <span>{t(away ? AWAY_WORDS[away] : "banner.reconnecting", { attempt })}</span>
      </p>
    );
  }
  if (!cut) return null;
  return (
    <p data-tone="warn">
      <TriangleAlert size={20} aria-hidden="true" /> <span>{t("banner.cut")}</span>
    </p>
  );
}

function Notices({ snapshot, actions, onSound, onRetry }: BannersProps) {
  const { t } = useTranslation("room");
  const broken = useBroken(snapshot);
  return (
    <>
      {snapshot.soundBlocked ? (
        <p data-tone="warn">
          <button type="button" className="mt-button" data-tone="primary" onClick={onSound}>
            <Volume2 size={20} aria-hidden="true" /> {t("banner.startSound")}
          </button>
        </p>
      ) : null}
      <div aria-live="polite">
        {actions.notice ? (
          <p data-tone="plain">
            <span>{actions.notice}</span>
            <Dismiss onClick={actions.dismiss} />
          </p>
        ) : broken.source ? (
          <p data-tone="warn">
            <TriangleAlert size={20} aria-hidden="true" />
            <span>
              <strong>{t(`banner.broken.${broken.source}`)}</strong>{" "}
              {t(broken.source === "screen" ? "banner.screenHelp" : `prejoin:help.${broken.problem}`)}
            </span>
            <button type="button" className="mt-button" onClick={() => broken.source && onRetry(broken.source)}>
              {t("banner.retry")}
            </button>
            <Dismiss onClick={broken.dismiss} />
          </p>
        ) : snapshot.saving ? (
          <p data-tone="warn">
            <TriangleAlert size={20} aria-hidden="true" /> <span>{t("banner.saving")}</span>
          </p>
        ) : null}
      </div>
    </>
  );
}

const SOURCES = ["microphone", "camera", "screen"] as const;

/** The first own device that cannot be used, until that is dismissed; a new try that fails is told again. */
function useBroken({ own }: RoomSnapshot) {
  const [dismissed, setDismissed] = useState<readonly OwnDevice[]>([]);
  // Who closes the browser's window for choosing a screen knows why nothing is shared.
  const source = SOURCES.find((it) => {
    const { problem } = own[it];
    const known = problem === null || problem === "CANCELLED" || (it === "screen" && problem === "DENIED");
    return !known && !dismissed.includes(own[it]);
  });
  return {
    source,
    problem: source ? own[source].problem : null,
    dismiss: () => setDismissed(source ? [...dismissed, own[source]] : dismissed),
  };
}

function Dismiss({ onClick }: { onClick: () => void }) {
  const { t } = useTranslation();
  return (
    <button type="button" className="mt-button" aria-label={t("action.close")} onClick={onClick}>
      <X size={18} aria-hidden="true" />
    </button>
  );
}
