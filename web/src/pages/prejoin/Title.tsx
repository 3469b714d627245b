import { useTranslation } from "react-i18next";
import type { Briefing } from "~/gen/briefing/v1/briefing_pb";
import { civilDate, formatDay, formatTime, instantOf } from "~/lib/dates";
import { useDurationWords } from "~/ui/useDurationWords";
import { LanguageSwitch } from "../meeting/parts/LanguageSwitch";

/** What, who chairs, when, how long until then by the server's clock. */
export function Title({ briefing, now }: { briefing: Briefing; now: Date }) {
  const { t } = useTranslation("prejoin");
  const spanWords = useDurationWords();
  const start = instantOf(briefing.startTime);
  const wait = start ? start.getTime() - now.getTime() : 0;
  const today = start !== null && civilDate(start) === civilDate(now);
  return (
    <header className="pj-title">
      <div>
        <h1>{briefing.title}</h1>
        <p>
          {t("title.chair")} <strong>{briefing.chairDisplayName}</strong>
          {start ? (
            <>
              {" · "}
              {today ? null : `${formatDay(start)} · `}
              <strong>{formatTime(start)}</strong>
              {" · "}
              {wait > 0 ? t("title.left", { span: spanWords(wait) }) : t("title.started", { span: spanWords(-wait) })}
            </>
          ) : null}
        </p>
      </div>
      <LanguageSwitch />
    </header>
  );
}
