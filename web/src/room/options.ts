import { type ReconnectContext, type RoomOptions, ScreenSharePresets, VideoPresets } from "livekit-client";

/** The browser's choices of devices; empty means its default. */
export interface ChosenDevices {
  readonly audioinput: string;
  readonly videoinput: string;
  readonly audiooutput: string;
}

/** How a room is entered. */
export interface RoomWishes {
  readonly devices: ChosenDevices;
  /** True when the line test said that it carries a sharp picture. */
  readonly fineLine: boolean;
  /** How many threads the processor runs at once. */
  readonly cores: number;
}

const FIRST_DELAYS_MS = [0, 300, 1_200, 2_700, 4_800];
const LATER_DELAY_MS = 7_000;
/** An office whose power or line is gone gets this long before the page gives up. */
const GIVE_UP_AFTER_MS = 180_000;

/** Waits before each attempt to reconnect, spread at random so that a whole province does not return at once. */
export function reconnectDelay({ retryCount, elapsedMs }: ReconnectContext, random: () => number): number | null {
  if (elapsedMs > GIVE_UP_AFTER_MS) return null;
  const delay = FIRST_DELAYS_MS[retryCount] ?? LATER_DELAY_MS;
  return delay === 0 ? Math.round(random() * 500) : Math.round(delay * (0.5 + random()));
}

const idealDevice = (id: string) => (id ? { deviceId: id } : {});

/** 720p in three layers and the pictures of the others leave an office PC of two cores no time for anything else. */
const SHARP_CORES = 4;

/**
 * Options of the client: pictures adapt to what is shown, layers nobody watches rest, VP8 in layers, silence costs
 * nothing.
 *
 * @param onAttempt Told the number of each attempt to reconnect, from 1.
 */
export function roomOptions(
  { devices, fineLine, cores }: RoomWishes,
  onAttempt: (attempt: number) => void,
): RoomOptions {
  const sharp = fineLine && cores >= SHARP_CORES;
  return {
    adaptiveStream: true,
    dynacast: true,
    singlePeerConnection: true,
    reconnectPolicy: {
      nextRetryDelayInMs: (context) => {
        onAttempt(context.retryCount + 1);
        return reconnectDelay(context, Math.random);
      },
    },
    audioCaptureDefaults: {
      ...idealDevice(devices.audioinput),
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
    },
    videoCaptureDefaults: {
      ...idealDevice(devices.videoinput),
      resolution: (sharp ? VideoPresets.h720 : VideoPresets.h360).resolution,
    },
    audioOutput: idealDevice(devices.audiooutput),
    publishDefaults: {
      videoCodec: "vp8",
      backupCodec: false,
      simulcast: true,
      dtx: true,
      red: false,
      screenShareEncoding: ScreenSharePresets.h1080fps15.encoding,
    },
    // A chat message is a few lines; whoever sends more is not heard.
    dataStream: { maxPayloadByteLength: 16_384 },
  };
}
