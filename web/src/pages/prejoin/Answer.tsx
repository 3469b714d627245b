import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { briefings } from "~/api/clients";
import { useProblemWords } from "~/api/words";
import { type Invitee, ParticipationStatus } from "~/gen/briefing/v1/briefing_pb";

const CHOICES = [
  { status: ParticipationStatus.ACCEPTED, word: "attend" },
  { status: ParticipationStatus.DELEGATED, word: "substitute" },
  { status: ParticipationStatus.DECLINED, word: "absent" },
] as const;

const BY_PARAMETER: Readonly<Record<string, ParticipationStatus>> = {
  "tham-du": ParticipationStatus.ACCEPTED,
  "cu-nguoi-du-thay": ParticipationStatus.DELEGATED,
  "vang-mat": ParticipationStatus.DECLINED,
};

const MAX_COMMENT = 500;

/** Returns the answer that a link of the mail offers; null for none. */
export function offeredAnswer(parameter: string | null): ParticipationStatus | null {
  return BY_PARAMETER[parameter ?? ""] ?? null;
}

interface AnswerProps {
  readonly invitee: Invitee;
  /** Chosen by the link of the mail; sent only when the visitor says so, since mail scanners open links too. */
  readonly offered: ParticipationStatus | null;
}

/** Tham dự / Cử người dự thay / Vắng. */
export function Answer({ invitee, offered }: AnswerProps) {
  const { t } = useTranslation("prejoin");
  const client = useQueryClient();
  const words = useProblemWords();
  const [choice, setChoice] = useState<ParticipationStatus | null>(offered);
  const [comment, setComment] = useState(invitee.comment);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const given = CHOICES.find(({ status }) => status === invitee.status);

  const send = async (status: ParticipationStatus) => {
    setBusy(true);
    setError(null);
    try {
      const kept = status === ParticipationStatus.ACCEPTED ? "" : comment.trim();
      await briefings.respondInvitation({ name: invitee.name, status, comment: kept });
      await client.invalidateQueries({ queryKey: ["admission"] });
      setChoice(null);
    } catch (thrown) {
      setError(thrown);
    }
    setBusy(false);
  };

  return (
    <section className="pj-answer" aria-label={t("answer.title")}>
      <p role="status">
        {given ? (
          <>
            {t("answer.given")} <strong>{t(`answer.${given.word}`)}</strong>
            {invitee.comment ? ` – ${invitee.comment}` : null}
          </>
        ) : (
          <strong>{t("answer.question")}</strong>
        )}
      </p>
      <div className="mt-actions">
        {CHOICES.map(({ status, word }) => (
          <button
            key={word}
            type="button"
            className="mt-button"
            aria-pressed={(choice ?? invitee.status) === status}
            disabled={busy}
            onClick={() => setChoice(status)}
          >
            {t(`answer.${word}`)}
          </button>
        ))}
      </div>
      {choice !== null ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void send(choice);
          }}
        >
          {choice === ParticipationStatus.ACCEPTED ? null : (
            <input
              className="mt-input"
              value={comment}
              maxLength={MAX_COMMENT}
              required={choice === ParticipationStatus.DELEGATED}
              aria-label={t(choice === ParticipationStatus.DELEGATED ? "answer.who" : "answer.why")}
              placeholder={t(choice === ParticipationStatus.DELEGATED ? "answer.who" : "answer.why")}
              onChange={(event) => setComment(event.currentTarget.value)}
            />
          )}
          <button type="submit" className="mt-button" data-tone="primary" disabled={busy}>
            {t("answer.send")}
          </button>
        </form>
      ) : null}
      {error ? (
        <p role="alert">
          {words(error).what} {words(error).remedy}
        </p>
      ) : null}
    </section>
  );
}
