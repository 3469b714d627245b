import { Alert, Button, Card, Skeleton, Stack, Text, Title } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { CircleAlert, Inbox, type LucideIcon, ShieldOff, WifiOff } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { problemOf } from "~/api/errors";
import { useProblemWords } from "~/api/words";
import { formatTime } from "~/lib/dates";
import { paths } from "~/lib/names";

const SKELETON_AFTER_MS = 200;

/** Shows its children only once waiting has become noticeable, so that quick answers do not flicker. */
export function AfterWhile({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setVisible(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true">
      <span className="gb-hidden" role="status">
        {t("state.loading")}
      </span>
      {visible ? children : null}
    </div>
  );
}

/** Grey lines where rows of a list or table will stand. */
export function RowsSkeleton({ rows = 8, height = 44 }: { rows?: number; height?: number }) {
  return (
    <AfterWhile>
      <Stack gap={8} mt="sm">
        {Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never move
          <Skeleton key={row} height={height} radius={8} />
        ))}
      </Stack>
    </AfterWhile>
  );
}

interface StateProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

function StateCard({ icon: Icon, title, children, action }: StateProps) {
  return (
    <Card withBorder padding="xl" maw={640} mx="auto" my="xl" ta="center">
      <Stack align="center" gap="sm">
        <Icon size={40} strokeWidth={1.5} color="var(--gb-muted)" aria-hidden="true" />
        <Title order={2} size="h3">
          {title}
        </Title>
        {children ? <Text c="var(--gb-muted)">{children}</Text> : null}
        {action}
      </Stack>
    </Card>
  );
}

/** Nothing here yet: says what to do next, with at most one button. */
export function EmptyState(props: { title: string; children?: ReactNode; action?: ReactNode }) {
  return <StateCard icon={Inbox} {...props} />;
}

/** What happened, what to do; a button to try again where that may help. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const words = useProblemWords()(error);
  const retry = onRetry ? (
    <Button variant="light" onClick={onRetry}>
      {t("state.retry")}
    </Button>
  ) : null;
  return (
    <div role="alert">
      <StateCard icon={CircleAlert} title={words.what} action={retry}>
        {words.remedy}
      </StateCard>
    </div>
  );
}

/** The caller may not see this; says who grants the right. */
export function NoRight() {
  const { t } = useTranslation();
  const home = (
    <Button component={Link} to={paths.calendar} variant="light">
      {t("state.backHome")}
    </Button>
  );
  return (
    <StateCard icon={ShieldOff} title={t("state.noRightTitle")} action={home}>
      {t("state.noRightText")}
    </StateCard>
  );
}

/** An error beside a form: what happened and what to do, without taking the form away. */
export function ErrorAlert({ error }: { error: unknown }) {
  const words = useProblemWords()(error);
  return (
    <Alert color="stop" icon={<CircleAlert aria-hidden="true" />} title={words.what} role="alert">
      {words.remedy}
    </Alert>
  );
}

/** Data on the screen is old: when it is from. */
export function StaleBanner({ since, offline }: { since: number; offline: boolean }) {
  const { t } = useTranslation();
  const time = formatTime(new Date(since));
  return (
    <Alert color="warn" icon={<WifiOff aria-hidden="true" />} role="status" mb="md" py="xs">
      {t(offline ? "state.offline" : "state.stale", { time })}
    </Alert>
  );
}

interface QueryViewProps<T> {
  readonly query: UseQueryResult<T>;
  readonly skeleton?: ReactNode;
  readonly children: (data: T) => ReactNode;
}

/** Shows a query in whatever state it is: skeleton, refusal, error, last known data with a banner, or data. */
export function QueryView<T>({ query, skeleton, children }: QueryViewProps<T>) {
  if (query.data !== undefined) {
    const offline = query.fetchStatus === "paused";
    return (
      <>
        {query.isError || offline ? <StaleBanner since={query.dataUpdatedAt} offline={offline} /> : null}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) {
    if (problemOf(query.error).reason === "NO_PERMISSION") return <NoRight />;
    return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  }
  return <>{skeleton ?? <RowsSkeleton />}</>;
}
