import { CalendarDays, type LucideIcon, MonitorDot, Network, Search, User, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import { kindOf, type NameKind } from "~/lib/names";

export const KIND_ICONS: Record<NameKind, LucideIcon> = {
  unit: Network,
  point: MonitorDot,
  person: User,
  rule: Users,
  briefing: CalendarDays,
  other: Search,
};

/** Tells what kind of thing a name stands for; the word is there for screen readers and as a tooltip. */
export function KindIcon({ name, size = 18 }: { name: string; size?: number }) {
  const { t } = useTranslation();
  const kind = kindOf(name);
  const Icon = KIND_ICONS[kind];
  const word = t(`kind.${kind}`);
  return (
    <span className="gb-kind" title={word}>
      <Icon size={size} aria-hidden="true" />
      <span className="gb-hidden">{word}</span>
    </span>
  );
}
