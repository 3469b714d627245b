import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatTime } from "~/lib/dates";
import { MAX_MESSAGE } from "~/room/chat";
import type { ChatLine } from "~/room/types";

interface ChatPanelProps {
  readonly lines: readonly ChatLine[];
  readonly nameOf: (identity: string, fallback: string) => string;
  readonly onSend: (text: string) => Promise<boolean>;
}

/** Messages to everyone in the room. */
export function ChatPanel({ lines, nameOf, onSend }: ChatPanelProps) {
  const { t } = useTranslation("room");
  const [text, setText] = useState("");
  const [failed, setFailed] = useState(false);
  const end = useRef<HTMLDivElement>(null);
  const count = lines.length;
  useEffect(() => {
    if (count > 0) end.current?.scrollIntoView({ block: "end" });
  }, [count]);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim()) return;
    const sent = await onSend(text);
    setFailed(!sent);
    if (sent) setText("");
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
      {failed ? <p role="alert">{t("chat.failed")}</p> : null}
      <form onSubmit={(event) => void send(event)}>
        <input
          className="mt-input"
          value={text}
          maxLength={MAX_MESSAGE}
          aria-label={t("chat.write")}
          placeholder={t("chat.write")}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" className="mt-button" data-tone="primary">
          {t("chat.send")}
        </button>
      </form>
    </div>
  );
}
