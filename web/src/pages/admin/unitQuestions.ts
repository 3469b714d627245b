import type { Unit } from "~/gen/briefing/v1/org_pb";
import { compareText, fold } from "~/lib/text";

/** Kinds that a province has, in the order of its tree; others come from the units there are. */
const USUAL_KINDS = ["tỉnh", "thành phố", "huyện", "xã", "phường", "đặc khu", "sở", "ban", "phòng", "trung tâm"];

/** The kinds to choose from: the usual ones, and those in use. One that differs in signs only is the same. */
export function knownKinds(units: readonly Unit[]): string[] {
  const known = new Map(USUAL_KINDS.map((kind) => [fold(kind), kind]));
  const used = units.map((unit) => unit.kind.trim()).filter((kind) => kind !== "" && !known.has(fold(kind)));
  for (const kind of used.sort(compareText)) if (!known.has(fold(kind))) known.set(fold(kind), kind);
  return [...known.values()];
}

/** The known kind that a typed one means, or the typed one. */
export function sameKind(kinds: readonly string[], typed: string): string {
  return kinds.find((kind) => fold(kind) === fold(typed.trim())) ?? typed.trim();
}

/** What to ask before a unit is saved: that it stands beside the root, or is called as another one below the same. */
export function unitQuestion(units: readonly Unit[], wanted: Unit): "root" | "twin" | null {
  const others = units.filter((unit) => unit.name !== wanted.name);
  const before = units.find((unit) => unit.name === wanted.name);
  const moved = before?.parent !== wanted.parent;
  if (moved && wanted.parent === "" && others.some((unit) => unit.parent === "")) return "root";
  const named = before === undefined || moved || fold(before.displayName) !== fold(wanted.displayName);
  const twin = others.some(
    (unit) => unit.parent === wanted.parent && fold(unit.displayName) === fold(wanted.displayName),
  );
  return named && twin ? "twin" : null;
}
