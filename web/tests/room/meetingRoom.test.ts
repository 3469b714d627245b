import { EventEmitter } from "node:events";
import {
  ConnectionError,
  ConnectionQuality,
  ConnectionState,
  DisconnectReason,
  type Room,
  RoomEvent,
  Track,
} from "livekit-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MeetingRoom } from "~/room/meetingRoom";
import type { roomOptions } from "~/room/options";
import type { Away } from "~/room/reach";

class FakeTrack {
  attach = vi.fn();
  detach = vi.fn();
  mediaStreamTrack = { readyState: "live" };
  streamState = Track.StreamState.Active;
  /** What the browser has counted; a track on a line carries the counters of the line. */
  stats: Record<string, unknown>[] = [];
  getRTCStatsReport = async () => new Map(this.stats.map((entry, index) => [String(index), entry]));
  constructor(readonly sid: string) {}
}

class FakePublication {
  isMuted = false;
  isDesired = false;
  track: FakeTrack | undefined;
  constructor(
    readonly trackSid: string,
    readonly kind: Track.Kind,
    readonly source: Track.Source,
  ) {}
  setSubscribed(wanted: boolean): void {
    this.isDesired = wanted;
    this.track = wanted ? new FakeTrack(this.trackSid) : undefined;
  }
}

class FakeParticipant extends EventEmitter {
  connectionQuality = ConnectionQuality.Excellent;
  isSpeaking = false;
  trackPublications = new Map<string, FakePublication>();
  constructor(
    readonly identity: string,
    readonly name: string,
    readonly isLocal = false,
  ) {
    super();
  }
  publish(publication: FakePublication): FakePublication {
    this.trackPublications.set(publication.trackSid, publication);
    return publication;
  }
  getTrackPublication(source: Track.Source): FakePublication | undefined {
    return [...this.trackPublications.values()].find((it) => it.source === source);
  }
  private on_(source: Track.Source): boolean {
    const publication = this.getTrackPublication(source);
    return publication !== undefined && !publication.isMuted;
  }
  get isMicrophoneEnabled(): boolean {
    return this.on_(Track.Source.Microphone);
  }
  get isCameraEnabled(): boolean {
    return this.on_(Track.Source.Camera);
  }
  get isScreenShareEnabled(): boolean {
    return this.on_(Track.Source.ScreenShare);
  }
  setMicrophoneEnabled = vi.fn(async (on: boolean) => {
    const own =
      this.getTrackPublication(Track.Source.Microphone) ??
      this.publish(new FakePublication("TR_MIC", Track.Kind.Audio, Track.Source.Microphone));
    own.isMuted = !on;
    own.track ??= new FakeTrack(own.trackSid);
  });
  setCameraEnabled = vi.fn(async (on: boolean) => {
    const own =
      this.getTrackPublication(Track.Source.Camera) ??
      this.publish(new FakePublication("TR_CAM", Track.Kind.Video, Track.Source.Camera));
    own.isMuted = !on;
  });
  sendText = vi.fn(async (_text: string) => ({ id: "m1", timestamp: 5 }));
}

class FakeRoom extends EventEmitter {
  state = ConnectionState.Disconnected;
  remoteParticipants = new Map<string, FakeParticipant>();
  localParticipant = new FakeParticipant("points/me", "Điểm cầu", true);
  canPlaybackAudio = true;
  chat: ((reader: unknown, from: { identity: string }) => void) | undefined;
  connect = vi.fn(async () => {
    this.state = ConnectionState.Connected;
    this.emit(RoomEvent.ConnectionStateChanged);
  });
  disconnect = vi.fn(async () => {});
  switchActiveDevice = vi.fn(async (_kind: string, _id: string, _exact: boolean) => true);
  registerTextStreamHandler(_topic: string, handler: FakeRoom["chat"]): void {
    this.chat = handler;
  }
  join(participant: FakeParticipant): FakeParticipant {
    this.remoteParticipants.set(participant.identity, participant);
    this.emit(RoomEvent.ParticipantConnected, participant);
    return participant;
  }
}

const wishes = { devices: { audioinput: "", videoinput: "", audiooutput: "" }, fineLine: false, cores: 2 };

function setUp() {
  const fake = new FakeRoom();
  let options: ReturnType<typeof roomOptions> | undefined;
  const probe = vi.fn(async (): Promise<Away> => "line");
  const make = (given: ReturnType<typeof roomOptions>) => {
    options = given;
    return fake as unknown as Room;
  };
  const room = new MeetingRoom(wishes, make, probe);
  return {
    fake,
    room,
    probe,
    retry: (retryCount: number) => options?.reconnectPolicy?.nextRetryDelayInMs({ retryCount, elapsedMs: 0 }),
  };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe("the room", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("enters without subscribing to everything and lists members in protocol order", async () => {
    const { fake, room } = setUp();
    room.setOrder(["points/a", "points/me", "points/b"]);
    await room.connect("ws://here", "token");
    expect(fake.connect).toHaveBeenCalledWith("ws://here", "token", { autoSubscribe: false, websocketTimeout: 25_000 });
    fake.join(new FakeParticipant("points/b", "B"));
    fake.join(new FakeParticipant("points/a", "A"));
    await settle();
    expect(room.getSnapshot().phase).toBe("connected");
    expect(room.getSnapshot().members.map((it) => it.identity)).toEqual(["points/a", "points/me", "points/b"]);
  });

  it("receives every sound, and pictures only while they are shown", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    const other = fake.join(new FakeParticipant("points/a", "A"));
    const sound = other.publish(new FakePublication("TR_A", Track.Kind.Audio, Track.Source.Microphone));
    const picture = other.publish(new FakePublication("TR_V", Track.Kind.Video, Track.Source.Camera));
    fake.emit(RoomEvent.TrackPublished);
    await settle();
    expect([sound.isDesired, picture.isDesired]).toEqual([true, false]);
    room.show(new Set(["TR_V"]));
    fake.emit(RoomEvent.TrackSubscribed);
    await settle();
    const shown = room.getSnapshot().members.find((it) => it.identity === "points/a");
    expect(shown?.camera?.sid).toBe("TR_V");
    expect(shown?.sounds.map((it) => it.sid)).toEqual(["TR_A"]);
    room.show(new Set());
    expect(picture.isDesired).toBe(false);
  });

  it("keeps the objects of members that did not change", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    fake.join(new FakeParticipant("points/a", "A"));
    const b = fake.join(new FakeParticipant("points/b", "B"));
    await settle();
    const before = room.getSnapshot().members;
    b.isSpeaking = true;
    fake.emit(RoomEvent.ActiveSpeakersChanged);
    await settle();
    const after = room.getSnapshot().members;
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    fake.emit(RoomEvent.ActiveSpeakersChanged);
    await settle();
    expect(room.getSnapshot().members).toBe(after);
  });

  it("counts attempts to reconnect and keeps the members it last saw", async () => {
    const { fake, room, retry } = setUp();
    await room.connect("ws://here", "token");
    fake.join(new FakeParticipant("points/a", "A"));
    await room.setMicrophone(true);
    await settle();
    fake.state = ConnectionState.Reconnecting;
    fake.localParticipant.trackPublications.clear();
    retry(0);
    retry(1);
    fake.remoteParticipants.clear();
    fake.emit(RoomEvent.ConnectionStateChanged);
    await settle();
    expect(room.getSnapshot()).toMatchObject({ phase: "reconnecting", attempt: 2, quality: "lost" });
    expect(room.getSnapshot().own.microphone.state).toBe("on");
    expect(room.getSnapshot().members).toHaveLength(2);
    fake.state = ConnectionState.Connected;
    fake.emit(RoomEvent.ConnectionStateChanged);
    await settle();
    expect(room.getSnapshot()).toMatchObject({ phase: "connected", attempt: 0 });
    expect(room.getSnapshot().members).toHaveLength(1);
  });

  it("tells a conductor's hand from one's own when the microphone closes", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    const me = fake.localParticipant;
    await room.setMicrophone(true);
    expect(room.getSnapshot().own.microphone.state).toBe("on");
    const publication = me.getTrackPublication(Track.Source.Microphone) as FakePublication;
    publication.isMuted = true;
    fake.emit(RoomEvent.TrackMuted, publication, me);
    await settle();
    expect(room.getSnapshot()).toMatchObject({ mutedByConductor: true, own: { microphone: { state: "off" } } });
    await room.setMicrophone(true);
    expect(room.getSnapshot().mutedByConductor).toBe(false);
    await room.setMicrophone(false);
    fake.emit(RoomEvent.TrackMuted, publication, me);
    await settle();
    expect(room.getSnapshot().mutedByConductor).toBe(false);
  });

  it("says why a camera did not open", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    fake.localParticipant.setCameraEnabled.mockRejectedValueOnce(
      Object.assign(new Error(), { name: "NotReadableError" }),
    );
    await room.setCamera(true);
    expect(room.getSnapshot().own.camera).toEqual({ state: "off", problem: "BUSY" });
  });

  it.each([
    ["videoinput", "", "default", false],
    ["audioinput", "", "default", false],
    ["audiooutput", "", "", false],
    ["videoinput", "cam-2", "cam-2", true],
    ["audioinput", "mic-2", "mic-2", true],
    ["audiooutput", "out-2", "out-2", true],
  ] as const)("takes %s “%s” as “%s”", async (kind, id, asked, exact) => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    expect(await room.selectDevice(kind, id)).toBe(true);
    expect(fake.switchActiveDevice.mock.calls).toEqual([[kind, asked, exact]]);
  });

  it("goes on with the camera before when another one does not open", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    await room.setCamera(true);
    await room.selectDevice("videoinput", "cam-1");
    fake.switchActiveDevice.mockRejectedValueOnce(Object.assign(new Error(), { name: "NotReadableError" }));
    expect(await room.selectDevice("videoinput", "cam-2")).toBe(false);
    expect(fake.switchActiveDevice).toHaveBeenLastCalledWith("videoinput", "cam-1", false);
    expect(room.getSnapshot().own.camera).toEqual({ state: "on", problem: null });
    expect(await room.selectDevice("videoinput", "cam-3")).toBe(true);
    expect(room.getSnapshot().own.camera).toEqual({ state: "on", problem: null });
  });

  it.each([
    ["videoinput", "camera"],
    ["audioinput", "microphone"],
  ] as const)("says that nothing is sent when no %s opens any more", async (kind, source) => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    await (source === "camera" ? room.setCamera(true) : room.setMicrophone(true));
    fake.switchActiveDevice.mockRejectedValue(Object.assign(new Error(), { name: "NotFoundError" }));
    expect(await room.selectDevice(kind, "gone")).toBe(false);
    expect(room.getSnapshot().own[source]).toEqual({ state: "off", problem: "NONE" });
    expect(fake.localParticipant[source === "camera" ? "isCameraEnabled" : "isMicrophoneEnabled"]).toBe(false);
    expect(room.getSnapshot().mutedByConductor).toBe(false);
  });

  it("changes a device after the switching that is under way", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    const order: string[] = [];
    fake.localParticipant.setCameraEnabled.mockImplementationOnce(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      order.push("on");
    });
    fake.switchActiveDevice.mockImplementationOnce(async () => order.push("taken") > 0);
    const done = Promise.all([room.setCamera(true), room.selectDevice("videoinput", "cam-2")]);
    await vi.advanceTimersByTimeAsync(1_000);
    await done;
    expect(order).toEqual(["on", "taken"]);
  });

  it.each([
    [DisconnectReason.PARTICIPANT_REMOVED, "REMOVED"],
    [DisconnectReason.ROOM_DELETED, "BRIEFING_ENDED"],
    [DisconnectReason.DUPLICATE_IDENTITY, "DUPLICATE"],
    [DisconnectReason.SERVER_SHUTDOWN, "SERVER_AWAY"],
    [undefined, "LINE_LOST"],
  ])("ends by reason %s as %s", async (reason, end) => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    fake.emit(RoomEvent.Disconnected, reason);
    await settle();
    expect(room.getSnapshot()).toMatchObject({ phase: "ended", end });
  });

  it.each([
    [ConnectionError.notAllowed("no", 401), "REFUSED"],
    [ConnectionError.serverUnreachable("gone"), "SERVER_AWAY"],
    [ConnectionError.timeout("no media"), "MEDIA_BLOCKED"],
    [new Error("?"), "UNEXPECTED"],
  ])("does not throw when entering fails: %s", async (error, end) => {
    const { fake, room, probe } = setUp();
    probe.mockResolvedValue("server");
    fake.connect.mockRejectedValueOnce(error);
    await room.connect("ws://here", "token");
    expect(room.getSnapshot()).toMatchObject({ phase: "ended", end });
  });

  it("tells a stopped server from a cut line", async () => {
    for (const [away, end] of [
      ["server", "SERVER_AWAY"],
      ["line", "LINE_LOST"],
    ] as const) {
      const { fake, room, probe, retry } = setUp();
      probe.mockResolvedValue(away);
      await room.connect("ws://here", "token");
      fake.state = ConnectionState.Reconnecting;
      fake.emit(RoomEvent.ConnectionStateChanged);
      await settle();
      retry(0);
      await settle();
      expect(room.getSnapshot()).toMatchObject({ phase: "reconnecting", away });
      fake.emit(RoomEvent.Disconnected, undefined);
      await settle();
      expect(room.getSnapshot()).toMatchObject({ phase: "ended", end });
    }
  });

  it("blames the line for a server that a cut line hides", async () => {
    const { fake, room } = setUp();
    fake.connect.mockRejectedValueOnce(ConnectionError.serverUnreachable("gone"));
    await room.connect("ws://here", "token");
    expect(room.getSnapshot()).toMatchObject({ phase: "ended", end: "LINE_LOST" });
  });

  it("claims that the voice is heard only while its packets go out", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    await room.setMicrophone(true);
    const microphone = fake.localParticipant.getTrackPublication(Track.Source.Microphone)?.track as FakeTrack;
    const step = async (packetsSent: number, bytesReceived: number) => {
      microphone.stats = [
        { type: "outbound-rtp", packetsSent },
        { type: "candidate-pair", bytesReceived },
      ];
      await vi.advanceTimersByTimeAsync(700);
      return room.getSnapshot().voice;
    };
    const voices = [await step(0, 1), await step(5, 2), await step(5, 3), await step(5, 4), await step(5, 5)];
    expect(voices).toEqual([null, true, true, true, false]);
    expect(await step(6, 6)).toBe(true);
    await room.setMicrophone(false);
    expect(await step(6, 7)).toBe(null);
  });

  it("says within three seconds that nothing comes in, and which picture stands", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    const pictures = ["TR_A", "TR_B"].map((sid) => {
      const other = fake.join(new FakeParticipant(`points/${sid}`, sid));
      return other.publish(new FakePublication(sid, Track.Kind.Video, Track.Source.Camera));
    });
    room.show(new Set(["TR_A", "TR_B"]));
    const step = async (a: number, b: number, bytesReceived: number) => {
      [a, b].forEach((framesDecoded, index) => {
        const track = pictures[index]?.track as FakeTrack;
        track.stats = [
          { type: "inbound-rtp", framesDecoded },
          { type: "candidate-pair", bytesReceived },
        ];
      });
      await vi.advanceTimersByTimeAsync(700);
      const { cut, quality, members } = room.getSnapshot();
      return { cut, quality, flows: members.flatMap((it) => (it.isLocal ? [] : [it.cameraFlow])) };
    };
    for (let n = 1; n <= 4; n++) await step(n, 1, n);
    expect(await step(5, 1, 5)).toEqual({ cut: false, quality: "good", flows: ["moving", "still"] });
    for (let n = 1; n <= 3; n++) await step(5, 1, 5);
    expect(await step(5, 1, 5)).toEqual({ cut: true, quality: "lost", flows: ["still", "still"] });
    expect(await step(6, 2, 6)).toEqual({ cut: false, quality: "good", flows: ["moving", "moving"] });
  });

  it("reads the counters once at a time, however long that takes", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    await room.setMicrophone(true);
    const microphone = fake.localParticipant.getTrackPublication(Track.Source.Microphone)?.track as FakeTrack;
    let running = 0;
    let most = 0;
    microphone.getRTCStatsReport = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((done) => setTimeout(done, 1_500));
      running -= 1;
      return new Map();
    };
    await vi.advanceTimersByTimeAsync(5_000);
    expect(most).toBe(1);
  });

  it("calls a picture that the server holds back held back, never still", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    const other = fake.join(new FakeParticipant("points/a", "A"));
    const picture = other.publish(new FakePublication("TR_A", Track.Kind.Video, Track.Source.Camera));
    room.show(new Set(["TR_A"]));
    (picture.track as FakeTrack).streamState = Track.StreamState.Paused;
    fake.emit(RoomEvent.TrackStreamStateChanged);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(room.getSnapshot().members.find((it) => it.identity === "points/a")?.cameraFlow).toBe("paused");
  });

  it("holds pictures back on a line that stays poor", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    fake.localParticipant.connectionQuality = ConnectionQuality.Poor;
    fake.emit(RoomEvent.ConnectionQualityChanged);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(room.getSnapshot()).toMatchObject({ quality: "poor", saving: true });
    await room.leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("carries chat both ways and keeps what did not go out", async () => {
    const { fake, room } = setUp();
    await room.connect("ws://here", "token");
    fake.join(new FakeParticipant("points/a", "Tân Lập"));
    fake.chat?.({ info: { id: "x" }, readAll: async () => " nghe rõ " }, { identity: "points/a" });
    await settle();
    expect(room.getSnapshot().chat).toMatchObject([{ name: "Tân Lập", text: "nghe rõ", own: false }]);
    expect(await room.sendChat("cảm ơn")).toBe(true);
    expect(room.getSnapshot().chat[1]).toMatchObject({ text: "cảm ơn", own: true });
    fake.localParticipant.sendText.mockRejectedValueOnce(new Error("closed"));
    expect(await room.sendChat("lần nữa")).toBe(false);
    expect(await room.sendChat("   ")).toBe(false);
    expect(room.getSnapshot().chat).toHaveLength(2);
  });
});
