import { Alert, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
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
  const [parameters] = useSearchParams();
  const start = useMemo(() => {
    const wanted = parameters.get("moi");
    const attendees = wanted ? [{ name: wanted, label: parameters.get("ten") ?? wanted, detail: "" }] : [];
    const empty = emptyDraft();
    return {
      ...empty,
      attendees,
      date: parameters.get("ngay") ?? empty.date,
      time: parameters.get("gio") ?? empty.time,
    };
  }, [parameters]);
  // What the address asks for comes before an old draft.
  const asked = ["moi", "ngay", "gio"].some((key) => parameters.has(key));
  return <BookingEditor key={parameters.toString()} name="" start={start} resume={!asked} />;
}

function Change({ name }: { name: string }) {
  const { t } = useTranslation("booking");
  const query = useQuery({
    queryKey: ["briefing", name, "edit"],
    queryFn: async ({ signal }) => (await briefings.getBriefing({ name }, { signal })).briefing ?? null,
    // The form takes it once; a newer one is found out when saving.
    refetchOnWindowFocus: false,
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <QueryView query={query}>
      {(briefing) => {
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
        return <BookingEditor name={name} start={draftOf(briefing)} resume />;
      }}
    </QueryView>
  );
}
