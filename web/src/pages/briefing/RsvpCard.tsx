import { Button, Card, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { CircleCheck, CircleHelp, CircleX, UserRoundPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { briefings } from "~/api/clients";
import { type Invitee, ParticipationStatus } from "~/gen/briefing/v1/briefing_pb";
import { ErrorAlert } from "~/ui/states";
import { toast } from "~/ui/toasts";
import { useRefresh } from "./queries";

const CHOICES = [
  { key: "accept", status: ParticipationStatus.ACCEPTED, icon: CircleCheck },
  { key: "delegate", status: ParticipationStatus.DELEGATED, icon: UserRoundPlus },
  { key: "tentative", status: ParticipationStatus.TENTATIVE, icon: CircleHelp },
  { key: "decline", status: ParticipationStatus.DECLINED, icon: CircleX },
] as const;

// Whoever does not come says why, or who comes instead.
const COMMENT_LABELS: Partial<Record<ParticipationStatus, string>> = {
  [ParticipationStatus.DELEGATED]: "rsvp.commentDelegate",
  [ParticipationStatus.DECLINED]: "rsvp.commentDecline",
};

interface RsvpFormProps {
  readonly invitee: Invitee;
  readonly briefing: string;
  readonly onDone?: () => void;
}

/** The caller's own answer, above everything else until it is given. */
export function RsvpCard(props: RsvpFormProps) {
  const { t } = useTranslation("briefing");
  const answered = props.invitee.status > ParticipationStatus.NEEDS_ACTION;
  return (
    <Card withBorder mb="md" component="section" aria-label={t("rsvp.heading")} className="gb-rsvp">
      <Group justify="space-between" mb="xs">
        <Text fw={700}>{t("rsvp.heading")}</Text>
        {answered ? (
          <Text c="var(--gb-muted)">{t("rsvp.current", { status: t(`status.${props.invitee.status}`) })}</Text>
        ) : null}
      </Group>
      <RsvpForm {...props} />
    </Card>
  );
}

/** Buttons for the answers; asks for a word where the answer needs one. */
export function RsvpForm({ invitee, briefing, onDone }: RsvpFormProps) {
  const { t } = useTranslation("briefing");
  const refresh = useRefresh(briefing);
  const [chosen, setChosen] = useState<ParticipationStatus | null>(null);
  const [comment, setComment] = useState(invitee.comment);
  const [tried, setTried] = useState(false);
  const respond = useMutation({
    mutationFn: (status: ParticipationStatus) =>
      briefings.respondInvitation({
        name: invitee.name,
        status,
        comment: COMMENT_LABELS[status] ? comment.trim() : "",
      }),
    onSuccess: async () => {
      setChosen(null);
      await refresh();
      toast({ color: "good", message: t("rsvp.sent") });
      onDone?.();
    },
  });
  const choose = (status: ParticipationStatus) => {
    setTried(false);
    // Why somebody is absent is no name of a substitute.
    setComment(status === invitee.status ? invitee.comment : "");
    setChosen(status);
    if (!COMMENT_LABELS[status]) respond.mutate(status);
  };
  const label = chosen === null ? undefined : COMMENT_LABELS[chosen];
  const send = () => {
    setTried(true);
    if (chosen !== null && comment.trim()) respond.mutate(chosen);
  };
  return (
    <Stack gap="sm">
      {respond.isError ? <ErrorAlert error={respond.error} /> : null}
      <Group gap="xs">
        {CHOICES.map(({ key, status, icon: Icon }) => (
          <Button
            key={key}
            variant={(chosen ?? invitee.status) === status ? "filled" : "default"}
            aria-pressed={(chosen ?? invitee.status) === status}
            leftSection={<Icon size={18} aria-hidden="true" />}
            loading={respond.isPending && chosen === status}
            onClick={() => choose(status)}
          >
            {t(`rsvp.${key}`)}
          </Button>
        ))}
      </Group>
      {label ? (
        <Group align="flex-end" gap="xs">
          <TextInput
            flex="1 1 260px"
            autoFocus
            label={t(label)}
            maxLength={500}
            value={comment}
            onChange={(event) => setComment(event.currentTarget.value)}
            error={tried && !comment.trim() ? t("rsvp.needComment") : null}
          />
          <Button loading={respond.isPending} onClick={send}>
            {t("rsvp.send")}
          </Button>
        </Group>
      ) : null}
    </Stack>
  );
}
