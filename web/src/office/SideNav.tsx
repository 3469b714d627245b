import { NavLink } from "@mantine/core";
import { Activity, CalendarDays, type LucideIcon, Mail, MonitorDot, Settings, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";
import { type Permission, usePermissions } from "~/api/session";
import { paths } from "~/lib/names";

interface Page {
  readonly key: string;
  readonly to: string;
  readonly icon: LucideIcon;
  readonly permission?: Permission;
}

/** Pages of the office in the order of the side navigation. */
export const PAGES: readonly Page[] = [
  { key: "calendar", to: paths.calendar, icon: CalendarDays },
  { key: "briefings", to: paths.briefings, icon: Users },
  { key: "points", to: paths.points, icon: MonitorDot, permission: "org.read" },
  { key: "lines", to: paths.lines, icon: Activity, permission: "quality.read" },
  { key: "mail", to: paths.mail, icon: Mail, permission: "deliveries.read" },
  { key: "admin", to: paths.admin, icon: Settings, permission: "org.write" },
];

function isActive(page: Page, pathname: string): boolean {
  return page.to === "/" ? pathname === "/" : pathname.startsWith(page.to);
}

/** The pages this person may open. */
export function SideNav() {
  const { t } = useTranslation();
  const may = usePermissions();
  const { pathname } = useLocation();
  return (
    <nav aria-label={t("nav.label")}>
      {PAGES.filter((page) => !page.permission || may(page.permission)).map((page) => (
        <NavLink
          key={page.key}
          component={Link}
          to={page.to}
          label={t(`nav.${page.key}`)}
          leftSection={<page.icon size={20} aria-hidden="true" />}
          active={isActive(page, pathname)}
          aria-current={isActive(page, pathname) ? "page" : undefined}
          className="gb-nav-link"
        />
      ))}
    </nav>
  );
}
