import { ActionIcon, Badge, Button, Card, Group, Table, Text, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Pencil, Phone, Plus, Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { org } from "~/api/clients";
import { usePermissions } from "~/api/session";
import type { Point } from "~/gen/briefing/v1/org_pb";
import { formatKbps } from "~/lib/numbers";
import { PagedView } from "~/ui/PagedView";
import { PageHeader } from "~/ui/PageHeader";
import { RequirePermission } from "~/ui/RequirePermission";
import { EmptyState } from "~/ui/states";
import { useSearchText } from "~/ui/useSearchText";
import { PointDrawer } from "./PointDrawer";

const PAGE_SIZE = 300;

function usePoints(query: string) {
  return useInfiniteQuery({
    queryKey: ["points", "search", query],
    queryFn: ({ signal, pageParam }) =>
      org.listPoints({ query, pageSize: PAGE_SIZE, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    placeholderData: (before) => before,
  });
}

/** Meeting points with their lines and contacts. */
export function Component() {
  const { t } = useTranslation("points");
  const may = usePermissions();
  const [edited, setEdited] = useState<Point | "new" | null>(null);
  return (
    <>
      <PageHeader title={t("title")} detail={t("detail")}>
        {may("org.write") ? (
          <Button leftSection={<Plus size={18} aria-hidden="true" />} onClick={() => setEdited("new")}>
            {t("add")}
          </Button>
        ) : null}
      </PageHeader>
      <RequirePermission permission="org.read">
        <PointList onEdit={may("org.write") ? setEdited : undefined} />
      </RequirePermission>
      {edited ? <PointDrawer point={edited === "new" ? null : edited} onClose={() => setEdited(null)} /> : null}
    </>
  );
}

function PointList({ onEdit }: { onEdit: ((point: Point) => void) | undefined }) {
  const { t } = useTranslation("points");
  const [query, search] = useSearchText();
  const [settled] = useDebouncedValue(query.trim(), 200);
  const list = usePoints(settled);
  const points = list.data?.pages.flatMap((page) => page.points) ?? [];
  return (
    <>
      <Group mb="md" gap="sm">
        <TextInput
          aria-label={t("search")}
          placeholder={t("searchHint")}
          leftSection={<Search size={18} aria-hidden="true" />}
          value={query}
          onChange={(event) => search(event.currentTarget.value)}
          className="gb-filter"
        />
        <Text size="sm" c="var(--gb-muted)" role="status">
          {list.data ? `${t("count", { count: points.length })}${list.hasNextPage ? "+" : ""}` : ""}
        </Text>
      </Group>
      <PagedView
        query={list}
        isEmpty={points.length === 0}
        empty={
          <EmptyState title={settled ? t("emptySearch", { query: settled }) : t("empty")}>
            {settled ? null : t("emptyText")}
          </EmptyState>
        }
      >
        <PointTable points={points} onEdit={onEdit} />
      </PagedView>
    </>
  );
}

function PointTable({ points, onEdit }: { points: Point[]; onEdit: ((point: Point) => void) | undefined }) {
  const { t } = useTranslation("points");
  const columns = ["name", "location", "line", "contact", ...(onEdit ? ["action"] : [])];
  return (
    <Card withBorder padding={0}>
      <Table verticalSpacing="xs" highlightOnHover className="gb-table">
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column}>{t(`column.${column}`)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {points.map((point) => (
            <Table.Tr key={point.name}>
              <Table.Td data-label={t("column.name")}>
                <Group gap="xs">
                  <Text fw={600}>{point.displayName}</Text>
                  {point.retired ? (
                    <Badge color="gray" variant="light" tt="none">
                      {t("retired")}
                    </Badge>
                  ) : null}
                </Group>
                <Text size="sm" c="var(--gb-muted)">
                  {point.unitDisplayName}
                </Text>
                {point.email ? null : (
                  <Text size="sm" c="var(--gb-warn)">
                    {t("noEmail")}
                  </Text>
                )}
              </Table.Td>
              <Table.Td data-label={t("column.location")}>
                <Text>{point.location}</Text>
                {point.seats > 0 ? (
                  <Text size="sm" c="var(--gb-muted)">
                    {t("seats", { count: point.seats })}
                  </Text>
                ) : null}
              </Table.Td>
              <Table.Td data-label={t("column.line")}>
                <LineFacts point={point} />
              </Table.Td>
              <Table.Td data-label={t("column.contact")}>
                <Contact point={point} />
              </Table.Td>
              {onEdit ? (
                <Table.Td className="gb-row-action">
                  <Tooltip label={t("common:action.edit")}>
                    <ActionIcon
                      variant="default"
                      size={44}
                      aria-label={t("editOf", { name: point.displayName })}
                      onClick={() => onEdit(point)}
                    >
                      <Pencil size={18} aria-hidden="true" />
                    </ActionIcon>
                  </Tooltip>
                </Table.Td>
              ) : null}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function LineFacts({ point }: { point: Point }) {
  const { t } = useTranslation("points");
  const { line } = point;
  if (!line || (!line.carrier && line.downKbps === 0)) return <Text c="var(--gb-muted)">{t("noLine")}</Text>;
  return (
    <>
      <Text>{line.carrier}</Text>
      <Text size="sm" c="var(--gb-muted)" className="gb-nowrap">
        {t("rate", { down: formatKbps(line.downKbps) || "–", up: formatKbps(line.upKbps) || "–" })}
      </Text>
    </>
  );
}

function Contact({ point }: { point: Point }) {
  const { t } = useTranslation("points");
  const name = point.line?.itContactName ?? "";
  const phone = point.line?.itContactPhone ?? "";
  if (!name && !phone) return <Text c="var(--gb-muted)">{t("noContact")}</Text>;
  return (
    <>
      <Text>{name}</Text>
      {phone ? (
        <a className="gb-phone" href={`tel:${phone.replace(/\s/g, "")}`}>
          <Phone size={16} aria-hidden="true" /> {phone}
        </a>
      ) : null}
    </>
  );
}
