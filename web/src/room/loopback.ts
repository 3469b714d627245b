import { type LocalTrack, Room, RoomEvent, Track } from "livekit-client";
import { failureOf } from "./errors";
import type { Loopback } from "./lineTest";

/** Enters a loopback room: what is published comes back to its publisher. Rejects with the reason as message. */
export async function openLoopback(url: string, token: string): Promise<Loopback> {
  const room = new Room({ adaptiveStream: false, dynacast: false, singlePeerConnection: true });
  let lost = false;
  room.on(RoomEvent.Disconnected, () => {
    lost = true;
  });
  try {
    await room.connect(url, token);
  } catch (error) {
    throw new Error(failureOf(error));
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
