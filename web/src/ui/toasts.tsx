import { Notification } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import "./toasts.css";

/** A word about something that was just done. */
export interface Toast {
  readonly title?: string;
  readonly message: string;
  readonly color?: "good" | "stop" | "primary";
  /** Stays until it is closed by hand. */
  readonly sticky?: boolean;
}

const SHOWN_MS = 6_000;
const MOST = 4;

type Shown = Toast & { readonly id: number };

let shown: readonly Shown[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function show(next: readonly Shown[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const dismiss = (id: number) => show(shown.filter((toast) => toast.id !== id));

/** Shows a word at the corner of the screen; it goes by itself unless it is sticky. */
export function toast(word: Toast): void {
  lastId += 1;
  const id = lastId;
  show([...shown, { ...word, id }].slice(-MOST));
  if (!word.sticky) setTimeout(() => dismiss(id), SHOWN_MS);
}

/** Where toasts appear; once in the frame. Screen readers read them when they come. */
export function Toasts() {
  const { t } = useTranslation();
  const words = useSyncExternalStore(subscribe, () => shown);
  return (
    <div className="gb-toasts" role="status" aria-live="polite">
      {words.map((word) => (
        <Notification
          key={word.id}
          withBorder
          color={word.color ?? "primary"}
          title={word.title}
          onClose={() => dismiss(word.id)}
          closeButtonProps={{ "aria-label": t("action.close") }}
        >
          {word.message}
        </Notification>
      ))}
    </div>
  );
}
