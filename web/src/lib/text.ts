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
