import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "~/gen/google/rpc/error_details_pb";

/** What went wrong, in terms a screen can act on. */
export interface Problem {
  /** Stable reason, UPPER_SNAKE: the server's own, or one of the fallbacks below. */
  readonly reason: string;
  /** Facts that came with the reason, for example `holder_title`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Path of a field as the contract names it (`briefing.start_time`) → what the server said of it. */
  readonly fields: Readonly<Record<string, string>>;
}

/** This machine has no network. */
export const OFFLINE = "OFFLINE";
/** No answer at all: the server is stopped, or the line to it is cut. */
export const UNREACHABLE = "UNREACHABLE";

// For answers without a reason of the house's own: a proxy, an overload, a bug.
const FALLBACKS: Partial<Record<Code, string>> = {
  [Code.Unauthenticated]: "SIGNED_OUT",
  [Code.PermissionDenied]: "NO_PERMISSION",
  [Code.NotFound]: "NOT_FOUND",
  [Code.Unavailable]: "SERVER_AWAY",
  [Code.DeadlineExceeded]: "TOO_SLOW",
  [Code.ResourceExhausted]: "TOO_MANY_REQUESTS",
  [Code.InvalidArgument]: "BAD_FIELD",
  [Code.Canceled]: "CANCELLED",
};

function isNetworkFailure(error: ConnectError): boolean {
  // fetch() rejects with a TypeError when there was no answer; Connect keeps it as the cause.
  return error.cause instanceof TypeError;
}

function unreached(): string {
  return globalThis.navigator?.onLine === false ? OFFLINE : UNREACHABLE;
}

/** Reads any thrown thing as a `Problem`. */
export function problemOf(thrown: unknown): Problem {
  const error = ConnectError.from(thrown);
  const info = error.findDetails(ErrorInfoSchema)[0];
  const fields: Record<string, string> = {};
  for (const bad of error.findDetails(BadRequestSchema)) {
    for (const violation of bad.fieldViolations) fields[violation.field] ??= violation.description;
  }
  if (info?.reason) return { reason: info.reason, metadata: info.metadata, fields };
  const reason = isNetworkFailure(error) ? unreached() : (FALLBACKS[error.code] ?? "UNEXPECTED");
  return { reason, metadata: {}, fields };
}

/** True when the caller has no session any more. */
export function isSignedOut(thrown: unknown): boolean {
  return problemOf(thrown).reason === "SIGNED_OUT";
}

/** True when asking again cannot help: the server understood and refused. */
export function isFinal(thrown: unknown): boolean {
  return ![OFFLINE, UNREACHABLE, "SERVER_AWAY", "TOO_SLOW"].includes(problemOf(thrown).reason);
}

const REFUSALS = [Code.Unauthenticated, Code.PermissionDenied, Code.NotFound, Code.InvalidArgument, Code.Unimplemented];

/** True when the server said that this will not be given, now or later. */
export function isRefusal(thrown: unknown): boolean {
  return REFUSALS.includes(ConnectError.from(thrown).code);
}
