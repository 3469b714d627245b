// What this tab keeps for the person signed in: drafts, above all. Offices share browsers.

const PREFIX = "giaoban.own.";
const listeners = new Set<() => void>();
let owner = "";

function keys(): string[] {
  try {
    return Array.from({ length: sessionStorage.length }, (_, index) => sessionStorage.key(index) ?? "");
  } catch {
    return []; // Storage is forbidden: there is nothing.
  }
}

function drop(keep: string): void {
  for (const key of keys()) {
    if (key.startsWith(PREFIX) && !(keep && key.startsWith(keep))) sessionStorage.removeItem(key);
  }
}

const prefixOf = (person: string) => `${PREFIX}${person}/`;

/**
 * Says who is signed in; another person finds nothing of the one before. While nobody is (`""`) what is kept waits: who
 * signs in again after a session has run out finds the draft.
 */
export function ownedBy(person: string): void {
  if (person && owner && person !== owner) forgetOwner();
  if (person) {
    owner = person;
    drop(prefixOf(person));
  }
}

/** Forgets everything that is kept for a person: at signing out. */
export function forgetOwner(): void {
  owner = "";
  drop("");
  for (const listener of listeners) listener();
}

/** Calls `listener` when the person before is to be forgotten. */
export function onForget(listener: () => void): void {
  listeners.add(listener);
}

/** Whether something is kept under a key that begins so. */
export function hasOwn(start: string): boolean {
  return owner !== "" && keys().some((key) => key.startsWith(prefixOf(owner) + start));
}

/** Reads what is kept; null when there is nothing, or nobody is signed in. */
export function readOwn(key: string): string | null {
  try {
    return owner ? sessionStorage.getItem(prefixOf(owner) + key) : null;
  } catch {
    return null;
  }
}

/** Keeps a text until it is dropped, its owner signs out or the tab is closed. */
export function keepOwn(key: string, text: string): void {
  try {
    if (owner) sessionStorage.setItem(prefixOf(owner) + key, text);
  } catch {
    // Storage is forbidden or full: the page still works, only a reload loses it.
  }
}

/** Forgets one text. */
export function dropOwn(key: string): void {
  try {
    if (owner) sessionStorage.removeItem(prefixOf(owner) + key);
  } catch {
    // Storage is forbidden: there was nothing to forget.
  }
}
