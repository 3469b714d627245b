import { Languages } from "lucide-react";
import { useTranslation } from "react-i18next";
import { changeLanguage, LANGUAGES } from "~/i18n";

/** Changes to the other language of the screens; its name is written in that language. */
export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  const other = LANGUAGES.find((language) => language !== i18n.language) ?? "vi";
  return (
    <button
      type="button"
      className="mt-button"
      lang={other}
      aria-label={t(`account.${other}`)}
      onClick={() => void changeLanguage(other)}
    >
      <Languages size={20} aria-hidden="true" />
      <span>{t(`account.${other}`)}</span>
    </button>
  );
}
