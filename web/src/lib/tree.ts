import type { Unit } from "~/gen/briefing/v1/org_pb";
import { compareText, matches } from "./text";

/** A unit as a row of the tree. */
export interface TreeRow {
  readonly unit: Unit;
  /** 0 for what has no parent among the units known. */
  readonly depth: number;
  readonly childCount: number;
  readonly open: boolean;
}

function childrenOf(units: readonly Unit[]): Map<string, Unit[]> {
  const known = new Set(units.map((unit) => unit.name));
  const children = new Map<string, Unit[]>();
  for (const unit of units) {
    // Somebody who administers a district does not see the province above it.
    const parent = known.has(unit.parent) ? unit.parent : "";
    children.set(parent, [...(children.get(parent) ?? []), unit]);
  }
  for (const list of children.values()) {
    list.sort((one, other) => one.order - other.order || compareText(one.displayName, other.displayName));
  }
  return children;
}

/** Returns the rows of the tree that are visible with these units open. */
export function treeRows(units: readonly Unit[], open: ReadonlySet<string>): TreeRow[] {
  const children = childrenOf(units);
  const rows: TreeRow[] = [];
  const add = (parent: string, depth: number) => {
    for (const unit of children.get(parent) ?? []) {
      const row = { unit, depth, childCount: children.get(unit.name)?.length ?? 0, open: open.has(unit.name) };
      rows.push(row);
      if (row.open) add(unit.name, depth + 1);
    }
  };
  add("", 0);
  return rows;
}

/** Returns the names of units that must be open so that every match of `query` is visible. */
export function openForMatches(units: readonly Unit[], query: string): Set<string> {
  const byName = new Map(units.map((unit) => [unit.name, unit]));
  const open = new Set<string>();
  for (const unit of units) {
    if (!matches(unit.displayName, query)) continue;
    for (let above = byName.get(unit.parent); above && !open.has(above.name); above = byName.get(above.parent)) {
      open.add(above.name);
    }
  }
  return open;
}
