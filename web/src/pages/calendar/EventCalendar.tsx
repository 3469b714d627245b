import "@event-calendar/core/index.css";
import "./calendar.css";
import { type Calendar, createCalendar, DayGrid, destroyCalendar, Interaction, TimeGrid } from "@event-calendar/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { type Briefing, Briefing_State } from "~/gen/briefing/v1/briefing_pb";
import { type SpecialDay, SpecialDay_Kind } from "~/gen/briefing/v1/calendar_service_pb";
import { endOf } from "~/lib/briefing";
import { addDays, civilDateTime, formatDay, instantFromCivil, instantOf, ZONE } from "~/lib/dates";
import type { View } from "~/lib/range";

const ENGINE_VIEWS: Record<Exclude<View, "list">, string> = {
  day: "timeGridDay",
  week: "timeGridWeek",
  month: "dayGridMonth",
};

const STATE_CLASS: Record<Briefing_State, string> = {
  [Briefing_State.UNSPECIFIED]: "gb-ev",
  [Briefing_State.SCHEDULED]: "gb-ev",
  [Briefing_State.OPEN]: "gb-ev gb-ev-open",
  [Briefing_State.ENDED]: "gb-ev gb-ev-ended",
  [Briefing_State.CANCELLED]: "gb-ev gb-ev-cancelled",
};

interface EventCalendarProps {
  readonly view: Exclude<View, "list">;
  readonly date: string;
  readonly briefings: readonly Briefing[];
  readonly specialDays: readonly SpecialDay[];
  /** The briefings are still those of another span of days: what looks free may be taken. */
  readonly asking: boolean;
  readonly onOpen: (name: string) => void;
  /** A free place was chosen: civil date, and time where the view knows one. */
  readonly onChoose?: ((date: string, time: string) => void) | undefined;
}

function briefingEvent(briefing: Briefing, stateWord: string): Calendar.EventInput | null {
  const start = instantOf(briefing.startTime);
  const end = endOf(briefing);
  if (!start || !end) return null;
  const quiet = briefing.state === Briefing_State.SCHEDULED ? "" : ` (${stateWord})`;
  return {
    id: briefing.name,
    start: civilDateTime(start),
    end: civilDateTime(end),
    title: briefing.title + quiet,
    classNames: STATE_CLASS[briefing.state],
    extendedProps: { detail: briefing.hostUnitDisplayName },
  };
}

function specialDayEvents(day: SpecialDay, title: string): Calendar.EventInput[] {
  const kind = day.kind === SpecialDay_Kind.MAKEUP ? "makeup" : "holiday";
  const span = { start: day.dayDate, end: addDays(day.dayDate, 1), allDay: true };
  return [
    { ...span, id: `${day.dayDate}-ground`, display: "background", classNames: `gb-day-${kind}` },
    { ...span, id: day.dayDate, title, classNames: `gb-ev-special gb-ev-${kind}` },
  ];
}

/** The calendar engine inside React: day, week and month, in the time of the province on any machine. */
export function EventCalendar(props: EventCalendarProps) {
  const { view, date, briefings, specialDays, asking, onOpen, onChoose } = props;
  const { t, i18n } = useTranslation("calendar");
  const target = useRef<HTMLDivElement>(null);
  const engine = useRef<Calendar>(null);
  const open = useRef(onOpen);
  const choose = useRef(onChoose);
  open.current = onOpen;
  choose.current = asking ? undefined : onChoose;

  useEffect(() => {
    if (!target.current) return;
    const created = createCalendar(target.current, [TimeGrid, DayGrid, Interaction], {
      headerToolbar: { start: "", center: "", end: "" },
      timeZone: ZONE,
      firstDay: 1,
      height: "100%",
      slotMinTime: "06:00:00",
      slotMaxTime: "20:00:00",
      flexibleSlotTimeLimits: true,
      scrollTime: "07:00:00",
      slotHeight: 26,
      nowIndicator: true,
      editable: false,
      dayMaxEvents: true,
      slotEventOverlap: false,
      eventTimeFormat: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
      slotLabelFormat: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
      eventClick: ({ event }) => {
        if (String(event.id).startsWith("briefings/")) open.current(String(event.id));
      },
      dateClick: ({ dateStr, allDay }) => choose.current?.(dateStr.slice(0, 10), allDay ? "" : dateStr.slice(11, 16)),
    });
    engine.current = created;
    return () => {
      engine.current = null;
      void destroyCalendar(created);
    };
  }, []);

  useEffect(() => {
    engine.current
      ?.setOption("locale", i18n.language === "en" ? "en-GB" : i18n.language)
      .setOption("allDayContent", t("allDay"))
      .setOption("dayHeaderAriaLabelFormat", (day: Date) => formatDay(day))
      .setOption("dayHeaderFormat", {
        weekday: "short",
        day: "numeric",
        month: view === "month" ? undefined : "numeric",
      })
      .setOption("moreLinkContent", ({ num }: Calendar.MoreLinkInfo) => t("more", { count: num }));
    if (view === "month") engine.current?.setOption("dayHeaderFormat", { weekday: "short" });
  }, [i18n.language, view, t]);

  useEffect(() => {
    engine.current
      ?.setOption("view", ENGINE_VIEWS[view])
      .setOption("date", instantFromCivil(date, "12:00") ?? undefined);
  }, [view, date]);

  useEffect(() => {
    const booked = briefings.map((briefing) => briefingEvent(briefing, t(`common:briefingState.${briefing.state}`)));
    const special = specialDays.flatMap((day) =>
      specialDayEvents(day, t(day.kind === SpecialDay_Kind.MAKEUP ? "makeup" : "holiday", { name: day.displayName })),
    );
    engine.current?.setOption("events", [...special, ...booked.filter((event) => event !== null)]);
  }, [briefings, specialDays, t]);

  return <div ref={target} className="gb-calendar" data-view={view} aria-busy={asking} />;
}
