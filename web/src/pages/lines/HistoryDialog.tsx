import "uplot/dist/uPlot.min.css";
import { Modal, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import UPlot from "uplot";
import { quality } from "~/api/clients";
import type { QualitySample } from "~/gen/briefing/v1/quality_pb";
import { civilDateTime, formatDateTime, formatTime, instantOf, ZONE } from "~/lib/dates";
import { formatQuantity } from "~/lib/numbers";
import { FONT, office } from "~/theme/tokens";
import { EmptyState, QueryView } from "~/ui/states";

const REFRESH_MS = 5_000;
const CHART_HEIGHT = 280;

/** What is stored of a participant's line: loss and round trip over time. */
export function HistoryDialog({ sample, onClose }: { sample: QualitySample; onClose: () => void }) {
  const { t } = useTranslation("lines");
  const { identity, room, displayName } = sample;
  const query = useQuery({
    queryKey: ["samples", identity, room],
    queryFn: async ({ signal }) => (await quality.listSamples({ identity, room }, { signal })).samples.reverse(),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Modal
      opened
      size={860}
      onClose={onClose}
      title={<Text fw={700}>{t("history.title", { name: displayName })}</Text>}
    >
      <QueryView query={query} skeleton={<Skeleton height={CHART_HEIGHT} />}>
        {(samples) => (samples.length > 0 ? <History samples={samples} /> : <EmptyState title={t("history.empty")} />)}
      </QueryView>
    </Modal>
  );
}

function History({ samples }: { samples: readonly QualitySample[] }) {
  const { t } = useTranslation("lines");
  const first = instantOf(samples[0]?.windowEndTime);
  const last = instantOf(samples[samples.length - 1]?.windowEndTime);
  const worst = (unit: string, values: (number | undefined)[]) =>
    formatQuantity(Math.max(0, ...values.map((value) => value ?? 0)), unit, 1);
  return (
    <>
      <Text size="sm" c="var(--gb-muted)">
        {first && last ? t("history.span", { from: formatDateTime(first), to: formatTime(last) }) : ""}
        {" · "}
        {t("history.worst", {
          loss: worst(
            "%",
            samples.flatMap((sample) => [sample.up?.lossPercent, sample.down?.lossPercent]),
          ),
          rtt: worst(
            "ms",
            samples.map((sample) => sample.roundTripMs),
          ),
        })}
      </Text>
      <Chart samples={samples} />
    </>
  );
}

// Windows are five seconds long, so the clock shows seconds.
const clock = (seconds: number) => civilDateTime(new Date(seconds * 1000)).slice(11);

function options(width: number, labels: Record<"time" | "lossUp" | "lossDown" | "rtt", string>): UPlot.Options {
  const axis = {
    font: `12px ${FONT}`,
    stroke: office.muted,
    grid: { stroke: office.line },
    ticks: { stroke: office.line },
  };
  return {
    width,
    height: CHART_HEIGHT,
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), ZONE),
    scales: {
      ms: { range: (_, __, max) => [0, Math.max(100, max || 0)] },
      "%": { range: (_, __, max) => [0, Math.max(5, max || 0)] },
    },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map(clock) },
      { ...axis, scale: "%" },
      { ...axis, scale: "ms", side: 1, grid: { show: false } },
    ],
    series: [
      { label: labels.time, value: (_, seconds) => (seconds ? clock(seconds) : "–") },
      { label: labels.lossUp, scale: "%", stroke: office.stop, width: 2 },
      { label: labels.lossDown, scale: "%", stroke: office.warn, width: 2, dash: [6, 4] },
      { label: labels.rtt, scale: "ms", stroke: office.primary, width: 2, dash: [2, 3] },
    ],
  };
}

function Chart({ samples }: { samples: readonly QualitySample[] }) {
  const { t } = useTranslation("lines");
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(null);
  const data: UPlot.AlignedData = [
    samples.map((sample) => (instantOf(sample.windowEndTime)?.getTime() ?? 0) / 1000),
    samples.map((sample) => sample.up?.lossPercent ?? null),
    samples.map((sample) => sample.down?.lossPercent ?? null),
    samples.map((sample) => sample.roundTripMs ?? null),
  ];
  const newest = useRef(data);
  newest.current = data;

  useEffect(() => {
    const element = target.current;
    if (!element) return;
    const labels = {
      time: t("history.time"),
      lossUp: t("history.lossUp"),
      lossDown: t("history.lossDown"),
      rtt: t("history.rtt"),
    };
    const created = new UPlot(options(element.clientWidth, labels), newest.current, element);
    plot.current = created;
    const observer = new ResizeObserver(() => created.setSize({ width: element.clientWidth, height: CHART_HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      created.destroy();
      plot.current = null;
    };
  }, [t]);
  useEffect(() => plot.current?.setData(data));

  return <div ref={target} className="gb-chart" role="img" aria-label={t("history.caption")} />;
}
