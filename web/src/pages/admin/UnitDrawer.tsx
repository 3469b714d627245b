import { create } from "@bufbuild/protobuf";
import { Alert, Group, NumberInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { org } from "~/api/clients";
import { type Unit, UnitSchema } from "~/gen/briefing/v1/org_pb";
import { formatCivil, parseCivil } from "~/lib/dates";
import { matches } from "~/lib/text";
import { FormDrawer, wrongFields } from "~/ui/FormDrawer";
import { toast } from "~/ui/toasts";
import { knownKinds, sameKind, unitQuestion } from "./unitQuestions";

const OTHER_KIND = " ";

interface Choice {
  readonly value: string;
  readonly label: string;
}

interface Form {
  readonly displayName: string;
  readonly kind: string;
  readonly parent: string;
  readonly order: number;
  readonly validFrom: string;
  readonly validTo: string;
  readonly successor: string;
}

function formOf(unit: Unit | null): Form {
  return {
    displayName: unit?.displayName ?? "",
    kind: unit?.kind ?? "",
    parent: unit?.parent ?? "",
    order: unit?.order ?? 0,
    validFrom: unit?.validFromDate ? formatCivil(unit.validFromDate) : "",
    validTo: unit?.validToDate ? formatCivil(unit.validToDate) : "",
    successor: unit?.successor ?? "",
  };
}

function unitOf(before: Unit | null, form: Form): Unit {
  return create(UnitSchema, {
    name: before?.name ?? "",
    etag: before?.etag ?? "",
    displayName: form.displayName.trim(),
    kind: form.kind.trim(),
    parent: form.parent,
    order: form.order,
    validFromDate: parseCivil(form.validFrom) ?? "",
    validToDate: parseCivil(form.validTo) ?? "",
    successor: form.successor,
  });
}

function missing(form: Form): Set<string> {
  const fields = new Set<string>();
  if (!form.displayName.trim()) fields.add("display_name");
  const from = parseCivil(form.validFrom);
  const to = parseCivil(form.validTo);
  if (form.validFrom.trim() && !from) fields.add("valid_from_date");
  if (form.validTo.trim() && (!to || (from !== null && to <= from))) fields.add("valid_to_date");
  return fields;
}

interface UnitDrawerProps {
  readonly unit: Unit | null;
  readonly units: readonly Unit[];
  readonly onClose: () => void;
}

/** Adds or changes a unit. */
export function UnitDrawer({ unit, units, onClose }: UnitDrawerProps) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const [form, setForm] = useState(() => formOf(unit));
  const [tried, setTried] = useState(false);
  const [asked, setAsked] = useState<"root" | "twin" | null>(null);
  const kinds = useMemo(() => knownKinds(units), [units]);
  const [ownKind, setOwnKind] = useState(false);
  const save = useMutation({
    mutationFn: async () => {
      const wanted = unitOf(unit, { ...form, kind: sameKind(kinds, form.kind) });
      await (unit ? org.updateUnit({ unit: wanted }) : org.createUnit({ unit: wanted }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["units"] });
      toast({ color: "good", message: t("units.saved", { name: form.displayName }) });
      onClose();
    },
  });
  const own = missing(form);
  const refused = wrongFields(save.error);
  const errorOf = (field: string) =>
    (tried && own.has(field)) || refused.has(field) ? t(`units.error.${field}`) : null;
  const set = (part: Partial<Form>) => {
    setAsked(null); // an answer is for what stood there
    setForm((before) => ({ ...before, ...part }));
  };
  const others = units
    .filter((other) => other.name !== unit?.name)
    .map((other) => ({ value: other.name, label: other.displayName }));
  const choice = (key: "parent" | "successor") => ({
    label: t(`units.field.${key}`),
    data: others,
    searchable: true,
    clearable: true,
    filter: ({ options, search }: { options: readonly object[]; search: string }) =>
      (options as typeof others).filter((option) => matches(option.label, search)),
    limit: 50,
    value: form[key] || null,
    onChange: (value: string | null) => set({ [key]: value ?? "" }),
    error: errorOf(key),
  });
  const date = (key: "validFrom" | "validTo", field: string) => ({
    label: t(`units.field.${field}`),
    placeholder: t("units.datePlaceholder"),
    value: form[key],
    onChange: (event: { currentTarget: { value: string } }) => set({ [key]: event.currentTarget.value }),
    error: errorOf(field),
  });
  return (
    <FormDrawer
      title={unit ? t("units.editOf", { name: unit.displayName }) : t("units.newTitle")}
      error={save.error}
      saving={save.isPending}
      onClose={onClose}
      onSave={() => {
        setTried(true);
        if (own.size > 0) return;
        const question = unitQuestion(units, unitOf(unit, form));
        setAsked(question);
        // The second press answers what was asked; another question is asked as well.
        if (question === null || question === asked) save.mutate();
      }}
    >
      {asked && !save.isPending ? (
        <Alert color="warn" title={t(`units.ask.${asked}.title`)} role="alert">
          {t(`units.ask.${asked}.text`, { name: form.displayName.trim() })}
        </Alert>
      ) : null}
      <TextInput
        data-autofocus
        withAsterisk
        maxLength={200}
        label={t("units.field.display_name")}
        value={form.displayName}
        onChange={(event) => set({ displayName: event.currentTarget.value })}
        error={errorOf("display_name")}
      />
      <Select
        label={t("units.field.kind")}
        data={[
          ...kinds.map((kind) => ({ value: kind, label: kind })),
          { value: OTHER_KIND, label: t("units.otherKind") },
        ]}
        filter={({ options, search }) =>
          (options as readonly Choice[]).filter((it) => it.value === OTHER_KIND || matches(it.label, search))
        }
        searchable
        clearable
        value={ownKind ? OTHER_KIND : sameKind(kinds, form.kind) || null}
        onChange={(value) => {
          setOwnKind(value === OTHER_KIND);
          set({ kind: value === OTHER_KIND ? "" : (value ?? "") });
        }}
        error={ownKind ? null : errorOf("kind")}
      />
      {ownKind ? (
        <TextInput
          maxLength={50}
          label={t("units.field.ownKind")}
          value={form.kind}
          onChange={(event) => set({ kind: event.currentTarget.value })}
          error={errorOf("kind")}
        />
      ) : null}
      <Select {...choice("parent")} />
      <NumberInput
        min={0}
        allowDecimal={false}
        label={t("units.field.order")}
        value={form.order}
        onChange={(value) => set({ order: Number(value) || 0 })}
        error={errorOf("order")}
      />
      <Group grow align="flex-start">
        <TextInput {...date("validFrom", "valid_from_date")} />
        <TextInput {...date("validTo", "valid_to_date")} />
      </Group>
      <Select {...choice("successor")} />
    </FormDrawer>
  );
}
