import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { isRefusal, problemOf } from "~/api/errors";
import {
  AttendanceIntervalSchema,
  Briefing_State,
  BriefingSchema,
  InviteeSchema,
  ParticipationStatus,
} from "~/gen/briefing/v1/briefing_pb";
import { UnitSchema } from "~/gen/briefing/v1/org_pb";
import { BadRequestSchema, ErrorInfoSchema } from "~/gen/google/rpc/error_details_pb";
import { countInvitees, passes, timePresent } from "~/lib/attendance";
import { auditFacts } from "~/lib/audit";
import { upcoming } from "~/lib/briefing";
import * as dates from "~/lib/dates";
import { shortSpan, shownRange, step } from "~/lib/range";
import { compareText, fold, initials, matches, withoutKind } from "~/lib/text";
import { openForMatches, treeRows } from "~/lib/tree";
import { randomUuid } from "~/lib/uuid";
import { safeNext } from "~/pages/signin/next";

describe("dates", () => {
  const start = new Date("2026-11-23T01:00:00Z");

  test("a span is told in the time of the province", () => {
    const end = new Date("2026-11-23T02:30:00Z");
    expect(dates.formatSpan(start, end, "vi")).toBe("Thứ Hai, 23/11/2026 · 08:00–09:30");
    expect(dates.formatSpan(start, end, "en")).toBe("Monday, 23/11/2026 · 08:00–09:30");
  });

  test("a span over midnight names the other day", () => {
    const end = new Date("2026-11-23T17:30:00Z");
    expect(dates.formatSpan(start, end, "vi")).toBe("Thứ Hai, 23/11/2026 · 08:00–00:30 24/11/2026");
  });

  test("midnight is the first minute of its day", () => {
    expect(dates.civilDateTime(new Date("2026-11-22T17:00:00Z"))).toBe("2026-11-23T00:00:00");
  });

  test("civil times become instants and impossible ones do not", () => {
    expect(dates.instantFromCivil("2026-11-23", "08:00")).toEqual(start);
    expect(dates.instantFromCivil("2026-02-31", "08:00")).toBeNull();
    expect(dates.instantFromCivil("2026-11-23", "24:00")).toBeNull();
    expect(dates.instantFromCivil("", "")).toBeNull();
  });

  test.each([
    ["24/11/2026", "2026-11-24"],
    ["1-2-26", "2026-02-01"],
    ["31/02/2026", null],
    ["2026-11-24", null],
    ["mai", null],
  ])("%s typed as a date is %s", (typed, date) => {
    expect(dates.parseCivil(typed)).toBe(date);
  });

  test.each([
    ["2026-01-01", 1],
    ["2027-01-01", 53],
    ["2026-11-22", 47],
    ["2026-11-23", 48],
  ])("%s lies in week %i", (date, week) => {
    expect(dates.weekNumber(date)).toBe(week);
  });
});

describe("ranges of the calendar", () => {
  test("a week begins on Monday", () => {
    expect(shownRange("week", "2026-11-22")).toEqual({ first: "2026-11-16", end: "2026-11-23" });
  });

  test("a month shows whole weeks", () => {
    expect(shownRange("month", "2026-11-15")).toEqual({ first: "2026-10-26", end: "2026-12-07" });
  });

  test("months are stepped over the year", () => {
    expect(step("month", "2026-12-15", 1)).toBe("2027-01-01");
    expect(step("month", "2026-01-31", -1)).toBe("2025-12-01");
  });

  test.each([
    ["2026-11-23", "2026-11-29", "23–29/11/2026"],
    ["2026-11-30", "2026-12-06", "30/11–06/12/2026"],
    ["2026-12-28", "2027-01-03", "28/12/2026–03/01/2027"],
  ])("%s to %s is written %s", (first, last, written) => {
    expect(shortSpan(first, last)).toBe(written);
  });
});

describe("Vietnamese text", () => {
  test("is found without diacritics", () => {
    expect(fold("Đường Tân Lập")).toBe("duong tan lap");
    expect(matches("UBND xã Tân Lập – huyện Bắc Sơn", "tan lap")).toBe(true);
    expect(matches("UBND xã Tân Lập – huyện Bắc Sơn", "bac tan")).toBe(true);
    expect(matches("UBND xã Tân Lập", "hoa binh")).toBe(false);
  });

  test("is ordered as a dictionary does", () => {
    expect(["Đông", "Dương", "Ân", "An", "Ăn"].sort(compareText)).toEqual(["An", "Ăn", "Ân", "Dương", "Đông"]);
    expect(["Tuần 10", "Tuần 9"].sort(compareText)).toEqual(["Tuần 9", "Tuần 10"]);
  });
});

describe("problems", () => {
  test("carry reason, facts and fields of the server", () => {
    const error = new ConnectError("taken", Code.AlreadyExists, undefined, [
      {
        desc: ErrorInfoSchema,
        value: { reason: "POINT_TAKEN", domain: "giaoban", metadata: { holder_title: "Tuần 48" } },
      },
      { desc: BadRequestSchema, value: { fieldViolations: [{ field: "briefing.attendees", description: "taken" }] } },
    ]);
    // Details of errors that were made here are still outgoing; those from the wire are found the same way.
    const problem = problemOf(error);
    expect(problem.reason).toBe("POINT_TAKEN");
    expect(problem.metadata).toEqual({ holder_title: "Tuần 48" });
    expect(problem.fields).toEqual({ "briefing.attendees": "taken" });
  });

  test("without an answer mean that the network is away", () => {
    expect(problemOf(new TypeError("Failed to fetch")).reason).toBe("UNREACHABLE");
  });

  test.each([
    [Code.Unauthenticated, "SIGNED_OUT"],
    [Code.Unavailable, "SERVER_AWAY"],
    [Code.Internal, "UNEXPECTED"],
  ])("code %i without a reason is %s", (code, reason) => {
    expect(problemOf(new ConnectError("", code)).reason).toBe(reason);
  });

  test("refusals are told from troubles that pass", () => {
    expect(isRefusal(new ConnectError("", Code.PermissionDenied))).toBe(true);
    expect(isRefusal(new ConnectError("", Code.Unavailable))).toBe(false);
  });
});

describe("attendance", () => {
  const at = (time: string) => timestampFromDate(new Date(`2026-11-23T${time}Z`));
  const came = create(InviteeSchema, {
    status: ParticipationStatus.DELEGATED,
    headcount: 6,
    present: true,
    intervals: [
      create(AttendanceIntervalSchema, { joinTime: at("01:00:00"), leaveTime: at("01:20:00") }),
      create(AttendanceIntervalSchema, { joinTime: at("01:30:00") }),
    ],
  });
  const silent = create(InviteeSchema, { status: ParticipationStatus.NEEDS_ACTION });

  test("adds up stays, an open one until now", () => {
    expect(timePresent(came, new Date("2026-11-23T01:40:00Z"))).toBe(30 * 60_000);
  });

  test("is counted and filtered", () => {
    expect(countInvitees([came, silent])).toEqual({ accepted: 1, declined: 0, waiting: 1, present: 1, headcount: 6 });
    expect(passes(came, "absent")).toBe(false);
    expect(passes(silent, "absent")).toBe(true);
  });
});

test("the next briefing is the earliest that is neither over nor called off", () => {
  const briefing = (name: string, start: string, state: Briefing_State) =>
    create(BriefingSchema, {
      name,
      state,
      startTime: timestampFromDate(new Date(start)),
      duration: durationFromMs(3_600_000),
    });
  const all = [
    briefing("later", "2026-11-24T01:00:00Z", Briefing_State.SCHEDULED),
    briefing("running", "2026-11-23T01:00:00Z", Briefing_State.OPEN),
    briefing("over", "2026-11-22T01:00:00Z", Briefing_State.SCHEDULED),
    briefing("cancelled", "2026-11-23T01:30:00Z", Briefing_State.CANCELLED),
  ];
  expect(upcoming(all, new Date("2026-11-23T01:30:00Z")).map(({ name }) => name)).toEqual(["running", "later"]);
});

describe("the tree of units", () => {
  const unit = (name: string, parent: string, order: number) =>
    create(UnitSchema, { name: `units/${name}`, parent: parent && `units/${parent}`, displayName: name, order });
  const units = [unit("tỉnh", "", 1), unit("huyện", "tỉnh", 2), unit("sở", "tỉnh", 1), unit("xã Tân Lập", "huyện", 1)];

  test("shows what is open, in protocol order", () => {
    const rows = treeRows(units, new Set(["units/tỉnh"]));
    expect(rows.map((row) => [row.unit.displayName, row.depth])).toEqual([
      ["tỉnh", 0],
      ["sở", 1],
      ["huyện", 1],
    ]);
  });

  test("begins with what the caller may see", () => {
    expect(treeRows(units.slice(1), new Set()).map((row) => row.unit.displayName)).toEqual(["sở", "huyện"]);
  });

  test("opens down to what was found", () => {
    expect(openForMatches(units, "tan lap")).toEqual(new Set(["units/huyện", "units/tỉnh"]));
  });
});

test("audit facts are read, whatever they are", () => {
  expect(auditFacts('{"minutes":90,"roles":["a","b"],"fields":[]}')).toEqual([
    { name: "minutes", value: "90" },
    { name: "roles", value: "a, b" },
  ]);
  expect(auditFacts("{}")).toEqual([]);
  expect(auditFacts("broken {")).toEqual([{ name: "", value: "broken {" }]);
});

test.each([
  [null, "/"],
  ["/cuoc-hop/b1?xem=agenda", "/cuoc-hop/b1?xem=agenda"],
  ["//evil.example/x", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  ["/dang-nhap?next=/", "/"],
])("after signing in %s leads to %s", (wanted, path) => {
  expect(safeNext(wanted)).toBe(path);
});

test("UUIDs are of version 4 and differ", () => {
  expect(randomUuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(randomUuid()).not.toBe(randomUuid());
});

test.each([
  ["Điểm cầu xã Thử Một", "TM"],
  ["Hoàng Văn Đại", "VĐ"],
  ["native", "N"],
  ["Tổ 5 – ấp Bà", "ẤB"],
  ["", ""],
])("two letters stand for “%s”: %s", (name, letters) => {
  expect(initials(name)).toBe(letters);
});

test("a point is told from another by what its name does not share", () => {
  expect(["Điểm cầu xã Thử Một", "Hoàng Văn Đại", ""].map(withoutKind)).toEqual(["Xã Thử Một", "Hoàng Văn Đại", ""]);
});
