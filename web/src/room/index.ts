/** What the screens load when they need the room itself; brings the client library, so only ever imported lazily. */
export { openLoopback } from "./loopback";
export { MeetingRoom } from "./meetingRoom";
