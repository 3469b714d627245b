import { ActionIcon, Button, Fieldset, Group, Select, Stack, Text } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Role } from "~/gen/briefing/v1/org_pb";
import { DirectoryCombobox } from "~/ui/DirectoryCombobox";

/** One role on the subtree of one unit, while it is being chosen. */
export interface RoleLine {
  readonly role: number;
  readonly unit: string;
  readonly unitName: string;
}

const ROLES = [Role.ADMINISTRATOR, Role.SECRETARY, Role.CHAIR, Role.DELEGATE, Role.DISTRICT_IT];

interface RoleEditorProps {
  readonly lines: readonly RoleLine[];
  readonly error: string | null;
  readonly onChange: (lines: readonly RoleLine[]) => void;
}

/** Roles as lines of role and unit. */
export function RoleEditor({ lines, error, onChange }: RoleEditorProps) {
  const { t } = useTranslation("admin");
  const change = (index: number, part: Partial<RoleLine>) =>
    onChange(lines.map((line, at) => (at === index ? { ...line, ...part } : line)));
  return (
    <Fieldset legend={t("people.roles")}>
      <Stack gap="md">
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are only added at the end and taken out
          <Stack key={index} gap="xs">
            <Group align="flex-end" gap="xs" wrap="nowrap">
              <Select
                flex={1}
                label={t("people.role")}
                allowDeselect={false}
                data={ROLES.map((role) => ({ value: String(role), label: t(`common:role.${role}`) }))}
                value={String(line.role)}
                onChange={(role) => change(index, { role: Number(role) })}
              />
              <ActionIcon
                variant="subtle"
                color="stop"
                size={44}
                aria-label={t("people.removeRole", { role: t(`common:role.${line.role}`) })}
                onClick={() => onChange(lines.filter((_, at) => at !== index))}
              >
                <Trash2 size={18} aria-hidden="true" />
              </ActionIcon>
            </Group>
            <DirectoryCombobox
              id={`role-unit-${index}`}
              label={t("people.roleUnit")}
              kinds={["unit"]}
              required
              shown={line.unitName}
              chosen={new Set([line.unit])}
              onChoose={(entry) => change(index, { unit: entry.name, unitName: entry.displayName })}
            />
          </Stack>
        ))}
        {error ? (
          <Text size="sm" c="var(--gb-stop)">
            {error}
          </Text>
        ) : null}
        <Button
          variant="light"
          leftSection={<Plus size={18} aria-hidden="true" />}
          onClick={() => onChange([...lines, { role: Role.DELEGATE, unit: "", unitName: "" }])}
        >
          {t("people.addRole")}
        </Button>
      </Stack>
    </Fieldset>
  );
}
