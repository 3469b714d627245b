import { expect, test } from "vitest";
import { sources } from "./sources";

const read = (path: string): string => sources(/\.tsx$/).find((source) => source.path === path)?.text ?? "";

test("only its button sends a booking: a form would be sent by Enter in any of its fields", () => {
  const parts = sources(/^pages\/booking\/.*\.tsx$/);
  expect(parts.length).toBeGreaterThan(4);
  expect(parts.filter(({ text }) => /<form\b|component="form"|type="submit"/.test(text))).toEqual([]);
  expect(read("pages/booking/BookingEditor.tsx")).toMatch(/onClick=\{\(\) => void submit\(\)\}/);
});

test("Enter among suggestions takes the first one found and leaves the form alone", () => {
  const combobox = read("ui/DirectoryCombobox.tsx");
  expect(combobox).toContain("selectFirstOption()");
  expect(combobox).toMatch(/event\.key === "Enter"\) event\.preventDefault\(\)/);
});

test("no input shows what the address holds: the address follows too late for those who type", () => {
  const askers = sources(/^(pages|ui|office)\/.*\.tsx?$/).filter(({ text }) => text.includes("useSearchParams("));
  expect(askers.length).toBeGreaterThan(5);
  const late = askers.filter(({ text }) => {
    const inputs = [...text.matchAll(/<(?:TextInput|Textarea|NumberInput)\n(?:(?!\n\s*\/>)[\s\S])*/g)].join();
    return [...text.matchAll(/const (\w+) = parameters\.get\(/g)].some(([, held]) =>
      inputs.includes(`value={${held}}`),
    );
  });
  expect(late.map(({ path }) => path)).toEqual([]);
});
