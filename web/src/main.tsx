import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { startI18n } from "./i18n";
import "./theme/fonts.css";
import "./theme/base.css";
import { applyTokens } from "./theme/tokens";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

applyTokens(document.documentElement);
await startI18n();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
