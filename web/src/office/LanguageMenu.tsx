import { Button, Menu } from "@mantine/core";
import { Check, ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { changeLanguage, currentLanguage, LANGUAGES } from "~/i18n";

/** Switches the language of the screens. */
export function LanguageMenu() {
  const { t } = useTranslation();
  const current = currentLanguage();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          px="xs"
          flex="none"
          c="var(--gb-ink)"
          rightSection={<ChevronDown size={16} aria-hidden="true" />}
          aria-label={`${t("account.language")}: ${t(`account.${current}`)}`}
        >
          {current.toUpperCase()}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {LANGUAGES.map((language) => (
          <Menu.Item
            key={language}
            lang={language}
            leftSection={language === current ? <Check size={16} aria-hidden="true" /> : <span className="gb-gap-16" />}
            onClick={() => void changeLanguage(language)}
          >
            {t(`account.${language}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
