import { Alert, Button, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MailQuestion } from "lucide-react";
import { useTranslation } from "react-i18next";
import { deliveries } from "~/api/clients";
import { usePermissions } from "~/api/session";
import { ErrorAlert } from "~/ui/states";

const MOST_NAMES = 8;

/** Who of those invited has not been told, and the offer to tell them; nothing when everyone was. */
export function Untold({ briefing }: { briefing: string }) {
  const { t } = useTranslation("briefing");
  const may = usePermissions();
  const client = useQueryClient();
  const key = ["telling", briefing];
  const { data } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => deliveries.getTelling({ briefing }, { signal }),
    refetchInterval: (query) => (query.state.data?.untoldNames.length ? 3_000 : 30_000),
  });
  const tell = useMutation({
    mutationFn: () => deliveries.tellBriefing({ briefing }),
    onSettled: () => client.invalidateQueries({ queryKey: key }),
  });
  if (!data || data.untoldNames.length === 0) return null;
  const names = data.untoldNames.slice(0, MOST_NAMES).join(", ");
  const more = data.untoldNames.length - MOST_NAMES;
  return (
    <Alert
      color="warn"
      mb="md"
      icon={<MailQuestion aria-hidden="true" />}
      title={t("untold.title", { count: data.untoldNames.length })}
    >
      <Text>{more > 0 ? t("untold.namesMore", { names, count: more }) : names}</Text>
      {data.underWay ? <Text role="status">{t("untold.underWay")}</Text> : null}
      {tell.isError ? <ErrorAlert error={tell.error} /> : null}
      {may("deliveries.write") && !data.underWay ? (
        <Button mt="sm" loading={tell.isPending} onClick={() => tell.mutate()}>
          {t("untold.tell")}
        </Button>
      ) : null}
    </Alert>
  );
}
