import { create } from "@bufbuild/protobuf";
import { PasswordInput, Select, Switch, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { org } from "~/api/clients";
import { type Person, PersonSchema, Role, RoleGrantSchema } from "~/gen/briefing/v1/org_pb";
import { LANGUAGES } from "~/i18n";
import { DirectoryCombobox } from "~/ui/DirectoryCombobox";
import { FormDrawer, wrongFields } from "~/ui/FormDrawer";
import { toast } from "~/ui/toasts";
import { useUnitNames } from "./PeopleList";
import { RoleEditor, type RoleLine } from "./RoleEditor";

type TextKey = "displayName" | "position" | "email" | "phone" | "username";

interface Form extends Readonly<Record<TextKey, string>> {
  readonly unit: string;
  readonly unitName: string;
  readonly password: string;
  readonly language: string;
  readonly retired: boolean;
  readonly roles: readonly RoleLine[];
}

function formOf(person: Person | null, unitName: (name: string) => string): Form {
  return {
    displayName: person?.displayName ?? "",
    position: person?.position ?? "",
    unit: person?.unit ?? "",
    unitName: person?.unitDisplayName ?? "",
    email: person?.email ?? "",
    phone: person?.phone ?? "",
    username: person?.username ?? "",
    password: "",
    language: person?.language || "vi",
    retired: person?.retired ?? false,
    roles: (person?.roles ?? []).map(({ role, unit }) => ({ role, unit, unitName: unitName(unit) })),
  };
}

function personOf(before: Person | null, form: Form): Person {
  return create(PersonSchema, {
    name: before?.name ?? "",
    etag: before?.etag ?? "",
    displayName: form.displayName.trim(),
    position: form.position.trim(),
    unit: form.unit,
    email: form.email.trim(),
    phone: form.phone.trim(),
    username: form.username.trim(),
    language: form.language,
    retired: form.retired,
    roles: form.roles.map(({ role, unit }) => create(RoleGrantSchema, { role: role as Role, unit })),
  });
}

function missing(form: Form, before: Person | null): Set<string> {
  const fields = new Set<string>();
  if (!form.displayName.trim()) fields.add("display_name");
  // The first administrator belongs to no unit.
  if (!form.unit && (!before || before.unit)) fields.add("unit");
  if (form.email.trim() && !/^\S+@\S+\.\S+$/.test(form.email.trim())) fields.add("email");
  if (form.phone.trim() && !/^[+\d][\d .()-]*$/.test(form.phone.trim())) fields.add("phone");
  if (form.username.trim() && !/^[a-z0-9._-]{2,64}$/.test(form.username.trim())) fields.add("username");
  if (form.password && form.password.length < 10) fields.add("password");
  if (form.roles.some((line) => !line.unit && line.role !== Role.ADMINISTRATOR)) fields.add("roles");
  return fields;
}

/** Adds or changes a person, the account and the roles. */
export function PersonDrawer({ person, onClose }: { person: Person | null; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const unitName = useUnitNames();
  const [form, setForm] = useState(() => formOf(person, unitName));
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: async () => {
      const request = { person: personOf(person, form), password: form.password };
      await (person ? org.updatePerson(request) : org.createPerson(request));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["people"] });
      toast({ color: "good", message: t("people.saved", { name: form.displayName }) });
      onClose();
    },
  });
  const own = missing(form, person);
  const refused = wrongFields(save.error);
  const errorOf = (field: string) =>
    (tried && own.has(field)) || refused.has(field) ? t(`people.error.${field}`) : null;
  const set = (part: Partial<Form>) => setForm((before) => ({ ...before, ...part }));
  const text = (key: TextKey, field: string) => ({
    label: t(`people.field.${field}`),
    value: form[key],
    onChange: (event: { currentTarget: { value: string } }) => set({ [key]: event.currentTarget.value }),
    error: errorOf(field),
  });
  return (
    <FormDrawer
      title={person ? t("people.editOf", { name: person.displayName }) : t("people.newTitle")}
      error={save.error}
      saving={save.isPending}
      onClose={onClose}
      onSave={() => {
        setTried(true);
        if (own.size === 0) save.mutate();
      }}
    >
      <TextInput data-autofocus withAsterisk maxLength={200} {...text("displayName", "display_name")} />
      <TextInput maxLength={200} {...text("position", "position")} />
      <DirectoryCombobox
        id="person-unit"
        label={t("people.field.unit")}
        required
        kinds={["unit"]}
        shown={form.unitName}
        chosen={new Set([form.unit])}
        onChoose={(entry) => set({ unit: entry.name, unitName: entry.displayName })}
        error={errorOf("unit")}
      />
      <TextInput type="email" maxLength={254} {...text("email", "email")} />
      <TextInput type="tel" maxLength={40} {...text("phone", "phone")} />
      <TextInput
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={64}
        {...text("username", "username")}
      />
      <PasswordInput
        label={t("people.field.password")}
        autoComplete="new-password"
        maxLength={256}
        value={form.password}
        onChange={(event) => set({ password: event.currentTarget.value })}
        error={errorOf("password")}
      />
      <Select
        label={t("people.field.language")}
        allowDeselect={false}
        data={LANGUAGES.map((value) => ({ value, label: t(`common:account.${value}`) }))}
        value={form.language}
        onChange={(language) => set({ language: language ?? "vi" })}
      />
      <RoleEditor lines={form.roles} error={errorOf("roles")} onChange={(roles) => set({ roles })} />
      <Switch
        size="md"
        label={t("people.field.retired")}
        checked={form.retired}
        onChange={(event) => set({ retired: event.currentTarget.checked })}
      />
    </FormDrawer>
  );
}
