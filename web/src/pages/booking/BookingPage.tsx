import { Alert, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams, useSearchParams } from "react-router";
import { briefings } from "~/api/clients";
import { isAhead } from "~/lib/briefing";
import { PageHeader } from "~/ui/PageHeader";
import { RequirePermission } from "~/ui/RequirePermission";
import { QueryView } from "~/ui/states";
import { BookingEditor } from "./BookingEditor";
import { draftOf, emptyDraft } from "./draft";
import "./booking.css";

/** Booking a new briefing, or changing one. */
export function Component() {
  const { t } = useTranslation("booking");
  const { id } = useParams();
  return (
    <>
      <PageHeader title={t(id ? "titleEdit" : "titleNew")} />
      <RequirePermission permission="briefings.write">
        {id ? <Change key={id} name={`briefings/${id}`} /> : <New />}
      </RequirePermission>
    </>
  );
}

function New() {
  const [parameters, setParameters] = useSearchParams();
  const query = parameters.toString();
  const [seen, setSeen] = useState({ query, wishes: query, round: 0 });
  if (query !== seen.query) setSeen(query ? { query, wishes: query, round: seen.round + 1 } : { ...seen, query });
  const wishes = useMemo(() => new URLSearchParams(seen.wishes), [seen.wishes]);
  // Once the draft is kept it holds what the address asked for: a reload must not ask for it again.
  const onKept = () => {
    if (query) setParameters({}, { replace: true });
  };
  return <BookingEditor key={seen.round} name="" start={emptyDraft()} wishes={wishes} onKept={onKept} />;
}

function Change({ name }: { name: string }) {
  const { t } = useTranslation("booking");
  const query = useQuery({
    queryKey: ["briefing", name, "edit"],
    queryFn: ({ signal }) => briefings.getBriefing({ name }, { signal }),
    // The form takes it once; a newer one is found out when saving.
    refetchOnWindowFocus: false,
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <QueryView query={query}>
      {({ briefing, leavers }) => {
        if (!briefing) return null;
        if (!isAhead(briefing)) {
          return (
            <Alert color="warn">
              {t("over")}{" "}
              <Button variant="subtle" onClick={() => window.history.back()}>
                {t("submit.back")}
              </Button>
            </Alert>
          );
        }
        return <BookingEditor name={name} start={draftOf(briefing)} leavers={leavers} />;
      }}
    </QueryView>
  );
}
