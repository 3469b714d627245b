import { create } from "@bufbuild/protobuf";
import { Group, NumberInput, Switch, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { org } from "~/api/clients";
import { LineSchema, type Point, PointSchema } from "~/gen/briefing/v1/org_pb";
import { DirectoryCombobox } from "~/ui/DirectoryCombobox";
import { FormDrawer, wrongFields } from "~/ui/FormDrawer";
import { toast } from "~/ui/toasts";

interface Form {
  readonly displayName: string;
  readonly unit: string;
  readonly unitName: string;
  readonly location: string;
  readonly seats: number;
  readonly email: string;
  readonly retired: boolean;
  readonly carrier: string;
  readonly downKbps: number;
  readonly upKbps: number;
  readonly itContactName: string;
  readonly itContactPhone: string;
}

function formOf(point: Point | null): Form {
  return {
    displayName: point?.displayName ?? "",
    unit: point?.unit ?? "",
    unitName: point?.unitDisplayName ?? "",
    location: point?.location ?? "",
    seats: point?.seats ?? 0,
    email: point?.email ?? "",
    retired: point?.retired ?? false,
    carrier: point?.line?.carrier ?? "",
    downKbps: point?.line?.downKbps ?? 0,
    upKbps: point?.line?.upKbps ?? 0,
    itContactName: point?.line?.itContactName ?? "",
    itContactPhone: point?.line?.itContactPhone ?? "",
  };
}

function pointOf(before: Point | null, form: Form): Point {
  return create(PointSchema, {
    name: before?.name ?? "",
    etag: before?.etag ?? "",
    unit: form.unit,
    displayName: form.displayName.trim(),
    location: form.location.trim(),
    seats: form.seats,
    email: form.email.trim(),
    retired: form.retired,
    line: create(LineSchema, {
      carrier: form.carrier.trim(),
      downKbps: form.downKbps,
      upKbps: form.upKbps,
      itContactName: form.itContactName.trim(),
      itContactPhone: form.itContactPhone.trim(),
    }),
  });
}

function missing(form: Form): Set<string> {
  const fields = new Set<string>();
  if (!form.displayName.trim()) fields.add("display_name");
  if (!form.unit) fields.add("unit");
  if (form.email.trim() && !/^\S+@\S+\.\S+$/.test(form.email.trim())) fields.add("email");
  if (form.itContactPhone && !/^[+\d][\d .()-]*$/.test(form.itContactPhone.trim())) fields.add("it_contact_phone");
  return fields;
}

/** Adds or changes a meeting point and its line. */
export function PointDrawer({ point, onClose }: { point: Point | null; onClose: () => void }) {
  const { t } = useTranslation("points");
  const client = useQueryClient();
  const [form, setForm] = useState(() => formOf(point));
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: async () => {
      const wanted = pointOf(point, form);
      await (point ? org.updatePoint({ point: wanted }) : org.createPoint({ point: wanted }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["points"] });
      toast({ color: "good", message: t("saved", { name: form.displayName }) });
      onClose();
    },
  });
  const own = missing(form);
  const refused = wrongFields(save.error);
  const errorOf = (field: string) => ((tried && own.has(field)) || refused.has(field) ? t(`error.${field}`) : null);
  const set = (part: Partial<Form>) => setForm((before) => ({ ...before, ...part }));
  const text = (
    key: "displayName" | "location" | "email" | "carrier" | "itContactName" | "itContactPhone",
    field: string,
  ) => ({
    label: t(`field.${field}`),
    value: form[key],
    onChange: (event: { currentTarget: { value: string } }) => set({ [key]: event.currentTarget.value }),
    error: errorOf(field),
  });
  const number = (key: "seats" | "downKbps" | "upKbps", field: string, max: number) => ({
    label: t(`field.${field}`),
    value: form[key] || "",
    onChange: (value: string | number) => set({ [key]: Number(value) || 0 }),
    error: errorOf(field),
    min: 0,
    max,
    allowDecimal: false,
    thousandSeparator: ".",
    decimalSeparator: ",",
  });
  return (
    <FormDrawer
      title={point ? t("editOf", { name: point.displayName }) : t("newTitle")}
      error={save.error}
      saving={save.isPending}
      onClose={onClose}
      onSave={() => {
        setTried(true);
        if (own.size === 0) save.mutate();
      }}
    >
      <TextInput withAsterisk data-autofocus maxLength={200} {...text("displayName", "display_name")} />
      <DirectoryCombobox
        id="point-unit"
        label={t("field.unit")}
        required
        kinds={["unit"]}
        shown={form.unitName}
        chosen={new Set([form.unit])}
        onChoose={(entry) => set({ unit: entry.name, unitName: entry.displayName })}
        error={errorOf("unit")}
      />
      <TextInput maxLength={300} {...text("location", "location")} />
      <NumberInput {...number("seats", "seats", 2000)} />
      <TextInput type="email" maxLength={254} {...text("email", "email")} />
      <Text fw={700}>{t("field.line")}</Text>
      <TextInput maxLength={100} {...text("carrier", "carrier")} />
      <Group grow align="flex-start">
        <NumberInput {...number("downKbps", "down_kbps", 100_000_000)} />
        <NumberInput {...number("upKbps", "up_kbps", 100_000_000)} />
      </Group>
      <TextInput maxLength={200} {...text("itContactName", "it_contact_name")} />
      <TextInput type="tel" maxLength={40} {...text("itContactPhone", "it_contact_phone")} />
      <Switch
        size="md"
        label={t("field.retired")}
        checked={form.retired}
        onChange={(event) => set({ retired: event.currentTarget.checked })}
      />
    </FormDrawer>
  );
}
