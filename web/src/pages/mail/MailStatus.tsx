import { Alert, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { MailWarning } from "lucide-react";
import { useTranslation } from "react-i18next";
import { deliveries } from "~/api/clients";
import { formatDateTime, formatTime, instantOf } from "~/lib/dates";

/** What keeps mail from moving, as one problem with its remedy; nothing while it moves. */
export function MailStatus() {
  const { t } = useTranslation("mail");
  const { data } = useQuery({
    queryKey: ["mail-status"],
    queryFn: ({ signal }) => deliveries.getMailStatus({}, { signal }),
    refetchInterval: 10_000,
  });
  if (!data) return null;
  const { problem, holdReason, waitingCount } = data;
  const since = instantOf(problem?.sinceTime);
  const next = instantOf(problem?.nextTryTime);
  return (
    <div aria-live="polite">
      {holdReason ? (
        <Alert color="stop" mb="md" icon={<MailWarning aria-hidden="true" />} title={t("held.title")}>
          {t("held.text")}
        </Alert>
      ) : null}
      {problem ? (
        <Alert
          color="stop"
          mb="md"
          icon={<MailWarning aria-hidden="true" />}
          title={t(`problem.${problem.kind}.title`, { count: waitingCount })}
        >
          <Text>{t(`problem.${problem.kind}.text`)}</Text>
          <Text size="sm">
            {t("problem.times", { since: since ? formatDateTime(since) : "", next: next ? formatTime(next) : "" })}
          </Text>
          {problem.detail ? <Text size="sm">{t("problem.detail", { detail: problem.detail })}</Text> : null}
        </Alert>
      ) : null}
    </div>
  );
}
