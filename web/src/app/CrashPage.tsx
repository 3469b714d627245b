import { useTranslation } from "react-i18next";
import "./crash.css";

/** What is left when a page broke or its files did not arrive; needs no component kit. */
export function CrashPage() {
  const { t } = useTranslation();
  return (
    <main className="gb-crash">
      <h1>{t("crash.title")}</h1>
      <p>{t("crash.remedy")}</p>
      <button type="button" onClick={() => window.location.reload()}>
        {t("crash.reload")}
      </button>
    </main>
  );
}
