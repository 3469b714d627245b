import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { TABS, type Tab } from "./side";

interface SidePanelProps {
  readonly tab: Tab;
  readonly counts: Readonly<Record<Tab, number>>;
  readonly onTab: (tab: Tab) => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Hàng đợi, Người, Trao đổi: one at a time. */
export function SidePanel({ tab, counts, onTab, onClose, children }: SidePanelProps) {
  const { t } = useTranslation("room");
  return (
    <aside className="rm-side" aria-label={t("side.label")}>
      <div className="rm-tabs" role="tablist">
        {TABS.map((it) => (
          <button
            key={it}
            type="button"
            role="tab"
            id={`rm-tab-${it}`}
            aria-selected={tab === it}
            aria-controls="rm-tabpanel"
            onClick={() => onTab(it)}
          >
            {t(`side.${it}`)}
            {counts[it] > 0 ? <b> {counts[it]}</b> : null}
          </button>
        ))}
        <button type="button" className="rm-side-close" onClick={onClose}>
          <X size={20} aria-hidden="true" />
          <span className="gb-hidden">{t("common:action.close")}</span>
        </button>
      </div>
      <div className="rm-tabpanel" role="tabpanel" id="rm-tabpanel" aria-labelledby={`rm-tab-${tab}`}>
        {children}
      </div>
    </aside>
  );
}
