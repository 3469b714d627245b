import { type Participant, type Room, Track, type TrackPublication } from "livekit-client";
import type { Counts } from "./flow";

interface Counted {
  readonly sent: number;
  readonly decoded: number;
  readonly received: number | null;
}

// Every report of a track carries the counters of the connection it goes over. Only those are the same in all browsers
// that count whatever comes in, reports of what was sent among them.
function read(report: RTCStatsReport): Counted {
  let [sent, decoded] = [0, 0];
  let received: number | null = null;
  for (const entry of report.values()) {
    if (entry.type === "outbound-rtp") sent += entry.packetsSent ?? 0;
    else if (entry.type === "inbound-rtp") decoded += entry.framesDecoded ?? 0;
    else if (entry.type === "candidate-pair") received = (received ?? 0) + (entry.bytesReceived ?? 0);
  }
  return { sent, decoded, received };
}

async function countsOf(publication: TrackPublication | undefined): Promise<Counted | null> {
  const report = await publication?.track?.getRTCStatsReport().catch(() => undefined);
  return report ? read(report) : null;
}

/** Whether a picture of somebody else should be moving here: asked for, sent, not held back by the server. */
function shouldMove(publication: TrackPublication | undefined): publication is TrackPublication {
  const track = publication?.track;
  return track !== undefined && !publication?.isMuted && track.streamState === Track.StreamState.Active;
}

function isSending(publication: TrackPublication | undefined): publication is TrackPublication {
  return publication?.track !== undefined && !publication.isMuted;
}

function microphoneOf(participant: Participant): TrackPublication | undefined {
  return participant.getTrackPublication(Track.Source.Microphone);
}

/**
 * Reads what flows now.
 *
 * @param shown Tracks of pictures that are on the screen.
 */
export async function readCounts(room: Room, shown: ReadonlySet<string>): Promise<Counts> {
  const me = room.localParticipant;
  const others = [...room.remoteParticipants.values()];
  const voice = await countsOf(isSending(microphoneOf(me)) ? microphoneOf(me) : undefined);
  const frames = new Map<string, number>();
  let received = voice?.received ?? null;
  for (const other of others) {
    // A shared screen may stand still for minutes by right.
    const camera = other.getTrackPublication(Track.Source.Camera);
    if (!shouldMove(camera) || !shown.has(camera.trackSid)) continue;
    const counted = await countsOf(camera);
    if (!counted) continue;
    frames.set(camera.trackSid, counted.decoded);
    received = counted.received;
  }
  if (received === null) {
    // Reports come back for whatever is sent, and sound comes of whoever has an open microphone.
    const sending = [Track.Source.Camera, Track.Source.ScreenShare].map((source) => me.getTrackPublication(source));
    const any = [...sending, ...others.map(microphoneOf)].find(isSending);
    received = (await countsOf(any))?.received ?? null;
  }
  return { received, voice: voice?.sent ?? null, frames };
}
