import { ConnectionError, ConnectionErrorReason, DisconnectReason } from "livekit-client";
import type { EndReason } from "./types";

const ENDS: Partial<Record<DisconnectReason, EndReason>> = {
  [DisconnectReason.CLIENT_INITIATED]: "LEFT",
  [DisconnectReason.DUPLICATE_IDENTITY]: "DUPLICATE",
  [DisconnectReason.SERVER_SHUTDOWN]: "SERVER_AWAY",
  [DisconnectReason.PARTICIPANT_REMOVED]: "REMOVED",
  [DisconnectReason.ROOM_DELETED]: "BRIEFING_ENDED",
  [DisconnectReason.ROOM_CLOSED]: "BRIEFING_ENDED",
};

/** Says why a connection ended; a line that went away is the usual cause, so it stands for all without a better one. */
export function endOf(reason: DisconnectReason | undefined): EndReason {
  return (reason === undefined ? undefined : ENDS[reason]) ?? "LINE_LOST";
}

const FAILURES: Partial<Record<ConnectionErrorReason, EndReason>> = {
  [ConnectionErrorReason.NotAllowed]: "REFUSED",
  [ConnectionErrorReason.ServerUnreachable]: "SERVER_AWAY",
  [ConnectionErrorReason.WebSocket]: "SERVER_AWAY",
  [ConnectionErrorReason.ServiceNotFound]: "SERVER_AWAY",
  // Signalling worked and media did not come up: a firewall holds back UDP.
  [ConnectionErrorReason.InternalError]: "MEDIA_BLOCKED",
  [ConnectionErrorReason.Timeout]: "MEDIA_BLOCKED",
  [ConnectionErrorReason.Cancelled]: "LEFT",
};

/** Says why the room could not be entered. */
export function failureOf(thrown: unknown): EndReason {
  if (!(thrown instanceof ConnectionError)) return "UNEXPECTED";
  const reason: ConnectionErrorReason = thrown.reason;
  if (reason === ConnectionErrorReason.LeaveRequest) return endOf(thrown.context as DisconnectReason);
  return FAILURES[reason] ?? "UNEXPECTED";
}
