import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { QualityGrade, type QualitySample, QualitySampleSchema } from "~/gen/briefing/v1/quality_pb";
import { applySamples, countGrades, gradeOf, heldOrder, type Lines, needsCare, worstFirst } from "~/lib/lines";

const START = Date.parse("2026-11-23T01:00:00Z");

function sample(identity: string, window: number, grade: QualityGrade, connected = true): QualitySample {
  return create(QualitySampleSchema, {
    key: `r/${identity}/${window}`,
    room: "r",
    identity,
    displayName: identity,
    grade,
    connected,
    score: grade === QualityGrade.GOOD ? 90 : 30,
    windowEndTime: timestampFromDate(new Date(START + window * 5_000)),
  });
}

const none: Lines = new Map();

test("the worst of the last minute stands first, the dropped before all", () => {
  const lines = applySamples(
    none,
    [
      sample("a", 1, QualityGrade.GOOD),
      sample("b", 1, QualityGrade.FAIR),
      sample("c", 1, QualityGrade.POOR),
      sample("d", 1, QualityGrade.GOOD, false),
      sample("e", 1, QualityGrade.NO_DATA),
    ],
    true,
  );
  expect(worstFirst(lines)).toEqual(["r d", "r c", "r b", "r e", "r a"]);
});

test("who was bad a moment ago goes before who never was", () => {
  let lines = applySamples(none, [sample("a", 1, QualityGrade.GOOD), sample("b", 1, QualityGrade.POOR)], true);
  lines = applySamples(lines, [sample("a", 2, QualityGrade.GOOD), sample("b", 2, QualityGrade.GOOD)], false);
  expect(worstFirst(lines)).toEqual(["r b", "r a"]);
});

test("who dropped stays with the time of dropping", () => {
  let lines = applySamples(none, [sample("a", 1, QualityGrade.GOOD)], true);
  lines = applySamples(lines, [sample("a", 2, QualityGrade.GOOD, false)], false);
  lines = applySamples(lines, [sample("a", 3, QualityGrade.NO_DATA, false)], false);
  const line = lines.get("r a");
  expect(line?.lostAt).toBe(START + 10_000);
  expect(line && gradeOf(line)).toBe(QualityGrade.LOST);
  expect(line && needsCare(line)).toBe(true);
});

test("who comes back is lost no more", () => {
  let lines = applySamples(none, [sample("a", 1, QualityGrade.GOOD, false)], true);
  lines = applySamples(lines, [sample("a", 2, QualityGrade.GOOD)], false);
  expect(lines.get("r a")?.lostAt).toBeNull();
});

test("a repeated sample is not counted twice and a reset keeps the history of whom it names", () => {
  let lines = applySamples(none, [sample("a", 1, QualityGrade.GOOD), sample("b", 1, QualityGrade.GOOD)], true);
  lines = applySamples(lines, [sample("a", 1, QualityGrade.GOOD)], true);
  expect([...lines.keys()]).toEqual(["r a"]);
  expect(lines.get("r a")?.scores).toEqual([90]);
});

test("history is ten minutes long", () => {
  let lines = none;
  for (let window = 0; window < 200; window += 1) {
    lines = applySamples(lines, [sample("a", window, QualityGrade.GOOD)], false);
  }
  expect(lines.get("r a")?.scores).toHaveLength(120);
});

test("a held order neither jumps nor forgets", () => {
  const lines = applySamples(none, [sample("a", 1, QualityGrade.GOOD), sample("c", 1, QualityGrade.POOR)], true);
  expect(heldOrder(["r b", "r a"], lines)).toEqual(["r a", "r c"]);
});

test("lines are counted by judgement", () => {
  const lines = applySamples(
    none,
    [
      sample("a", 1, QualityGrade.GOOD),
      sample("b", 1, QualityGrade.UNSPECIFIED),
      sample("c", 1, QualityGrade.GOOD, false),
    ],
    true,
  );
  expect(countGrades(lines.values())).toEqual({ good: 1, fair: 0, poor: 0, unknown: 1, lost: 1 });
});
