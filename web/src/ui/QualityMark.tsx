import { useTranslation } from "react-i18next";
import { QualityGrade } from "~/gen/briefing/v1/quality_pb";
import "./quality.css";

// Shape, word and colour say the same, so that each alone is enough.
const MARKS: Record<QualityGrade, { shape: string; tone: string }> = {
  [QualityGrade.UNSPECIFIED]: { shape: "○", tone: "none" },
  [QualityGrade.GOOD]: { shape: "●", tone: "good" },
  [QualityGrade.FAIR]: { shape: "▲", tone: "warn" },
  [QualityGrade.POOR]: { shape: "■", tone: "stop" },
  [QualityGrade.NO_DATA]: { shape: "○", tone: "none" },
  [QualityGrade.LOST]: { shape: "✕", tone: "stop" },
};

/** The judgement of a line: ● Tốt, ▲ Yếu, ■ Kém, ○ Chưa có số liệu, ✕ Mất kết nối. Needs no component kit. */
export function QualityMark({ grade, count }: { grade: QualityGrade; count?: number }) {
  const { t } = useTranslation();
  const mark = MARKS[grade];
  return (
    <span className="gb-quality" data-tone={mark.tone}>
      <span aria-hidden="true">{mark.shape}</span> {t(`quality.${grade}`)}
      {count === undefined ? null : <strong> {count}</strong>}
    </span>
  );
}
