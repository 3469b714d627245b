import "@mantine/dates/styles.css";
import "dayjs/locale/vi";
import { ActionIcon, Card, Group, NumberInput, Stack, Textarea, TextInput, Title } from "@mantine/core";
import { DateInput, DatesProvider, TimePicker } from "@mantine/dates";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { civilDate, civilTime, formatCivil, parseCivil } from "~/lib/dates";
import type { NameKind } from "~/lib/names";
import { DirectoryCombobox } from "~/ui/DirectoryCombobox";
import { AgendaEditor } from "./AgendaEditor";
import { AttendeePicker } from "./AttendeePicker";
import { type Choice, type Draft, type Field, LIMITS, startOf } from "./draft";

interface BookingFormProps {
  readonly draft: Draft;
  readonly bad: ReadonlySet<Field>;
  readonly onChange: (part: Partial<Draft>) => void;
}

/** The left side of the booking page: what, when, who, agenda, notes. */
export function BookingForm({ draft, bad, onChange }: BookingFormProps) {
  const { t } = useTranslation("booking");
  const errorOf = (field: Field) => (bad.has(field) ? t(`error.${field}`) : null);
  return (
    <Stack gap="md">
      <FormSection title={t("section.what")}>
        <TextInput
          id="field-title"
          label={t("field.title")}
          placeholder={t("placeholder.title")}
          withAsterisk
          maxLength={LIMITS.title}
          value={draft.title}
          onChange={(event) => onChange({ title: event.currentTarget.value })}
          error={errorOf("title")}
        />
        <OneOf
          field="hostUnit"
          kind="unit"
          required
          value={draft.hostUnit}
          error={errorOf("hostUnit")}
          onChange={(hostUnit) => onChange({ hostUnit })}
        />
        <div className="gb-two">
          <OneOf
            field="chair"
            kind="person"
            required
            value={draft.chair}
            error={errorOf("chair")}
            onChange={(chair) => onChange({ chair })}
          />
          <OneOf
            field="secretary"
            kind="person"
            description={t("hint.secretary")}
            value={draft.secretary}
            error={errorOf("secretary")}
            onChange={(secretary) => onChange({ secretary })}
          />
        </div>
      </FormSection>
      <FormSection title={t("section.when")}>
        <WhenFields draft={draft} errorOf={errorOf} onChange={onChange} />
      </FormSection>
      <FormSection title={t("section.who")}>
        <AttendeePicker
          chosen={draft.attendees}
          error={errorOf("attendees")}
          onChange={(attendees) => onChange({ attendees })}
        />
      </FormSection>
      <FormSection title={t("section.agenda")}>
        <AgendaEditor
          lines={draft.agenda}
          minutes={draft.minutes}
          marked={bad.has("agenda")}
          onChange={(agenda) => onChange({ agenda })}
        />
      </FormSection>
      <FormSection title={t("section.notes")}>
        <Textarea
          id="field-notes"
          label={t("field.notes")}
          autosize
          minRows={3}
          maxRows={12}
          maxLength={LIMITS.notes}
          value={draft.notes}
          onChange={(event) => onChange({ notes: event.currentTarget.value })}
          error={errorOf("notes")}
        />
      </FormSection>
    </Stack>
  );
}

function FormSection({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder component="section">
      <Title order={2} size="h4" mb="sm">
        {title}
      </Title>
      <Stack gap="md">{children}</Stack>
    </Card>
  );
}

interface OneOfProps {
  readonly field: "hostUnit" | "chair" | "secretary";
  readonly kind: NameKind;
  readonly value: Choice | null;
  readonly description?: string;
  readonly required?: boolean;
  readonly error: string | null;
  readonly onChange: (choice: Choice | null) => void;
}

function OneOf({ field, kind, value, description, required = false, error, onChange }: OneOfProps) {
  const { t } = useTranslation("booking");
  const clear = value ? (
    <ActionIcon variant="subtle" color="gray" aria-label={t("picker.clear")} onClick={() => onChange(null)}>
      <X size={16} aria-hidden="true" />
    </ActionIcon>
  ) : null;
  return (
    <DirectoryCombobox
      id={`field-${field}`}
      label={t(`field.${field}`)}
      description={description}
      kinds={[kind]}
      required={required}
      error={error}
      shown={value ? [value.label, value.detail].filter(Boolean).join(" – ") : ""}
      chosen={new Set(value ? [value.name] : [])}
      onChoose={(entry) => onChange({ name: entry.name, label: entry.displayName, detail: entry.detail })}
      rightSection={clear}
    />
  );
}

interface WhenFieldsProps {
  readonly draft: Draft;
  readonly errorOf: (field: Field) => string | null;
  readonly onChange: (part: Partial<Draft>) => void;
}

function WhenFields({ draft, errorOf, onChange }: WhenFieldsProps) {
  const { t, i18n } = useTranslation("booking");
  const start = startOf(draft);
  const end = start ? new Date(start.getTime() + draft.minutes * 60_000) : null;
  const today = civilDate(new Date());
  const endHint = end
    ? t(civilDate(end) === draft.date ? "hint.end" : "hint.endOther", {
        time: civilTime(end),
        date: formatCivil(civilDate(end)),
      })
    : undefined;
  return (
    <DatesProvider settings={{ locale: i18n.language, firstDayOfWeek: 1 }}>
      <Group gap="md" align="flex-start" className="gb-when">
        <DateInput
          id="field-date"
          size="md"
          label={t("field.date")}
          placeholder={t("placeholder.date")}
          withAsterisk
          valueFormat="DD/MM/YYYY"
          dateParser={parseCivil}
          minDate={today}
          value={draft.date || null}
          onChange={(date) => onChange({ date: date ?? "" })}
          error={errorOf("date")}
        />
        <TimePicker
          size="md"
          label={t("field.time")}
          labelProps={{ htmlFor: "field-time" }}
          hoursInputProps={{ id: "field-time" }}
          withAsterisk
          hoursInputLabel={t("field.timeHours")}
          minutesInputLabel={t("field.timeMinutes")}
          minutesStep={5}
          value={draft.time}
          onChange={(time) => onChange({ time: time.slice(0, 5) })}
          error={errorOf("time")}
        />
        <NumberInput
          id="field-minutes"
          label={t("field.minutes")}
          withAsterisk
          min={LIMITS.minutesMin}
          max={LIMITS.minutesMax}
          clampBehavior="none"
          step={15}
          allowDecimal={false}
          value={draft.minutes}
          onChange={(value) => onChange({ minutes: Number(value) || 0 })}
          description={endHint}
          inputWrapperOrder={["label", "input", "description", "error"]}
          error={errorOf("minutes")}
        />
      </Group>
    </DatesProvider>
  );
}
