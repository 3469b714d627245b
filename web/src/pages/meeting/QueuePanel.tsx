import { Hand, Mic, MicOff, Power } from "lucide-react";
import { useTranslation } from "react-i18next";
import { briefings } from "~/api/clients";
import { type SpeakingRequest, SpeakingRequest_State } from "~/gen/briefing/v1/briefing_pb";
import { formatTime, instantOf } from "~/lib/dates";
import type { Actions } from "./useActions";

interface QueuePanelProps {
  readonly briefing: string;
  readonly requests: readonly SpeakingRequest[];
  /** Identities in the room now. */
  readonly present: ReadonlySet<string>;
  readonly identity: string;
  readonly conducts: boolean;
  readonly locked: boolean;
  readonly actions: Actions;
  readonly onMuteAll: () => void;
  readonly onEnd: () => void;
}

/** The speaking order, and for conductors who speaks next. */
export function QueuePanel({
  briefing,
  requests,
  present,
  identity,
  conducts,
  locked,
  actions,
  onMuteAll,
  onEnd,
}: QueuePanelProps) {
  const { t } = useTranslation("room");
  const waiting = requests.filter((request) => request.state !== SpeakingRequest_State.SPEAKING);
  const speaking = requests.find((request) => request.state === SpeakingRequest_State.SPEAKING);
  const give = (to: string) => actions.run(() => briefings.giveFloor({ name: briefing, identity: to }));
  const refuse = (from: string) =>
    actions.run(() => briefings.withdrawSpeakingRequest({ name: briefing, identity: from }));
  // Who left keeps the place, and is called when it is back.
  const next = waiting.find((request) => present.has(request.identity));
  return (
    <div className="rm-queue">
      {speaking ? (
        <div className="rm-floor">
          <p>
            {t("queue.speaking")} <strong>{speaking.displayName}</strong>
          </p>
          {conducts ? (
            <button type="button" className="mt-button" onClick={() => void give("")}>
              {t("queue.stop")}
            </button>
          ) : null}
        </div>
      ) : null}
      {conducts && next ? (
        <button type="button" className="mt-button" data-tone="primary" onClick={() => void give(next.identity)}>
          <Hand size={20} aria-hidden="true" />
          {t("queue.next")}
        </button>
      ) : null}
      {conducts && !next && waiting.length > 0 ? <p className="mt-muted">{t("queue.nobodyHere")}</p> : null}
      {waiting.length === 0 ? (
        <p className="mt-muted">{t("queue.empty")}</p>
      ) : (
        <ol aria-label={t("queue.label")}>
          {waiting.map((request) => {
            const asked = instantOf(request.createTime);
            const away = !present.has(request.identity);
            return (
              <li
                key={request.identity}
                data-own={request.identity === identity || undefined}
                data-away={away || undefined}
              >
                <span>
                  <strong>{request.displayName}</strong>
                  {asked ? <small className="mt-muted"> {t("queue.since", { time: formatTime(asked) })}</small> : null}
                  {away ? <small className="mt-muted"> {t("queue.away")}</small> : null}
                </span>
                {conducts ? (
                  <span className="rm-queue-acts">
                    {away ? null : (
                      <button
                        type="button"
                        className="mt-button"
                        data-small
                        aria-label={t("queue.inviteName", { name: request.displayName })}
                        onClick={() => void give(request.identity)}
                      >
                        {t("queue.invite")}
                      </button>
                    )}
                    <button
                      type="button"
                      className="mt-button"
                      data-small
                      aria-label={t("queue.refuseName", { name: request.displayName })}
                      onClick={() => void refuse(request.identity)}
                    >
                      {t("queue.refuse")}
                    </button>
                  </span>
                ) : null}
              </li>
            );
          })}
        </ol>
      )}
      {locked ? <p className="mt-muted">{t("conduct.locked")}</p> : null}
      {conducts ? (
        <div className="rm-conduct">
          {locked ? (
            <button
              type="button"
              className="mt-button"
              onClick={() => void actions.run(() => briefings.allowMicrophone({ name: briefing, identity: "" }))}
            >
              <Mic size={20} aria-hidden="true" />
              {t("conduct.unlock")}
            </button>
          ) : null}
          <button type="button" className="mt-button" onClick={onMuteAll}>
            <MicOff size={20} aria-hidden="true" />
            {t("conduct.muteAll")}
          </button>
        </div>
      ) : null}
      {conducts ? (
        <div className="rm-end">
          <button type="button" className="mt-button" data-tone="stop" onClick={onEnd}>
            <Power size={20} aria-hidden="true" />
            {t("conduct.end")}
          </button>
        </div>
      ) : null}
    </div>
  );
}
