import { Button, Card, Group, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { Star } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { useSession, useSignIn } from "~/api/session";
import { LanguageMenu } from "~/office/LanguageMenu";
import { ErrorAlert } from "~/ui/states";
import { safeNext } from "./next";
import "./signin.css";

/** Signing in; afterwards back to where the visitor wanted to go. */
export function Component() {
  const { t } = useTranslation("signin");
  const session = useSession();
  const [parameters] = useSearchParams();
  const next = safeNext(parameters.get("next"));

  useEffect(() => {
    document.title = `${t("title")} · Giao Ban`;
  }, [t]);

  if (session.data) return <Navigate to={next} replace />;
  return (
    <main className="gb-signin">
      <Card withBorder shadow="md" padding="xl" className="gb-signin-card">
        <Group justify="space-between" mb="lg" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" c="var(--gb-primary)">
            <Star size={30} fill="currentColor" aria-hidden="true" />
            <div>
              <Text fw={700} size="xl" lh={1.2}>
                {t("common:product")}
              </Text>
              <Text size="sm" c="var(--gb-muted)">
                {t("common:slogan")}
              </Text>
            </div>
          </Group>
          <LanguageMenu />
        </Group>
        <Title order={1} size="h3" mb="md">
          {t("title")}
        </Title>
        <SignInForm next={next} />
        <Text size="sm" c="var(--gb-muted)" mt="lg">
          {t("linkHint")}
        </Text>
      </Card>
    </main>
  );
}

function SignInForm({ next }: { next: string }) {
  const { t } = useTranslation("signin");
  const { signIn } = useSignIn();
  const navigate = useNavigate();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!username.trim() || !password) return;
    setBusy(true);
    setError(null);
    try {
      await signIn(username.trim(), password);
      navigate(next, { replace: true });
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  const watchCapsLock = (event: KeyboardEvent) => setCapsLock(event.getModifierState("CapsLock"));

  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Stack gap="md">
        {error ? <ErrorAlert error={error} /> : null}
        <TextInput
          label={t("username")}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          size="lg"
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
          error={tried && !username.trim() ? t("needUsername") : null}
        />
        <PasswordInput
          label={t("password")}
          autoComplete="current-password"
          size="lg"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          onKeyUp={watchCapsLock}
          error={tried && !password ? t("needPassword") : null}
          description={capsLock ? t("capsLock") : undefined}
        />
        <Button type="submit" size="lg" loading={busy} fullWidth>
          {t("submit")}
        </Button>
      </Stack>
    </form>
  );
}
