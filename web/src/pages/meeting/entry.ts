import type { Briefing, Invitee } from "~/gen/briefing/v1/briefing_pb";
import { onForget } from "~/lib/own";
import type { MeetingRoom } from "~/room";
import type { ChosenDevices } from "~/room/options";
import type { Support } from "./parts/SupportLine";

/** What pre-join hands to the room page. It lives in memory only: a reload has no token and starts at pre-join. */
export interface Entry {
  readonly briefing: Briefing;
  readonly invitee: Invitee;
  /** Calls act as the holder of the join link. */
  readonly link: boolean;
  readonly identity: string;
  readonly conducts: boolean;
  readonly room: MeetingRoom;
  /** Switch the camera on once inside. */
  readonly camera: boolean;
  readonly devices: ChosenDevices;
  readonly headcount: number;
  readonly support: Support;
  /** Server time minus this machine's, in milliseconds. */
  readonly skew: number;
}

const STORED_AS = "giaoban.way";

let current: Entry | null = null;

onForget(() => {
  current = null;
  try {
    sessionStorage.removeItem(STORED_AS);
  } catch {
    // Storage is forbidden: there was nothing to forget.
  }
});

/** Address of the pre-join page that leads to a briefing. */
export function prejoinPath(briefing: string, link: boolean): string {
  return link ? "/vao-hop" : `/cuoc-hop/${briefing}/vao`;
}

/** Keeps an entry for the room page; `briefing` is the id in its address. */
export function keepEntry(briefing: string, entry: Entry): void {
  current = entry;
  try {
    sessionStorage.setItem(STORED_AS, JSON.stringify([briefing, entry.link]));
  } catch {
    // Storage is forbidden: after a reload a link holder opens the link again.
  }
}

/** Returns the entry for a briefing, null when its pre-join was not passed in this page. */
export function entryFor(briefing: string): Entry | null {
  return current && current.briefing.name === `briefings/${briefing}` ? current : null;
}

/** Returns where to pass pre-join again after a reload. */
export function wayBack(briefing: string): string {
  try {
    const [id, link] = JSON.parse(sessionStorage.getItem(STORED_AS) ?? "[]") as [string?, boolean?];
    return prejoinPath(briefing, id === briefing && link === true);
  } catch {
    return prejoinPath(briefing, false);
  }
}

/** Address of the signalling: the own origin, never another. */
export function socketUrl(location: Location): string {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}`;
}
