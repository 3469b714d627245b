import { ActionIcon, Button, Card, Group, Mark, Table, Text, TextInput, Tooltip } from "@mantine/core";
import { ChevronDown, ChevronRight, Pencil, Plus, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Unit } from "~/gen/briefing/v1/org_pb";
import { formatCivil } from "~/lib/dates";
import { matches } from "~/lib/text";
import { openForMatches, type TreeRow, treeRows } from "~/lib/tree";
import { useUnits } from "~/pages/lines/useLines";
import { EmptyState, QueryView } from "~/ui/states";
import { UnitDrawer } from "./UnitDrawer";

/** The organisation as a tree that opens and closes. */
export function UnitTree() {
  const { t } = useTranslation("admin");
  const query = useUnits();
  const [edited, setEdited] = useState<Unit | "new" | null>(null);
  return (
    <>
      <QueryView query={query}>{(units) => <Tree units={units} onEdit={setEdited} />}</QueryView>
      {edited ? (
        <UnitDrawer unit={edited === "new" ? null : edited} units={query.data ?? []} onClose={() => setEdited(null)} />
      ) : null}
      {query.data?.length === 0 ? (
        <EmptyState
          title={t("units.empty")}
          action={<Button onClick={() => setEdited("new")}>{t("units.add")}</Button>}
        >
          {t("units.emptyText")}
        </EmptyState>
      ) : null}
    </>
  );
}

function Tree({ units, onEdit }: { units: readonly Unit[]; onEdit: (unit: Unit | "new") => void }) {
  const { t } = useTranslation("admin");
  const [query, setQuery] = useState("");
  const [opened, setOpened] = useState<ReadonlySet<string>>(
    () => new Set(treeRows(units, new Set()).map((row) => row.unit.name)),
  );
  const wanted = query.trim();
  const forMatches = useMemo(() => (wanted ? openForMatches(units, wanted) : null), [units, wanted]);
  const rows = treeRows(units, forMatches ?? opened).filter(
    (row) => !wanted || row.open || matches(row.unit.displayName, wanted),
  );
  const toggle = (name: string) => {
    const next = new Set(opened);
    if (!next.delete(name)) next.add(name);
    setOpened(next);
  };
  return (
    <>
      <Group mb="md" gap="sm">
        <TextInput
          autoComplete="off"
          aria-label={t("units.search")}
          placeholder={t("units.searchHint")}
          leftSection={<Search size={18} aria-hidden="true" />}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          className="gb-filter"
        />
        <Button variant="default" onClick={() => setOpened(new Set(units.map((unit) => unit.name)))}>
          {t("units.openAll")}
        </Button>
        <Button variant="default" onClick={() => setOpened(new Set())}>
          {t("units.closeAll")}
        </Button>
        <Text size="sm" c="var(--gb-muted)" role="status">
          {t("units.count", { count: units.length })}
        </Text>
        <Button ml="auto" leftSection={<Plus size={18} aria-hidden="true" />} onClick={() => onEdit("new")}>
          {t("units.add")}
        </Button>
      </Group>
      {rows.length > 0 ? (
        <Card withBorder padding={0}>
          <Table verticalSpacing={4} highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                {["name", "kind", "valid", "action"].map((column) => (
                  <Table.Th key={column} className={column === "kind" || column === "valid" ? "gb-wide" : undefined}>
                    {t(`units.column.${column}`)}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => (
                <UnitRow
                  key={row.unit.name}
                  row={row}
                  marked={wanted !== "" && matches(row.unit.displayName, wanted)}
                  onToggle={() => toggle(row.unit.name)}
                  onEdit={() => onEdit(row.unit)}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Card>
      ) : null}
      {rows.length === 0 && wanted ? <EmptyState title={t("units.emptySearch", { query: wanted })} /> : null}
    </>
  );
}

interface UnitRowProps {
  readonly row: TreeRow;
  readonly marked: boolean;
  readonly onToggle: () => void;
  readonly onEdit: () => void;
}

function UnitRow({ row, marked, onToggle, onEdit }: UnitRowProps) {
  const { t } = useTranslation("admin");
  const { unit, depth, childCount, open } = row;
  const Chevron = open ? ChevronDown : ChevronRight;
  const validity = [
    unit.validFromDate ? t("units.from", { date: formatCivil(unit.validFromDate) }) : "",
    unit.validToDate ? t("units.to", { date: formatCivil(unit.validToDate) }) : "",
  ].filter(Boolean);
  return (
    <Table.Tr>
      <Table.Td>
        <div className="gb-tree-cell" style={{ paddingInlineStart: depth * 24 }}>
          {childCount > 0 ? (
            <ActionIcon
              variant="subtle"
              color="gray"
              className="gb-tree-toggle"
              aria-expanded={open}
              aria-label={t(open ? "units.close" : "units.open", { name: unit.displayName })}
              onClick={onToggle}
            >
              <Chevron size={18} aria-hidden="true" />
            </ActionIcon>
          ) : (
            <span className="gb-tree-toggle" />
          )}
          <Text fw={depth === 0 ? 700 : 400}>{marked ? <Mark>{unit.displayName}</Mark> : unit.displayName}</Text>
          {childCount > 0 ? (
            <Text size="sm" c="var(--gb-muted)">
              ({childCount})
            </Text>
          ) : null}
        </div>
      </Table.Td>
      <Table.Td className="gb-wide">{unit.kind}</Table.Td>
      <Table.Td className="gb-wide">{validity.join(" ")}</Table.Td>
      <Table.Td w={64}>
        <Tooltip label={t("common:action.edit")}>
          <ActionIcon
            variant="default"
            size={40}
            aria-label={t("units.editOf", { name: unit.displayName })}
            onClick={onEdit}
          >
            <Pencil size={18} aria-hidden="true" />
          </ActionIcon>
        </Tooltip>
      </Table.Td>
    </Table.Tr>
  );
}
