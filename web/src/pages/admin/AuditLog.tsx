import { Card, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { reports } from "~/api/clients";
import type { AuditEntry } from "~/gen/briefing/v1/org_pb";
import { auditFacts } from "~/lib/audit";
import { formatDateTime, instantOf } from "~/lib/dates";
import { paths } from "~/lib/names";
import { PagedView } from "~/ui/PagedView";
import { EmptyState } from "~/ui/states";

const PAGE_SIZE = 100;
const HASH_SHOWN = 12;

/** What was done by whom, newest first. */
export function AuditLog() {
  const { t } = useTranslation("admin");
  const log = useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ signal, pageParam }) =>
      reports.listAuditEntries({ pageSize: PAGE_SIZE, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    staleTime: 0,
  });
  const entries = log.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <>
      <Text size="sm" c="var(--gb-muted)" mb="sm">
        {t("audit.note")}
      </Text>
      <PagedView query={log} isEmpty={entries.length === 0} empty={<EmptyState title={t("audit.empty")} />}>
        <Card withBorder padding={0}>
          <Table verticalSpacing="xs" className="gb-table">
            <Table.Thead>
              <Table.Tr>
                {["time", "actor", "action", "resource", "detail", "hash"].map((column) => (
                  <Table.Th key={column}>{t(`audit.column.${column}`)}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {entries.map((entry) => (
                <Row key={String(entry.position)} entry={entry} />
              ))}
            </Table.Tbody>
          </Table>
        </Card>
      </PagedView>
    </>
  );
}

function Row({ entry }: { entry: AuditEntry }) {
  const { t, i18n } = useTranslation("admin");
  const at = instantOf(entry.createTime);
  const key = `audit.actions.${entry.action.replace(".", "_")}`;
  return (
    <Table.Tr>
      <Table.Td data-label={t("audit.column.time")} className="gb-nowrap">
        {at ? formatDateTime(at) : ""}
        <Text size="sm" c="var(--gb-muted)">
          {t("audit.position", { count: Number(entry.position) })}
        </Text>
      </Table.Td>
      <Table.Td data-label={t("audit.column.actor")} className="gb-audit-detail">
        {entry.actor}
      </Table.Td>
      <Table.Td data-label={t("audit.column.action")}>
        {i18n.exists(`admin:${key}`) ? t(key) : entry.action}
        <Text size="sm" c="var(--gb-muted)">
          {entry.action}
        </Text>
      </Table.Td>
      <Table.Td data-label={t("audit.column.resource")} className="gb-audit-detail">
        {entry.resource.startsWith("briefings/") ? (
          <Link className="gb-strong-link" to={paths.briefing(entry.resource)}>
            {entry.resource}
          </Link>
        ) : (
          entry.resource
        )}
      </Table.Td>
      <Table.Td data-label={t("audit.column.detail")} className="gb-audit-detail">
        {auditFacts(entry.detail).map((fact) => (
          <div key={fact.name}>
            {fact.name ? <span className="gb-muted">{fact.name}: </span> : null}
            {fact.value}
          </div>
        ))}
      </Table.Td>
      <Table.Td data-label={t("audit.column.hash")}>
        <span className="gb-hash" title={entry.hash}>
          {entry.hash.slice(0, HASH_SHOWN)}
        </span>
      </Table.Td>
    </Table.Tr>
  );
}
