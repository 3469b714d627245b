import { Combobox, Group, Loader, ScrollArea, Text, TextInput, useCombobox } from "@mantine/core";
import { Search } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DirectoryEntry } from "~/gen/briefing/v1/org_pb";
import type { NameKind } from "~/lib/names";
import { useDirectory } from "./directory";
import { KindIcon } from "./KindIcon";

interface DirectoryComboboxProps {
  readonly id: string;
  readonly label: ReactNode;
  readonly description?: string | undefined;
  readonly placeholder?: string;
  readonly kinds: readonly NameKind[];
  readonly error?: ReactNode;
  readonly required?: boolean;
  /** What the input shows while nobody types. */
  readonly shown: string;
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (entry: DirectoryEntry) => void;
  /** Keeps the list open after a choice, for choosing several. */
  readonly several?: boolean;
  readonly rightSection?: ReactNode;
}

/** An input that searches the directory while typing; Enter takes the first found, arrows choose others. */
export function DirectoryCombobox(props: DirectoryComboboxProps) {
  const { t } = useTranslation("booking");
  const [query, setQuery] = useState<string | null>(null);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const { entries, searching, fresh } = useDirectory(query ?? "", props.kinds, combobox.dropdownOpened);
  const { selectFirstOption, resetSelectedOption } = combobox;
  const names = entries.map((entry) => entry.name).join(" ");
  const found = fresh && combobox.dropdownOpened && Boolean(query?.trim()) && names !== "";

  // Enter takes the first of what was searched for, never one of the suggestions before.
  // biome-ignore lint/correctness/useExhaustiveDependencies(names): other suggestions have another first one
  useEffect(() => {
    if (found) selectFirstOption();
    else resetSelectedOption();
  }, [found, names, selectFirstOption, resetSelectedOption]);

  const choose = (name: string) => {
    const entry = entries.find((candidate) => candidate.name === name);
    if (!entry) return;
    props.onChoose(entry);
    setQuery(props.several ? "" : null);
    if (!props.several) combobox.closeDropdown();
  };
  const leave = () => {
    setQuery(null);
    combobox.closeDropdown();
  };

  return (
    <Combobox store={combobox} onOptionSubmit={choose} withinPortal>
      <Combobox.Target>
        <TextInput
          id={props.id}
          label={props.label}
          description={props.description}
          inputWrapperOrder={["label", "input", "description", "error"]}
          placeholder={props.placeholder ?? t("placeholder.search")}
          error={props.error}
          withAsterisk={props.required ?? false}
          leftSection={<Search size={18} aria-hidden="true" />}
          rightSection={searching && combobox.dropdownOpened ? <Loader size={18} /> : props.rightSection}
          value={query ?? props.shown}
          onChange={(event) => {
            setQuery(event.currentTarget.value);
            combobox.openDropdown();
          }}
          onKeyDown={(event) => {
            // Whether something is highlighted yet or not: Enter here means a suggestion, not the form around.
            if (event.key === "Enter") event.preventDefault();
          }}
          onClick={() => combobox.openDropdown()}
          onFocus={() => combobox.openDropdown()}
          onBlur={leave}
          autoComplete="off"
          spellCheck={false}
        />
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Options>
          <ScrollArea.Autosize mah={320} type="auto">
            {entries.map((entry) => (
              <Option key={entry.name} entry={entry} chosen={props.chosen.has(entry.name)} />
            ))}
            {entries.length === 0 && !searching ? <Combobox.Empty>{t("picker.none")}</Combobox.Empty> : null}
          </ScrollArea.Autosize>
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

function Option({ entry, chosen }: { entry: DirectoryEntry; chosen: boolean }) {
  const { t } = useTranslation("booking");
  const points = entry.pointCount > 0 ? t("common:count.points", { count: entry.pointCount }) : "";
  const second = [entry.detail, points, chosen ? t("picker.chosen") : ""].filter(Boolean).join(" · ");
  return (
    <Combobox.Option value={entry.name} active={chosen} disabled={chosen}>
      <Group gap="sm" wrap="nowrap">
        <KindIcon name={entry.name} />
        <div>
          <Text>{entry.displayName}</Text>
          {second ? (
            <Text size="sm" c="var(--gb-muted)">
              {second}
            </Text>
          ) : null}
        </div>
      </Group>
    </Combobox.Option>
  );
}
