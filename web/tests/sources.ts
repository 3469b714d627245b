import { readdirSync, readFileSync } from "node:fs";

/** Reads the sources under `src` whose name matches; what is generated is left out. */
export function sources(name: RegExp): { path: string; text: string }[] {
  return readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((path) => name.test(path) && !path.startsWith("gen/"))
    .map((path) => ({ path, text: readFileSync(`src/${path}`, "utf8") }));
}
