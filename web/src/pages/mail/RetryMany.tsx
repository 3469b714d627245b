import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deliveries } from "~/api/clients";
import { usePermissions } from "~/api/session";
import { type Delivery, Delivery_State } from "~/gen/briefing/v1/delivery_service_pb";
import { ErrorAlert } from "~/ui/states";
import { toast } from "~/ui/toasts";
import { useReasonWords } from "./reasons";

interface Kind {
  readonly state: Delivery_State;
  readonly reason: string;
}

const RETRYABLE = [Delivery_State.FAILED, Delivery_State.UNKNOWN];

/** One button for each reason for which messages did not go out; one question before all of them are sent again. */
export function RetryMany({ briefing, shown }: { briefing: string; shown: readonly Delivery[] }) {
  const { t } = useTranslation("mail");
  const may = usePermissions();
  const reason = useReasonWords();
  const [asked, setAsked] = useState<Kind | null>(null);
  const kinds = new Map<string, Kind>();
  for (const one of shown) {
    if (RETRYABLE.includes(one.state))
      kinds.set(`${one.state} ${one.reason}`, { state: one.state, reason: one.reason });
  }
  if (!may("deliveries.write") || kinds.size === 0) return null;
  return (
    <Group mb="md" gap="sm">
      {[...kinds].map(([key, kind]) => (
        <Button key={key} variant="default" onClick={() => setAsked(kind)}>
          {t("many.button", { reason: reason(kind.reason) })}
        </Button>
      ))}
      {asked ? <Question briefing={briefing} kind={asked} onClose={() => setAsked(null)} /> : null}
    </Group>
  );
}

function Question({ briefing, kind, onClose }: { briefing: string; kind: Kind; onClose: () => void }) {
  const { t } = useTranslation("mail");
  const client = useQueryClient();
  const reason = useReasonWords();
  const request = { briefing, states: [kind.state], reason: kind.reason };
  const [count, setCount] = useState<number | null>(null);
  const counted = useMutation({
    mutationFn: () => deliveries.retryDeliveries({ ...request, validateOnly: true }),
    onSuccess: (answer) => setCount(answer.count),
  });
  const retry = useMutation({
    mutationFn: () => deliveries.retryDeliveries(request),
    onSuccess: (answer) => {
      toast({ color: "good", message: t("many.done", { count: answer.count }) });
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["deliveries"] }),
  });
  if (counted.isIdle) counted.mutate();
  const error = counted.error ?? retry.error;
  return (
    <Modal opened onClose={onClose} title={<Text fw={700}>{t("many.title")}</Text>}>
      <Stack>
        <Text>{t("many.text", { count: count ?? 0, reason: reason(kind.reason) })}</Text>
        {kind.state === Delivery_State.UNKNOWN ? <Text>{t("many.twice")}</Text> : null}
        {error ? <ErrorAlert error={error} /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("many.back")}
          </Button>
          <Button disabled={!count} loading={retry.isPending || count === null} onClick={() => retry.mutate()}>
            {t("many.confirm", { count: count ?? 0 })}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
