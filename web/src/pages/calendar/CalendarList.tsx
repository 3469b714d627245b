import { Card, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Briefing } from "~/gen/briefing/v1/briefing_pb";
import { type SpecialDay, SpecialDay_Kind } from "~/gen/briefing/v1/calendar_service_pb";
import { endOf } from "~/lib/briefing";
import { civilDate, formatDay, formatTime, instantFromCivil, instantOf } from "~/lib/dates";
import { paths } from "~/lib/names";
import { LIST_DAYS } from "~/lib/range";
import { BriefingBadge } from "~/ui/BriefingBadge";
import { EmptyState, RowsSkeleton } from "~/ui/states";

interface CalendarListProps {
  readonly first: string;
  readonly end: string;
  readonly briefings: readonly Briefing[];
  readonly specialDays: readonly SpecialDay[];
  /** The briefings are still those of another span of days. */
  readonly asking: boolean;
}

function byDay(briefings: readonly Briefing[]): Map<string, Briefing[]> {
  const days = new Map<string, Briefing[]>();
  for (const briefing of briefings) {
    const start = instantOf(briefing.startTime);
    if (!start) continue;
    const day = civilDate(start);
    days.set(day, [...(days.get(day) ?? []), briefing]);
  }
  return days;
}

/** Briefings and special days one below the other, for phones and for those who prefer reading. */
export function CalendarList({ first, end, briefings, specialDays, asking }: CalendarListProps) {
  const { t } = useTranslation("calendar");
  if (asking) return <RowsSkeleton height={88} />;
  const days = byDay(briefings);
  const special = new Map(specialDays.map((day) => [day.dayDate, day]));
  const dates = [...new Set([...days.keys(), ...special.keys()])].filter((day) => day >= first && day < end).sort();
  if (dates.length === 0) {
    return <EmptyState title={t("emptyList", { count: LIST_DAYS })}>{t("emptyListHint")}</EmptyState>;
  }
  return (
    <div className="gb-calendar-list">
      {dates.map((date) => (
        <Card key={date} withBorder component="section" padding="sm">
          <DayHead date={date} special={special.get(date)} />
          {(days.get(date) ?? []).map((briefing) => (
            <Row key={briefing.name} briefing={briefing} />
          ))}
        </Card>
      ))}
    </div>
  );
}

function DayHead({ date, special }: { date: string; special: SpecialDay | undefined }) {
  const { t } = useTranslation("calendar");
  const noon = instantFromCivil(date, "12:00");
  const makeup = special?.kind === SpecialDay_Kind.MAKEUP;
  return (
    <Group justify="space-between" px="xs">
      <Text fw={600} component="h2">
        {noon ? formatDay(noon) : date}
      </Text>
      {special ? (
        <Text size="sm" fw={600} c={makeup ? "var(--gb-warn)" : "var(--gb-stop)"}>
          {t(makeup ? "makeup" : "holiday", { name: special.displayName })}
        </Text>
      ) : null}
    </Group>
  );
}

function Row({ briefing }: { briefing: Briefing }) {
  const { t } = useTranslation("calendar");
  const start = instantOf(briefing.startTime);
  const end = endOf(briefing);
  return (
    <Link to={paths.briefing(briefing.name)} className="gb-row-link">
      <Group justify="space-between" gap="xs" wrap="wrap">
        <div>
          <Text fw={600}>
            {start && end ? `${formatTime(start)}–${formatTime(end)} ` : ""}
            {briefing.title}
          </Text>
          <Text size="sm" c="var(--gb-muted)">
            {briefing.hostUnitDisplayName} · {t("common:count.points", { count: briefing.pointCount })}
          </Text>
        </div>
        <BriefingBadge state={briefing.state} />
      </Group>
    </Link>
  );
}
