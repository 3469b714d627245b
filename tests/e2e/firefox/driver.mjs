// Drives Firefox over WebDriver BiDi for a test in another process: a request a line on stdin, its answer a line on stdout.
//
// A request is {"id", "operation", ...}; an answer {"id", "result"} or {"id", "error"}. The browser ends with stdin.

import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const TIMEOUT_MS = 20_000;

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: process.argv[2],
  headless: false,
  acceptInsecureCerts: true,
  extraPrefsFirefox: {
    "intl.accept_languages": "vi-VN, vi",
    // An invented camera, microphone and screen, given without a question; nothing else differs from what offices have.
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "media.navigator.audio.fake_frequency": 440,
  },
});
const pages = new Map();

const operations = {
  open: async ({ page, width, height, script }) => {
    const context = await browser.createBrowserContext();
    const opened = await context.newPage();
    opened.setDefaultTimeout(TIMEOUT_MS);
    await opened.setViewport({ width, height });
    await opened.evaluateOnNewDocument(script);
    pages.set(page, opened);
  },
  goto: ({ page, url }) => pages.get(page).goto(url),
  evaluate: ({ page, code, argument }) => pages.get(page).evaluate(`(${code})(${JSON.stringify(argument ?? null)})`),
  until: async ({ page, code, argument, timeout }) => {
    await pages.get(page).waitForFunction(`(${code})(${JSON.stringify(argument ?? null)})`, { timeout, polling: 100 });
  },
  click: ({ page, selector, timeout }) => pages.get(page).locator(selector).setTimeout(timeout).click(),
  fill: ({ page, selector, text }) => pages.get(page).locator(selector).fill(text),
  screenshot: ({ page, path }) => pages.get(page).screenshot({ path }),
};

async function answer(line) {
  const { id, operation, ...given } = JSON.parse(line);
  try {
    const result = await operations[operation](given);
    return { id, result: operation === "evaluate" ? (result ?? null) : null };
  } catch (error) {
    return { id, error: String(error?.stack ?? error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
await browser.close();
