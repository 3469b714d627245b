import { beforeEach, expect, test } from "vitest";
import { dropOwn, forgetOwner, hasOwn, keepOwn, onForget, ownedBy, readOwn } from "~/lib/own";
import { sources } from "./sources";

class Storage {
  private readonly kept = new Map<string, string>();
  get length() {
    return this.kept.size;
  }
  key = (index: number) => [...this.kept.keys()][index] ?? null;
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, text: string) => void this.kept.set(key, text);
  removeItem = (key: string) => void this.kept.delete(key);
}

beforeEach(() => {
  Object.assign(globalThis, { sessionStorage: new Storage() });
  forgetOwner();
});

test("the next person of the browser finds nothing, on the screen or in the storage", () => {
  ownedBy("people/an");
  keepOwn("draft.1.new", "Giao ban bí mật");
  sessionStorage.setItem("another", "stays");

  ownedBy("people/binh");
  expect(readOwn("draft.1.new")).toBeNull();
  expect(sessionStorage.length).toBe(1);
});

test("signing out forgets, with whatever else listens", () => {
  let forgotten = 0;
  onForget(() => {
    forgotten += 1;
  });
  ownedBy("people/an");
  keepOwn("draft.1.new", "Giao ban bí mật");

  forgetOwner();
  expect(sessionStorage.length).toBe(0);
  expect(forgotten).toBe(1);
});

test("who signs in again after the session ran out finds the draft", () => {
  ownedBy("people/an");
  keepOwn("draft.1.new", "Giao ban tuần");

  ownedBy("");
  ownedBy("people/an");
  expect(readOwn("draft.1.new")).toBe("Giao ban tuần");
  expect(hasOwn("draft.")).toBe(true);
  dropOwn("draft.1.new");
  expect(hasOwn("draft.")).toBe(false);
});

test("after a reload only what belongs to the person who comes is left", () => {
  sessionStorage.setItem("giaoban.own.people/an/draft.1.new", "of An");
  sessionStorage.setItem("giaoban.own.people/an2/draft.1.new", "of another An");

  ownedBy("people/an");
  expect(readOwn("draft.1.new")).toBe("of An");
  expect(sessionStorage.length).toBe(1);
});

test("nothing of a person is kept past these doors", () => {
  const keepers = sources(/\.tsx?$/).filter(({ text }) => /(session|local)Storage/.test(text));
  expect(keepers.map(({ path }) => path).sort()).toEqual([
    "i18n/index.ts",
    "lib/own.ts",
    "pages/meeting/entry.ts",
    "pages/meeting/parts/devices.ts",
  ]);
});
