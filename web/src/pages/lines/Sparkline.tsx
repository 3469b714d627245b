import { useTranslation } from "react-i18next";

const WIDTH = 132;
const HEIGHT = 32;
const WINDOWS = 120;
// Room for the dot at the end.
const PAD = 4;

/** Scores 0 to 100 as a small line; gaps where there was no data. */
export function Sparkline({ scores }: { scores: readonly (number | null)[] }) {
  const { t } = useTranslation("lines");
  const known = scores.filter((score) => score !== null);
  const last = known[known.length - 1];
  if (last === undefined) return <span className="gb-muted">{t("sparkNone")}</span>;

  const step = (WIDTH - 2 * PAD) / (WINDOWS - 1);
  const x = (index: number) => (WIDTH - PAD - (scores.length - 1 - index) * step).toFixed(1);
  const y = (score: number) => (HEIGHT - PAD - (score / 100) * (HEIGHT - 2 * PAD)).toFixed(1);
  let pen = "M";
  const path = scores
    .map((score, index) => {
      if (score === null) {
        pen = "M";
        return "";
      }
      const part = `${pen}${x(index)} ${y(score)}`;
      pen = "L";
      return part;
    })
    .join("");
  const label = t("spark", {
    low: Math.round(Math.min(...known)),
    high: Math.round(Math.max(...known)),
    last: Math.round(last),
  });
  return (
    <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <title>{label}</title>
      <line x1="0" x2={WIDTH} y1={y(80)} y2={y(80)} className="gb-spark-bound" />
      <line x1="0" x2={WIDTH} y1={y(40)} y2={y(40)} className="gb-spark-bound" />
      <path d={path} className="gb-spark" />
      <circle cx={x(scores.length - 1)} cy={y(last)} r="2.5" className="gb-spark-end" />
    </svg>
  );
}
