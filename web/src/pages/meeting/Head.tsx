import { useTranslation } from "react-i18next";
import type { Briefing } from "~/gen/briefing/v1/briefing_pb";
import { QualityGrade } from "~/gen/briefing/v1/quality_pb";
import { formatTime, instantOf } from "~/lib/dates";
import type { LineQuality } from "~/room/types";
import { QualityMark } from "~/ui/QualityMark";
import { dueItem } from "./agenda";
import { LanguageSwitch } from "./parts/LanguageSwitch";

const GRADES: Readonly<Record<LineQuality, QualityGrade>> = {
  good: QualityGrade.GOOD,
  weak: QualityGrade.FAIR,
  poor: QualityGrade.POOR,
  lost: QualityGrade.LOST,
  unknown: QualityGrade.NO_DATA,
};

interface HeadProps {
  readonly briefing: Briefing;
  /** Time at the server. */
  readonly now: Date;
  readonly quality: LineQuality;
  readonly present: number;
  readonly headcount: number;
}

/** Title, agenda item, clock, who is there, the own line. */
export function Head({ briefing, now, quality, present, headcount }: HeadProps) {
  const { t } = useTranslation("room");
  const start = instantOf(briefing.startTime);
  const due = start ? dueItem(briefing.agenda, now.getTime() - start.getTime()) : null;
  return (
    <header className="rm-head">
      <div className="rm-head-title">
        <h1>{briefing.title}</h1>
        <time>{formatTime(now)}</time>
        {due ? <span>{t("head.item", { ...due })}</span> : null}
      </div>
      <div className="rm-head-facts">
        <span>{t("head.present", { count: present })}</span>
        {headcount > 0 ? <span>{t("head.headcount", { count: headcount })}</span> : null}
        <span className="rm-line">
          <span>{t("head.line")}</span> <QualityMark grade={GRADES[quality]} />
        </span>
        <LanguageSwitch />
      </div>
    </header>
  );
}
