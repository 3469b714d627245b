import {
  ConnectionState,
  type DisconnectReason,
  type Participant,
  type RemoteTrackPublication,
  Room,
  RoomEvent,
  type TextStreamReader,
  Track,
  type TrackPublication,
} from "livekit-client";
import { addLine, cleanMessage } from "./chat";
import { readCounts } from "./counts";
import { deviceProblemOf } from "./devices";
import { endOf, failureOf } from "./errors";
import { type Flow, NOTHING_FLOWS, stepFlow } from "./flow";
import { type Guard, RELAXED, stepGuard } from "./guard";
import { type ChosenDevices, type RoomWishes, roomOptions } from "./options";
import { type Away, whoIsAway } from "./reach";
import { qualityOf, readMembers } from "./snapshot";
import type { DeviceKind, DeviceProblem, EndReason, OwnDevice, OwnSource, Phase, RoomSnapshot } from "./types";

const CHAT_TOPIC = "lk.chat";
const NO_TRACKS: ReadonlySet<string> = new Set();
const GUARD_STEP_MS = 2_000;
/** A cut of two seconds is to be seen within three. */
const FLOW_STEP_MS = 700;
const OFF: OwnDevice = { state: "off", problem: null };

const SENT_FROM: Readonly<Record<DeviceKind, OwnSource | null>> = {
  audioinput: "microphone",
  videoinput: "camera",
  audiooutput: null,
};

const PHASES: Readonly<Record<ConnectionState, Phase>> = {
  [ConnectionState.Disconnected]: "idle",
  [ConnectionState.Connecting]: "connecting",
  [ConnectionState.Connected]: "connected",
  [ConnectionState.Reconnecting]: "reconnecting",
  [ConnectionState.SignalReconnecting]: "reconnecting",
};

const EMPTY: RoomSnapshot = {
  phase: "idle",
  admitted: false,
  away: null,
  attempt: 0,
  end: null,
  members: [],
  chat: [],
  own: { microphone: OFF, camera: OFF, screen: OFF },
  mutedByConductor: false,
  quality: "unknown",
  cut: false,
  voice: null,
  saving: false,
  soundBlocked: false,
};

/** A crowd at the door waits: the server lets the last of hundreds in within 20 s. */
const PATIENCE_MS = 25_000;

/** Events after which the room is read again. */
const CHANGES = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.ParticipantActive,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackSubscriptionStatusChanged,
  RoomEvent.TrackStreamStateChanged,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.ConnectionStateChanged,
  RoomEvent.AudioPlaybackStatusChanged,
] as const;

/**
 * One stay in a room: the only door to the client protocol. Screens read `getSnapshot()` and are told of changes by
 * `subscribe()`; what they do, they do through the methods. After `ended` it is used up.
 */
export class MeetingRoom {
  private readonly room: Room;
  private readonly listeners = new Set<() => void>();
  private readonly queues = new Map<OwnSource | "speaker", Promise<unknown>>();
  private devices: ChosenDevices;
  private snapshot: RoomSnapshot = EMPTY;
  private order: readonly string[] = [];
  private shown: ReadonlySet<string> = new Set();
  private guard: Guard = RELAXED;
  private guardTimer: ReturnType<typeof setInterval> | undefined;
  private flow: Flow = NOTHING_FLOWS;
  private readingFlow = false;
  private flowTimer: ReturnType<typeof setInterval> | undefined;
  private readingPlanned = false;
  /** What the visitor wants of the microphone; a closed one that should be open was closed by somebody else. */
  private microphoneWanted = false;

  /**
   * @param wishes Devices chosen before joining, and what line and processor carry.
   * @param make Makes the protocol's room; replaced in tests.
   * @param probe Finds out what is away; replaced in tests.
   */
  constructor(
    wishes: RoomWishes,
    make: (options: ReturnType<typeof roomOptions>) => Room = (it) => new Room(it),
    private readonly probe: () => Promise<Away> = () => whoIsAway(),
  ) {
    this.devices = wishes.devices;
    this.room = make(roomOptions(wishes, (attempt) => this.onAttempt(attempt)));
    this.room.on(RoomEvent.SignalConnected, () => this.update({ admitted: true }));
    for (const change of CHANGES) this.room.on(change, () => this.planReading());
    this.room.on(RoomEvent.TrackMuted, (publication, participant) => this.onMuted(publication, participant));
    this.room.on(RoomEvent.Disconnected, (reason) => this.onDisconnected(reason));
    this.room.registerTextStreamHandler(CHAT_TOPIC, (reader, { identity }) => void this.receive(reader, identity));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getSnapshot = (): RoomSnapshot => this.snapshot;

  /**
   * Enters the room; never throws, a failure ends as `phase: "ended"` with its reason.
   *
   * @param url The own origin as `ws:` or `wss:`.
   */
  async connect(url: string, token: string): Promise<void> {
    this.update({ phase: "connecting" });
    this.guardTimer = setInterval(() => this.stepGuard(), GUARD_STEP_MS);
    this.flowTimer = setInterval(() => void this.stepFlow(), FLOW_STEP_MS);
    try {
      // Pictures are asked for one by one, as they come on the screen: a commune's line does not carry 147 of them.
      await this.room.connect(url, token, { autoSubscribe: false, websocketTimeout: PATIENCE_MS });
      this.read();
    } catch (error) {
      const end = failureOf(error);
      this.finish(end === "SERVER_AWAY" && (await this.probe()) === "line" ? "LINE_LOST" : end);
    }
  }

  /** Leaves; what this machine sends is switched off. */
  async leave(): Promise<void> {
    this.finish("LEFT");
    await this.room.disconnect(true);
  }

  /** Tells the protocol order, identities first to last. */
  setOrder(order: readonly string[]): void {
    this.order = order;
    this.planReading();
  }

  /** Tells which video tracks are on the screen; others are not received. */
  show(sids: ReadonlySet<string>): void {
    this.shown = sids;
    this.subscribeTracks();
  }

  /** Opens or closes the microphone. */
  setMicrophone(on: boolean): Promise<void> {
    this.microphoneWanted = on;
    if (on) this.update({ mutedByConductor: false });
    return this.switchSource("microphone", on, () => this.room.localParticipant.setMicrophoneEnabled(on));
  }

  /** Switches the camera. */
  setCamera(on: boolean): Promise<void> {
    return this.switchSource("camera", on, () => this.room.localParticipant.setCameraEnabled(on));
  }

  /** Shares a screen or window of the visitor's choice, with its sound where the browser can; or stops. */
  setScreen(on: boolean): Promise<void> {
    const options = { audio: true, contentHint: "detail", surfaceSwitching: "include" } as const;
    return this.switchSource("screen", on, () => this.room.localParticipant.setScreenShareEnabled(on, options));
  }

  /**
   * Takes another device; a microphone or camera in use goes on with it. When it does not open, the one before is used
   * again, and when that is gone too, the microphone or camera is off.
   *
   * @param id The browser's id of the device; empty for the device that the browser would take.
   * @returns Whether the device was taken.
   */
  selectDevice(kind: DeviceKind, id: string): Promise<boolean> {
    return this.inTurn(SENT_FROM[kind] ?? "speaker", async () => {
      const problem = await this.takeDevice(kind, id);
      const source = SENT_FROM[kind];
      // While the one before goes on, nothing is wrong with what is sent.
      if (source) this.setOwn(source, this.isOn(source) ? { state: "on", problem: null } : { state: "off", problem });
      this.read();
      return problem === null;
    });
  }

  /** Lets sound play after the browser held it back; call from a click. */
  async startSound(): Promise<void> {
    await this.room.startAudio().catch(() => undefined);
    this.planReading();
  }

  /** Sends a message to everyone. Returns false when it did not go out; the text is the visitor's to keep. */
  async sendChat(text: string): Promise<boolean> {
    const message = cleanMessage(text);
    if (!message) return false;
    const me = this.room.localParticipant;
    try {
      const sent = await me.sendText(message, { topic: CHAT_TOPIC });
      this.addChat(sent.id, me.identity, message, sent.timestamp);
      return true;
    } catch {
      return false;
    }
  }

  private addChat(id: string, identity: string, text: string, time: number): void {
    const me = this.room.localParticipant;
    const own = identity === me.identity;
    const name = (own ? me.name : this.room.remoteParticipants.get(identity)?.name) || identity;
    this.update({ chat: addLine(this.snapshot.chat, { id, identity, name, text, time, own }) });
  }

  private async receive(reader: TextStreamReader, identity: string): Promise<void> {
    try {
      const text = cleanMessage(await reader.readAll());
      if (text) this.addChat(reader.info.id, identity, text, Date.now());
    } catch {
      // The sender's line broke within the message, or it was too long: there is nothing whole to show.
    }
  }

  private async switchSource(source: OwnSource, on: boolean, act: () => Promise<unknown>): Promise<void> {
    await this.inTurn(source, async () => {
      if (this.snapshot.phase === "ended") return;
      if (on) this.setOwn(source, { state: "starting", problem: null });
      try {
        await act();
        this.setOwn(source, { state: this.isOn(source) ? "on" : "off", problem: null });
      } catch (error) {
        this.setOwn(source, { state: "off", problem: deviceProblemOf(error) });
      }
      this.read();
    });
  }

  // One after the other: "floor given" and "floor taken back" may arrive within the time a camera takes to start.
  private inTurn<T>(what: OwnSource | "speaker", act: () => Promise<T>): Promise<T> {
    const turn = (this.queues.get(what) ?? Promise.resolve()).then(act);
    this.queues.set(what, turn);
    return turn;
  }

  private async takeDevice(kind: DeviceKind, id: string): Promise<DeviceProblem | null> {
    try {
      await this.switchDevice(kind, id, id !== "");
      this.devices = { ...this.devices, [kind]: id };
      return null;
    } catch (error) {
      // The client stops the old device before it opens the new one: without this, nothing would be sent any more.
      await this.switchDevice(kind, this.devices[kind], false).catch(() => this.closeDevice(kind));
      return deviceProblemOf(error);
    }
  }

  private switchDevice(kind: DeviceKind, id: string, exact: boolean): Promise<boolean> {
    // Only Chromium knows a device "default", and no camera of that name: it can be a wish, never a demand. For
    // loudspeakers, where nothing can be wished, every browser knows its own by an empty id.
    return this.room.switchActiveDevice(kind, id || (kind === "audiooutput" ? "" : "default"), exact);
  }

  private async closeDevice(kind: DeviceKind): Promise<void> {
    const me = this.room.localParticipant;
    if (kind === "audioinput") {
      this.microphoneWanted = false;
      await me.setMicrophoneEnabled(false).catch(() => undefined);
    } else if (kind === "videoinput") {
      await me.setCameraEnabled(false).catch(() => undefined);
    }
  }

  private isOn(source: OwnSource): boolean {
    const me = this.room.localParticipant;
    if (source === "microphone") return me.isMicrophoneEnabled;
    return source === "camera" ? me.isCameraEnabled : me.isScreenShareEnabled;
  }

  private setOwn(source: OwnSource, device: OwnDevice): void {
    this.update({ own: { ...this.snapshot.own, [source]: device } });
  }

  private onMuted(publication: TrackPublication, participant: Participant): void {
    if (participant.isLocal && publication.source === Track.Source.Microphone && this.microphoneWanted) {
      this.microphoneWanted = false;
      // The client also mutes a microphone that was pulled out.
      const unplugged = publication.track?.mediaStreamTrack.readyState === "ended";
      if (unplugged) this.setOwn("microphone", { state: "off", problem: "NONE" });
      else this.update({ mutedByConductor: true });
    }
    this.planReading();
  }

  private onDisconnected(reason: DisconnectReason | undefined): void {
    // While entering, connect() itself reports why it failed.
    if (this.snapshot.phase === "connecting") return;
    const end = endOf(reason);
    if (end === "LINE_LOST") void this.finishUnreached();
    else this.finish(end);
  }

  private async finishUnreached(): Promise<void> {
    this.finish((await this.probe()) === "line" ? "LINE_LOST" : "SERVER_AWAY");
  }

  private onAttempt(attempt: number): void {
    this.update({ attempt });
    void this.probe().then((away) => {
      if (this.snapshot.phase === "reconnecting") this.update({ away });
    });
  }

  private finish(end: EndReason): void {
    clearInterval(this.guardTimer);
    clearInterval(this.flowTimer);
    if (this.snapshot.phase === "ended") return;
    this.update({ phase: "ended", end, attempt: 0, own: EMPTY.own });
  }

  private stepGuard(): void {
    this.guard = stepGuard(this.guard, this.snapshot.quality, Date.now());
    if (this.guard.saving !== this.snapshot.saving) this.update({ saving: this.guard.saving });
  }

  private async stepFlow(): Promise<void> {
    if (this.snapshot.phase !== "connected") {
      this.flow = NOTHING_FLOWS;
      return;
    }
    // On a busy PC a reading may outlast the step; two at once would come back in the wrong order.
    if (this.readingFlow) return;
    this.readingFlow = true;
    // Behind another page pictures rest.
    const shown = globalThis.document?.hidden ? NO_TRACKS : this.shown;
    const counts = await readCounts(this.room, shown).finally(() => {
      this.readingFlow = false;
    });
    if (this.snapshot.phase !== "connected") return;
    this.flow = stepFlow(this.flow, counts, Date.now());
    this.read();
  }

  // Joining a full room fires hundreds of events in one turn; it is read once.
  private planReading(): void {
    if (this.readingPlanned) return;
    this.readingPlanned = true;
    queueMicrotask(() => {
      this.readingPlanned = false;
      this.read();
    });
  }

  private read(): void {
    if (this.snapshot.phase === "ended") return;
    const phase = this.phaseNow();
    // Within a full reconnect the client forgets everyone and what it sent; the screen keeps what it last saw.
    const frozen = phase === "reconnecting";
    const cut = !frozen && this.flow.cut;
    const members = frozen
      ? this.snapshot.members
      : readMembers(this.room, this.order, this.snapshot.members, this.flow.still);
    this.update({
      phase,
      members,
      attempt: frozen ? Math.max(1, this.snapshot.attempt) : 0,
      away: frozen ? this.snapshot.away : null,
      own: frozen ? this.snapshot.own : this.readOwn(),
      quality: frozen || cut ? "lost" : qualityOf(this.room.localParticipant),
      cut,
      voice: cut || frozen ? false : this.flow.voice,
      soundBlocked: phase === "connected" && !this.room.canPlaybackAudio,
    });
    if (!frozen) this.subscribeTracks();
  }

  private phaseNow(): Phase {
    const phase = PHASES[this.room.state];
    return phase === "idle" ? this.snapshot.phase : phase;
  }

  private readOwn(): RoomSnapshot["own"] {
    const { own } = this.snapshot;
    const now = (source: OwnSource): OwnDevice => {
      const state = this.isOn(source) ? "on" : "off";
      return own[source].state === "starting" || own[source].state === state ? own[source] : { ...own[source], state };
    };
    return { microphone: now("microphone"), camera: now("camera"), screen: now("screen") };
  }

  private subscribeTracks(): void {
    for (const participant of this.room.remoteParticipants.values()) {
      for (const publication of participant.trackPublications.values()) {
        const remote = publication as RemoteTrackPublication;
        const wanted = remote.kind === Track.Kind.Audio || this.shown.has(remote.trackSid);
        if (remote.isDesired !== wanted) remote.setSubscribed(wanted);
      }
    }
  }

  private update(change: Partial<RoomSnapshot>): void {
    const keys = Object.keys(change) as (keyof RoomSnapshot)[];
    if (keys.every((key) => this.snapshot[key] === change[key])) return;
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }
}
