import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Briefing, type Invitee, Invitee_Kind, Invitee_Part } from "~/gen/briefing/v1/briefing_pb";
import { fold } from "~/lib/text";
import { Dialog } from "../meeting/parts/Dialog";
import { type Support, SupportLine } from "../meeting/parts/SupportLine";

interface WhoAmIProps {
  readonly briefing: Briefing;
  readonly invitee: Invitee;
  readonly support: Support;
}

/** Whom the invitation is for, and what to do when that is somebody else. */
export function WhoAmI({ briefing, invitee, support }: WhoAmIProps) {
  const { t } = useTranslation("prejoin");
  const [asking, setAsking] = useState(false);
  const isPoint = invitee.kind === Invitee_Kind.POINT;
  const label = t(isPoint ? "who.point" : "who.person");
  // Many points are called "Điểm cầu …" themselves.
  const named = fold(invitee.displayName).startsWith(fold(label).replace(":", ""));
  const close = () => setAsking(false);
  return (
    <div className="pj-who">
      <p>
        {named ? null : <span className="mt-muted">{label} </span>}
        <strong>{invitee.displayName}</strong>
        {invitee.part === Invitee_Part.CHAIR ? ` · ${t("who.chair")}` : null}
        {invitee.part === Invitee_Part.SECRETARY ? ` · ${t("who.secretary")}` : null}
      </p>
      {isPoint ? null : <p className="mt-muted">{invitee.unitDisplayName}</p>}
      <button type="button" className="mt-link" onClick={() => setAsking(true)}>
        {t(isPoint ? "who.notMyUnit" : "who.notMe")}
      </button>
      {asking ? (
        <Dialog
          title={t(isPoint ? "who.notMyUnit" : "who.notMe")}
          onClose={close}
          footer={
            <button type="button" className="mt-button" data-tone="primary" onClick={close}>
              {t("common:action.close")}
            </button>
          }
        >
          <p>{t("who.linkIsPersonal", { name: invitee.displayName })}</p>
          <p>{t("who.callSecretary", { secretary: briefing.secretaryDisplayName || briefing.hostUnitDisplayName })}</p>
          <p>
            <SupportLine support={support} />
          </p>
        </Dialog>
      ) : null}
    </div>
  );
}
