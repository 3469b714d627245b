/** What the room tells the screens. Words of the house only; the client protocol ends in this folder. */

import type { Away } from "./reach";

/** Where the connection stands. */
export type Phase = "idle" | "connecting" | "connected" | "reconnecting" | "ended";

/** Why a stay in the room is over, or never began. */
export type EndReason =
  | "LEFT"
  | "REMOVED"
  | "BRIEFING_ENDED"
  | "DUPLICATE"
  | "LINE_LOST"
  | "REFUSED"
  | "SERVER_AWAY"
  | "MEDIA_BLOCKED"
  | "UNEXPECTED";

/** How the server judges a line. */
export type LineQuality = "good" | "weak" | "poor" | "lost" | "unknown";

/** Why a camera, microphone or screen cannot be used. */
export type DeviceProblem = "DENIED" | "DENIED_BY_SYSTEM" | "NONE" | "BUSY" | "INSECURE" | "CANCELLED" | "UNEXPECTED";

/** What can be sent. */
export type OwnSource = "microphone" | "camera" | "screen";

export type DeviceKind = "audioinput" | "videoinput" | "audiooutput";

/** A picture or sound that an element of the page can play. */
export interface MediaHandle {
  readonly sid: string;
  attach(element: HTMLMediaElement): void;
  detach(element: HTMLMediaElement): void;
}

/** One participant as tiles and lists show it. */
export interface Member {
  readonly identity: string;
  readonly name: string;
  readonly isLocal: boolean;
  readonly speaking: boolean;
  readonly microphoneOn: boolean;
  readonly quality: LineQuality;
  /** Track of the camera while it is on, whether received or not. */
  readonly cameraSid: string | null;
  /** Track of the shared screen, whether received or not. */
  readonly screenSid: string | null;
  /** Why the camera's picture does not move although it is on and asked for: held back by the server, or it stands still. */
  readonly cameraFlow: "moving" | "paused" | "still";
  /** The camera's picture once it is received. */
  readonly camera: MediaHandle | null;
  /** The shared screen once it is received. */
  readonly screen: MediaHandle | null;
  /** Sounds to play: microphone and the shared screen's. Empty for oneself. */
  readonly sounds: readonly MediaHandle[];
}

/** One message of the chat. */
export interface ChatLine {
  readonly id: string;
  readonly identity: string;
  readonly name: string;
  readonly text: string;
  /** Milliseconds since 1970 on this machine. */
  readonly time: number;
  readonly own: boolean;
}

/** One thing this machine sends. */
export interface OwnDevice {
  readonly state: "off" | "starting" | "on";
  readonly problem: DeviceProblem | null;
}

/** The room at one moment; replaced as a whole, never changed. */
export interface RoomSnapshot {
  readonly phase: Phase;
  /** True once the server has let us in and only media is missing. */
  readonly admitted: boolean;
  /** What keeps us from the room while reconnecting, as far as it was found out. */
  readonly away: Away;
  /** Number of the attempt while reconnecting, from 1; else 0. */
  readonly attempt: number;
  readonly end: EndReason | null;
  /** Everyone in the room, oneself included, in protocol order. */
  readonly members: readonly Member[];
  readonly chat: readonly ChatLine[];
  readonly own: Readonly<Record<OwnSource, OwnDevice>>;
  /** True from the moment a conductor closed the own microphone until it opens again. */
  readonly mutedByConductor: boolean;
  readonly quality: LineQuality;
  /** True while nothing comes in although something should: measured, and said before the connection is given up. */
  readonly cut: boolean;
  /** Whether the own voice leaves this machine, measured; null while the microphone is closed or just opened. */
  readonly voice: boolean | null;
  /** True while pictures are held back so that sound survives on a weak line. */
  readonly saving: boolean;
  /** True while the browser waits for a click before it plays sound. */
  readonly soundBlocked: boolean;
}
