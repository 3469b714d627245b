import { describe, expect, it } from "vitest";
import { addLine, cleanMessage, MAX_LINES, MAX_MESSAGE } from "~/room/chat";
import { choicesOf, deviceProblemOf } from "~/room/devices";
import { RELAXED, stepGuard } from "~/room/guard";
import { reconnectDelay, roomOptions } from "~/room/options";
import { protocolOrder } from "~/room/order";
import { followSpeaker } from "~/room/speaker";
import { chooseStage, shownTracks, stripPages } from "~/room/stage";
import type { ChatLine, Member } from "~/room/types";

function member(identity: string, changes: Partial<Member> = {}): Member {
  return {
    identity,
    name: identity,
    isLocal: false,
    speaking: false,
    microphoneOn: false,
    quality: "good",
    cameraSid: null,
    screenSid: null,
    cameraFlow: "moving",
    camera: null,
    screen: null,
    sounds: [],
    ...changes,
  };
}

const nobody = { pinned: null, chosen: null, floor: null, speaker: null, chair: null };

describe("protocol order", () => {
  it("follows the list of invitees and puts the uninvited last, in Vietnamese order", () => {
    const members = [member("g2", { name: "Đông" }), member("g1", { name: "Dương" }), member("b"), member("a")];
    const sorted = [...members].sort(protocolOrder(["a", "b"]));
    expect(sorted.map((it) => it.identity)).toEqual(["a", "b", "g1", "g2"]);
  });
});

describe("the stage", () => {
  const chair = member("chair");
  const one = member("one", { cameraSid: "TR_1" });
  const sharing = member("sharing", { screenSid: "TR_S" });

  it("shows the chair while nobody speaks", () => {
    expect(chooseStage({ ...nobody, members: [one, chair], chair: "chair" })?.identity).toBe("chair");
  });

  it("prefers the floor to a shared screen, that to a voice, who leads to all of them, and a pin to who leads", () => {
    const members = [chair, one, sharing];
    const facts = { members, pinned: null, chosen: null, floor: "one", speaker: "chair", chair: "chair" };
    expect(chooseStage(facts)).toEqual({ identity: "one", kind: "camera" });
    expect(chooseStage({ ...facts, floor: null })).toEqual({ identity: "sharing", kind: "screen" });
    expect(chooseStage({ ...facts, floor: "sharing" })).toEqual({ identity: "sharing", kind: "screen" });
    const chosen = { identity: "sharing", kind: "camera" } as const;
    expect(chooseStage({ ...facts, chosen })).toEqual(chosen);
    expect(chooseStage({ ...facts, chosen, pinned: "chair" })).toEqual({ identity: "chair", kind: "camera" });
    expect(chooseStage({ ...facts, chosen: { identity: "gone", kind: "camera" } })?.identity).toBe("one");
  });

  it("never shows one's own screen to oneself", () => {
    const own = member("me", { isLocal: true, screenSid: "TR_M" });
    expect(chooseStage({ ...nobody, members: [own, one] })).toEqual({ identity: "one", kind: "camera" });
  });

  it("never shows oneself while others are there, and does when alone", () => {
    const me = member("me", { isLocal: true, cameraSid: "TR_M" });
    expect(chooseStage({ ...nobody, members: [me, one], floor: "me", chair: "me" })?.identity).toBe("one");
    expect(chooseStage({ ...nobody, members: [me], chair: "me" })?.identity).toBe("me");
  });

  it("forgets a pin of somebody who left and is empty in an empty room", () => {
    expect(chooseStage({ ...nobody, members: [one], pinned: "gone" })?.identity).toBe("one");
    expect(chooseStage({ ...nobody, members: [] })).toBeNull();
  });
});

describe("the strip", () => {
  const crowd = Array.from({ length: 30 }, (_, index) => member(`p${String(index).padStart(2, "0")}`));
  const members = [...crowd, member("me", { isLocal: true })];

  it("shows nine at a time and everybody exactly once", () => {
    const pages = stripPages({ members, stage: null, chair: null, queue: [] });
    expect(pages.map((page) => page.length)).toEqual([9, 9, 9, 4]);
    expect(new Set(pages.flat()).size).toBe(31);
  });

  it("brings oneself, the chair and the next speakers to the first page, in protocol order", () => {
    const [first] = stripPages({ members, stage: null, chair: "p29", queue: ["p25", "p20"] });
    expect(first?.map((it) => it.identity)).toEqual(["p00", "p01", "p02", "p03", "p04", "p20", "p25", "p29", "me"]);
  });

  it("leaves out who is on the stage by camera, and keeps who shows a screen there", () => {
    const two = [member("a"), member("b")];
    const withStage = (kind: "camera" | "screen") =>
      stripPages({ members: two, stage: { identity: "a", kind }, chair: null, queue: [] }).flat();
    expect(withStage("camera").map((it) => it.identity)).toEqual(["b"]);
    expect(withStage("screen")).toHaveLength(2);
  });

  it("receives only what is shown, and on a weak line only the stage", () => {
    const a = member("a", { cameraSid: "TR_A" });
    const b = member("b", { cameraSid: "TR_B" });
    const c = member("c", { cameraSid: "TR_C" });
    const stage = { identity: "a", kind: "camera" } as const;
    expect([...shownTracks(stage, [b], [a, b, c], false)]).toEqual(["TR_A", "TR_B"]);
    expect([...shownTracks(stage, [b], [a, b, c], true)]).toEqual(["TR_A"]);
  });
});

describe("who speaks", () => {
  it("is not changed by a cough, and stays in silence", () => {
    const first = followSpeaker(null, ["a"], 0);
    expect(first?.identity).toBe("a");
    expect(followSpeaker(first, ["b"], 1_000)?.identity).toBe("a");
    expect(followSpeaker(first, [], 9_000)?.identity).toBe("a");
    expect(followSpeaker(first, ["b"], 9_000)?.identity).toBe("b");
  });

  it("keeps the one before while both speak", () => {
    expect(followSpeaker({ identity: "a", since: 0 }, ["b", "a"], 9_000)?.identity).toBe("a");
  });
});

describe("the guard of a weak line", () => {
  it("starts saving after eight bad seconds and ends after thirty good ones", () => {
    let guard = stepGuard(RELAXED, "poor", 0);
    guard = stepGuard(guard, "lost", 7_999);
    expect(guard.saving).toBe(false);
    guard = stepGuard(guard, "poor", 8_000);
    expect(guard.saving).toBe(true);
    guard = stepGuard(guard, "good", 10_000);
    expect(stepGuard(guard, "good", 39_999).saving).toBe(true);
    expect(stepGuard(guard, "good", 40_000).saving).toBe(false);
  });

  it("forgets its doubt when the line recovers, and waits without a judgement", () => {
    const doubtful = stepGuard(RELAXED, "poor", 0);
    expect(stepGuard(doubtful, "good", 5_000)).toEqual(RELAXED);
    expect(stepGuard(doubtful, "unknown", 20_000).saving).toBe(false);
  });
});

describe("reconnecting", () => {
  it("tries at once, then slower, and gives up after three minutes", () => {
    const middle = () => 0.5;
    expect(reconnectDelay({ retryCount: 0, elapsedMs: 0 }, middle)).toBe(250);
    expect(reconnectDelay({ retryCount: 1, elapsedMs: 300 }, middle)).toBe(300);
    expect(reconnectDelay({ retryCount: 40, elapsedMs: 170_000 }, middle)).toBe(7_000);
    expect(reconnectDelay({ retryCount: 41, elapsedMs: 180_001 }, middle)).toBeNull();
  });
});

describe("the chat", () => {
  const line = (id: string): ChatLine => ({ id, identity: "a", name: "A", text: id, time: 0, own: false });

  it("cuts and cleans what is written", () => {
    expect(cleanMessage(`  xin chào${String.fromCharCode(0, 7)} `)).toBe("xin chào");
    expect([...cleanMessage("ầ".repeat(5_000))]).toHaveLength(MAX_MESSAGE);
  });

  it("shows a repeated message once and forgets the oldest", () => {
    expect(addLine([line("1")], line("1"))).toHaveLength(1);
    let lines: readonly ChatLine[] = [];
    for (let count = 0; count <= MAX_LINES; count += 1) lines = addLine(lines, line(String(count)));
    expect(lines).toHaveLength(MAX_LINES);
    expect(lines[0]?.id).toBe("1");
  });
});

describe("devices", () => {
  const named = (name: string, message = "") => Object.assign(new Error(message), { name });

  it("says why a device cannot be used", () => {
    expect(deviceProblemOf(named("NotAllowedError", "Permission denied"))).toBe("DENIED");
    expect(deviceProblemOf(named("NotAllowedError", "Permission denied by system"))).toBe("DENIED_BY_SYSTEM");
    expect(deviceProblemOf(named("NotFoundError"))).toBe("NONE");
    expect(deviceProblemOf(named("NotReadableError"))).toBe("BUSY");
    expect(deviceProblemOf("?")).toBe("UNEXPECTED");
  });

  it("offers named devices without the browser's aliases", () => {
    const device = (kind: MediaDeviceKind, deviceId: string, label: string) =>
      ({ kind, deviceId, label }) as MediaDeviceInfo;
    const found = [
      device("audioinput", "default", "Mặc định"),
      device("audioinput", "a1", "Jabra Speak (0b0e:0412)"),
      device("audioinput", "a2", ""),
      device("videoinput", "v1", "Camera"),
    ];
    expect(choicesOf(found, "audioinput")).toEqual([{ id: "a1", label: "Jabra Speak" }]);
  });
});

describe("what the camera sends", () => {
  it.each([
    [true, 4, 720],
    [true, 2, 360],
    [false, 8, 360],
  ])("fine line %s and %d cores: %dp", (fineLine, cores, height) => {
    const devices = { audioinput: "", videoinput: "", audiooutput: "" };
    const options = roomOptions({ devices, fineLine, cores }, () => undefined);
    expect(options.videoCaptureDefaults?.resolution?.height).toBe(height);
  });
});
