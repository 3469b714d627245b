import { Badge, Button, Card, Group, Progress, Skeleton, Stack, Text, Title } from "@mantine/core";
import { Video } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useInvitees } from "~/api/invitees";
import { usePermissions } from "~/api/session";
import { type Briefing, Briefing_State, ParticipationStatus } from "~/gen/briefing/v1/briefing_pb";
import { upcoming, whenOf } from "~/lib/briefing";
import { instantOf } from "~/lib/dates";
import { paths } from "~/lib/names";
import { useDurationWords } from "~/ui/useDurationWords";
import { useNow } from "~/ui/useNow";
import { useNearBriefings } from "../briefings/queries";

const LATER_SHOWN = 3;
const ANSWERS_REFRESH_MS = 60_000;

/** The card beside the calendar: what comes next, how long until then, who has answered. */
export function NextBriefing() {
  const { t } = useTranslation("calendar");
  const now = useNow();
  const near = useNearBriefings();
  const [next, ...later] = upcoming(near.data ?? [], now);
  return (
    <Stack gap="md" className="gb-calendar-side">
      <Card withBorder component="section" aria-label={t("next.heading")}>
        <Text size="sm" fw={600} c="var(--gb-muted)">
          {t("next.heading")}
        </Text>
        {near.data === undefined ? <Skeleton height={120} mt="sm" visible={!near.isError} /> : null}
        {near.data && !next ? <Text mt="xs">{t("next.none")}</Text> : null}
        {next ? <Next briefing={next} now={now} /> : null}
      </Card>
      {later.length > 0 ? (
        <Card withBorder component="section" aria-label={t("next.after")}>
          <Text size="sm" fw={600} c="var(--gb-muted)" mb={4}>
            {t("next.after")}
          </Text>
          {later.slice(0, LATER_SHOWN).map((briefing) => (
            <Link key={briefing.name} to={paths.briefing(briefing.name)} className="gb-row-link">
              <Text fw={600}>{briefing.title}</Text>
              <Text size="sm" c="var(--gb-muted)">
                {whenOf(briefing)}
              </Text>
            </Link>
          ))}
        </Card>
      ) : null}
    </Stack>
  );
}

function Next({ briefing, now }: { briefing: Briefing; now: Date }) {
  const { t } = useTranslation("calendar");
  const durationWords = useDurationWords();
  const may = usePermissions();
  const start = instantOf(briefing.startTime)?.getTime() ?? 0;
  const left = start - now.getTime();
  const open = briefing.state === Briefing_State.OPEN;
  const clock = left <= 0 ? t("next.running") : t("next.in", { time: durationWords(left) });
  return (
    <Stack gap="xs" mt={4}>
      <Title order={2} size="h4">
        {briefing.title}
      </Title>
      <Text>{whenOf(briefing)}</Text>
      <Text size="sm" c="var(--gb-muted)">
        {t("next.chair", { name: briefing.chairDisplayName })}
      </Text>
      <Text size="sm" c="var(--gb-muted)">
        {t("common:count.points", { count: briefing.pointCount })} ·{" "}
        {t("common:count.people", { count: briefing.personCount })}
      </Text>
      <Group gap="xs">
        <Text fw={700} size="lg" c="var(--gb-primary)">
          {clock}
        </Text>
        {open ? (
          <Badge color="good" tt="none" size="lg">
            {t("next.open")}
          </Badge>
        ) : null}
      </Group>
      <Answers briefing={briefing} />
      <Group gap="xs" className="gb-next-buttons">
        {open && briefing.allowedActions.includes("join") ? (
          <Button component={Link} to={paths.join(briefing.name)} leftSection={<Video size={18} aria-hidden="true" />}>
            {t("next.join")}
          </Button>
        ) : null}
        <Button component={Link} to={paths.briefing(briefing.name)} variant="light">
          {t("next.details")}
        </Button>
        {open && may("quality.read") ? (
          <Button component={Link} to={paths.lines} variant="default">
            {t("next.lines")}
          </Button>
        ) : null}
      </Group>
    </Stack>
  );
}

function Answers({ briefing }: { briefing: Briefing }) {
  const { t } = useTranslation("calendar");
  const { data: all = [] } = useInvitees(briefing.name, ANSWERS_REFRESH_MS);
  if (all.length === 0) return null;
  const count = (...wanted: ParticipationStatus[]) => all.filter(({ status }) => wanted.includes(status)).length;
  const accepted = count(ParticipationStatus.ACCEPTED, ParticipationStatus.DELEGATED);
  const declined = count(ParticipationStatus.DECLINED);
  const answered = accepted + declined + count(ParticipationStatus.TENTATIVE);
  return (
    <div>
      <Text size="sm" fw={600}>
        {t("next.answers", { answered, all: all.length })}
      </Text>
      <Progress.Root size={10} my={6} aria-hidden="true">
        <Progress.Section value={(100 * accepted) / all.length} color="good" />
        <Progress.Section value={(100 * declined) / all.length} color="stop" />
      </Progress.Root>
      <Text size="sm" c="var(--gb-muted)">
        {t("next.accepted", { count: accepted })} · {t("next.declined", { count: declined })} ·{" "}
        {t("next.waiting", { count: all.length - answered })}
      </Text>
    </div>
  );
}
