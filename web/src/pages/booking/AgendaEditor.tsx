import { ActionIcon, Button, Group, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type AgendaLine, emptyLine, LIMITS, lacksTitle } from "./draft";

interface AgendaEditorProps {
  readonly lines: readonly AgendaLine[];
  readonly minutes: number;
  readonly marked: boolean;
  readonly onChange: (lines: readonly AgendaLine[]) => void;
}

function moved(lines: readonly AgendaLine[], from: number, to: number): AgendaLine[] {
  const next = [...lines];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

/** The agenda as lines that can be added, moved and taken out, with the sum of their minutes. */
export function AgendaEditor({ lines, minutes, marked, onChange }: AgendaEditorProps) {
  const { t } = useTranslation("booking");
  const sum = lines.reduce((total, line) => total + line.minutes, 0);
  const wrong = lines.findIndex(lacksTitle);
  const change = (index: number, part: Partial<AgendaLine>) =>
    onChange(lines.map((line, at) => (at === index ? { ...line, ...part } : line)));
  return (
    <Stack gap="xs">
      {lines.map((line, index) => (
        <div key={line.key} className="gb-agenda-line">
          <Text className="gb-agenda-number" c="var(--gb-muted)" aria-hidden="true">
            {index + 1}
          </Text>
          <TextInput
            id={index === wrong ? "field-agenda" : undefined}
            aria-label={t("agenda.item", { index: index + 1 })}
            placeholder={t("agenda.titleHint")}
            value={line.title}
            maxLength={300}
            onChange={(event) => change(index, { title: event.currentTarget.value })}
            error={marked && lacksTitle(line) ? t("error.agenda") : null}
          />
          <TextInput
            aria-label={t("agenda.presenter", { index: index + 1 })}
            placeholder={t("agenda.presenterHint")}
            value={line.presenter}
            maxLength={200}
            onChange={(event) => change(index, { presenter: event.currentTarget.value })}
          />
          <NumberInput
            aria-label={t("agenda.minutes", { index: index + 1 })}
            placeholder={t("agenda.minutesHint")}
            value={line.minutes || ""}
            min={0}
            max={LIMITS.minutesMax}
            allowDecimal={false}
            hideControls
            onChange={(value) => change(index, { minutes: Number(value) || 0 })}
          />
          <LineButtons
            index={index}
            last={lines.length - 1}
            onMove={(to) => onChange(moved(lines, index, to))}
            onRemove={() => onChange(lines.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <Group justify="space-between">
        <Button
          variant="light"
          leftSection={<Plus size={18} aria-hidden="true" />}
          disabled={lines.length >= LIMITS.agenda}
          onClick={() => onChange([...lines, emptyLine()])}
        >
          {t("agenda.add")}
        </Button>
        {sum > 0 ? (
          <Text size="sm" c={sum > minutes ? "var(--gb-warn)" : "var(--gb-muted)"} role="status">
            {sum > minutes ? t("agenda.over", { sum, over: sum - minutes }) : t("agenda.total", { sum, all: minutes })}
          </Text>
        ) : null}
      </Group>
    </Stack>
  );
}

interface LineButtonsProps {
  readonly index: number;
  readonly last: number;
  readonly onMove: (to: number) => void;
  readonly onRemove: () => void;
}

function LineButtons({ index, last, onMove, onRemove }: LineButtonsProps) {
  const { t } = useTranslation("booking");
  const shown = { index: index + 1 };
  return (
    <Group gap={2} wrap="nowrap">
      <ActionIcon
        variant="subtle"
        color="gray"
        size={44}
        disabled={index === 0}
        aria-label={t("agenda.up", shown)}
        onClick={() => onMove(index - 1)}
      >
        <ArrowUp size={18} aria-hidden="true" />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={44}
        disabled={index === last}
        aria-label={t("agenda.down", shown)}
        onClick={() => onMove(index + 1)}
      >
        <ArrowDown size={18} aria-hidden="true" />
      </ActionIcon>
      <ActionIcon variant="subtle" color="stop" size={44} aria-label={t("agenda.remove", shown)} onClick={onRemove}>
        <Trash2 size={18} aria-hidden="true" />
      </ActionIcon>
    </Group>
  );
}
