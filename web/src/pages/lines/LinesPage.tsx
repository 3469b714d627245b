import { Card, Group, Select, Switch, Text, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { QualityGrade } from "~/gen/briefing/v1/quality_pb";
import { countGrades, type Line, needsCare } from "~/lib/lines";
import { idOf } from "~/lib/names";
import { compareText, matches } from "~/lib/text";
import { useNearBriefings } from "~/pages/briefings/queries";
import { PageHeader } from "~/ui/PageHeader";
import { QualityMark } from "~/ui/QualityMark";
import { RequirePermission } from "~/ui/RequirePermission";
import { EmptyState, ErrorState, RowsSkeleton } from "~/ui/states";

import { LineTable } from "./LineTable";
import { useLines, useUnits } from "./useLines";
import "./lines.css";

const HistoryDialog = lazy(async () => ({ default: (await import("./HistoryDialog")).HistoryDialog }));

/** The lines of everyone in a room, live: worst first, dropped ones kept. */
export function Component() {
  const { t } = useTranslation("lines");
  return (
    <>
      <PageHeader title={t("title")} detail={t("detail")} />
      <RequirePermission permission="quality.read">
        <LiveLines />
      </RequirePermission>
    </>
  );
}

interface Filter {
  readonly query: string;
  readonly unitPath: string;
  readonly onlyBad: boolean;
}

function fits(line: Line, filter: Filter): boolean {
  return (
    line.sample.unitPath.startsWith(filter.unitPath) &&
    (!filter.onlyBad || needsCare(line)) &&
    matches(line.sample.displayName, filter.query)
  );
}

function LiveLines() {
  const [parameters] = useSearchParams();
  const [room, setRoom] = useState(parameters.get("hop") ?? "");
  const [filter, setFilter] = useState<Filter>({ query: "", unitPath: "", onlyBad: false });
  const [chosen, setChosen] = useState<Line | null>(null);
  const { lines, order, state, error } = useLines(room);
  if (error) return <ErrorState error={error} />;

  const shown = order.flatMap((key) => {
    const line = lines.get(key);
    return line && fits(line, filter) ? [{ key, line }] : [];
  });
  return (
    <>
      <Summary lines={[...lines.values()]} lost={state === "lost"} />
      <Filters
        room={room}
        filter={filter}
        onRoom={setRoom}
        onFilter={(part) => setFilter((before) => ({ ...before, ...part }))}
      />
      {state === "connecting" && lines.size === 0 ? <RowsSkeleton rows={6} /> : null}
      {state !== "connecting" && shown.length === 0 ? <Nothing any={lines.size > 0} onlyBad={filter.onlyBad} /> : null}
      {shown.length > 0 ? <LineTable rows={shown} onShow={setChosen} /> : null}
      {chosen ? (
        <Suspense fallback={null}>
          <HistoryDialog sample={chosen.sample} onClose={() => setChosen(null)} />
        </Suspense>
      ) : null}
    </>
  );
}

function Summary({ lines, lost }: { lines: readonly Line[]; lost: boolean }) {
  const { t } = useTranslation("lines");
  const counts = countGrades(lines);
  return (
    <Card withBorder padding="sm" mb="md">
      <Group gap="lg" role="status">
        <Text fw={700}>{t("summary", { count: lines.length })}</Text>
        <QualityMark grade={QualityGrade.LOST} count={counts.lost} />
        <QualityMark grade={QualityGrade.POOR} count={counts.poor} />
        <QualityMark grade={QualityGrade.FAIR} count={counts.fair} />
        <QualityMark grade={QualityGrade.GOOD} count={counts.good} />
        <QualityMark grade={QualityGrade.NO_DATA} count={counts.unknown} />
        <Text size="sm" c={lost ? "var(--gb-stop)" : "var(--gb-good)"} ml="auto" fw={600}>
          {lost ? t("common:state.reconnecting") : `● ${t("common:state.live")}`}
        </Text>
      </Group>
    </Card>
  );
}

function Nothing({ any, onlyBad }: { any: boolean; onlyBad: boolean }) {
  const { t } = useTranslation("lines");
  if (!any) return <EmptyState title={t("empty")}>{t("emptyText")}</EmptyState>;
  return <EmptyState title={t(onlyBad ? "emptyGood" : "emptyFilter")} />;
}

interface FiltersProps {
  readonly room: string;
  readonly filter: Filter;
  readonly onRoom: (room: string) => void;
  readonly onFilter: (part: Partial<Filter>) => void;
}

function Filters({ room, filter, onRoom, onFilter }: FiltersProps) {
  const { t } = useTranslation("lines");
  const units = useUnits();
  const near = useNearBriefings();
  // Units with others below them: districts, clusters, the province itself.
  const parents = new Set((units.data ?? []).map((unit) => unit.parent));
  const districts = (units.data ?? [])
    .filter((unit) => parents.has(unit.name))
    .sort((one, other) => compareText(one.displayName, other.displayName))
    .map((unit) => ({ value: unit.path, label: unit.displayName }));
  const rooms = (near.data ?? [])
    .filter((briefing) => briefing.room)
    .map((briefing) => ({ value: briefing.room || idOf(briefing.name), label: briefing.title }));
  const unique = [...new Map(rooms.map((option) => [option.value, option])).values()];
  return (
    <Group mb="md" gap="sm" align="center">
      <TextInput
        autoComplete="off"
        aria-label={t("search")}
        placeholder={t("search")}
        leftSection={<Search size={18} aria-hidden="true" />}
        value={filter.query}
        onChange={(event) => onFilter({ query: event.currentTarget.value })}
        w={220}
      />
      <Select
        aria-label={t("district")}
        placeholder={t("everyDistrict")}
        clearable
        searchable
        filter={({ options, search }) => options.filter((option) => "label" in option && matches(option.label, search))}
        data={districts}
        value={filter.unitPath || null}
        onChange={(unitPath) => onFilter({ unitPath: unitPath ?? "" })}
        w={260}
      />
      <Select
        aria-label={t("room")}
        placeholder={t("all")}
        clearable
        data={unique}
        value={room || null}
        onChange={(value) => onRoom(value ?? "")}
        w={260}
      />
      <Switch
        size="md"
        label={t("onlyBad")}
        checked={filter.onlyBad}
        onChange={(event) => onFilter({ onlyBad: event.currentTarget.checked })}
      />
    </Group>
  );
}
