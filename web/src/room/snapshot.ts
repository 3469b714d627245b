import { ConnectionQuality, type Participant, type Room, Track, type TrackPublication } from "livekit-client";
import { protocolOrder } from "./order";
import type { LineQuality, MediaHandle, Member } from "./types";

const QUALITIES: Readonly<Record<ConnectionQuality, LineQuality>> = {
  [ConnectionQuality.Excellent]: "good",
  [ConnectionQuality.Good]: "weak",
  [ConnectionQuality.Poor]: "poor",
  [ConnectionQuality.Lost]: "lost",
  [ConnectionQuality.Unknown]: "unknown",
};

/** Says how the server judges a participant's line. */
export function qualityOf(participant: Participant): LineQuality {
  return QUALITIES[participant.connectionQuality];
}

// Handles are compared by identity on the screens, so each track keeps one for its life.
const handles = new WeakMap<Track, MediaHandle>();

function handleFor(track: Track, sid: string): MediaHandle {
  const known = handles.get(track);
  if (known?.sid === sid) return known;
  const handle: MediaHandle = {
    sid,
    attach: (element) => void track.attach(element),
    detach: (element) => void track.detach(element),
  };
  handles.set(track, handle);
  return handle;
}

function pictureOf(publication: TrackPublication | undefined): MediaHandle | null {
  const track = publication?.track;
  return publication && track && !publication.isMuted ? handleFor(track, publication.trackSid) : null;
}

function liveSid(publication: TrackPublication | undefined): string | null {
  return publication && !publication.isMuted ? publication.trackSid : null;
}

function soundsOf(participant: Participant): MediaHandle[] {
  if (participant.isLocal) return [];
  const sounds: MediaHandle[] = [];
  for (const source of [Track.Source.Microphone, Track.Source.ScreenShareAudio]) {
    const publication = participant.getTrackPublication(source);
    // Sound stays attached while muted: opening a microphone must not cost its first syllable.
    if (publication?.track) sounds.push(handleFor(publication.track, publication.trackSid));
  }
  return sounds;
}

function flowOf(publication: TrackPublication | undefined, still: ReadonlySet<string>): Member["cameraFlow"] {
  if (publication?.track?.streamState === Track.StreamState.Paused) return "paused";
  return publication && still.has(publication.trackSid) ? "still" : "moving";
}

function memberOf(participant: Participant, still: ReadonlySet<string>): Member {
  const camera = participant.getTrackPublication(Track.Source.Camera);
  const screen = participant.getTrackPublication(Track.Source.ScreenShare);
  return {
    identity: participant.identity,
    name: participant.name || participant.identity,
    isLocal: participant.isLocal,
    speaking: participant.isSpeaking,
    microphoneOn: liveSid(participant.getTrackPublication(Track.Source.Microphone)) !== null,
    quality: qualityOf(participant),
    cameraSid: liveSid(camera),
    screenSid: liveSid(screen),
    cameraFlow: flowOf(camera, still),
    camera: pictureOf(camera),
    screen: pictureOf(screen),
    sounds: soundsOf(participant),
  };
}

function same(one: Member, other: Member): boolean {
  const { sounds: oneSounds, ...oneRest } = one;
  const { sounds: otherSounds, ...otherRest } = other;
  const equal = (Object.keys(oneRest) as (keyof typeof oneRest)[]).every((key) => oneRest[key] === otherRest[key]);
  return equal && oneSounds.length === otherSounds.length && oneSounds.every((it, index) => it === otherSounds[index]);
}

/**
 * Reads everyone in the room in protocol order. A member that did not change stays the same object, so that a screen
 * of nine tiles redraws one.
 *
 * @param still Tracks whose picture stands still.
 */
export function readMembers(
  room: Room,
  order: readonly string[],
  before: readonly Member[],
  still: ReadonlySet<string>,
): readonly Member[] {
  const known = new Map(before.map((member) => [member.identity, member]));
  const everyone: Participant[] = [...room.remoteParticipants.values()];
  // Before the answer to joining, the local participant has no name yet.
  if (room.localParticipant.identity) everyone.push(room.localParticipant);
  const members = everyone
    .map((participant) => {
      const member = memberOf(participant, still);
      const old = known.get(member.identity);
      return old && same(old, member) ? old : member;
    })
    .sort(protocolOrder(order));
  const unchanged = members.length === before.length && members.every((member, index) => member === before[index]);
  return unchanged ? before : members;
}
