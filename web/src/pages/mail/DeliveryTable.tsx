import { Badge, Button, Card, Group, SegmentedControl, Table, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deliveries } from "~/api/clients";
import { usePermissions } from "~/api/session";
import { useProblemWords } from "~/api/words";
import { type Delivery, Delivery_State } from "~/gen/briefing/v1/delivery_service_pb";
import { formatDateTime, instantOf } from "~/lib/dates";
import { matches } from "~/lib/text";
import { PagedView } from "~/ui/PagedView";
import { EmptyState } from "~/ui/states";
import { toast } from "~/ui/toasts";
import { MessagePreview } from "./MessagePreview";
import { useDeliveries } from "./queries";
import { RetryMany } from "./RetryMany";
import { useReasonWords } from "./reasons";

const STATES: Record<Delivery_State, { colour: string; shape: string }> = {
  [Delivery_State.UNSPECIFIED]: { colour: "gray", shape: "○" },
  [Delivery_State.PENDING]: { colour: "gray", shape: "○" },
  [Delivery_State.SENDING]: { colour: "primary", shape: "◐" },
  [Delivery_State.SENT]: { colour: "good", shape: "●" },
  [Delivery_State.FAILED]: { colour: "stop", shape: "■" },
  [Delivery_State.UNKNOWN]: { colour: "warn", shape: "▲" },
  [Delivery_State.SUPERSEDED]: { colour: "gray", shape: "–" },
  [Delivery_State.NO_ADDRESS]: { colour: "warn", shape: "▲" },
};

const RETRYABLE = [Delivery_State.FAILED, Delivery_State.UNKNOWN];

/** Deliveries with their outcome, what to do about it, and the message itself; of one briefing or of all. */
export function DeliveryTable({ briefing = "" }: { briefing?: string }) {
  const { t } = useTranslation("mail");
  const [onlyTrouble, setOnlyTrouble] = useState(false);
  const [query, setQuery] = useState("");
  const [shownMessage, setShownMessage] = useState<Delivery | null>(null);
  const log = useDeliveries(briefing, onlyTrouble);
  const all = log.data?.pages.flatMap((page) => page.deliveries) ?? [];
  const shown = all.filter((delivery) =>
    matches(`${delivery.displayName} ${delivery.address} ${delivery.subject}`, query),
  );
  return (
    <>
      <Group mb="md" gap="sm">
        <SegmentedControl
          aria-label={t("filter.label")}
          value={onlyTrouble ? "trouble" : "all"}
          onChange={(value) => setOnlyTrouble(value === "trouble")}
          data={["all", "trouble"].map((value) => ({ value, label: t(`filter.${value}`) }))}
        />
        <TextInput
          autoComplete="off"
          aria-label={t("filter.search")}
          placeholder={t("filter.searchHint")}
          leftSection={<Search size={18} aria-hidden="true" />}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          className="gb-filter"
        />
        <Text size="sm" c="var(--gb-muted)" role="status">
          {log.data ? t("count", { count: shown.length }) : ""}
        </Text>
      </Group>
      <RetryMany briefing={briefing} shown={all} />
      <PagedView query={log} isEmpty={shown.length === 0} empty={<Nothing filtered={onlyTrouble || query !== ""} />}>
        <Deliveries deliveries={shown} onShow={setShownMessage} />
      </PagedView>
      {shownMessage ? <MessagePreview delivery={shownMessage} onClose={() => setShownMessage(null)} /> : null}
    </>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation("mail");
  return <EmptyState title={t(filtered ? "emptyFilter" : "empty")}>{filtered ? null : t("emptyText")}</EmptyState>;
}

function Deliveries({ deliveries, onShow }: { deliveries: Delivery[]; onShow: (delivery: Delivery) => void }) {
  const { t } = useTranslation("mail");
  return (
    <Card withBorder padding={0}>
      <Table verticalSpacing="xs" className="gb-table">
        <Table.Thead>
          <Table.Tr>
            {["to", "subject", "state", "time", "action"].map((column) => (
              <Table.Th key={column}>{t(`column.${column}`)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {deliveries.map((delivery) => (
            <Row key={delivery.name} delivery={delivery} onShow={() => onShow(delivery)} />
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function Row({ delivery, onShow }: { delivery: Delivery; onShow: () => void }) {
  const { t } = useTranslation("mail");
  const changed = instantOf(delivery.updateTime) ?? instantOf(delivery.createTime);
  return (
    <Table.Tr>
      <Table.Td data-label={t("column.to")}>
        <Text fw={600}>{delivery.displayName}</Text>
        <Text size="sm" c="var(--gb-muted)">
          {delivery.address}
        </Text>
      </Table.Td>
      <Table.Td data-label={t("column.subject")}>
        <Text>{delivery.subject}</Text>
        <Text size="sm" c="var(--gb-muted)">
          {t(`purpose.${delivery.purpose}`)}
        </Text>
      </Table.Td>
      <Table.Td data-label={t("column.state")}>
        <Outcome delivery={delivery} />
      </Table.Td>
      <Table.Td data-label={t("column.time")}>{changed ? formatDateTime(changed) : ""}</Table.Td>
      <Table.Td data-label={t("column.action")}>
        <Group gap="xs" wrap="nowrap">
          {delivery.state === Delivery_State.NO_ADDRESS ? null : (
            <Button
              variant="default"
              size="compact-md"
              h={40}
              onClick={onShow}
              aria-label={t("previewOf", { name: delivery.displayName })}
            >
              {t("preview")}
            </Button>
          )}
          <Retry delivery={delivery} />
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function Outcome({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("mail");
  const words = useReasonWords();
  const { colour, shape } = STATES[delivery.state];
  const { reason } = delivery;
  return (
    <>
      <Badge variant="light" tt="none" size="lg" color={colour}>
        <span aria-hidden="true">{shape}</span> {t(`state.${delivery.state}`)}
      </Badge>
      {reason ? (
        <Text size="sm" maw={340}>
          {words(reason)}
        </Text>
      ) : null}
      {delivery.state !== Delivery_State.SENT && (delivery.detail || delivery.attemptCount > 1) ? (
        <Text size="sm" c="var(--gb-muted)" maw={340}>
          {[delivery.attemptCount > 1 ? t("attempts", { count: delivery.attemptCount }) : "", delivery.detail]
            .filter(Boolean)
            .join(" · ")}
        </Text>
      ) : null}
    </>
  );
}

function Retry({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation("mail");
  const may = usePermissions();
  const client = useQueryClient();
  const words = useProblemWords();
  const retry = useMutation({
    mutationFn: () => deliveries.retryDelivery({ name: delivery.name }),
    onSuccess: () => toast({ color: "good", message: t("retried") }),
    onError: (error) => {
      const { what, remedy } = words(error);
      toast({ color: "stop", title: what, message: remedy });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["deliveries"] }),
  });
  if (!may("deliveries.write") || !RETRYABLE.includes(delivery.state)) return null;
  return (
    <Button
      size="compact-md"
      h={40}
      loading={retry.isPending}
      onClick={() => retry.mutate()}
      aria-label={t("retryOf", { name: delivery.displayName })}
    >
      {t("retry")}
    </Button>
  );
}
