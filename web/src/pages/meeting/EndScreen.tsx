import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { EndReason } from "~/room/types";
import { type Entry, prejoinPath } from "./entry";
import { LanguageSwitch } from "./parts/LanguageSwitch";
import { SupportLine } from "./parts/SupportLine";

const FOR_GOOD: readonly EndReason[] = ["BRIEFING_ENDED"];

/** The stay is over: why, and how to come back. */
export function EndScreen({ entry, end }: { entry: Entry; end: EndReason }) {
  const { t } = useTranslation("room");
  const id = entry.briefing.name.slice("briefings/".length);
  return (
    <main className="mt-dark rm-ended" data-end={end}>
      <div className="mt-notice">
        <h1 role="alert">{t(`end.${end}.title`)}</h1>
        <p>{t(`end.${end}.text`, { title: entry.briefing.title, secretary: entry.briefing.secretaryDisplayName })}</p>
        <p>
          <SupportLine support={entry.support} />
        </p>
        <div className="mt-actions">
          {FOR_GOOD.includes(end) ? null : (
            <Link className="mt-button" data-tone="primary" to={prejoinPath(id, entry.link)}>
              {t("end.again")}
            </Link>
          )}
          {entry.link ? null : (
            <Link className="mt-button" to="/">
              {t("end.calendar")}
            </Link>
          )}
          <LanguageSwitch />
        </div>
      </div>
    </main>
  );
}
