import { useEffect, useLayoutEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useParams } from "react-router";
import { briefings } from "~/api/clients";
import { actAsInvitee } from "~/api/transport";
import { Invitee_Kind } from "~/gen/briefing/v1/briefing_pb";
import type { OwnSource } from "~/room/types";
import { useNow } from "~/ui/useNow";
import { Banners } from "./Banners";
import { ChatPanel } from "./ChatPanel";
import { ControlBar } from "./ControlBar";
import { Confirm, DevicesDialog, type Question } from "./Dialogs";
import { EndScreen } from "./EndScreen";
import { type Entry, entryFor, wayBack } from "./entry";
import { Head } from "./Head";
import { Headcount, PeoplePanel } from "./PeoplePanel";
import { Sound } from "./Picture";
import { useChosenDevices } from "./parts/devices";
import { QueuePanel } from "./QueuePanel";
import { SidePanel } from "./SidePanel";
import { Strip } from "./Strip";
import { StageView } from "./Tile";
import { type Actions, useActions } from "./useActions";
import { useLive, useLiveInvitees, useNames, useUnits } from "./useLive";
import { useFirstCamera, useLitScreen, useRoom, useStay, useView } from "./useRoom";
import { useShortcuts } from "./useShortcuts";
import { useSide } from "./useSide";
import { requestsOf, turnOf, useChosenStage, useFloor, useHeld } from "./useTurn";
import "./base.css";
import "./room.css";

/** The room. Only pre-join leads here; a reload goes back to it. */
export function Component() {
  const { id = "" } = useParams();
  const [entry] = useState(() => entryFor(id));
  if (!entry) return <Navigate to={wayBack(id)} replace />;
  return <Stay entry={entry} />;
}

function Stay({ entry }: { entry: Entry }) {
  const snapshot = useRoom(entry);
  useStay(entry);
  useLayoutEffect(() => {
    actAsInvitee(entry.link);
    return () => actAsInvitee(false);
  }, [entry]);
  useEffect(() => {
    document.title = `${entry.briefing.title} · Giao Ban`;
  }, [entry]);
  if (snapshot.phase === "ended") return <EndScreen entry={entry} end={snapshot.end ?? "UNEXPECTED"} />;
  return <Inside entry={entry} />;
}

/** What the people in the room share: the live state, names, who speaks when. */
function useMeeting(entry: Entry) {
  const snapshot = useRoom(entry);
  const inside = snapshot.phase === "connected" || snapshot.phase === "reconnecting";
  const live = useLive(entry.briefing.name);
  const invitees = useLiveInvitees(entry.briefing.name, live?.position);
  const requests = requestsOf(live);
  const now = new Date(useNow(1_000).getTime() + entry.skew);
  const turn = turnOf(requests, entry.identity, now.getTime());
  useEffect(() => entry.room.setOrder(invitees.map((invitee) => invitee.subject)), [entry, invitees]);
  useFirstCamera(entry, snapshot.phase === "connected");
  useFloor(entry, turn.kind, inside);
  useHeld(entry, live, snapshot.own);
  useLitScreen();
  return { snapshot, live, invitees, requests, now, turn, nameOf: useNames(invitees), unitOf: useUnits(invitees) };
}

function useOwnActions(entry: Entry, meeting: ReturnType<typeof useMeeting>, actions: Actions) {
  const { room, briefing } = entry;
  const { own } = meeting.snapshot;
  const name = briefing.name;
  const waits = meeting.turn.kind !== "none";
  const closed = meeting.live?.microphoneClosed === true;
  const toggleMicrophone = () => void room.setMicrophone(own.microphone.state !== "on" && !closed);
  const toggleCamera = () => void room.setCamera(own.camera.state !== "on");
  const ask = () => void actions.run(() => briefings.askToSpeak({ name }));
  const withdraw = () => void actions.run(() => briefings.withdrawSpeakingRequest({ name }));
  useShortcuts({ m: toggleMicrophone, c: toggleCamera, p: waits ? withdraw : ask });
  return {
    toggleMicrophone,
    toggleCamera,
    toggleScreen: () => void room.setScreen(own.screen.state !== "on"),
    ask,
    withdraw,
    end: () => void actions.run(() => briefings.endBriefing({ name })),
    muteAll: () => void actions.run(() => briefings.muteParticipant({ name, identity: "" })),
    lockAll: () => void actions.run(() => briefings.muteParticipant({ name, identity: "", lock: true })),
    remove: (identity: string) => void actions.run(() => briefings.removeParticipant({ name, identity })),
  };
}

const RETRIES: Readonly<Record<OwnSource, (room: Entry["room"]) => Promise<void>>> = {
  microphone: (room) => room.setMicrophone(true),
  camera: (room) => room.setCamera(true),
  screen: (room) => room.setScreen(true),
};

function Inside({ entry }: { entry: Entry }) {
  const { t } = useTranslation(["room", "prejoin"]);
  const meeting = useMeeting(entry);
  const { snapshot, requests, turn, nameOf } = meeting;
  const actions = useActions();
  const own = useOwnActions(entry, meeting, actions);
  const side = useSide(snapshot.chat);
  const [question, setQuestion] = useState<Question | null>(null);
  const isPoint = entry.invitee.kind === Invitee_Kind.POINT;
  const frozen = snapshot.phase === "reconnecting" || snapshot.cut;

  const panels = {
    queue: () => (
      <QueuePanel
        briefing={entry.briefing.name}
        requests={requests}
        present={new Set(snapshot.members.map((member) => member.identity))}
        identity={entry.identity}
        conducts={entry.conducts}
        locked={meeting.live?.microphonesLocked === true}
        actions={actions}
        onMuteAll={() => setQuestion({ kind: "muteAll" })}
        onEnd={() => setQuestion({ kind: "end" })}
      />
    ),
    people: () => (
      <>
        {isPoint ? (
          <Headcount link={entry.link} briefing={entry.briefing.name} first={entry.headcount} actions={actions} />
        ) : null}
        <PeoplePanel
          briefing={entry.briefing.name}
          invitees={meeting.invitees}
          members={snapshot.members}
          standings={meeting.live?.standings ?? []}
          staged={meeting.live?.stageIdentity ?? ""}
          locked={meeting.live?.microphonesLocked === true}
          conducts={entry.conducts}
          actions={actions}
          onRemove={({ identity, name }) => setQuestion({ kind: "remove", identity, name })}
        />
      </>
    ),
    chat: () => (
      <ChatPanel
        lines={snapshot.chat}
        reading={side.reading}
        nameOf={nameOf}
        onSend={(text) => entry.room.sendChat(text)}
      />
    ),
  };

  return (
    <main className="mt-dark rm-page" data-side={side.open || undefined} data-phase={snapshot.phase}>
      <Head
        briefing={entry.briefing}
        now={meeting.now}
        quality={snapshot.quality}
        present={snapshot.members.length}
        headcount={meeting.live?.headcount ?? 0}
      />
      <Banners
        snapshot={snapshot}
        actions={actions}
        onSound={() => void entry.room.startSound()}
        onRetry={(source) => void RETRIES[source](entry.room)}
      />
      <Pictures entry={entry} meeting={meeting} frozen={frozen} />
      <SidePanel
        tab={side.tab}
        counts={{ queue: requests.length, people: snapshot.members.length, chat: side.unread }}
        onTab={side.setTab}
        onClose={() => side.setOpen(false)}
        panels={panels}
      />
      <ControlBar
        snapshot={snapshot}
        turn={turn}
        isPoint={isPoint}
        held={meeting.live?.microphoneClosed === true}
        screenDenied={meeting.live?.screenDenied === true}
        unread={side.unread}
        sideOpen={side.open}
        onMicrophone={own.toggleMicrophone}
        onCamera={own.toggleCamera}
        onScreen={own.toggleScreen}
        onAsk={own.ask}
        onWithdraw={own.withdraw}
        onSide={() => side.setOpen(!side.open)}
        onDevices={() => setQuestion({ kind: "devices" })}
        onLeave={() => setQuestion({ kind: "leave" })}
      />
      {snapshot.members.flatMap((member) =>
        member.sounds.map((sound) => <Sound key={sound.sid} handle={sound} identity={member.identity} />),
      )}
      <Questions entry={entry} question={question} own={own} onClose={() => setQuestion(null)} />
      <span className="gb-hidden">{t("keys")}</span>
    </main>
  );
}

interface PicturesProps {
  readonly entry: Entry;
  readonly meeting: ReturnType<typeof useMeeting>;
  readonly frozen: boolean;
}

function Pictures({ entry, meeting, frozen }: PicturesProps) {
  const { snapshot, requests, nameOf, unitOf } = meeting;
  const floor = requests.find((request) => request.floorTime !== undefined)?.identity ?? null;
  const [queue, setQueue] = useState<readonly string[]>([]);
  const ids = requests.map((request) => request.identity);
  // The stream brings a new list with every change of anything; the strip moves only when the order does.
  if (ids.join() !== queue.join()) setQueue(ids);
  const chosen = useChosenStage(meeting.live);
  const view = useView(entry, snapshot, chosen, floor, queue);
  const member = snapshot.members.find((it) => it.identity === view.stage?.identity) ?? null;
  return (
    <div className="rm-pictures">
      <StageView
        member={member}
        name={member ? nameOf(member.identity, member.name) : ""}
        unit={member ? unitOf(member.identity) : ""}
        kind={view.stage?.kind ?? "camera"}
        frozen={frozen}
        pinned={view.pinned !== null && view.pinned === member?.identity}
        chosen={view.pinned === null && chosen !== null && chosen.identity === member?.identity}
        alone={snapshot.members.length === 1}
        onUnpin={() => view.pin(null)}
      />
      <Strip view={view} frozen={frozen} saving={snapshot.saving} nameOf={nameOf} />
    </div>
  );
}

interface QuestionsProps {
  readonly entry: Entry;
  readonly question: Question | null;
  readonly own: ReturnType<typeof useOwnActions>;
  readonly onClose: () => void;
}

function Questions({ entry, question, own, onClose }: QuestionsProps) {
  const [devices, choose] = useChosenDevices();
  if (!question) return null;
  if (question.kind === "devices") {
    return (
      <DevicesDialog
        devices={devices}
        onClose={onClose}
        onChoose={async (kind, id) => {
          const taken = await entry.room.selectDevice(kind, id);
          if (taken) choose(kind, id);
          return taken;
        }}
      />
    );
  }
  const yes = () => {
    onClose();
    if (question.kind === "remove") own.remove(question.identity);
    else if (question.kind === "leave") void entry.room.leave();
    else if (question.kind === "end") own.end();
    else own.muteAll();
  };
  const end = () => {
    onClose();
    own.end();
  };
  const lock = () => {
    onClose();
    own.lockAll();
  };
  return <Confirm question={question} conducts={entry.conducts} onYes={yes} onEnd={end} onLock={lock} onNo={onClose} />;
}
