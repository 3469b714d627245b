import { Maximize, Mic, MicOff, Minimize, Pin, PinOff } from "lucide-react";
import { memo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { initials, withoutKind } from "~/lib/text";
import type { Member } from "~/room/types";
import { Picture } from "./Picture";
import { canFill, useFullScreen } from "./useFullScreen";

interface FaceProps {
  readonly member: Member;
  readonly name: string;
  /** Where somebody belongs; empty for points, whose name says it. */
  readonly unit?: string;
  readonly kind: "camera" | "screen";
  readonly frozen: boolean;
  /** Whether no picture is asked for although the camera is on, to save the line. */
  readonly saving?: boolean;
}

/** Why a picture of somebody else does not move, if it does not. */
function rest({ member, kind, saving = false }: Pick<FaceProps, "member" | "kind" | "saving">) {
  if (kind === "screen" || member.isLocal) return null;
  if (member.cameraFlow === "paused" || (saving && member.cameraSid)) return "tile.held";
  return member.cameraFlow === "still" ? "tile.still" : null;
}

/** The picture of a member, or a card with its name. */
export function Face(props: FaceProps) {
  const { t } = useTranslation("room");
  const { member, name, unit, kind, frozen } = props;
  const handle = kind === "screen" ? member.screen : member.camera;
  const resting = rest(props);
  if (!handle) {
    return (
      <div className="rm-card" data-identity={member.identity}>
        <span className="rm-initials" aria-hidden="true">
          {initials(member.name || name)}
        </span>
        <strong>{name}</strong>
        {unit ? <small>{unit}</small> : null}
        {resting ? <span>{t(resting)}</span> : null}
      </div>
    );
  }
  return (
    <>
      <Picture
        handle={handle}
        identity={member.identity}
        kind={kind}
        label={t(kind === "screen" ? "tile.screenOf" : "tile.pictureOf", { name })}
        mirrored={member.isLocal && kind === "camera"}
        frozen={frozen || resting !== null}
      />
      {resting && !frozen ? <span className="rm-flow">{t(resting)}</span> : null}
    </>
  );
}

interface ThumbProps {
  readonly member: Member;
  readonly name: string;
  readonly frozen: boolean;
  readonly pinned: boolean;
  readonly saving: boolean;
  readonly onPin: (identity: string | null) => void;
}

/** One small picture of the strip; pressing it brings it to the stage. */
export const Thumb = memo(function Thumb({ member, name, frozen, pinned, saving, onPin }: ThumbProps) {
  const { t } = useTranslation("room");
  const Voice = member.microphoneOn ? Mic : MicOff;
  const shown = member.isLocal ? t("tile.me", { name }) : name;
  return (
    <li className="rm-thumb" data-speaking={member.speaking || undefined} data-member={member.identity}>
      <button
        type="button"
        aria-pressed={pinned}
        aria-label={t(pinned ? "tile.unpin" : "tile.pin", { name: shown })}
        onClick={() => onPin(pinned ? null : member.identity)}
      >
        <Face member={member} name={shown} kind="camera" frozen={frozen} saving={saving} />
        <span className="rm-thumb-name">
          <Voice size={16} aria-label={t(member.microphoneOn ? "tile.micOn" : "tile.micOff")} role="img" />
          <span>{withoutKind(shown)}</span>
          {pinned ? <Pin size={16} aria-hidden="true" /> : null}
        </span>
      </button>
    </li>
  );
});

interface StageViewProps {
  readonly member: Member | null;
  readonly name: string;
  readonly unit: string;
  readonly kind: "camera" | "screen";
  readonly frozen: boolean;
  readonly pinned: boolean;
  /** Who leads put it there for everyone. */
  readonly chosen: boolean;
  readonly alone: boolean;
  readonly onUnpin: () => void;
}

/** The large picture; its caption stands below, never over a face. */
export function StageView({ member, name, unit, kind, frozen, pinned, chosen, alone, onUnpin }: StageViewProps) {
  const { t } = useTranslation("room");
  const section = useRef<HTMLElement>(null);
  const [full, toggle] = useFullScreen(section);
  if (!member) return <section className="rm-stage" aria-label={t("stage.label")} />;
  const Voice = member.microphoneOn ? Mic : MicOff;
  return (
    <section ref={section} className="rm-stage" aria-label={t("stage.label")} data-stage={member.identity}>
      <div className="rm-stage-picture">
        <Face member={member} name={name} unit={unit} kind={kind} frozen={frozen} />
      </div>
      <div className="rm-caption">
        <Voice size={20} aria-label={t(member.microphoneOn ? "tile.micOn" : "tile.micOff")} role="img" />
        <strong>{kind === "screen" ? t("stage.screenOf", { name }) : name}</strong>
        {alone ? <span className="mt-muted">{t("stage.alone")}</span> : null}
        {chosen ? <span className="mt-muted">{t("stage.chosen")}</span> : null}
        {pinned ? (
          <button type="button" className="mt-button" data-small onClick={onUnpin}>
            <PinOff size={18} aria-hidden="true" />
            {t("stage.unpin")}
          </button>
        ) : null}
        {canFill ? (
          <button
            type="button"
            className="mt-button rm-full"
            aria-label={t(full ? "stage.small" : "stage.full")}
            onClick={toggle}
          >
            {full ? <Minimize size={18} aria-hidden="true" /> : <Maximize size={18} aria-hidden="true" />}
            <span>{t(full ? "stage.small" : "stage.full")}</span>
          </button>
        ) : null}
      </div>
    </section>
  );
}
