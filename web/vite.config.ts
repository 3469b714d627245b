import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The browsers that offices of a province still have.
const BROWSERS = ["chrome109", "firefox115"];

// Where `npm run dev` finds the product's own gateway.
const GATEWAY = process.env.GIAOBAN_DEV_GATEWAY ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: BROWSERS,
    cssTarget: BROWSERS,
    // The Content-Security-Policy allows fonts from the own host only, so nothing becomes a data: address.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Without groups each shared part becomes a file of its own: sixty requests on a slow line.
          groups: [
            {
              name: "base",
              priority: 50,
              test: /node_modules\/(react|react-dom|scheduler|react-router|i18next|react-i18next|@tanstack|@connectrpc|@bufbuild)\//,
            },
            { name: "icons", priority: 40, test: /node_modules\/lucide-react\// },
            // What nearly every office page uses; the rest of the kit comes with the pages that use it.
            { name: "kit", priority: 30, test: /node_modules\/(@mantine|@floating-ui)\//, minShareCount: 5 },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    // The gateway refuses writes from pages of other origins, so it must see the address that the browser sees.
    proxy: {
      "/api": { target: GATEWAY, changeOrigin: false },
      "/join": { target: GATEWAY, changeOrigin: false },
      "/rtc": { target: GATEWAY, changeOrigin: false, ws: true },
    },
  },
  test: { include: ["tests/**/*.test.ts"] },
});
