import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { LeaverSchema, TellScope } from "~/gen/briefing/v1/briefing_service_pb";
import {
  badFields,
  briefingOf,
  type Draft,
  draftOf,
  emptyDraft,
  emptyLine,
  overrideReasonsOf,
  refusedFields,
  withWishes,
} from "~/pages/booking/draft";
import { stillNamed, without } from "~/pages/booking/Leavers";
import { scopesOf } from "~/pages/booking/TellDialog";

const NOW = new Date("2026-11-22T04:00:00Z");
const unit = { name: "units/son-ha", label: "UBND tỉnh", detail: "" };
const chair = { name: "people/an", label: "Nguyễn Văn An", detail: "" };
const good: Draft = {
  ...emptyDraft(),
  title: " Giao ban tuần 48 ",
  hostUnit: unit,
  chair,
  date: "2026-11-23",
  time: "08:00",
  attendees: [{ name: "points/tan-lap", label: "Tân Lập", detail: "" }],
  agenda: [{ ...emptyLine(), title: "Thu ngân sách", minutes: 20 }, emptyLine()],
};

test("an empty form names what it needs", () => {
  expect([...badFields(emptyDraft(), NOW)]).toEqual(["title", "hostUnit", "chair", "date", "attendees"]);
});

test("a complete form has nothing wrong", () => {
  expect(badFields(good, NOW).size).toBe(0);
});

test.each([
  ["a day gone by", { date: "2026-11-20" }, "date"],
  ["an hour gone by", { date: "2026-11-22", time: "10:59" }, "time"],
  ["no time", { time: "" }, "time"],
  ["four minutes", { minutes: 4 }, "minutes"],
  ["thirteen hours", { minutes: 780 }, "minutes"],
  ["a presenter without a subject", { agenda: [{ ...emptyLine(), presenter: "Sở Y tế" }] }, "agenda"],
])("%s is refused at its field", (_name, part: Partial<Draft>, field) => {
  expect([...badFields({ ...good, ...part }, NOW)]).toEqual([field]);
});

test("a form becomes the briefing of the contract and back", () => {
  const briefing = briefingOf(good, "");
  expect(briefing.title).toBe("Giao ban tuần 48");
  expect(briefing.startTime?.seconds).toBe(BigInt(Date.parse("2026-11-23T01:00:00Z") / 1000));
  expect(briefing.duration?.seconds).toBe(5400n);
  expect(briefing.agenda.map((item) => item.title)).toEqual(["Thu ngân sách"]);
  const again = draftOf(briefing);
  expect([again.date, again.time, again.minutes]).toEqual(["2026-11-23", "08:00", 90]);
  expect(again.attendees.map((attendee) => attendee.name)).toEqual(["points/tan-lap"]);
});

test("only reasons that were written are sent", () => {
  const reasons = overrideReasonsOf({ ...good, reasons: { "people/an": " đã thống nhất ", "people/b": "  " } });
  expect(reasons.map(({ subject, reason }) => [subject, reason])).toEqual([["people/an", "đã thống nhất"]]);
});

test.each([
  ["BAD_FIELD", ["briefing.agenda[2].title"], "agenda"],
  ["BAD_FIELD", ["briefing.start_time"], "date"],
  ["UNKNOWN_PERSON", ["briefing.chair"], "chair"],
  ["POINT_TAKEN", [], "attendees"],
])("the refusal %s of %j marks %s", (reason, paths, field) => {
  expect([...refusedFields(reason, paths)]).toEqual([field]);
});

const asking = (words: string) => new URLSearchParams(words);

test("a link fills a form with what it asks for and leaves the rest", () => {
  const filled = withWishes(good, asking("ngay=2026-11-25&gio=14:30&moi=points/tan-hoa&ten=Tân Hòa"));
  expect([filled.date, filled.time]).toEqual(["2026-11-25", "14:30"]);
  expect(filled.attendees.map(({ name, label }) => [name, label])).toEqual([
    ["points/tan-lap", "Tân Lập"],
    ["points/tan-hoa", "Tân Hòa"],
  ]);
  expect([filled.title, filled.chair, filled.requestId]).toEqual([good.title, good.chair, good.requestId]);
});

test("a link invites nobody twice", () => {
  expect(withWishes(good, asking("moi=points/tan-lap&ten=Tân Lập")).attendees).toEqual(good.attendees);
});

test.each(["", "ngay=hôm nay", "ngay=2026-13-01", "gio=25:00", "xem=week"])(
  "a link that asks %j changes nothing",
  (words) => {
    expect(withWishes(good, asking(words))).toBe(good);
  },
);

test("who hears of a change is asked where there is a choice, and nobody is no choice where somebody is concerned", () => {
  const guest = { name: "people/moi", label: "Mới", detail: "" };
  const scopes = (part: Partial<Draft>) => scopesOf(good, { ...good, ...part });

  expect(scopes({ title: "Khác" })).toEqual([TellScope.EVERYONE, TellScope.NOBODY]);
  expect(scopes({ attendees: [...good.attendees, guest] })).toEqual([TellScope.CONCERNED, TellScope.EVERYONE]);
  expect(scopes({ secretary: guest })).toEqual([TellScope.CONCERNED, TellScope.EVERYONE]);
  expect(scopes({ time: "09:30", attendees: [guest] })).toEqual([TellScope.EVERYONE]);
});

test("who has left is followed or taken out wherever the draft names them", () => {
  const gone = { name: "people/cu", label: "Cũ", detail: "" };
  const follower = { name: "people/moi", label: "Mới", detail: "" };
  const draft: Draft = { ...good, chair: gone, attendees: [gone, follower] };
  const leavers = [create(LeaverSchema, { name: "people/cu" }), create(LeaverSchema, { name: "people/khac" })];

  expect(stillNamed(draft, leavers).map(({ name }) => name)).toEqual(["people/cu"]);
  expect(without(draft, "people/cu", follower)).toMatchObject({ chair: follower, attendees: [follower] });
  expect(without(draft, "people/cu", null)).toMatchObject({ chair: null, attendees: [follower] });
});
