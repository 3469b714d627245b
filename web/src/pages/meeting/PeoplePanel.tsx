import { Mic, MicOff } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { briefings, point } from "~/api/clients";
import type { Invitee } from "~/gen/briefing/v1/briefing_pb";
import { type ParticipantStanding, StopSendingRequest_Source } from "~/gen/briefing/v1/briefing_service_pb";
import type { Member } from "~/room/types";
import { HeadcountField } from "../prejoin/HeadcountField";
import { type Attendant, attendants, type Filter, narrow } from "./people";
import type { Actions } from "./useActions";

const FILTERS: readonly Filter[] = ["all", "present", "absent"];

interface PeoplePanelProps {
  readonly briefing: string;
  readonly invitees: readonly Invitee[];
  readonly members: readonly Member[];
  readonly standings: readonly ParticipantStanding[];
  /** Identity on everyone's stage by decision; empty when none is. */
  readonly staged: string;
  readonly locked: boolean;
  readonly conducts: boolean;
  readonly actions: Actions;
  readonly onRemove: (attendant: Attendant) => void;
}

/** Everyone invited and present, searchable without diacritics. */
export function PeoplePanel({
  briefing,
  invitees,
  members,
  standings,
  staged,
  locked,
  conducts,
  actions,
  onRemove,
}: PeoplePanelProps) {
  const { t } = useTranslation("room");
  const [query, setQuery] = useState("");
  const [filter, setFilter] = useState<Filter>("all");
  const [opened, setOpened] = useState<string | null>(null);
  const everyone = useMemo(() => attendants(invitees, members), [invitees, members]);
  const decided = new Map(standings.map((standing) => [standing.identity, standing]));
  const shown = narrow(everyone, query, filter);
  return (
    <div className="rm-people">
      <input
        className="mt-input"
        type="search"
        autoComplete="off"
        value={query}
        aria-label={t("people.search")}
        placeholder={t("people.search")}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      <fieldset className="rm-filters">
        <legend className="gb-hidden">{t("people.filter")}</legend>
        {FILTERS.map((it) => (
          <button
            key={it}
            type="button"
            className="mt-button"
            data-small
            aria-pressed={filter === it}
            onClick={() => setFilter(it)}
          >
            {t(`people.${it}`, { count: narrow(everyone, "", it).length })}
          </button>
        ))}
      </fieldset>
      {shown.length === 0 ? <p className="mt-muted">{t("people.none")}</p> : null}
      <ul>
        {shown.map((attendant) => (
          <Row
            key={attendant.identity}
            attendant={attendant}
            standing={decided.get(attendant.identity) ?? null}
            staged={staged === attendant.identity}
            locked={locked}
            briefing={briefing}
            actions={actions}
            conducts={conducts}
            open={opened === attendant.identity}
            onOpen={() => setOpened(opened === attendant.identity ? null : attendant.identity)}
            onRemove={() => onRemove(attendant)}
          />
        ))}
      </ul>
    </div>
  );
}

interface RowProps {
  readonly attendant: Attendant;
  /** What was decided about the attendant; only who leads knows. */
  readonly standing: ParticipantStanding | null;
  readonly staged: boolean;
  readonly locked: boolean;
  readonly briefing: string;
  readonly actions: Actions;
  readonly conducts: boolean;
  readonly open: boolean;
  readonly onOpen: () => void;
  readonly onRemove: () => void;
}

function Row({ attendant, standing, staged, locked, briefing, actions, conducts, open, onOpen, onRemove }: RowProps) {
  const { t } = useTranslation("room");
  const { member, name, identity } = attendant;
  const acts = conducts && member !== null && !member.isLocal;
  const removed = standing?.removed === true;
  return (
    <li data-attendant={attendant.identity} data-present={member !== null}>
      <div className="rm-person">
        <span>
          <strong>{member?.isLocal ? t("tile.me", { name }) : name}</strong>
          <State attendant={attendant} standing={standing} />
        </span>
        {removed ? (
          <button
            type="button"
            className="mt-button"
            data-small
            aria-label={t("conduct.readmitName", { name })}
            onClick={() => void actions.run(() => briefings.readmitParticipant({ name: briefing, identity }))}
          >
            {t("conduct.readmit")}
          </button>
        ) : acts ? (
          <button
            type="button"
            className="mt-button"
            data-small
            aria-expanded={open}
            aria-label={t("people.conductName", { name })}
            onClick={onOpen}
          >
            {t("people.conduct")}
          </button>
        ) : null}
      </div>
      {acts && open && !removed ? (
        <Acts
          member={member}
          standing={standing}
          staged={staged}
          locked={locked}
          briefing={briefing}
          actions={actions}
          onRemove={onRemove}
        />
      ) : null}
    </li>
  );
}

interface ActsProps {
  readonly member: Member;
  readonly standing: ParticipantStanding | null;
  readonly staged: boolean;
  readonly locked: boolean;
  readonly briefing: string;
  readonly actions: Actions;
  readonly onRemove: () => void;
}

/** What who leads can do with one who is in the room. */
function Acts({ member, standing, staged, locked, briefing: name, actions, onRemove }: ActsProps) {
  const { t } = useTranslation("room");
  const { identity } = member;
  const held = standing?.microphoneHeld === true;
  const denied = standing?.screenDenied === true;
  const act = (call: () => Promise<unknown>) => () => void actions.run(call);
  const stop = (source: StopSendingRequest_Source) => act(() => briefings.stopSending({ name, identity, source }));
  return (
    <div className="rm-person-acts">
      <button
        type="button"
        className="mt-button"
        data-small
        onClick={act(() => briefings.giveFloor({ name, identity }))}
      >
        {t("conduct.floor")}
      </button>
      <button
        type="button"
        className="mt-button"
        data-small
        onClick={act(() =>
          briefings.showOnStage({ name, identity: staged ? "" : identity, screen: member.screenSid !== null }),
        )}
      >
        {t(staged ? "conduct.unstage" : "conduct.stage")}
      </button>
      {member.cameraSid ? (
        <button type="button" className="mt-button" data-small onClick={stop(StopSendingRequest_Source.CAMERA)}>
          {t("conduct.stopCamera")}
        </button>
      ) : null}
      {member.screenSid ? (
        <button type="button" className="mt-button" data-small onClick={stop(StopSendingRequest_Source.SCREEN)}>
          {t("conduct.stopScreen")}
        </button>
      ) : null}
      {held ? null : (
        <button
          type="button"
          className="mt-button"
          data-small
          onClick={act(() => briefings.muteParticipant({ name, identity }))}
        >
          {t("conduct.mute")}
        </button>
      )}
      {held || locked ? (
        <button
          type="button"
          className="mt-button"
          data-small
          onClick={act(() => briefings.allowMicrophone({ name, identity }))}
        >
          {t("conduct.allowMic")}
        </button>
      ) : null}
      <button
        type="button"
        className="mt-button"
        data-small
        onClick={act(() => briefings.permitScreen({ name, identity, permitted: denied }))}
      >
        {t(denied ? "conduct.permitScreen" : "conduct.denyScreen")}
      </button>
      <button type="button" className="mt-button" data-small data-tone="stop" onClick={onRemove}>
        {t("conduct.remove")}
      </button>
    </div>
  );
}

interface StateProps {
  readonly attendant: Attendant;
  readonly standing: ParticipantStanding | null;
}

function State({ attendant: { member, headcount }, standing }: StateProps) {
  const { t } = useTranslation("room");
  if (standing?.removed) return <small className="mt-muted">○ {t("people.isRemoved")}</small>;
  if (!member) return <small className="mt-muted">○ {t("people.isAbsent")}</small>;
  return (
    <small className="mt-muted">
      ● {t("people.isPresent")}
      {headcount > 0 ? ` · ${t("people.headcount", { count: headcount })}` : null} ·{" "}
      {member.microphoneOn ? <Mic size={14} aria-hidden="true" /> : <MicOff size={14} aria-hidden="true" />}{" "}
      {t(member.microphoneOn ? "tile.micOn" : standing?.microphoneHeld ? "people.isHeld" : "tile.micOff")}
      {standing?.screenDenied ? ` · ${t("people.isScreenDenied")}` : null}
    </small>
  );
}

interface HeadcountProps {
  readonly link: boolean;
  readonly briefing: string;
  readonly first: number;
  readonly actions: Actions;
}

/** Lets a point put its headcount right while people still come in. */
export function Headcount({ link, briefing, first, actions }: HeadcountProps) {
  const { t } = useTranslation("room");
  const [saved, setSaved] = useState(first);
  const [value, setValue] = useState(first);
  const save = () =>
    actions.run(async () => {
      // Joining again is how a point says its headcount; the stay in the room is not touched by it.
      await point.joinBriefing({ briefing: link ? "" : briefing, headcount: value });
      setSaved(value);
      actions.say(t("people.headcountSaved", { count: value }));
    });
  return (
    <div className="rm-headcount">
      <HeadcountField value={value} onChange={setValue} />
      {value === saved ? null : (
        <button type="button" className="mt-button" data-tone="primary" onClick={() => void save()}>
          {t("people.saveHeadcount")}
        </button>
      )}
    </div>
  );
}
