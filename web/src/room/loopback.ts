import { type LocalTrack, Room, RoomEvent, Track } from "livekit-client";
import { failureOf } from "./errors";
import type { Loopback } from "./lineTest";

/** A path that carries is found within two round trips; what takes longer is most likely a firewall. */
const SILENCE_MS = 3_000;

/**
 * Enters a loopback room: what is published comes back to its publisher. Rejects with the reason as message.
 *
 * @param onSilence Called when the server let us in and media has not come up after some seconds.
 */
export async function openLoopback(url: string, token: string, onSilence: () => void): Promise<Loopback> {
  const room = new Room({ adaptiveStream: false, dynacast: false, singlePeerConnection: true });
  let lost = false;
  room.on(RoomEvent.Disconnected, () => {
    lost = true;
  });
  let silence: ReturnType<typeof setTimeout> | undefined;
  room.once(RoomEvent.SignalConnected, () => {
    silence = setTimeout(onSilence, SILENCE_MS);
  });
  try {
    await room.connect(url, token);
  } catch (error) {
    throw new Error(failureOf(error));
  } finally {
    clearTimeout(silence);
  }
  return {
    publish: async (tracks) => {
      const published: Promise<unknown>[] = tracks.map((track) =>
        room.localParticipant.publishTrack(track, {
          source: track.kind === "video" ? Track.Source.Camera : Track.Source.Microphone,
          // A tone is what it is; nothing may be saved on it while it is measured.
          dtx: false,
          red: false,
          simulcast: false,
          videoCodec: "vp8",
          videoEncoding: { maxBitrate: 600_000, maxFramerate: 20 },
        }),
      );
      await Promise.all(published);
    },
    isOpen: () => !lost,
    close: async () => {
      for (const { track } of room.localParticipant.trackPublications.values())
        (track as LocalTrack | undefined)?.stop();
      await room.disconnect(true);
    },
  };
}
