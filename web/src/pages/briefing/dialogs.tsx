import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { briefings } from "~/api/clients";
import type { Briefing } from "~/gen/briefing/v1/briefing_pb";
import { ErrorAlert } from "~/ui/states";
import { toast } from "~/ui/toasts";
import { useRefresh } from "./queries";

interface DialogProps {
  readonly briefing: Briefing;
  readonly onClose: () => void;
}

/** Asks for the reason and calls the briefing off. */
export function CancelDialog({ briefing, onClose }: DialogProps) {
  const { t } = useTranslation("briefing");
  const refresh = useRefresh(briefing.name);
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const cancel = useMutation({
    mutationFn: () => briefings.cancelBriefing({ name: briefing.name, reason: reason.trim() }),
    onSuccess: async () => {
      await refresh();
      toast({ message: t("cancel.done") });
      onClose();
    },
  });
  const confirm = () => {
    setTried(true);
    if (reason.trim()) cancel.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={<Text fw={700}>{t("cancel.title")}</Text>}>
      <Stack>
        <Text>{t("cancel.text")}</Text>
        {cancel.isError ? <ErrorAlert error={cancel.error} /> : null}
        <Textarea
          data-autofocus
          label={t("cancel.reason")}
          placeholder={t("cancel.reasonHint")}
          withAsterisk
          autosize
          minRows={2}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={tried && !reason.trim() ? t("cancel.needReason") : null}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("cancel.back")}
          </Button>
          <Button color="stop" loading={cancel.isPending} onClick={confirm}>
            {t("cancel.confirm")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Asks once more, makes all personal links void and sends new ones. */
export function RevokeDialog({ briefing, onClose }: DialogProps) {
  const { t } = useTranslation("briefing");
  const refresh = useRefresh(briefing.name);
  const revoke = useMutation({
    mutationFn: () => briefings.revokeLinks({ name: briefing.name }),
    onSuccess: async () => {
      await refresh();
      toast({ message: t("revoke.done") });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={<Text fw={700}>{t("revoke.title")}</Text>}>
      <Stack>
        <Text>{t("revoke.text")}</Text>
        {revoke.isError ? <ErrorAlert error={revoke.error} /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("revoke.back")}
          </Button>
          <Button color="stop" loading={revoke.isPending} onClick={() => revoke.mutate()}>
            {t("revoke.confirm")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Asks once more and ends the briefing. */
export function EndDialog({ briefing, onClose }: DialogProps) {
  const { t } = useTranslation("briefing");
  const refresh = useRefresh(briefing.name);
  const end = useMutation({
    mutationFn: () => briefings.endBriefing({ name: briefing.name }),
    onSuccess: async () => {
      await refresh();
      toast({ message: t("end.done") });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={<Text fw={700}>{t("end.title")}</Text>}>
      <Stack>
        <Text>{t("end.text")}</Text>
        {end.isError ? <ErrorAlert error={end.error} /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("end.back")}
          </Button>
          <Button color="stop" loading={end.isPending} onClick={() => end.mutate()}>
            {t("end.confirm")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
