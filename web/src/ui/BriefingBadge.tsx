import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Briefing_State } from "~/gen/briefing/v1/briefing_pb";

const COLOURS: Record<Briefing_State, string> = {
  [Briefing_State.UNSPECIFIED]: "gray",
  [Briefing_State.SCHEDULED]: "primary",
  [Briefing_State.OPEN]: "good",
  [Briefing_State.ENDED]: "gray",
  [Briefing_State.CANCELLED]: "stop",
};

/** Where a briefing stands, in a word. */
export function BriefingBadge({ state }: { state: Briefing_State }) {
  const { t } = useTranslation();
  return (
    <Badge color={COLOURS[state]} variant="light" tt="none" size="lg">
      {t(`briefingState.${state}`)}
    </Badge>
  );
}
