import { Alert, Button, Card, Group, Loader, Stack, Text, TextInput, Title } from "@mantine/core";
import { CircleCheck, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Conflict } from "~/gen/briefing/v1/briefing_pb";
import type { CheckConflictsResponse } from "~/gen/briefing/v1/calendar_service_pb";
import { formatSpan, formatTime, instantOf } from "~/lib/dates";
import { ErrorAlert } from "~/ui/states";
import type { Draft } from "./draft";
import type { useConflicts } from "./useConflicts";

// Forty communes held by one briefing are one trouble, not forty.
function byHolder(conflicts: readonly Conflict[]): [Conflict, ...Conflict[]][] {
  const groups = new Map<string, [Conflict, ...Conflict[]]>();
  for (const conflict of conflicts) {
    const group = groups.get(conflict.holder);
    if (group) group.push(conflict);
    else groups.set(conflict.holder, [conflict]);
  }
  return [...groups.values()];
}

interface ConflictPanelProps {
  readonly draft: Draft;
  readonly conflicts: ReturnType<typeof useConflicts>;
  /** True once sending was tried: missing reasons are then marked. */
  readonly tried: boolean;
  readonly onRemove: (name: string) => void;
  readonly onMove: (start: Date) => void;
  readonly onReason: (subject: string, reason: string) => void;
}

/** What stands in the way of the draft, each line with a remedy. */
export function ConflictPanel(props: ConflictPanelProps) {
  const { t } = useTranslation("booking");
  const { answer, checking, query } = props.conflicts;
  return (
    <Card withBorder component="aside" aria-label={t("panel.title")} className="gb-booking-panel">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          {t("panel.title")}
        </Title>
        {checking ? <Loader size={18} aria-label={t("panel.checking")} /> : null}
      </Group>
      <div aria-live="polite">
        {query.isError ? <ErrorAlert error={query.error} /> : null}
        {!answer && !checking && !query.isError ? <Text c="var(--gb-muted)">{t("panel.wait")}</Text> : null}
        {answer ? <Findings {...props} answer={answer} /> : null}
      </div>
    </Card>
  );
}

function Findings({ answer, ...props }: ConflictPanelProps & { answer: CheckConflictsResponse }) {
  const { t } = useTranslation("booking");
  const points = answer.conflicts.filter((conflict) => conflict.hard);
  const people = answer.conflicts.filter((conflict) => !conflict.hard);
  const counts = {
    points: t("common:count.points", { count: answer.pointCount }),
    people: t("common:count.people", { count: answer.personCount }),
  };
  return (
    <Stack gap="md">
      <Text fw={600}>{t("panel.summary", counts)}</Text>
      {answer.conflicts.length === 0 ? <Fine>{t("panel.free")}</Fine> : null}
      {points.length > 0 ? (
        <Section title={`${t("panel.points")} (${points.length})`} colour="stop">
          {byHolder(points).map((group) => (
            <Taken key={group[0].holder} group={group} {...props} />
          ))}
        </Section>
      ) : null}
      {people.length > 0 ? (
        <Section title={`${t("panel.people")} (${people.length})`} colour="warn">
          {people.map((conflict) => (
            <Busy key={`${conflict.subject} ${conflict.holder}`} conflict={conflict} {...props} />
          ))}
        </Section>
      ) : null}
      {answer.unknownNames.length > 0 ? (
        <Section title={t("panel.unknown")} colour="warn">
          {answer.unknownNames.map((name) => (
            <Group key={name} justify="space-between" wrap="nowrap">
              <Text size="sm">{props.draft.attendees.find((attendee) => attendee.name === name)?.label ?? name}</Text>
              <Button size="compact-md" variant="default" onClick={() => props.onRemove(name)}>
                {t("panel.remove")}
              </Button>
            </Group>
          ))}
        </Section>
      ) : null}
      <Warnings codes={answer.warnings} />
    </Stack>
  );
}

function Section({ title, colour, children }: { title: string; colour: "stop" | "warn"; children: ReactNode }) {
  return (
    <section>
      <Text fw={700} c={`var(--gb-${colour})`} component="h3" m={0} mb={6} size="md">
        {title}
      </Text>
      <Stack gap="sm">{children}</Stack>
    </section>
  );
}

function Fine({ children }: { children: ReactNode }) {
  return (
    <Group gap="xs" wrap="nowrap" c="var(--gb-good)">
      <CircleCheck size={20} aria-hidden="true" />
      <Text fw={600}>{children}</Text>
    </Group>
  );
}

function HolderLine({ conflict }: { conflict: Conflict }) {
  const { t } = useTranslation("booking");
  const start = instantOf(conflict.startTime);
  const end = instantOf(conflict.endTime);
  const when = start && end ? formatSpan(start, end) : "";
  return (
    <Text size="sm" c="var(--gb-muted)">
      {t("panel.holder", { title: conflict.holderTitle, unit: conflict.holderUnitDisplayName, when })}
    </Text>
  );
}

function Remedies({ conflict, draft, onRemove, onMove }: ConflictPanelProps & { conflict: Conflict }) {
  const { t } = useTranslation("booking");
  const end = instantOf(conflict.endTime);
  const chosenItself = draft.attendees.some((attendee) => attendee.name === conflict.subject);
  return (
    <Group gap="xs" mt={4}>
      {chosenItself ? (
        <Button size="compact-md" variant="default" onClick={() => onRemove(conflict.subject)}>
          {t("panel.remove")}
        </Button>
      ) : null}
      {end ? (
        <Button size="compact-md" variant="default" onClick={() => onMove(end)}>
          {t("panel.moveAfter", { time: formatTime(end) })}
        </Button>
      ) : null}
    </Group>
  );
}

interface TakenProps extends ConflictPanelProps {
  /** Points held by the same briefing. */
  readonly group: readonly [Conflict, ...Conflict[]];
}

function Taken({ group, ...props }: TakenProps) {
  const { t } = useTranslation("booking");
  const { draft, onRemove, onMove } = props;
  const chosen = new Set(draft.attendees.map((attendee) => attendee.name));
  const end = instantOf(group[0].endTime);
  return (
    <div>
      <HolderLine conflict={group[0]} />
      <ul className="gb-taken">
        {group.map((conflict) => (
          <li key={conflict.subject}>
            <Group justify="space-between" wrap="nowrap" gap="xs">
              <Text fw={600}>{conflict.displayName}</Text>
              {chosen.has(conflict.subject) ? (
                <Button size="compact-md" variant="default" flex="none" onClick={() => onRemove(conflict.subject)}>
                  {t("panel.remove")}
                </Button>
              ) : null}
            </Group>
          </li>
        ))}
      </ul>
      {group.every((conflict) => chosen.has(conflict.subject)) ? null : <Text size="sm">{t("panel.byGroup")}</Text>}
      {end ? (
        <Button mt={6} size="compact-md" variant="default" onClick={() => onMove(end)}>
          {t("panel.moveAfter", { time: formatTime(end) })}
        </Button>
      ) : null}
    </div>
  );
}

function Busy(props: ConflictPanelProps & { conflict: Conflict }) {
  const { t } = useTranslation("booking");
  const { conflict, draft, tried, onReason } = props;
  const reason = draft.reasons[conflict.subject] ?? "";
  return (
    <div>
      <Text fw={600}>{conflict.displayName}</Text>
      <HolderLine conflict={conflict} />
      {draft.chair?.name === conflict.subject ? <Text size="sm">{t("panel.chairBusy")}</Text> : null}
      <TextInput
        mt={4}
        size="sm"
        label={t("panel.reason", { name: conflict.displayName })}
        placeholder={t("panel.reasonHint")}
        value={reason}
        maxLength={500}
        onChange={(event) => onReason(conflict.subject, event.currentTarget.value)}
        error={tried && !reason.trim() ? t("panel.reasonNeeded") : null}
      />
      <Remedies {...props} />
    </div>
  );
}

function Warnings({ codes }: { codes: readonly string[] }) {
  const { t, i18n } = useTranslation("booking");
  return (
    <section>
      <Text fw={700} component="h3" m={0} mb={6} size="md">
        {t("panel.notice")}
      </Text>
      <Stack gap="xs">
        {codes.map((code) => (
          <Alert key={code} color="warn" p="xs" icon={<TriangleAlert aria-hidden="true" />}>
            {i18n.exists(`booking:warning.${code}`) ? t(`warning.${code}`) : t("warning.other", { code })}
          </Alert>
        ))}
        {codes.includes("SHORT_NOTICE") || codes.includes("IN_PAST") ? null : <Fine>{t("panel.enough")}</Fine>}
      </Stack>
    </section>
  );
}
