import { Phone } from "lucide-react";
import { useTranslation } from "react-i18next";

/** Whom to call. */
export interface Support {
  readonly name: string;
  readonly phone: string;
}

/** The IT officer to call, as a link that dials on a phone; where none is known, the number on the invitation. */
export function SupportLine({ support }: { support: Support | null }) {
  const { t } = useTranslation("prejoin");
  if (!support?.phone) return <span>{t("support.unknown")}</span>;
  return (
    <span className="mt-support">
      {t("support.label")}{" "}
      <a href={`tel:${support.phone.replace(/[^\d+]/g, "")}`}>
        <Phone size={18} aria-hidden="true" /> {support.phone}
      </a>
      {support.name ? <span className="mt-muted"> ({support.name})</span> : null}
    </span>
  );
}
