import { Alert, Button, Card, Group, Tabs, Text } from "@mantine/core";
import { CalendarX2, CircleStop, Link2Off, type LucideIcon, Pencil, Radio, Video } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams, useSearchParams } from "react-router";
import { useInvitees } from "~/api/invitees";
import { usePermissions, useSession } from "~/api/session";
import type { StreamState } from "~/api/stream";
import { type Briefing, Briefing_State } from "~/gen/briefing/v1/briefing_pb";
import type { WatchBriefingResponse } from "~/gen/briefing/v1/briefing_service_pb";
import { isAhead, whenOf } from "~/lib/briefing";
import { formatTime, instantOf } from "~/lib/dates";
import { paths } from "~/lib/names";
import { DeliveryTable } from "~/pages/mail/DeliveryTable";
import { BriefingBadge } from "~/ui/BriefingBadge";
import { PageHeader } from "~/ui/PageHeader";
import { EmptyState, QueryView } from "~/ui/states";
import { CancelDialog, EndDialog, RevokeDialog } from "./dialogs";
import { Agenda, Facts } from "./Facts";
import { InviteeTable } from "./InviteeTable";
import { useBriefing, useLiveBriefing } from "./queries";
import { RsvpCard } from "./RsvpCard";
import { Untold } from "./Untold";
import "./briefing.css";

// Rooms open half an hour before the start.
const OPENS_BEFORE_MS = 30 * 60_000;

/** Everything about one briefing: facts, agenda, who is invited and came, what was sent. */
export function Component() {
  const { id = "" } = useParams();
  const name = `briefings/${id}`;
  const query = useBriefing(name);
  return (
    <QueryView query={query}>{(briefing) => (briefing ? <BriefingView briefing={briefing} /> : <Missing />)}</QueryView>
  );
}

function Missing() {
  const { t } = useTranslation("errors");
  return <EmptyState title={t("UNKNOWN_BRIEFING.what")}>{t("UNKNOWN_BRIEFING.remedy")}</EmptyState>;
}

function BriefingView({ briefing }: { briefing: Briefing }) {
  const { t } = useTranslation("briefing");
  const invitees = useInvitees(briefing.name);
  const { live, state } = useLiveBriefing(briefing.name);
  const { data: session } = useSession();
  const may = usePermissions();
  const own = invitees.data?.find((invitee) => invitee.subject === session?.person?.name);
  return (
    <>
      <PageHeader
        title={briefing.title}
        detail={
          <Group gap="sm" mt={4}>
            <BriefingBadge state={briefing.state} />
            <Text fw={600}>{whenOf(briefing)}</Text>
          </Group>
        }
      >
        <Actions briefing={briefing} />
      </PageHeader>
      {briefing.state === Briefing_State.CANCELLED ? (
        <Alert color="stop" mb="md" icon={<CalendarX2 aria-hidden="true" />}>
          {t("cancelReason", { reason: briefing.cancelReason })}
        </Alert>
      ) : null}
      {briefing.state === Briefing_State.OPEN ? <LiveStrip live={live} state={state} /> : null}
      {own && isAhead(briefing) ? <RsvpCard invitee={own} briefing={briefing.name} /> : null}
      {isAhead(briefing) && may("deliveries.read") ? <Untold briefing={briefing.name} /> : null}
      <Card withBorder mb="md">
        <Facts briefing={briefing} />
      </Card>
      <Contents briefing={briefing} invitees={invitees} />
    </>
  );
}

function LiveStrip({ live, state }: { live: WatchBriefingResponse | null; state: StreamState }) {
  const { t } = useTranslation("briefing");
  const speaker = live?.speakingRequests.find((request) => request.floorTime);
  const waiting = (live?.speakingRequests.length ?? 0) - (speaker ? 1 : 0);
  return (
    <div className="gb-live" role="status">
      <Radio size={20} aria-hidden="true" />
      {state === "lost" ? <span>{t("live.lost")}</span> : null}
      {live ? (
        <>
          <strong>{t("live.present", { count: live.presentSubjects.length })}</strong>
          <span>{t("live.headcount", { count: live.headcount })}</span>
          {speaker ? <span>{t("live.speaking", { name: speaker.displayName })}</span> : null}
          {waiting > 0 ? <span>{t("live.waiting", { count: waiting })}</span> : null}
        </>
      ) : null}
    </div>
  );
}

function Actions({ briefing }: { briefing: Briefing }) {
  const { t } = useTranslation("briefing");
  const may = usePermissions();
  const [asked, setAsked] = useState<"cancel" | "end" | null>(null);
  const ahead = isAhead(briefing);
  const open = briefing.state === Briefing_State.OPEN;
  const can = (action: string) => ahead && briefing.allowedActions.includes(action);
  const close = () => setAsked(null);
  return (
    <>
      {can("join") ? <JoinButton briefing={briefing} /> : null}
      {open && may("quality.read") ? (
        <Button component={Link} to={paths.lines} variant="default">
          {t("action.lines")}
        </Button>
      ) : null}
      {can("edit") ? (
        <Button
          component={Link}
          to={paths.edit(briefing.name)}
          variant="default"
          leftSection={<Pencil size={18} aria-hidden="true" />}
        >
          {t("action.edit")}
        </Button>
      ) : null}
      {open && can("conduct") ? (
        <StopButton icon={CircleStop} onClick={() => setAsked("end")}>
          {t("action.end")}
        </StopButton>
      ) : null}
      {can("edit") ? (
        <StopButton icon={CalendarX2} onClick={() => setAsked("cancel")}>
          {t("action.cancel")}
        </StopButton>
      ) : null}
      {asked === "cancel" ? <CancelDialog briefing={briefing} onClose={close} /> : null}
      {asked === "end" ? <EndDialog briefing={briefing} onClose={close} /> : null}
    </>
  );
}

function JoinButton({ briefing }: { briefing: Briefing }) {
  const { t } = useTranslation("briefing");
  const open = briefing.state === Briefing_State.OPEN;
  const start = instantOf(briefing.startTime);
  const opens = start ? formatTime(new Date(start.getTime() - OPENS_BEFORE_MS)) : "";
  return (
    <Button
      component={Link}
      to={paths.join(briefing.name)}
      leftSection={<Video size={18} aria-hidden="true" />}
      variant={open ? "filled" : "light"}
      title={open ? undefined : t("action.opens", { time: opens })}
    >
      {t("action.join")}
    </Button>
  );
}

interface StopButtonProps {
  readonly icon: LucideIcon;
  readonly onClick: () => void;
  readonly children: string;
}

function StopButton({ icon: Icon, onClick, children }: StopButtonProps) {
  return (
    <Button color="stop" variant="outline" leftSection={<Icon size={18} aria-hidden="true" />} onClick={onClick}>
      {children}
    </Button>
  );
}

function Contents({ briefing, invitees }: { briefing: Briefing; invitees: ReturnType<typeof useInvitees> }) {
  const { t } = useTranslation("briefing");
  const may = usePermissions();
  const [parameters, setParameters] = useSearchParams();
  const tab = parameters.get("xem") ?? "invitees";
  const [revoking, setRevoking] = useState(false);
  const count = invitees.data?.length ?? briefing.pointCount + briefing.personCount;
  return (
    <Tabs
      value={tab}
      onChange={(next) => setParameters(next ? { xem: next } : {}, { replace: true })}
      keepMounted={false}
    >
      <Tabs.List aria-label={t("tab.label")} mb="md">
        <Tabs.Tab value="invitees">{t("tab.invitees", { count })}</Tabs.Tab>
        <Tabs.Tab value="agenda">{t("tab.agenda")}</Tabs.Tab>
        {may("deliveries.read") ? <Tabs.Tab value="deliveries">{t("tab.deliveries")}</Tabs.Tab> : null}
      </Tabs.List>
      <Tabs.Panel value="invitees">
        {isAhead(briefing) && briefing.allowedActions.includes("edit") ? (
          <Group justify="flex-end" mb="sm">
            <Button
              variant="subtle"
              leftSection={<Link2Off size={18} aria-hidden="true" />}
              onClick={() => setRevoking(true)}
            >
              {t("revoke.open")}
            </Button>
          </Group>
        ) : null}
        {revoking ? <RevokeDialog briefing={briefing} onClose={() => setRevoking(false)} /> : null}
        <QueryView query={invitees}>{(found) => <InviteeTable briefing={briefing} invitees={found} />}</QueryView>
      </Tabs.Panel>
      <Tabs.Panel value="agenda">
        <Agenda briefing={briefing} />
      </Tabs.Panel>
      {may("deliveries.read") ? (
        <Tabs.Panel value="deliveries">
          <DeliveryTable briefing={briefing.name} />
        </Tabs.Panel>
      ) : null}
    </Tabs>
  );
}
