import { Avatar, Button, Group, Menu, Modal, Stack, Text } from "@mantine/core";
import { KeyRound, LogOut } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useSignIn } from "~/api/session";
import { useProblemWords } from "~/api/words";
import type { Session } from "~/gen/briefing/v1/auth_service_pb";
import { paths } from "~/lib/names";
import { hasDraft } from "~/pages/booking/store";
import { toast } from "~/ui/toasts";

const PasswordDrawer = lazy(() => import("./PasswordDrawer"));

// Vietnamese names end with the given name: "Nguyễn Thị Thu" is "NT" by the ends, as colleagues abbreviate it.
function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return ends
    .map((word) => word?.[0] ?? "")
    .join("")
    .toUpperCase();
}

interface LosingProps {
  readonly onStay: () => void;
  readonly onLeave: () => void;
}

/** Asks before signing out takes an unsent booking with it. */
function Losing({ onStay, onLeave }: LosingProps) {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={onStay} title={<Text fw={700}>{t("account.draftTitle")}</Text>} centered>
      <Stack>
        <Text>{t("account.draftText")}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onStay} data-autofocus>
            {t("account.stay")}
          </Button>
          <Button color="stop" onClick={onLeave}>
            {t("account.signOut")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Who is signed in, the own password, and the way out. */
export function AccountMenu({ session }: { session: Session }) {
  const { t } = useTranslation();
  const { signOut } = useSignIn();
  const navigate = useNavigate();
  const words = useProblemWords();
  const person = session.person;
  const name = person?.displayName ?? "";
  const [changing, setChanging] = useState(false);
  const [losing, setLosing] = useState(false);

  const leave = async () => {
    try {
      await signOut();
      navigate(paths.signIn);
    } catch (error) {
      const { what, remedy } = words(error);
      toast({ color: "stop", title: what, message: remedy });
    }
  };

  const menu = (
    <Menu position="bottom-end" width={280}>
      <Menu.Target>
        <Button variant="subtle" color="gray" px="xs" c="var(--gb-ink)" aria-label={t("account.menu", { name })}>
          <Avatar color="primary" variant="filled" size={34} aria-hidden="true">
            {initials(name)}
          </Avatar>
          <Text span ml="xs" visibleFrom="lg" truncate maw={160}>
            {name}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text fw={600} c="var(--gb-ink)">
            {name}
          </Text>
          <Text size="sm">{person?.position}</Text>
          <Text size="sm">{person?.unitDisplayName}</Text>
        </Menu.Label>
        <Menu.Divider />
        {person?.username ? (
          <Menu.Item leftSection={<KeyRound size={16} aria-hidden="true" />} onClick={() => setChanging(true)}>
            {t("password.title")}
          </Menu.Item>
        ) : null}
        <Menu.Item
          leftSection={<LogOut size={16} aria-hidden="true" />}
          onClick={() => (hasDraft() ? setLosing(true) : void leave())}
        >
          {t("account.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
  return (
    <>
      {menu}
      {losing ? <Losing onStay={() => setLosing(false)} onLeave={() => void leave()} /> : null}
      {changing && person ? (
        <Suspense fallback={null}>
          <PasswordDrawer username={person.username} onClose={() => setChanging(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
