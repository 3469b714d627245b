import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Thumb } from "./Tile";
import type { View } from "./useRoom";

interface StripProps {
  readonly view: View;
  readonly frozen: boolean;
  readonly saving: boolean;
  readonly nameOf: (identity: string, fallback: string) => string;
}

/** At most nine small pictures in protocol order, the rest page by page. */
export function Strip({ view, frozen, saving, nameOf }: StripProps) {
  const { t } = useTranslation("room");
  const { page, pageNumber, pageCount } = view;
  return (
    <nav className="rm-strip" aria-label={t("strip.label")}>
      {pageCount > 1 ? (
        <button type="button" className="mt-button" disabled={pageNumber === 0} onClick={() => view.turn(-1)}>
          <ChevronLeft size={20} aria-hidden="true" />
          <span>{t("strip.before")}</span>
        </button>
      ) : null}
      <ul>
        {page.map((member) => (
          <Thumb
            key={member.identity}
            member={member}
            name={nameOf(member.identity, member.name)}
            frozen={frozen}
            pinned={view.pinned === member.identity}
            saving={saving}
            onPin={view.pin}
          />
        ))}
      </ul>
      {pageCount > 1 ? (
        <button
          type="button"
          className="mt-button"
          disabled={pageNumber === pageCount - 1}
          onClick={() => view.turn(1)}
        >
          <span>{t("strip.after")}</span>
          <ChevronRight size={20} aria-hidden="true" />
        </button>
      ) : null}
    </nav>
  );
}
