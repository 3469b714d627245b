/** Vietnamese text: comparing, finding. */

const collator = new Intl.Collator("vi", { numeric: true });

/** Orders two texts as a Vietnamese dictionary does, numbers by value. */
export function compareText(one: string, other: string): number {
  return collator.compare(one, other);
}

/** Strips diacritics and case: "Tân Lập" and "tan lap" become the same. */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().trim();
}

/** True when every word of `query` occurs in `text`, diacritics ignored. */
export function matches(text: string, query: string): boolean {
  const folded = fold(text);
  return fold(query)
    .split(/\s+/)
    .every((word) => folded.includes(word));
}

/** Two letters that stand for a name: of its last two words, as Vietnamese names are told apart by their ends. */
export function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => /^\p{L}/u.test(word));
  return words
    .slice(-2)
    .map((word) => [...word][0]?.toLocaleUpperCase("vi") ?? "")
    .join("");
}

/** A point's name without the words that all of them begin with: where space is short, only what differs counts. */
export function withoutKind(name: string): string {
  const rest = name.replace(/^điểm cầu\s+/iu, "");
  return rest.charAt(0).toLocaleUpperCase("vi") + rest.slice(1);
}
