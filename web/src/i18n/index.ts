import i18next, { type BackendModule, type ResourceKey } from "i18next";
import { initReactI18next } from "react-i18next";

/** Languages of the screens, the first is the house's own. */
export const LANGUAGES = ["vi", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const STORED_AS = "giaoban.language";

const files = import.meta.glob<{ default: ResourceKey }>("./{vi,en}/*.json");

// One JSON file per area; a page loads only its own.
const backend: BackendModule = {
  type: "backend",
  init() {},
  read(language, area, done) {
    const load = files[`./${language}/${area}.json`];
    if (!load) {
      done(new Error(`no texts for ${language}/${area}`), false);
      return;
    }
    load().then(
      (module) => done(null, module.default),
      (error: Error) => done(error, false),
    );
  },
};

function storedLanguage(): Language {
  try {
    return localStorage.getItem(STORED_AS) === "en" ? "en" : "vi";
  } catch {
    return "vi"; // Storage is forbidden in this browser: the house's own language.
  }
}

/** Loads the texts every page needs; resolves before the first picture. */
export async function startI18n(): Promise<void> {
  const language = storedLanguage();
  document.documentElement.lang = language;
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: language,
      fallbackLng: false,
      ns: ["common", "errors"],
      defaultNS: "common",
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
    });
}

/** The language on the screen now. */
export function currentLanguage(): Language {
  return i18next.language === "en" ? "en" : "vi";
}

/** Changes the language of the screens and remembers it on this machine. */
export async function changeLanguage(language: Language): Promise<void> {
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  try {
    localStorage.setItem(STORED_AS, language);
  } catch {
    // Storage is forbidden in this browser: the choice holds until the page is closed.
  }
}
