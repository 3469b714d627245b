import { Button, Drawer, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { problemOf } from "~/api/errors";
import { ErrorAlert } from "./states";

interface FormDrawerProps {
  readonly title: string;
  readonly error: unknown;
  readonly saving: boolean;
  readonly onSave: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A form at the side of a list: fields, what went wrong, save. Closing by a click beside it would lose what was typed. */
export function FormDrawer({ title, error, saving, onSave, onClose, children }: FormDrawerProps) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size={480}
      closeOnClickOutside={false}
      title={
        <Text fw={700} size="lg">
          {title}
        </Text>
      }
    >
      <form
        noValidate
        onKeyDown={(event) => {
          // There Enter takes a suggestion; with none on the screen it would save what was never chosen.
          const field = event.target as HTMLElement;
          if (event.key === "Enter" && field.getAttribute("aria-haspopup") === "listbox") event.preventDefault();
        }}
        onSubmit={(event) => {
          event.preventDefault();
          onSave();
        }}
      >
        <Stack gap="md">
          {error ? <ErrorAlert error={error} /> : null}
          {children}
          <Group justify="flex-end" className="gb-drawer-foot">
            <Button variant="default" onClick={onClose}>
              {t("action.cancel")}
            </Button>
            <Button type="submit" loading={saving}>
              {t("action.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}

/** Names the fields a refusal is about, by the last part of their path: `point.line.up_kbps` is `up_kbps`. */
export function wrongFields(error: unknown): ReadonlySet<string> {
  if (!error) return new Set();
  return new Set(Object.keys(problemOf(error).fields).map((path) => path.slice(path.lastIndexOf(".") + 1)));
}
