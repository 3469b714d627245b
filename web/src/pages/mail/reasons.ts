import { useTranslation } from "react-i18next";

/** Says why a message did not go out, in the reader's language. */
export function useReasonWords(): (reason: string) => string {
  const { t, i18n } = useTranslation("mail");
  return (reason) => {
    if (i18n.exists(`mail:reason.${reason}`)) return t(`reason.${reason}`);
    const smtp = /^SMTP_(\d+)$/.exec(reason);
    return smtp ? t("reason.SMTP", { code: smtp[1] }) : t("reason.other", { code: reason });
  };
}
