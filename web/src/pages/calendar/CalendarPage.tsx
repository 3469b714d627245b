import { ActionIcon, Box, Button, Card, Group, SegmentedControl, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { CalendarPlus, ChevronLeft, ChevronRight } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { usePermissions } from "~/api/session";
import { addDays, civilDate, weekNumber } from "~/lib/dates";
import { paths } from "~/lib/names";
import { shortSpan, shownRange, step, VIEWS, type View } from "~/lib/range";
import { PageHeader } from "~/ui/PageHeader";
import { AfterWhile, QueryView } from "~/ui/states";
import { useBriefings } from "../briefings/queries";
import { CalendarList } from "./CalendarList";
import { NextBriefing } from "./NextBriefing";
import { useSpecialDays } from "./queries";
import "./calendar.css";

const EventCalendar = lazy(async () => ({ default: (await import("./EventCalendar")).EventCalendar }));

// The engine lays its grids out with CSS subgrid; browsers before Chrome 117 get the list.
const CAN_DRAW_GRIDS = CSS.supports("grid-template-columns", "subgrid");

function useCalendarState() {
  const [parameters, setParameters] = useSearchParams();
  const narrow = useMediaQuery("(max-width: 700px)", undefined, { getInitialValueInEffect: false });
  const wanted = VIEWS.find((view) => view === parameters.get("xem"));
  const view: View = CAN_DRAW_GRIDS ? (wanted ?? (narrow ? "list" : "week")) : "list";
  const asked = parameters.get("ngay") ?? "";
  const today = civilDate(new Date());
  const date = /^\d{4}-\d{2}-\d{2}$/.test(asked) && !Number.isNaN(Date.parse(asked)) ? asked : today;
  const show = (nextView: View, nextDate: string) =>
    setParameters({ xem: nextView, ngay: nextDate }, { replace: true });
  return { view, date, today, show };
}

/** The calendar: day, week, month, list, with the next briefing beside it. */
export function Component() {
  const { t } = useTranslation("calendar");
  const may = usePermissions();
  const navigate = useNavigate();
  const { view, date, today, show } = useCalendarState();
  const { first, end } = shownRange(view, date);
  const query = useBriefings(first, end);
  const asking = query.isPlaceholderData;
  const special = useSpecialDays(first, end);
  const mayBook = may("briefings.write");
  const last = addDays(end, -1);
  const [year, month] = date.split("-");

  const titles: Record<View, string> = {
    day: shortSpan(first, last),
    week: t("week", { week: weekNumber(first), span: shortSpan(first, last) }),
    month: t("month", { month, year }),
    list: shortSpan(first, last),
  };
  const book = (day: string, time: string) =>
    navigate(`${paths.book}?ngay=${day}${time ? `&gio=${encodeURIComponent(time)}` : ""}`);

  return (
    <>
      <PageHeader title={t("title")} detail={<span aria-live="polite">{titles[view]}</span>}>
        <Group gap={4} wrap="nowrap">
          <ActionIcon
            variant="default"
            size={44}
            aria-label={t("earlier")}
            onClick={() => show(view, step(view, date, -1))}
          >
            <ChevronLeft size={20} aria-hidden="true" />
          </ActionIcon>
          <Button variant="default" h={44} onClick={() => show(view, today)}>
            {t("today")}
          </Button>
          <ActionIcon
            variant="default"
            size={44}
            aria-label={t("later")}
            onClick={() => show(view, step(view, date, 1))}
          >
            <ChevronRight size={20} aria-hidden="true" />
          </ActionIcon>
        </Group>
        {CAN_DRAW_GRIDS ? (
          <SegmentedControl
            aria-label={t("view.label")}
            value={view}
            onChange={(next) => show(next as View, date)}
            data={VIEWS.map((value) => ({ value, label: t(`view.${value}`) }))}
          />
        ) : null}
        {mayBook ? (
          <Button component={Link} to={paths.book} h={44} leftSection={<CalendarPlus size={18} aria-hidden="true" />}>
            {t("common:action.book")}
          </Button>
        ) : null}
      </PageHeader>
      <div className="gb-calendar-layout">
        <Box>
          <QueryView query={query} skeleton={<CalendarSkeleton />}>
            {(found) =>
              view === "list" ? (
                <CalendarList
                  first={first}
                  end={end}
                  briefings={found}
                  specialDays={special.data ?? []}
                  asking={asking}
                />
              ) : (
                <Suspense fallback={<CalendarSkeleton />}>
                  <Card withBorder padding={0}>
                    <EventCalendar
                      view={view}
                      date={date}
                      briefings={found}
                      specialDays={special.data ?? []}
                      onOpen={(name) => navigate(paths.briefing(name))}
                      asking={asking}
                      onChoose={mayBook ? book : undefined}
                    />
                  </Card>
                </Suspense>
              )
            }
          </QueryView>
        </Box>
        <NextBriefing />
      </div>
    </>
  );
}

function CalendarSkeleton() {
  return (
    <AfterWhile>
      <Skeleton height="70vh" radius={8} />
    </AfterWhile>
  );
}
