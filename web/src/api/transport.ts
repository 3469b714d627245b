import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

/** A call that has not answered by then has failed; streams have no such limit. */
const UNARY_TIMEOUT_MS = 15_000;

let actAsLinkHolder = false;

/** From now on calls act as the invitee of the join link rather than as the person signed in. */
export function actAsInvitee(active: boolean): void {
  actAsLinkHolder = active;
}

const linkHeader: Interceptor = (next) => (request) => {
  if (actAsLinkHolder) request.header.set("X-Giaoban-Link", "1");
  return next(request);
};

// Binary: a page of one release and a server of another understand each other, while JSON refuses what it does not know.
const connect = createConnectTransport({ baseUrl: "/api", useBinaryFormat: true, interceptors: [linkHeader] });

/** The way to the gateway: `POST /api/<package>.<Service>/<Method>`, with the cookies of this site. */
export const transport: Transport = {
  unary: (method, signal, timeoutMs, header, input, context) =>
    connect.unary(method, signal, timeoutMs ?? UNARY_TIMEOUT_MS, header, input, context),
  stream: (method, signal, timeoutMs, header, input, context) =>
    connect.stream(method, signal, timeoutMs, header, input, context),
};
