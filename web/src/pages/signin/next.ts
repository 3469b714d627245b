import { paths } from "~/lib/names";

/** Returns where to go after signing in: an address of this site, never another one and never this page again. */
export function safeNext(wanted: string | null): string {
  if (!wanted?.startsWith("/") || wanted.startsWith(paths.signIn)) return paths.calendar;
  // "//host", "/\host" and control characters are read by browsers as another site.
  const url = new URL(wanted, "http://here.invalid");
  return url.host === "here.invalid" ? url.pathname + url.search + url.hash : paths.calendar;
}
