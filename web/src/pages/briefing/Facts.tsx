import { Card, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Briefing } from "~/gen/briefing/v1/briefing_pb";
import { EmptyState } from "~/ui/states";

/** The facts of a briefing as pairs of name and value. */
export function Facts({ briefing }: { briefing: Briefing }) {
  const { t } = useTranslation("briefing");
  return (
    <dl className="gb-facts">
      <Fact name={t("host")}>{briefing.hostUnitDisplayName}</Fact>
      <Fact name={t("chair")}>{briefing.chairDisplayName}</Fact>
      <Fact name={t("secretary")}>{briefing.secretaryDisplayName}</Fact>
      <Fact name={t("size")}>
        {t("common:count.points", { count: briefing.pointCount })},{" "}
        {t("common:count.people", { count: briefing.personCount })}
        {briefing.revision > 1n ? (
          <Text span c="var(--gb-muted)">
            {" "}
            · {t("revision", { count: Number(briefing.revision) })}
          </Text>
        ) : null}
      </Fact>
      {briefing.notes ? (
        <Fact name={t("notes")}>
          <span className="gb-notes">{briefing.notes}</span>
        </Fact>
      ) : null}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The agenda as a table. */
export function Agenda({ briefing }: { briefing: Briefing }) {
  const { t } = useTranslation("briefing");
  if (briefing.agenda.length === 0) return <EmptyState title={t("noAgenda")} />;
  return (
    <Card withBorder padding={0}>
      <Table verticalSpacing="sm" className="gb-agenda">
        <Table.Tbody>
          {briefing.agenda.map((item, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: items have no id and are only shown
            <Table.Tr key={index}>
              <Table.Td w={48} c="var(--gb-muted)">
                {index + 1}
              </Table.Td>
              <Table.Td>
                <Text fw={600}>{item.title}</Text>
                <Text size="sm" c="var(--gb-muted)">
                  {item.presenter}
                </Text>
              </Table.Td>
              <Table.Td ta="right" w={120}>
                {item.minutes > 0 ? t("agendaMinutes", { count: item.minutes }) : ""}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}
