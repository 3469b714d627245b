import { Button, Group, Modal, Radio, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { TellScope } from "~/gen/briefing/v1/briefing_service_pb";
import type { Choice, Draft } from "./draft";

/** Who may be told of a change, the usual one first; a single one is no choice. */
export function scopesOf(before: Draft, after: Draft): readonly TellScope[] {
  const moved = before.date !== after.date || before.time !== after.time || before.minutes !== after.minutes;
  if (moved) return [TellScope.EVERYONE];
  const same = people(before) === people(after);
  return same ? [TellScope.EVERYONE, TellScope.NOBODY] : [TellScope.CONCERNED, TellScope.EVERYONE];
}

function people({ chair, secretary, attendees }: Draft): string {
  const names = (choices: readonly (Choice | null)[]) => choices.map((choice) => choice?.name ?? "");
  return JSON.stringify([...names([chair, secretary]), ...names(attendees).sort()]);
}

interface TellDialogProps {
  readonly scopes: readonly TellScope[];
  readonly onSave: (scope: TellScope) => void;
  readonly onClose: () => void;
}

/** Asks who is to hear of a change before it is saved. */
export function TellDialog({ scopes, onSave, onClose }: TellDialogProps) {
  const { t } = useTranslation("booking");
  const [scope, setScope] = useState(String(scopes[0]));
  return (
    <Modal opened onClose={onClose} title={<Text fw={700}>{t("tell.title")}</Text>} centered>
      <Stack>
        <Radio.Group value={scope} onChange={setScope} label={t("tell.label")}>
          <Stack gap="sm" mt="xs">
            {scopes.map((it) => (
              <Radio
                key={it}
                value={String(it)}
                label={t(`tell.${TellScope[it]}`)}
                description={t(`tell.${TellScope[it]}_hint`)}
              />
            ))}
          </Stack>
        </Radio.Group>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("tell.back")}
          </Button>
          <Button data-autofocus onClick={() => onSave(Number(scope))}>
            {t("submit.edit")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
