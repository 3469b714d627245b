import { Group, Modal, ScrollArea, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { CalendarDays, CalendarPlus, type LucideIcon, MonitorDot, Network, Search, User, Users } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { org } from "~/api/clients";
import { usePermissions } from "~/api/session";
import type { DirectoryEntry } from "~/gen/briefing/v1/org_pb";
import { formatDateTime, instantOf } from "~/lib/dates";
import { kindOf, type NameKind, paths } from "~/lib/names";
import { matches } from "~/lib/text";
import { useNearBriefings } from "~/pages/briefings/queries";
import { PAGES } from "./SideNav";

interface Hit {
  readonly key: string;
  readonly group: "pages" | "briefings" | "directory";
  readonly title: string;
  readonly detail: string;
  readonly icon: LucideIcon;
  readonly to: string;
}

const ICONS: Record<NameKind, LucideIcon> = {
  unit: Network,
  point: MonitorDot,
  person: User,
  rule: Users,
  briefing: CalendarDays,
  other: Search,
};

function directoryHit(entry: DirectoryEntry, kindLabel: string): Hit {
  const kind = kindOf(entry.name);
  const query = encodeURIComponent(entry.displayName);
  const to =
    kind === "point"
      ? `${paths.points}?q=${query}`
      : `${paths.book}?moi=${encodeURIComponent(entry.name)}&ten=${query}`;
  const detail = [kindLabel, entry.detail].filter(Boolean).join(" · ");
  return { key: entry.name, group: "directory", title: entry.displayName, detail, icon: ICONS[kind], to };
}

function useHits(query: string): { hits: Hit[]; searching: boolean } {
  const { t } = useTranslation();
  const may = usePermissions();
  const [settled] = useDebouncedValue(query.trim(), 150);
  const near = useNearBriefings();
  const directory = useQuery({
    queryKey: ["directory", settled],
    queryFn: ({ signal }) => org.searchDirectory({ query: settled, pageSize: 12 }, { signal }),
    enabled: settled.length > 0 && may("org.read"),
    placeholderData: (before) => before,
  });
  const hits = useMemo(() => {
    const pages: Hit[] = PAGES.filter((page) => !page.permission || may(page.permission)).map((page) => ({
      key: page.to,
      group: "pages",
      title: t(`nav.${page.key}`),
      detail: "",
      icon: page.icon,
      to: page.to,
    }));
    if (may("briefings.write")) {
      pages.push({
        key: "book",
        group: "pages",
        title: t("action.book"),
        detail: "",
        icon: CalendarPlus,
        to: paths.book,
      });
    }
    const booked: Hit[] = (near.data ?? []).map((briefing) => {
      const start = instantOf(briefing.startTime);
      return {
        key: briefing.name,
        group: "briefings",
        title: briefing.title,
        detail: [start ? formatDateTime(start) : "", briefing.hostUnitDisplayName].filter(Boolean).join(" · "),
        icon: CalendarDays,
        to: paths.briefing(briefing.name),
      };
    });
    const found = settled ? (directory.data?.entries ?? []) : [];
    return [
      ...booked.filter((hit) => query.trim() && matches(`${hit.title} ${hit.detail}`, query)).slice(0, 6),
      ...found.map((entry) => directoryHit(entry, t(`kind.${kindOf(entry.name)}`))),
      ...pages.filter((hit) => matches(hit.title, query)),
    ];
  }, [near.data, directory.data, settled, query, may, t]);
  return { hits, searching: directory.isFetching || settled !== query.trim() };
}

/** Finds briefings, the directory and pages; arrows choose, Enter opens. */
export default function SearchDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const { hits, searching } = useHits(query);
  const list = useRef<HTMLDivElement>(null);
  const current = Math.min(chosen, hits.length - 1);

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  });

  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    onClose();
    navigate(hit.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setChosen(Math.min(current + 1, hits.length - 1));
    else if (event.key === "ArrowUp") setChosen(Math.max(current - 1, 0));
    else if (event.key === "Enter") open(hits[current]);
    else return;
    event.preventDefault();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      attributes={{ content: { "aria-label": t("search.label") } }}
      padding={0}
      size={640}
      yOffset="10vh"
      centered={false}
    >
      <TextInput
        autoComplete="off"
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls="gb-hits"
        aria-activedescendant={hits[current] ? `gb-hit-${current}` : undefined}
        aria-label={t("search.label")}
        placeholder={t("search.placeholder")}
        leftSection={<Search size={18} aria-hidden="true" />}
        size="lg"
        variant="unstyled"
        className="gb-search-input"
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ScrollArea.Autosize mah="55vh" className="gb-hits-area">
        <div id="gb-hits" role="listbox" aria-label={t("search.label")} ref={list}>
          {hits.map((hit, index) => (
            <HitRow
              key={`${hit.group}-${hit.key}`}
              id={`gb-hit-${index}`}
              hit={hit}
              heading={hits[index - 1]?.group === hit.group ? undefined : t(`search.${hit.group}`)}
              selected={index === current}
              onClick={() => open(hit)}
            />
          ))}
        </div>
        {hits.length === 0 && !searching ? (
          <Text p="md" c="var(--gb-muted)" role="status">
            {query ? t("search.none", { query }) : t("search.start")}
          </Text>
        ) : null}
      </ScrollArea.Autosize>
      <Text size="sm" c="var(--gb-muted)" px="md" py="xs" className="gb-search-foot">
        {t("search.keys")}
      </Text>
    </Modal>
  );
}

interface HitRowProps {
  readonly id: string;
  readonly hit: Hit;
  readonly heading: string | undefined;
  readonly selected: boolean;
  readonly onClick: () => void;
}

function HitRow({ id, hit, heading, selected, onClick }: HitRowProps) {
  return (
    <>
      {heading ? (
        <Text size="sm" fw={600} c="var(--gb-muted)" px="md" pt="xs" role="presentation">
          {heading}
        </Text>
      ) : null}
      <UnstyledButton id={id} role="option" aria-selected={selected} tabIndex={-1} className="gb-hit" onClick={onClick}>
        <Group gap="sm" wrap="nowrap">
          <hit.icon size={20} aria-hidden="true" />
          <div>
            <Text>{hit.title}</Text>
            {hit.detail ? (
              <Text size="sm" c="var(--gb-muted)">
                {hit.detail}
              </Text>
            ) : null}
          </div>
        </Group>
      </UnstyledButton>
    </>
  );
}
