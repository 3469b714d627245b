import { Button, Card, Group, SegmentedControl, Table, Text, TextInput } from "@mantine/core";
import { CalendarPlus, Search } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { usePermissions } from "~/api/session";
import { type Briefing, Briefing_State } from "~/gen/briefing/v1/briefing_pb";
import { endOf, whenOf } from "~/lib/briefing";
import { addDays, civilDate, formatDay, formatTime, instantOf } from "~/lib/dates";
import { paths } from "~/lib/names";
import { matches } from "~/lib/text";
import { BriefingBadge } from "~/ui/BriefingBadge";
import { PageHeader } from "~/ui/PageHeader";
import { EmptyState, QueryView } from "~/ui/states";
import { useSearchText } from "~/ui/useSearchText";
import { useBriefings } from "./queries";

const FILTERS = ["ahead", "past", "cancelled"] as const;
type Filter = (typeof FILTERS)[number];

function select(all: readonly Briefing[], filter: Filter, query: string, now: Date): Briefing[] {
  const begins = (briefing: Briefing) => instantOf(briefing.startTime)?.getTime() ?? 0;
  const over = (briefing: Briefing) =>
    briefing.state === Briefing_State.ENDED || (endOf(briefing)?.getTime() ?? 0) < now.getTime();
  const belongs = (briefing: Briefing) => {
    if (briefing.state === Briefing_State.CANCELLED) return filter === "cancelled";
    return filter === (over(briefing) ? "past" : "ahead");
  };
  const text = (briefing: Briefing) =>
    `${briefing.title} ${briefing.hostUnitDisplayName} ${briefing.chairDisplayName} ${whenOf(briefing)}`;
  // What comes next, or what was last, stands first.
  const direction = filter === "ahead" ? 1 : -1;
  return all
    .filter((briefing) => belongs(briefing) && matches(text(briefing), query))
    .sort((one, other) => direction * (begins(one) - begins(other)));
}

/** All briefings the caller may see: ahead, past, called off. */
export function Component() {
  const { t } = useTranslation("briefings");
  const may = usePermissions();
  const [parameters, setParameters] = useSearchParams();
  const filter = FILTERS.find((value) => value === parameters.get("loc")) ?? "ahead";
  const [query, search] = useSearchText();
  const now = new Date();
  const today = civilDate(now);
  const all = useBriefings(addDays(today, -92), addDays(today, 184));
  const show = (loc: string) => setParameters({ loc, ...(query ? { q: query } : {}) }, { replace: true });
  const bookButton = may("briefings.write") ? (
    <Button component={Link} to={paths.book} leftSection={<CalendarPlus size={18} aria-hidden="true" />}>
      {t("common:action.book")}
    </Button>
  ) : null;
  return (
    <>
      <PageHeader title={t("title")}>{bookButton}</PageHeader>
      <Group mb="md" gap="sm">
        <SegmentedControl
          aria-label={t("filter.label")}
          value={filter}
          onChange={show}
          data={FILTERS.map((value) => ({ value, label: t(`filter.${value}`) }))}
        />
        <TextInput
          aria-label={t("filter.search")}
          placeholder={t("filter.searchHint")}
          leftSection={<Search size={18} aria-hidden="true" />}
          value={query}
          onChange={(event) => search(event.currentTarget.value)}
          className="gb-filter"
        />
      </Group>
      <QueryView query={all}>
        {(found) => {
          const shown = select(found, filter, query, now);
          if (shown.length > 0) return <BriefingTable briefings={shown} />;
          if (query) return <EmptyState title={t("empty.search", { query })} />;
          return (
            <EmptyState title={t(`empty.${filter}`)} action={filter === "ahead" ? bookButton : null}>
              {t("empty.text")}
            </EmptyState>
          );
        }}
      </QueryView>
    </>
  );
}

function BriefingTable({ briefings }: { briefings: readonly Briefing[] }) {
  const { t } = useTranslation("briefings");
  const navigate = useNavigate();
  return (
    <Card withBorder padding={0}>
      <Table highlightOnHover verticalSpacing="sm" className="gb-table">
        <Table.Thead>
          <Table.Tr>
            {["when", "title", "host", "chair", "size", "state"].map((column) => (
              <Table.Th key={column}>{t(`column.${column}`)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {briefings.map((briefing) => (
            // The link in the row serves the keyboard; the row is a larger target for the mouse.
            <Table.Tr
              key={briefing.name}
              onClick={() => navigate(paths.briefing(briefing.name))}
              className="gb-clickable"
            >
              <Table.Td data-label={t("column.when")} className="gb-nowrap">
                <When briefing={briefing} />
              </Table.Td>
              <Table.Td data-label={t("column.title")}>
                <Link
                  to={paths.briefing(briefing.name)}
                  className="gb-strong-link"
                  onClick={(event) => event.stopPropagation()}
                >
                  {briefing.title}
                </Link>
              </Table.Td>
              <Table.Td data-label={t("column.host")}>{briefing.hostUnitDisplayName}</Table.Td>
              <Table.Td data-label={t("column.chair")}>{briefing.chairDisplayName}</Table.Td>
              <Table.Td data-label={t("column.size")}>
                <Text span className="gb-nowrap">
                  {t("common:count.points", { count: briefing.pointCount })}
                </Text>
                <br />
                <Text span size="sm" c="var(--gb-muted)">
                  {t("common:count.people", { count: briefing.personCount })}
                </Text>
              </Table.Td>
              <Table.Td data-label={t("column.state")}>
                <BriefingBadge state={briefing.state} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function When({ briefing }: { briefing: Briefing }) {
  const start = instantOf(briefing.startTime);
  const end = endOf(briefing);
  if (!start || !end) return null;
  return (
    <>
      <Text>{formatDay(start)}</Text>
      <Text size="sm" c="var(--gb-muted)">
        {formatTime(start)}–{formatTime(end)}
      </Text>
    </>
  );
}
