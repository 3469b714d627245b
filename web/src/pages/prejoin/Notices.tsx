import type { ReactNode } from "react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { problemOf } from "~/api/errors";
import { useProblemWords } from "~/api/words";
import type { Briefing } from "~/gen/briefing/v1/briefing_pb";
import { LanguageSwitch } from "../meeting/parts/LanguageSwitch";
import { type Support, SupportLine } from "../meeting/parts/SupportLine";

/** A page that is one message: what happened, what to do, whom to call. */
export function Notice({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Giao Ban`;
  }, [title]);
  return (
    <main className="mt-light pj-page">
      <div className="mt-notice">
        <h1>{title}</h1>
        {children}
        <div className="mt-actions">
          <LanguageSwitch />
        </div>
      </div>
    </main>
  );
}

const LINK_ERRORS = ["LINK_INVALID", "LINK_EXPIRED", "SERVICE_UNAVAILABLE"];

/** Why the link of the mail did not open the briefing. */
export function LinkNotice({ reason }: { reason: string }) {
  const { t } = useTranslation("prejoin");
  const key = LINK_ERRORS.includes(reason) ? reason : "SERVICE_UNAVAILABLE";
  return (
    <Notice title={t(`linkError.${key}.title`)}>
      <p>{t(`linkError.${key}.text`)}</p>
      <p>{t("linkError.whom")}</p>
    </Notice>
  );
}

interface AdmissionNoticeProps {
  readonly error: unknown;
  readonly link: boolean;
  readonly onRetry: () => void;
}

/** Why there is no invitation to show. */
export function AdmissionNotice({ error, link, onRetry }: AdmissionNoticeProps) {
  const { t } = useTranslation("prejoin");
  const words = useProblemWords();
  const { reason } = problemOf(error);
  if (reason === "SIGNED_OUT") {
    const next = encodeURIComponent(window.location.pathname + window.location.search);
    return (
      <Notice title={t(link ? "noLink.title" : "signIn.title")}>
        <p>{t(link ? "noLink.text" : "signIn.text")}</p>
        {link ? (
          <p>{t("linkError.whom")}</p>
        ) : (
          <p>
            <Link className="mt-button" data-tone="primary" to={`/dang-nhap?next=${next}`}>
              {t("signIn.button")}
            </Link>
          </p>
        )}
      </Notice>
    );
  }
  return (
    <Notice title={words(error).what}>
      <p>{words(error).remedy}</p>
      <p>{t("linkError.whom")}</p>
      <p>
        <button type="button" className="mt-button" data-tone="primary" onClick={onRetry}>
          {t("common:state.retry")}
        </button>
      </p>
    </Notice>
  );
}

/** The briefing is over or called off. */
export function OverNotice({
  briefing,
  cancelled,
  support,
}: {
  briefing: Briefing;
  cancelled: boolean;
  support: Support;
}) {
  const { t } = useTranslation("prejoin");
  return (
    <Notice title={t(cancelled ? "over.cancelled" : "over.ended")}>
      <p>
        <strong>{briefing.title}</strong>
      </p>
      {cancelled && briefing.cancelReason ? <p>{t("over.reason", { reason: briefing.cancelReason })}</p> : null}
      <p>{t("over.whom", { secretary: briefing.secretaryDisplayName || briefing.hostUnitDisplayName })}</p>
      <p>
        <SupportLine support={support} />
      </p>
    </Notice>
  );
}
