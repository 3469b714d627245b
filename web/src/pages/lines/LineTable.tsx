import { ActionIcon, Card, Group, Table, Text, Tooltip } from "@mantine/core";
import { ChartLine, Phone } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { LineDirection, QualitySample } from "~/gen/briefing/v1/quality_pb";
import { formatTime, instantOf } from "~/lib/dates";
import { gradeOf, type Line } from "~/lib/lines";
import { formatKbps, formatNumber, formatQuantity } from "~/lib/numbers";
import { KindIcon } from "~/ui/KindIcon";
import { QualityMark } from "~/ui/QualityMark";
import { Sparkline } from "./Sparkline";
import { useContacts } from "./useLines";

interface LineTableProps {
  readonly rows: readonly { readonly key: string; readonly line: Line }[];
  readonly onShow: (line: Line) => void;
}

/** One row a participant: judgement, cause, figures, the last minutes, whom to call. */
export function LineTable({ rows, onShow }: LineTableProps) {
  const { t } = useTranslation("lines");
  const contacts = useContacts();
  return (
    <Card withBorder padding={0}>
      <Table verticalSpacing={6} className="gb-table gb-lines">
        <Table.Thead>
          <Table.Tr>
            {["grade", "name", "up", "down", "history", "contact"].map((column) => (
              <Table.Th key={column}>{t(`column.${column}`)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ key, line }) => (
            <Table.Tr key={key} data-lost={line.lostAt === null ? undefined : true}>
              <Table.Td data-label={t("column.grade")}>
                <QualityMark grade={gradeOf(line)} />
                <Cause line={line} />
              </Table.Td>
              <Table.Td data-label={t("column.name")}>
                <Group gap="xs" wrap="nowrap">
                  <KindIcon name={line.sample.identity} />
                  <Text fw={600}>{line.sample.displayName}</Text>
                </Group>
              </Table.Td>
              <Table.Td data-label={t("column.up")}>
                <Direction direction={line.sample.up} />
              </Table.Td>
              <Table.Td data-label={t("column.down")}>
                <Direction direction={line.sample.down} roundTripMs={line.sample.roundTripMs} />
              </Table.Td>
              <Table.Td data-label={t("column.history")}>
                <Group gap={4} wrap="nowrap">
                  <Sparkline scores={line.scores} />
                  <Tooltip label={t("details", { name: line.sample.displayName })}>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size={44}
                      aria-label={t("details", { name: line.sample.displayName })}
                      onClick={() => onShow(line)}
                    >
                      <ChartLine size={18} aria-hidden="true" />
                    </ActionIcon>
                  </Tooltip>
                </Group>
              </Table.Td>
              <Table.Td data-label={t("column.contact")}>
                <Contact contact={contacts.get(line.sample.identity)} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function causeOf(sample: QualitySample): { key: string; value: string } | null {
  const values: Record<string, number | undefined> = {
    loss_up: sample.up?.lossPercent,
    loss_down: sample.down?.lossPercent,
    jitter: Math.max(sample.up?.jitterMs ?? 0, sample.down?.jitterMs ?? 0),
    round_trip: sample.roundTripMs,
    score: sample.score,
  };
  const value = values[sample.worstMetric];
  if (value === undefined) return null;
  if (sample.worstMetric.startsWith("loss")) return { key: sample.worstMetric, value: formatQuantity(value, "%", 1) };
  return {
    key: sample.worstMetric,
    value: sample.worstMetric === "score" ? formatNumber(value) : formatQuantity(value, "ms"),
  };
}

function Cause({ line }: { line: Line }) {
  const { t } = useTranslation("lines");
  if (line.lostAt !== null) {
    return <Text size="sm">{t("lostAt", { time: formatTime(new Date(line.lostAt)) })}</Text>;
  }
  const cause = causeOf(line.sample);
  const at = instantOf(line.sample.windowEndTime);
  return (
    <Text size="sm" c="var(--gb-muted)" title={at ? t("updated", { time: formatTime(at) }) : undefined}>
      {cause ? t(`cause.${cause.key}`, { value: cause.value }) : ""}
    </Text>
  );
}

function Direction({
  direction,
  roundTripMs,
}: {
  direction: LineDirection | undefined;
  roundTripMs?: number | undefined;
}) {
  const { t } = useTranslation("lines");
  const { bitrateBps, lossPercent, jitterMs } = direction ?? {};
  const facts = [
    lossPercent === undefined ? "" : t("value.loss", { value: formatQuantity(lossPercent, "%", 1) }),
    jitterMs === undefined ? "" : t("value.jitter", { value: formatQuantity(jitterMs, "ms") }),
    roundTripMs === undefined ? "" : t("value.rtt", { value: formatQuantity(roundTripMs, "ms") }),
  ].filter(Boolean);
  return (
    <>
      <Text>{bitrateBps === undefined ? "" : formatKbps(bitrateBps / 1000)}</Text>
      <Text size="sm" c="var(--gb-muted)">
        {facts.length > 0 ? facts.join(" · ") : t("value.none")}
      </Text>
    </>
  );
}

function Contact({ contact }: { contact: { itContactName: string; itContactPhone: string } | undefined }) {
  const { t } = useTranslation("lines");
  if (!contact?.itContactPhone) return <Text c="var(--gb-muted)">{t("noContact")}</Text>;
  return (
    <>
      <a className="gb-phone" href={`tel:${contact.itContactPhone.replace(/\s/g, "")}`}>
        <Phone size={16} aria-hidden="true" /> {contact.itContactPhone}
      </a>
      <Text size="sm" c="var(--gb-muted)">
        {contact.itContactName}
      </Text>
    </>
  );
}
