/** One fact of an audit entry. */
export interface AuditFact {
  readonly name: string;
  readonly value: string;
}

function readable(value: unknown): string {
  if (Array.isArray(value)) return value.map(readable).join(", ");
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return String(value);
}

/** Reads the changed facts of an entry; what is no JSON object is one fact without a name. */
export function auditFacts(detail: string): AuditFact[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(detail);
  } catch {
    return detail ? [{ name: "", value: detail }] : [];
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return [{ name: "", value: detail }];
  return Object.entries(parsed)
    .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => ({ name, value: readable(value) }));
}
