/** What the screens load when they need the room itself; brings the client library, so only ever imported lazily. */
import { setLogLevel } from "livekit-client";

export { openLoopback } from "./loopback";
export { MeetingRoom } from "./meetingRoom";

// Its default tells each step to the console of every office PC.
setLogLevel("warn");
