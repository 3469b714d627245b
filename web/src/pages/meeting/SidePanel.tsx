import { X } from "lucide-react";
import { Activity, type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { TABS, type Tab } from "./side";

interface SidePanelProps {
  readonly tab: Tab;
  readonly counts: Readonly<Record<Tab, number>>;
  readonly onTab: (tab: Tab) => void;
  readonly onClose: () => void;
  readonly panels: Readonly<Record<Tab, () => ReactNode>>;
}

/** Hàng đợi, Người, Trao đổi: one at a time. */
export function SidePanel({ tab, counts, onTab, onClose, panels }: SidePanelProps) {
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
            aria-controls={`rm-tabpanel-${it}`}
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
      {TABS.map((it) => (
        <Panel key={it} tab={it} shown={tab === it} draw={panels[it]} />
      ))}
    </aside>
  );
}

interface PanelProps {
  readonly tab: Tab;
  readonly shown: boolean;
  readonly draw: () => ReactNode;
}

/** Keeps half a message or a number being changed while another panel is shown, and is not drawn anew meanwhile. */
function Panel({ tab, shown, draw }: PanelProps) {
  // The room is drawn every second; a list of 150 points that nobody sees would be work for nothing.
  const last = useRef<ReactNode>(null);
  if (shown) last.current = draw();
  return (
    <Activity mode={shown ? "visible" : "hidden"}>
      <div className="rm-tabpanel" role="tabpanel" id={`rm-tabpanel-${tab}`} aria-labelledby={`rm-tab-${tab}`}>
        {last.current}
      </div>
    </Activity>
  );
}
