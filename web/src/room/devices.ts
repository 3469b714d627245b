import type { DeviceKind, DeviceProblem } from "./types";

const DEVICE_PROBLEMS: Readonly<Record<string, DeviceProblem>> = {
  NotAllowedError: "DENIED",
  SecurityError: "DENIED",
  NotFoundError: "NONE",
  OverconstrainedError: "NONE",
  NotReadableError: "BUSY",
  // What Firefox and older Chromium say of a device that another program holds.
  AbortError: "BUSY",
  TrackStartError: "BUSY",
  DeviceUnsupportedError: "INSECURE",
};

/** Says why `getUserMedia` or `getDisplayMedia` failed. */
export function deviceProblemOf(thrown: unknown): DeviceProblem {
  if (!(thrown instanceof Error)) return "UNEXPECTED";
  // Chromium has one name for the visitor's No and for the operating system's; only its words differ.
  if (thrown.name === "NotAllowedError" && /by system/i.test(thrown.message)) return "DENIED_BY_SYSTEM";
  return DEVICE_PROBLEMS[thrown.name] ?? "UNEXPECTED";
}

/** A device as a list offers it. */
export interface DeviceChoice {
  readonly id: string;
  readonly label: string;
}

/**
 * Returns the devices of a kind to choose from. The browser's aliases of its default are left out, and so are devices
 * without a name, which is how a browser lists them before the visitor agreed.
 */
export function choicesOf(devices: readonly MediaDeviceInfo[], kind: DeviceKind): DeviceChoice[] {
  return devices
    .filter((it) => it.kind === kind && it.label && !["", "default", "communications"].includes(it.deviceId))
    .map((it) => ({ id: it.deviceId, label: it.label.replace(/ \([0-9a-f]{4}:[0-9a-f]{4}\)$/, "") }));
}
