import { ActionIcon, Badge, Button, Card, Group, Stack, Table, Text, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Pencil, Plus, Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { org } from "~/api/clients";
import type { Person } from "~/gen/briefing/v1/org_pb";
import { idOf } from "~/lib/names";
import { useUnits } from "~/pages/lines/useLines";
import { PagedView } from "~/ui/PagedView";
import { EmptyState } from "~/ui/states";
import { PersonDrawer } from "./PersonDrawer";

const PAGE_SIZE = 200;

/** Returns a function that names a unit. */
export function useUnitNames(): (name: string) => string {
  const { t } = useTranslation("admin");
  const { data } = useUnits();
  const names = new Map((data ?? []).map((unit) => [unit.name, unit.displayName]));
  return (name) => (name ? (names.get(name) ?? idOf(name)) : t("people.everywhere"));
}

/** People with their accounts and roles. */
export function PeopleList() {
  const { t } = useTranslation("admin");
  const [query, setQuery] = useState("");
  const [settled] = useDebouncedValue(query.trim(), 200);
  const [edited, setEdited] = useState<Person | "new" | null>(null);
  const list = useInfiniteQuery({
    queryKey: ["people", settled],
    queryFn: ({ signal, pageParam }) =>
      org.listPeople({ query: settled, pageSize: PAGE_SIZE, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    placeholderData: (before) => before,
  });
  const people = list.data?.pages.flatMap((page) => page.people) ?? [];
  return (
    <>
      <Group mb="md" gap="sm">
        <TextInput
          autoComplete="off"
          aria-label={t("people.search")}
          placeholder={t("people.searchHint")}
          leftSection={<Search size={18} aria-hidden="true" />}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          className="gb-filter"
        />
        <Text size="sm" c="var(--gb-muted)" role="status">
          {list.data ? `${t("people.count", { count: people.length })}${list.hasNextPage ? "+" : ""}` : ""}
        </Text>
        <Button ml="auto" leftSection={<Plus size={18} aria-hidden="true" />} onClick={() => setEdited("new")}>
          {t("people.add")}
        </Button>
      </Group>
      <PagedView
        query={list}
        isEmpty={people.length === 0}
        empty={
          <EmptyState title={settled ? t("people.emptySearch", { query: settled }) : t("people.empty")}>
            {settled ? null : t("people.emptyText")}
          </EmptyState>
        }
      >
        <PeopleTable people={people} onEdit={setEdited} />
      </PagedView>
      {edited ? <PersonDrawer person={edited === "new" ? null : edited} onClose={() => setEdited(null)} /> : null}
    </>
  );
}

function PeopleTable({ people, onEdit }: { people: readonly Person[]; onEdit: (person: Person) => void }) {
  const { t } = useTranslation("admin");
  const unitName = useUnitNames();
  return (
    <Card withBorder padding={0}>
      <Table verticalSpacing="xs" highlightOnHover className="gb-table">
        <Table.Thead>
          <Table.Tr>
            {["name", "unit", "contact", "roles", "action"].map((column) => (
              <Table.Th key={column}>{t(`people.column.${column}`)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {people.map((person) => (
            <Table.Tr key={person.name}>
              <Table.Td data-label={t("people.column.name")}>
                <Group gap="xs">
                  <Text fw={600}>{person.displayName}</Text>
                  {person.retired ? (
                    <Badge color="gray" variant="light" tt="none">
                      {t("people.retired")}
                    </Badge>
                  ) : null}
                </Group>
                <Text size="sm" c="var(--gb-muted)">
                  {person.position}
                </Text>
              </Table.Td>
              <Table.Td data-label={t("people.column.unit")}>{person.unitDisplayName}</Table.Td>
              <Table.Td data-label={t("people.column.contact")}>
                <Text size="sm">{person.email}</Text>
                <Text size="sm">{person.phone}</Text>
                <Text size="sm" c="var(--gb-muted)">
                  {person.username ? t("people.account", { username: person.username }) : t("people.noAccount")}
                </Text>
              </Table.Td>
              <Table.Td data-label={t("people.column.roles")}>
                <Stack gap={4} align="flex-start">
                  {person.roles.map((grant) => (
                    <Badge key={`${grant.role} ${grant.unit}`} variant="light" tt="none" size="lg">
                      {t("people.roleOn", { role: t(`common:role.${grant.role}`), unit: unitName(grant.unit) })}
                    </Badge>
                  ))}
                </Stack>
              </Table.Td>
              <Table.Td w={64} className="gb-row-action">
                <Tooltip label={t("common:action.edit")}>
                  <ActionIcon
                    variant="default"
                    size={44}
                    aria-label={t("people.editOf", { name: person.displayName })}
                    onClick={() => onEdit(person)}
                  >
                    <Pencil size={18} aria-hidden="true" />
                  </ActionIcon>
                </Tooltip>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}
