import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatTime } from "~/lib/dates";
import { MAX_MESSAGE } from "~/room/chat";
import type { ChatLine } from "~/room/types";
import { canSend, EMPTY_DRAFT, sendingDraft, settledDraft } from "./draft";

interface ChatPanelProps {
  readonly lines: readonly ChatLine[];
  /** True while the panel is before the visitor's eyes. */
  readonly reading: boolean;
  readonly nameOf: (identity: string, fallback: string) => string;
  readonly onSend: (text: string) => Promise<boolean>;
}

/** Messages to everyone in the room. */
export function ChatPanel({ lines, reading, nameOf, onSend }: ChatPanelProps) {
  const { t } = useTranslation("room");
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const end = useRef<HTMLDivElement>(null);
  const count = lines.length;
  useEffect(() => {
    if (reading && count > 0) end.current?.scrollIntoView({ block: "end" });
  }, [reading, count]);
  const write = (text: string) => setDraft((before) => ({ ...before, text }));
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (!canSend(draft)) return;
    setDraft(sendingDraft);
    const sent = await onSend(draft.text);
    setDraft((before) => settledDraft(before, sent));
  };
  return (
    <div className="rm-chat">
      <div className="rm-chat-lines" role="log" aria-label={t("chat.label")}>
        {count === 0 ? <p className="mt-muted">{t("chat.empty")}</p> : null}
        {lines.map((line) => (
          <p key={line.id} data-own={line.own || undefined}>
            <small className="mt-muted">
              {line.own ? t("chat.me") : nameOf(line.identity, line.name)} · {formatTime(new Date(line.time))}
            </small>
            <span>{line.text}</span>
          </p>
        ))}
        <div ref={end} />
      </div>
      {draft.failed ? <p role="alert">{t("chat.failed")}</p> : null}
      <form onSubmit={(event) => void send(event)}>
        <input
          className="mt-input"
          value={draft.text}
          maxLength={MAX_MESSAGE}
          aria-label={t("chat.write")}
          placeholder={t("chat.write")}
          onChange={(event) => write(event.currentTarget.value)}
        />
        <button type="submit" className="mt-button" data-tone="primary" aria-disabled={draft.sending !== null}>
          {t("chat.send")}
        </button>
      </form>
    </div>
  );
}
