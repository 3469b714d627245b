import { AppShell, Box, Burger, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Star } from "lucide-react";
import { Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link, Navigate, Outlet, useLocation } from "react-router";
import { useSession } from "~/api/session";
import { paths } from "~/lib/names";
import { ErrorState, RowsSkeleton } from "~/ui/states";
import { AccountMenu } from "./AccountMenu";
import { LanguageMenu } from "./LanguageMenu";
import { OfflineBanner } from "./OfflineBanner";
import { SearchBox } from "./SearchBox";
import { SideNav } from "./SideNav";

/** The frame of the office: head with search and account, pages at the left, the page itself. Needs a session. */
export function Component() {
  const { t } = useTranslation();
  const session = useSession();
  const location = useLocation();
  const [opened, { toggle, close }] = useDisclosure(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes whenever the page changes
  useEffect(close, [location.pathname]);

  if (session.data === undefined) {
    return session.isError ? (
      <ErrorState error={session.error} onRetry={() => void session.refetch()} />
    ) : (
      <FrameSkeleton />
    );
  }
  if (session.data === null) {
    const next = location.pathname + location.search;
    return <Navigate to={`${paths.signIn}?next=${encodeURIComponent(next)}`} replace />;
  }
  return (
    <AppShell
      header={{ height: 60 }}
      navbar={{ width: 220, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding="md"
      transitionDuration={120}
    >
      <a className="gb-skip" href="#content">
        {t("skip")}
      </a>
      <AppShell.Header className="gb-header">
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          <Burger
            hiddenFrom="sm"
            size="sm"
            opened={opened}
            onClick={toggle}
            aria-label={t(opened ? "nav.close" : "nav.open")}
          />
          <Link to={paths.calendar} className="gb-brand">
            <Star size={22} fill="currentColor" aria-hidden="true" />
            <Text span fw={700} size="lg">
              {t("product")}
            </Text>
          </Link>
          <Text c="var(--gb-muted)" size="sm" visibleFrom="md" truncate maw={260}>
            {session.data.person?.unitDisplayName}
          </Text>
          <SearchBox />
          <LanguageMenu />
          <AccountMenu session={session.data} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" className="gb-navbar">
        <SideNav />
      </AppShell.Navbar>
      <AppShell.Main>
        <Box id="content" tabIndex={-1} className="gb-content">
          <OfflineBanner />
          <Suspense fallback={<RowsSkeleton />}>
            <Outlet />
          </Suspense>
        </Box>
      </AppShell.Main>
    </AppShell>
  );
}

function FrameSkeleton() {
  return (
    <Box p="xl">
      <RowsSkeleton rows={6} height={64} />
    </Box>
  );
}
