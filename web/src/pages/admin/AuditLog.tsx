import { Card, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { reports } from "~/api/clients";
import { formatDateTime, instantOf } from "~/lib/dates";
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
              {entries.map((entry) => {
                const at = instantOf(entry.createTime);
                return (
                  <Table.Tr key={String(entry.position)}>
                    <Table.Td data-label={t("audit.column.time")}>
                      {at ? formatDateTime(at) : ""}
                      <Text size="sm" c="var(--gb-muted)">
                        {t("audit.position", { count: Number(entry.position) })}
                      </Text>
                    </Table.Td>
                    <Table.Td data-label={t("audit.column.actor")}>{entry.actor}</Table.Td>
                    <Table.Td data-label={t("audit.column.action")}>{entry.action}</Table.Td>
                    <Table.Td data-label={t("audit.column.resource")}>{entry.resource}</Table.Td>
                    <Table.Td data-label={t("audit.column.detail")}>
                      <div className="gb-audit-detail">{entry.detail}</div>
                    </Table.Td>
                    <Table.Td data-label={t("audit.column.hash")}>
                      <span className="gb-hash" title={entry.hash}>
                        {entry.hash.slice(0, HASH_SHOWN)}
                      </span>
                    </Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </Card>
      </PagedView>
    </>
  );
}
