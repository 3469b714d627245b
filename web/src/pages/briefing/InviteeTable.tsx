import { ActionIcon, Badge, Card, Group, Menu, Modal, Select, Table, Text, TextInput, Tooltip } from "@mantine/core";
import { EllipsisVertical, Link2, MessageSquareReply, Phone, Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Briefing,
  Briefing_State,
  type Invitee,
  Invitee_Part,
  ParticipationStatus,
} from "~/gen/briefing/v1/briefing_pb";
import { countInvitees, INVITEE_FILTERS, type InviteeFilter, passes, timePresent } from "~/lib/attendance";
import { isAhead } from "~/lib/briefing";
import { formatTime, instantOf } from "~/lib/dates";
import { matches } from "~/lib/text";
import { KindIcon } from "~/ui/KindIcon";
import { EmptyState } from "~/ui/states";
import { toast } from "~/ui/toasts";
import { useNow } from "~/ui/useNow";
import { RsvpForm } from "./RsvpCard";

const STATUS_COLOURS: Record<ParticipationStatus, string> = {
  [ParticipationStatus.UNSPECIFIED]: "gray",
  [ParticipationStatus.NEEDS_ACTION]: "gray",
  [ParticipationStatus.ACCEPTED]: "good",
  [ParticipationStatus.DECLINED]: "stop",
  [ParticipationStatus.TENTATIVE]: "warn",
  [ParticipationStatus.DELEGATED]: "primary",
};

interface InviteeTableProps {
  readonly briefing: Briefing;
  readonly invitees: readonly Invitee[];
}

/** Who is invited, what they answered, when they were there; search and filter. */
export function InviteeTable({ briefing, invitees }: InviteeTableProps) {
  const { t } = useTranslation("briefing");
  const [query, setQuery] = useState("");
  const [filter, setFilter] = useState<InviteeFilter>("all");
  const [answering, setAnswering] = useState<Invitee | null>(null);
  const now = useNow();
  if (invitees.length === 0) return <EmptyState title={t("invitees.empty")} />;

  const shown = invitees.filter(
    (invitee) => passes(invitee, filter) && matches(`${invitee.displayName} ${invitee.unitDisplayName}`, query),
  );
  // Before the room opens nobody can have come.
  const begun = briefing.state !== Briefing_State.SCHEDULED;
  const columns = ["name", "answer", ...(begun ? ["attendance", "headcount"] : []), "contact"];
  const mayAnswer = briefing.allowedActions.includes("edit") && isAhead(briefing);
  return (
    <>
      <Group mb="sm" gap="sm">
        <TextInput
          aria-label={t("invitees.search")}
          placeholder={t("invitees.searchHint")}
          leftSection={<Search size={18} aria-hidden="true" />}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          className="gb-filter"
        />
        <Select
          aria-label={t("invitees.filter")}
          allowDeselect={false}
          w={220}
          value={filter}
          onChange={(value) => setFilter((value as InviteeFilter | null) ?? "all")}
          data={INVITEE_FILTERS.map((value) => ({
            value,
            label: `${t(`invitees.${value}`)} (${invitees.filter((invitee) => passes(invitee, value)).length})`,
          }))}
        />
      </Group>
      <Text size="sm" c="var(--gb-muted)" mb="xs" role="status">
        {t(begun ? "invitees.summary" : "invitees.summaryAhead", { ...countInvitees(invitees) })}
      </Text>
      {shown.length === 0 ? <EmptyState title={t("invitees.none")} /> : null}
      {shown.length > 0 ? (
        <Card withBorder padding={0}>
          <Table verticalSpacing="xs" className="gb-table">
            <Table.Thead>
              <Table.Tr>
                {columns.map((column) => (
                  <Table.Th key={column}>{t(`invitees.${column}`)}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((invitee) => (
                <InviteeRow
                  key={invitee.name}
                  invitee={invitee}
                  now={begun ? now : null}
                  onAnswer={mayAnswer ? () => setAnswering(invitee) : undefined}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Card>
      ) : null}
      {answering ? (
        <Modal
          opened
          size="lg"
          onClose={() => setAnswering(null)}
          title={<Text fw={700}>{t("rsvp.headingPoint", { name: answering.displayName })}</Text>}
        >
          <RsvpForm invitee={answering} briefing={briefing.name} onDone={() => setAnswering(null)} />
        </Modal>
      ) : null}
    </>
  );
}

interface InviteeRowProps {
  readonly invitee: Invitee;
  /** Null before the room opens: attendance is then not shown. */
  readonly now: Date | null;
  readonly onAnswer: (() => void) | undefined;
}

function InviteeRow({ invitee, now, onAnswer }: InviteeRowProps) {
  const { t } = useTranslation("briefing");
  return (
    <Table.Tr>
      <Table.Td data-label={t("invitees.name")}>
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <KindIcon name={invitee.subject} />
          <div>
            <Group gap="xs">
              <Text fw={600}>{invitee.displayName}</Text>
              {invitee.part === Invitee_Part.CHAIR || invitee.part === Invitee_Part.SECRETARY ? (
                <Badge variant="light" tt="none">
                  {t(`part.${invitee.part}`)}
                </Badge>
              ) : null}
            </Group>
            <Text size="sm" c="var(--gb-muted)">
              {invitee.unitDisplayName}
            </Text>
            {invitee.overrideReason ? (
              <Text size="sm" c="var(--gb-warn)">
                {t("invitees.override", { reason: invitee.overrideReason })}
              </Text>
            ) : null}
          </div>
        </Group>
      </Table.Td>
      <Table.Td data-label={t("invitees.answer")}>
        <Badge variant="light" tt="none" size="lg" color={STATUS_COLOURS[invitee.status]}>
          {t(`status.${invitee.status}`)}
        </Badge>
        {invitee.comment ? (
          <Text size="sm" c="var(--gb-muted)" maw={280}>
            {invitee.comment}
          </Text>
        ) : null}
      </Table.Td>
      {now ? (
        <>
          <Table.Td data-label={t("invitees.attendance")}>
            <Attendance invitee={invitee} now={now} />
          </Table.Td>
          <Table.Td data-label={t("invitees.headcount")}>{invitee.headcount > 0 ? invitee.headcount : ""}</Table.Td>
        </>
      ) : null}
      <Table.Td data-label={t("invitees.contact")}>
        <Group gap={4} wrap="nowrap" justify="space-between">
          {invitee.phone ? (
            <a className="gb-phone" href={`tel:${invitee.phone.replace(/\s/g, "")}`}>
              <Phone size={16} aria-hidden="true" /> {invitee.phone}
            </a>
          ) : (
            <span />
          )}
          <RowMenu invitee={invitee} onAnswer={onAnswer} />
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function Attendance({ invitee, now }: { invitee: Invitee; now: Date }) {
  const { t } = useTranslation("briefing");
  if (invitee.intervals.length === 0) {
    return (
      <Text c="var(--gb-muted)" className="gb-nowrap">
        {t("invitees.never")}
      </Text>
    );
  }
  const minutes = Math.round(timePresent(invitee, now) / 60_000);
  return (
    <>
      {invitee.present ? (
        <Text fw={600} c="var(--gb-good)">
          ● {t("invitees.now")}
        </Text>
      ) : null}
      <Text size="sm">
        {invitee.intervals
          .map(({ joinTime, leaveTime }) => {
            const from = instantOf(joinTime);
            const to = instantOf(leaveTime);
            if (!from) return "";
            return to
              ? t("invitees.until", { from: formatTime(from), to: formatTime(to) })
              : t("invitees.since", { from: formatTime(from) });
          })
          .filter(Boolean)
          .join(", ")}
        <Text span c="var(--gb-muted)">
          {" "}
          ({t("invitees.total", { minutes })})
        </Text>
      </Text>
    </>
  );
}

function RowMenu({ invitee, onAnswer }: { invitee: Invitee; onAnswer: (() => void) | undefined }) {
  const { t } = useTranslation("briefing");
  if (!invitee.joinPath && !onAnswer) return null;
  const copy = async () => {
    const link = window.location.origin + invitee.joinPath;
    try {
      await navigator.clipboard.writeText(link);
      toast({ message: t("invitees.linkCopied") });
    } catch {
      // On plain HTTP browsers have no clipboard: show the link so that it can be copied by hand.
      toast({ message: t("invitees.linkShow", { link }), sticky: true });
    }
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Tooltip label={t("common:action.more")}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={44}
            aria-label={`${t("common:action.more")}: ${invitee.displayName}`}
          >
            <EllipsisVertical size={18} aria-hidden="true" />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {invitee.joinPath ? (
          <Menu.Item leftSection={<Link2 size={16} aria-hidden="true" />} onClick={() => void copy()}>
            {t("invitees.copyLink", { name: invitee.displayName })}
          </Menu.Item>
        ) : null}
        {onAnswer ? (
          <Menu.Item leftSection={<MessageSquareReply size={16} aria-hidden="true" />} onClick={onAnswer}>
            {t("invitees.answerFor", { name: invitee.displayName })}
          </Menu.Item>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}
