/** Resource names as the contract writes them, and the addresses of pages made from them. */

/** Returns the last part of a resource name: `briefings/b1` → `b1`. */
export function idOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** What a name stands for. */
export type NameKind = "unit" | "point" | "person" | "rule" | "briefing" | "other";

/** Tells what kind of thing a name stands for. */
export function kindOf(name: string): NameKind {
  if (name.startsWith("rule:")) return "rule";
  if (name.startsWith("units/")) return "unit";
  if (name.startsWith("points/")) return "point";
  if (name.startsWith("people/")) return "person";
  if (name.startsWith("briefings/")) return "briefing";
  return "other";
}

/** Addresses of pages. */
export const paths = {
  calendar: "/",
  signIn: "/dang-nhap",
  briefings: "/cuoc-hop",
  book: "/dat-lich",
  points: "/diem-cau",
  lines: "/duong-truyen",
  mail: "/thu-moi",
  admin: "/quan-tri",
  briefing: (name: string) => `/cuoc-hop/${idOf(name)}`,
  edit: (name: string) => `/cuoc-hop/${idOf(name)}/sua`,
  join: (name: string) => `/cuoc-hop/${idOf(name)}/vao`,
} as const;
