import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  AgendaItemSchema,
  AttendeeSelectorSchema,
  type Briefing,
  BriefingSchema,
  type OverrideReason,
  OverrideReasonSchema,
} from "~/gen/briefing/v1/briefing_pb";
import { civilDate, civilTime, instantFromCivil, instantOf } from "~/lib/dates";
import { randomUuid } from "~/lib/uuid";

/** Something chosen from the directory. */
export interface Choice {
  readonly name: string;
  readonly label: string;
  readonly detail: string;
}

/** One line of the agenda while it is being written. */
export interface AgendaLine {
  /** Only for the screen: keeps the focus on its line while others move. */
  readonly key: string;
  readonly title: string;
  readonly presenter: string;
  readonly minutes: number;
}

/** Everything the booking form holds; plain data, so that it survives a reload as JSON. */
export interface Draft {
  readonly requestId: string;
  readonly etag: string;
  readonly title: string;
  readonly hostUnit: Choice | null;
  readonly chair: Choice | null;
  readonly secretary: Choice | null;
  /** Civil date `YYYY-MM-DD`; empty while none is chosen. */
  readonly date: string;
  /** Civil time `HH:mm`; empty while none is chosen. */
  readonly time: string;
  readonly minutes: number;
  readonly agenda: readonly AgendaLine[];
  readonly attendees: readonly Choice[];
  readonly notes: string;
  /** Why people are invited who are already taken, by `people/{person}`. */
  readonly reasons: Readonly<Record<string, string>>;
}

/** Fields that can be wrong, in the order of the screen. */
export const FIELDS = [
  "title",
  "hostUnit",
  "chair",
  "secretary",
  "date",
  "time",
  "minutes",
  "attendees",
  "agenda",
  "notes",
] as const;
export type Field = (typeof FIELDS)[number];

export const LIMITS = { title: 200, notes: 4000, minutesMin: 5, minutesMax: 720, agenda: 50, reason: 500 } as const;

/** Returns an empty form. */
export function emptyDraft(): Draft {
  return {
    requestId: randomUuid(),
    etag: "",
    title: "",
    hostUnit: null,
    chair: null,
    secretary: null,
    date: "",
    time: "08:00",
    minutes: 90,
    agenda: [],
    attendees: [],
    notes: "",
    reasons: {},
  };
}

/** Returns an agenda line with nothing in it. */
export function emptyLine(): AgendaLine {
  return { key: randomUuid(), title: "", presenter: "", minutes: 0 };
}

/** Whether somebody presents, or minutes are given to, nothing; lines with nothing in them are left out when sent. */
export function lacksTitle(line: AgendaLine): boolean {
  return !line.title.trim() && (line.presenter.trim() !== "" || line.minutes > 0);
}

/** Returns the draft with what a link to the form asks for: day `ngay`, time `gio`, somebody invited `moi`, called `ten`. */
export function withWishes(draft: Draft, wishes: URLSearchParams): Draft {
  const date = wishes.get("ngay") ?? "";
  const time = wishes.get("gio") ?? "";
  const name = wishes.get("moi") ?? "";
  const part: Partial<Draft> = {
    ...(instantFromCivil(date, "00:00") && { date }),
    ...(instantFromCivil("2000-01-01", time) && { time }),
    ...(name &&
      !draft.attendees.some((attendee) => attendee.name === name) && {
        attendees: [...draft.attendees, { name, label: wishes.get("ten") || name, detail: "" }],
      }),
  };
  return Object.keys(part).length > 0 ? { ...draft, ...part } : draft;
}

function choice(name: string, label: string): Choice | null {
  return name ? { name, label: label || name, detail: "" } : null;
}

/** Returns the form of a briefing that is to be changed. */
export function draftOf(briefing: Briefing): Draft {
  const start = instantOf(briefing.startTime);
  return {
    requestId: randomUuid(),
    etag: briefing.etag,
    title: briefing.title,
    hostUnit: choice(briefing.hostUnit, briefing.hostUnitDisplayName),
    chair: choice(briefing.chair, briefing.chairDisplayName),
    secretary: choice(briefing.secretary, briefing.secretaryDisplayName),
    date: start ? civilDate(start) : "",
    time: start ? civilTime(start) : "",
    minutes: Number(briefing.duration?.seconds ?? 0n) / 60,
    agenda: briefing.agenda.map(({ title, presenter, minutes }) => ({ key: randomUuid(), title, presenter, minutes })),
    attendees: briefing.attendees.map(({ name, displayName }) => ({ name, label: displayName || name, detail: "" })),
    notes: briefing.notes,
    reasons: {},
  };
}

/** Returns the instant the briefing would start, or null while date or time is missing. */
export function startOf(draft: Draft): Date | null {
  return instantFromCivil(draft.date, draft.time);
}

/** Returns what the form says, as the contract wants it; `name` is empty for a new briefing. */
export function briefingOf(draft: Draft, name: string): Briefing {
  const start = startOf(draft);
  return create(BriefingSchema, {
    name,
    etag: draft.etag,
    title: draft.title.trim(),
    hostUnit: draft.hostUnit?.name ?? "",
    chair: draft.chair?.name ?? "",
    secretary: draft.secretary?.name ?? "",
    startTime: start ? timestampFromDate(start) : undefined,
    duration: durationFromMs(draft.minutes * 60_000),
    agenda: draft.agenda
      .filter((line) => line.title.trim())
      .map((line) =>
        create(AgendaItemSchema, {
          title: line.title.trim(),
          presenter: line.presenter.trim(),
          minutes: line.minutes,
        }),
      ),
    attendees: selectorsOf(draft),
    notes: draft.notes.trim(),
  });
}

/** Returns the chosen attendees as the contract wants them. */
export function selectorsOf(draft: Draft) {
  return draft.attendees.map(({ name }) => create(AttendeeSelectorSchema, { name }));
}

/** Returns the reasons that were written down. */
export function overrideReasonsOf(draft: Draft): OverrideReason[] {
  return Object.entries(draft.reasons)
    .filter(([, reason]) => reason.trim())
    .map(([subject, reason]) => create(OverrideReasonSchema, { subject, reason: reason.trim() }));
}

/** Names the fields that cannot be sent as they are; what is wrong with each is one sentence a field. */
export function badFields(draft: Draft, now: Date): Set<Field> {
  const bad = new Set<Field>();
  const title = draft.title.trim();
  if (!title || title.length > LIMITS.title) bad.add("title");
  if (!draft.hostUnit) bad.add("hostUnit");
  if (!draft.chair) bad.add("chair");
  const start = startOf(draft);
  if (!instantFromCivil(draft.date, "00:00")) bad.add("date");
  else if (!start) bad.add("time");
  else if (start <= now) bad.add(civilDate(now) === draft.date ? "time" : "date");
  const { minutes } = draft;
  if (!Number.isInteger(minutes) || minutes < LIMITS.minutesMin || minutes > LIMITS.minutesMax) bad.add("minutes");
  if (draft.attendees.length === 0) bad.add("attendees");
  if (draft.agenda.some(lacksTitle)) bad.add("agenda");
  if (draft.notes.length > LIMITS.notes) bad.add("notes");
  return bad;
}

const BY_WIRE_NAME: Record<string, Field> = {
  title: "title",
  host_unit: "hostUnit",
  chair: "chair",
  secretary: "secretary",
  start_time: "date",
  duration: "minutes",
  agenda: "agenda",
  attendees: "attendees",
  notes: "notes",
};

// Refusals that name no field but can only mean one.
const BY_REASON: Record<string, Field> = {
  START_IN_PAST: "date",
  NO_ATTENDEES: "attendees",
  POINT_TAKEN: "attendees",
  UNKNOWN_POINT: "attendees",
};

/** Names the fields a refusal of the server is about: `briefing.agenda[2].title` is the agenda. */
export function refusedFields(reason: string, wirePaths: readonly string[]): Set<Field> {
  const fields = new Set<Field>();
  for (const path of wirePaths) {
    const field = BY_WIRE_NAME[path.replace(/^briefing\./, "").replace(/[.[].*$/, "")];
    if (field) fields.add(field);
  }
  const only = BY_REASON[reason];
  if (fields.size === 0 && only) fields.add(only);
  return fields;
}
