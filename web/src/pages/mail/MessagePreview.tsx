import { Modal, Skeleton, Tabs, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { deliveries } from "~/api/clients";
import type { Delivery } from "~/gen/briefing/v1/delivery_service_pb";
import { QueryView } from "~/ui/states";
import "./preview.css";

/** A message as its recipient sees it. The frame may neither run scripts nor open anything. */
export function MessagePreview({ delivery, onClose }: { delivery: Delivery; onClose: () => void }) {
  const { t } = useTranslation("mail");
  const query = useQuery({
    queryKey: ["message", delivery.name, delivery.revision.toString()],
    queryFn: ({ signal }) => deliveries.getMessage({ name: delivery.name }, { signal }),
  });
  return (
    <Modal
      opened
      size={760}
      onClose={onClose}
      title={<Text fw={700}>{t("previewTitle", { name: delivery.displayName })}</Text>}
    >
      <Text fw={600}>{delivery.subject}</Text>
      <Text size="sm" c="var(--gb-muted)" mb="sm">
        {t("previewTo", { address: delivery.address })}
      </Text>
      <QueryView query={query} skeleton={<Skeleton height={420} />}>
        {(message) => (
          <Tabs defaultValue="html">
            <Tabs.List>
              <Tabs.Tab value="html">{t("html")}</Tabs.Tab>
              <Tabs.Tab value="text">{t("text")}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="html">
              <iframe
                className="gb-mail-frame"
                sandbox=""
                referrerPolicy="no-referrer"
                srcDoc={message.html}
                title={t("previewTitle", { name: delivery.displayName })}
              />
            </Tabs.Panel>
            <Tabs.Panel value="text">
              <pre className="gb-mail-text">{message.text}</pre>
            </Tabs.Panel>
          </Tabs>
        )}
      </QueryView>
    </Modal>
  );
}
