import { PasswordInput, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { credentials } from "~/api/clients";
import { problemOf } from "~/api/errors";
import { useSignIn } from "~/api/session";
import { FormDrawer } from "~/ui/FormDrawer";
import { toast } from "~/ui/toasts";

const SHORTEST = 10;
const LONGEST = 256;

/** Changes one's own password. It ends every session; this browser opens a new one at once. */
export default function PasswordDrawer({ username, onClose }: { username: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { signIn } = useSignIn();
  const [form, setForm] = useState({ old: "", new: "", again: "" });
  const [tried, setTried] = useState(false);
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const refused = error ? problemOf(error).reason : "";
  const problems = {
    old: refused === "WRONG_CREDENTIALS" ? t("password.wrong") : tried && !form.old ? t("password.needOld") : null,
    new: refused === "WEAK_PASSWORD" || (tried && form.new.length < SHORTEST) ? t("password.weak") : null,
    again: tried && form.again !== form.new ? t("password.differs") : null,
  };

  const save = async () => {
    setTried(true);
    setError(null);
    if (!form.old || form.new.length < SHORTEST || form.again !== form.new) return;
    setSaving(true);
    try {
      await credentials.changePassword({ oldPassword: form.old, newPassword: form.new });
      await signIn(username, form.new);
      toast({ color: "good", message: t("password.changed") });
      onClose();
    } catch (thrown) {
      setError(thrown);
      setSaving(false);
    }
  };
  const field = (key: keyof typeof form, autoComplete: string) => ({
    label: t(`password.${key}`),
    autoComplete,
    maxLength: LONGEST,
    value: form[key],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setForm((before) => ({ ...before, [key]: value }));
    },
    error: problems[key],
  });

  return (
    <FormDrawer
      title={t("password.title")}
      error={problems.old || problems.new ? null : error}
      saving={saving}
      onSave={() => void save()}
      onClose={onClose}
    >
      <Text size="sm">{t("password.hint")}</Text>
      <input type="text" autoComplete="username" value={username} readOnly hidden />
      <PasswordInput data-autofocus {...field("old", "current-password")} />
      <PasswordInput {...field("new", "new-password")} />
      <PasswordInput {...field("again", "new-password")} />
    </FormDrawer>
  );
}
