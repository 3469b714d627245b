import { ActionIcon, Group, Text } from "@mantine/core";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { DirectoryCombobox } from "~/ui/DirectoryCombobox";
import { KindIcon } from "~/ui/KindIcon";
import type { Choice } from "./draft";

const KINDS = ["unit", "point", "person", "rule"] as const;

interface AttendeePickerProps {
  readonly chosen: readonly Choice[];
  readonly error?: string | null;
  readonly onChange: (chosen: readonly Choice[]) => void;
}

/** Chooses who is invited: people, points, units and rules, one search for all. */
export function AttendeePicker({ chosen, error, onChange }: AttendeePickerProps) {
  const { t } = useTranslation("booking");
  return (
    <div>
      <DirectoryCombobox
        id="field-attendees"
        label={t("field.attendees")}
        description={t("hint.attendees")}
        kinds={KINDS}
        required
        several
        shown=""
        error={error}
        chosen={new Set(chosen.map((choice) => choice.name))}
        onChoose={(entry) =>
          onChange([
            ...chosen,
            {
              name: entry.name,
              label: entry.displayName,
              detail: entry.pointCount > 1 ? t("common:count.points", { count: entry.pointCount }) : entry.detail,
            },
          ])
        }
      />
      {chosen.length === 0 ? (
        <Text size="sm" c="var(--gb-muted)" mt="xs">
          {t("picker.nothing")}
        </Text>
      ) : (
        <ul className="gb-chips">
          {chosen.map((choice) => (
            <li key={choice.name} className="gb-chip">
              <Group gap={6} wrap="nowrap">
                <KindIcon name={choice.name} size={16} />
                <span>
                  {choice.label}
                  {choice.detail ? <span className="gb-chip-detail"> · {choice.detail}</span> : null}
                </span>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size={32}
                  aria-label={t("picker.remove", { name: choice.label })}
                  onClick={() => onChange(chosen.filter((other) => other.name !== choice.name))}
                >
                  <X size={16} aria-hidden="true" />
                </ActionIcon>
              </Group>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
