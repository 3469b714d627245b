import { Alert, Anchor, Button, Group, List, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { briefings } from "~/api/clients";
import { type Problem, problemOf } from "~/api/errors";
import { type Leaver, TellScope } from "~/gen/briefing/v1/briefing_service_pb";
import { civilDate, civilTime } from "~/lib/dates";
import { paths } from "~/lib/names";
import { ErrorAlert } from "~/ui/states";
import { toast } from "~/ui/toasts";
import { BookingForm } from "./BookingForm";
import { ConflictPanel } from "./ConflictPanel";
import {
  badFields,
  briefingOf,
  type Draft,
  draftOf,
  FIELDS,
  type Field,
  overrideReasonsOf,
  refusedFields,
  withWishes,
} from "./draft";
import { Leavers } from "./Leavers";
import { dropDraft, loadDraft, saveDraft } from "./store";
import { scopesOf, TellDialog } from "./TellDialog";
import { useConflicts } from "./useConflicts";

const NO_WISHES = new URLSearchParams();

interface BookingEditorProps {
  /** The briefing being changed; empty for a new one. */
  readonly name: string;
  /** What the form holds at first; an unsent draft of this tab goes before it. */
  readonly start: Draft;
  /** Whom the briefing names although they will have left by its day. */
  readonly leavers?: readonly Leaver[];
  /** What the address asks for, of the unsent draft too. */
  readonly wishes?: URLSearchParams;
  /** Called when the draft is kept, so that a reload finds all of it. */
  readonly onKept?: () => void;
}

function useDraft({ name, start, wishes = NO_WISHES, onKept }: BookingEditorProps) {
  const [initial] = useState(() => {
    const stored = loadDraft(name);
    return { resumed: stored !== null, draft: withWishes(stored ?? start, wishes), anew: withWishes(start, wishes) };
  });
  const [draft, setDraft] = useState<Draft>(initial.draft);
  const [resumed, setResumed] = useState(initial.resumed);
  const kept = useRef(onKept);
  kept.current = onKept;
  // Looking at a form is no draft yet, and leaves the one before as it is.
  const untouched = draft === initial.draft || draft === initial.anew;
  useEffect(() => {
    if (untouched) return;
    saveDraft(name, draft);
    kept.current?.();
  }, [name, draft, untouched]);
  return {
    draft,
    resumed,
    change: (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part })),
    discard: () => {
      dropDraft(name);
      setDraft(initial.anew);
      setResumed(false);
    },
  };
}

async function send(name: string, draft: Draft, tell: TellScope) {
  const briefing = briefingOf(draft, name);
  const overrideReasons = overrideReasonsOf(draft);
  if (name) return (await briefings.updateBriefing({ briefing, overrideReasons, tell })).briefing;
  return (await briefings.createBriefing({ briefing, overrideReasons, requestId: draft.requestId })).briefing;
}

/** The booking page proper: form at the left, checks at the right; nothing typed is lost. */
export function BookingEditor(props: BookingEditorProps) {
  const { name } = props;
  const { t } = useTranslation("booking");
  const navigate = useNavigate();
  const client = useQueryClient();
  const { draft, resumed, change, discard } = useDraft(props);
  const conflicts = useConflicts(draft, name);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [scopes, setScopes] = useState<readonly TellScope[] | null>(null);
  const summary = useRef<HTMLDivElement>(null);

  const ownBad = badFields(draft, new Date());
  const refused = problem ? refusedFields(problem.reason, Object.keys(problem.fields)) : new Set<Field>();
  const bad = tried ? new Set([...ownBad, ...refused]) : new Set<Field>();

  const edit = (part: Partial<Draft>) => {
    change(part);
    setProblem(null);
  };
  const submit = async () => {
    setTried(true);
    setProblem(null);
    const scopes = scopesOf(props.start, draft);
    if (ownBad.size > 0) summary.current?.focus();
    else if (name && scopes.length > 1) setScopes(scopes);
    else await save(TellScope.UNSPECIFIED);
  };
  const save = async (tell: TellScope) => {
    setScopes(null);
    setBusy(true);
    try {
      const booked = await send(name, draft, tell);
      dropDraft(name);
      await client.invalidateQueries();
      const kind = name ? "edit" : "new";
      toast({ color: "good", title: t(`done.${kind}Title`), message: t(`done.${kind}Text`) });
      navigate(booked ? paths.briefing(booked.name) : paths.calendar);
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
      // What is said above the form must be seen and heard, wherever the button was.
      summary.current?.focus();
    }
  };
  const takeNewer = async (keepTyped: boolean) => {
    const { briefing } = await briefings.getBriefing({ name });
    if (!briefing) return;
    edit(keepTyped ? { etag: briefing.etag } : draftOf(briefing));
  };

  return (
    // Not a form element: Enter in a field would send the invitations of a booking half written.
    <div>
      {scopes ? (
        <TellDialog scopes={scopes} onSave={(tell) => void save(tell)} onClose={() => setScopes(null)} />
      ) : null}
      <div ref={summary} tabIndex={-1} className="gb-summary">
        <Leavers leavers={props.leavers ?? []} draft={draft} onChange={edit} />
        {resumed ? <Resumed onDiscard={discard} /> : null}
        {problem?.reason === "ETAG_MISMATCH" ? <Newer onTake={(keep) => void takeNewer(keep)} /> : null}
        {problem && problem.reason !== "ETAG_MISMATCH" ? <ErrorAlert error={problem} /> : null}
        {tried && ownBad.size > 0 ? <BadFields fields={ownBad} /> : null}
      </div>
      <div className="gb-booking">
        <BookingForm draft={draft} bad={bad} onChange={edit} />
        <div className="gb-booking-side">
          <ConflictPanel
            draft={draft}
            conflicts={conflicts}
            tried={tried}
            onRemove={(gone) => edit({ attendees: draft.attendees.filter((attendee) => attendee.name !== gone) })}
            onMove={(moment) => edit({ date: civilDate(moment), time: civilTime(moment) })}
            onReason={(subject, reason) => edit({ reasons: { ...draft.reasons, [subject]: reason } })}
          />
          {conflicts.answer?.conflicts.some((conflict) => conflict.hard) ? (
            <Text size="sm" c="var(--gb-stop)" mt="sm">
              {t("submit.blocked")}
            </Text>
          ) : null}
          <Stack mt="md" gap="xs">
            <Button size="lg" loading={busy} onClick={() => void submit()}>
              {t(name ? "submit.edit" : "submit.new")}
            </Button>
            <Button variant="default" onClick={() => navigate(-1)}>
              {t("submit.back")}
            </Button>
          </Stack>
        </div>
      </div>
    </div>
  );
}

function Resumed({ onDiscard }: { onDiscard: () => void }) {
  const { t } = useTranslation("booking");
  return (
    <Alert mb="md" py="xs">
      <Group justify="space-between">
        <Text>{t("draft.resumed")}</Text>
        <Button size="compact-md" variant="subtle" onClick={onDiscard}>
          {t("draft.discard")}
        </Button>
      </Group>
    </Alert>
  );
}

function Newer({ onTake }: { onTake: (keepTyped: boolean) => void }) {
  const { t } = useTranslation("booking");
  return (
    <Alert color="warn" mb="md" role="alert" title={t("newer.text")}>
      <Group gap="xs">
        <Button onClick={() => onTake(true)}>{t("newer.keep")}</Button>
        <Button variant="default" onClick={() => onTake(false)}>
          {t("newer.take")}
        </Button>
      </Group>
    </Alert>
  );
}

function BadFields({ fields }: { fields: ReadonlySet<Field> }) {
  const { t } = useTranslation("booking");
  return (
    <Alert color="stop" mb="md" role="alert" title={t("error.summary", { count: fields.size })}>
      <List>
        {FIELDS.filter((field) => fields.has(field)).map((field) => (
          <List.Item key={field}>
            <Anchor
              href={`#field-${field}`}
              onClick={(event) => {
                event.preventDefault();
                document.getElementById(`field-${field}`)?.focus();
              }}
            >
              {t(`error.${field}`)}
            </Anchor>
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
