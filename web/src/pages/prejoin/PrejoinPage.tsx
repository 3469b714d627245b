import { useEffect, useLayoutEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { point } from "~/api/clients";
import { problemOf } from "~/api/errors";
import { actAsInvitee } from "~/api/transport";
import { Invitee_Kind, Invitee_Part } from "~/gen/briefing/v1/briefing_pb";
import type { GetAdmissionResponse } from "~/gen/briefing/v1/point_service_pb";
import { QualityGrade } from "~/gen/briefing/v1/quality_pb";
import { civilDate, instantOf } from "~/lib/dates";
import { idOf } from "~/lib/names";
import { useNow } from "~/ui/useNow";
import { keepEntry, socketUrl } from "../meeting/entry";
import { DevicePicker } from "../meeting/parts/DevicePicker";
import { canChooseSpeaker, useChosenDevices, useDevices } from "../meeting/parts/devices";
import { Answer, offeredAnswer } from "./Answer";
import { CameraPane } from "./CameraPane";
import { DeviceHelp } from "./DeviceHelp";
import { gateOf } from "./gate";
import { HeadcountField } from "./HeadcountField";
import { JoinPanel } from "./JoinPanel";
import { LineCheck } from "./LineCheck";
import { AdmissionNotice, LinkNotice, OverNotice } from "./Notices";
import { MicrophoneBar, SpeakerTest } from "./SoundPane";
import { Title } from "./Title";
import { useLineTest } from "./useLineTest";
import { usePreview } from "./usePreview";
import { WhoAmI } from "./WhoAmI";
import { useAdmission, type Way } from "./way";
import "../meeting/base.css";
import "./prejoin.css";

/** Before the briefing: who am I, do picture, sound and line work, one button. */
export function Component() {
  const { id } = useParams();
  const [parameters] = useSearchParams();
  const failed = parameters.get("loi");
  const way = useMemo<Way>(
    () => ({ link: id === undefined, briefing: id === undefined ? "" : `briefings/${id}` }),
    [id],
  );
  useLayoutEffect(() => {
    actAsInvitee(way.link);
    return () => actAsInvitee(false);
  }, [way]);
  if (way.link && failed) return <LinkNotice reason={failed} />;
  return <Admitted way={way} />;
}

function Admitted({ way }: { way: Way }) {
  const { t } = useTranslation("prejoin");
  const admission = useAdmission(way);
  if (admission.data?.answer.briefing && admission.data.answer.invitee) {
    return <Prejoin key={admission.data.answer.invitee.name} way={way} {...admission.data} />;
  }
  if (admission.error) {
    return <AdmissionNotice error={admission.error} link={way.link} onRetry={() => void admission.refetch()} />;
  }
  return (
    <main className="mt-light pj-page" aria-busy="true">
      <div className="pj-skeleton" role="status" aria-label={t("common:state.loading")}>
        <i />
        <i />
        <i />
      </div>
    </main>
  );
}

interface PrejoinProps {
  readonly way: Way;
  readonly answer: GetAdmissionResponse;
  readonly skew: number;
}

function usePrejoin({ way, answer, skew }: PrejoinProps) {
  const { briefing, invitee } = answer;
  if (!briefing || !invitee) throw new Error("an admission names a briefing and an invitee");
  const [devices, choose] = useChosenDevices();
  const onCameraByNature = invitee.kind === Invitee_Kind.POINT || invitee.part !== Invitee_Part.ATTENDEE;
  const [cameraChoice, setCameraChoice] = useState<boolean | null>(null);
  const [headcount, setHeadcount] = useState(Math.max(1, invitee.headcount));
  const now = new Date(useNow(1_000).getTime() + skew);
  const openTime = instantOf(answer.openTime);
  const gate = gateOf(briefing.state, openTime?.getTime() ?? null, now.getTime());
  const testing = useLineTest(way, gate === "early" || gate === "open");
  const verdict = testing.state.step === "done" ? testing.state.verdict : null;
  // A line too thin for pictures joins by voice; the visitor may still switch the camera on.
  const thin = verdict !== null && ["AUDIO_ONLY", "CALL_SUPPORT"].includes(verdict.advice);
  const camera = cameraChoice ?? (onCameraByNature && !thin);
  const preview = usePreview(devices, camera);
  return {
    briefing,
    invitee,
    devices,
    choose,
    camera,
    setCamera: setCameraChoice,
    headcount,
    setHeadcount,
    now,
    openTime,
    gate,
    testing,
    fineLine: verdict?.grade === QualityGrade.GOOD && verdict.advice === "VIDEO_FINE",
    preview,
    support: { name: answer.supportName, phone: answer.supportPhone },
  };
}

function Prejoin(props: PrejoinProps) {
  const { way, skew } = props;
  const { t } = useTranslation("prejoin");
  const [parameters] = useSearchParams();
  const navigate = useNavigate();
  const it = usePrejoin(props);
  const { briefing, invitee, preview, gate, support } = it;
  const lists = useDevices(`${preview.camera.track?.id} ${preview.microphone.track?.id}`);
  const isPoint = invitee.kind === Invitee_Kind.POINT;
  const problem = (it.camera ? preview.camera.problem : null) ?? preview.microphone.problem;
  const offered = offeredAnswer(parameters.get("tra-loi"));
  const start = instantOf(briefing.startTime);
  const dayBefore = start !== null && civilDate(it.now) < civilDate(start);

  useEffect(() => {
    document.title = `${briefing.title} · Giao Ban`;
    // The library of the room comes while the visitor looks at the picture.
    void import("~/room").catch(() => undefined);
  }, [briefing.title]);

  const switchCamera = (on: boolean) => {
    it.setCamera(on);
    if (on && preview.camera.problem) preview.retry();
  };

  const join = async () => {
    const [{ MeetingRoom }, admitted] = await Promise.all([
      import("~/room"),
      point.joinBriefing({ briefing: way.briefing, headcount: isPoint ? it.headcount : 0 }),
    ]);
    it.testing.stop();
    preview.stop();
    const room = new MeetingRoom({ devices: it.devices, fineLine: it.fineLine, cores: navigator.hardwareConcurrency });
    void room.connect(socketUrl(window.location), admitted.token);
    keepEntry(idOf(briefing.name), {
      briefing,
      invitee,
      link: way.link,
      identity: admitted.identity,
      conducts: admitted.conducts,
      room,
      camera: it.camera && preview.camera.problem === null,
      devices: it.devices,
      headcount: it.headcount,
      support,
      skew,
    });
    navigate(`/phong/${idOf(briefing.name)}`);
  };

  if (gate === "over" || gate === "cancelled") {
    return <OverNotice briefing={briefing} cancelled={gate === "cancelled"} support={support} />;
  }
  return (
    <main className="mt-light pj-page">
      <Title briefing={briefing} now={it.now} />
      <div className="pj-columns">
        <section className="pj-left" aria-label={t("devices")}>
          <CameraPane
            preview={preview.camera}
            on={it.camera && !preview.camera.problem}
            name={invitee.displayName}
            onSwitch={switchCamera}
          />
          <div className="pj-sound">
            <MicrophoneBar preview={preview.microphone} />
            <SpeakerTest speaker={it.devices.audiooutput} />
          </div>
          <div className="pj-pickers">
            <DevicePicker
              kind="videoinput"
              choices={lists.videoinput}
              value={it.devices.videoinput}
              onChoose={it.choose}
            />
            <DevicePicker
              kind="audioinput"
              choices={lists.audioinput}
              value={it.devices.audioinput}
              onChoose={it.choose}
            />
            {canChooseSpeaker ? (
              <DevicePicker
                kind="audiooutput"
                choices={lists.audiooutput}
                value={it.devices.audiooutput}
                onChoose={it.choose}
              />
            ) : null}
          </div>
        </section>
        <section className="pj-right" aria-label={t("join.enter")}>
          <WhoAmI briefing={briefing} invitee={invitee} support={support} />
          {offered !== null || dayBefore ? <Answer invitee={invitee} offered={offered} /> : null}
          {isPoint && !dayBefore ? <HeadcountField value={it.headcount} onChange={it.setHeadcount} /> : null}
          <LineCheck testing={it.testing} />
          {problem ? <DeviceHelp problem={problem} onRetry={preview.retry} /> : null}
          <JoinPanel gate={gate} openTime={it.openTime} now={it.now} support={support} join={withRefusals} />
        </section>
      </div>
    </main>
  );

  async function withRefusals(): Promise<void> {
    try {
      await join();
    } catch (error) {
      // The server's clock has the last word; the countdown starts again from its answer.
      if (["NOT_OPEN", "BRIEFING_OVER"].includes(problemOf(error).reason)) it.testing.stop();
      throw error;
    }
  }
}
