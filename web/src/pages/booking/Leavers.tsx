import { Alert, Button, Group, List, Text } from "@mantine/core";
import { UserX } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Leaver } from "~/gen/briefing/v1/briefing_service_pb";
import type { Choice, Draft } from "./draft";

/** What the draft becomes when somebody follows a leaver, or when nobody does (`null`). */
export function without(draft: Draft, leaver: string, follower: Choice | null): Partial<Draft> {
  const changed = (choice: Choice | null) => (choice?.name === leaver ? follower : choice);
  const others = draft.attendees.filter(({ name }) => name !== leaver && name !== follower?.name);
  const attended = draft.attendees.some(({ name }) => name === leaver);
  return {
    hostUnit: changed(draft.hostUnit),
    chair: changed(draft.chair),
    secretary: changed(draft.secretary),
    attendees: attended ? (follower ? [...others, follower] : others) : draft.attendees,
  };
}

/** Who of a leaver is still named in the draft. */
export function stillNamed(draft: Draft, leavers: readonly Leaver[]): Leaver[] {
  const names = new Set([draft.hostUnit, draft.chair, draft.secretary, ...draft.attendees].map((it) => it?.name));
  return leavers.filter(({ name }) => names.has(name));
}

interface LeaversProps {
  readonly leavers: readonly Leaver[];
  readonly draft: Draft;
  readonly onChange: (part: Partial<Draft>) => void;
}

/** Says who will have left by the day of the briefing, and offers who follows, or to take them out. */
export function Leavers({ leavers, draft, onChange }: LeaversProps) {
  const { t } = useTranslation("booking");
  const named = stillNamed(draft, leavers);
  if (named.length === 0) return null;
  return (
    <Alert color="warn" mb="md" icon={<UserX aria-hidden="true" />} title={t("leavers.title")}>
      <List spacing="xs" listStyleType="none">
        {named.map((leaver) => (
          <List.Item key={leaver.name}>
            <Group gap="sm">
              <Text fw={600}>{leaver.displayName}</Text>
              {leaver.successor ? (
                <Button
                  size="compact-md"
                  onClick={() =>
                    onChange(
                      without(draft, leaver.name, {
                        name: leaver.successor,
                        label: leaver.successorDisplayName,
                        detail: "",
                      }),
                    )
                  }
                >
                  {t("leavers.follow", { name: leaver.successorDisplayName })}
                </Button>
              ) : null}
              <Button
                size="compact-md"
                variant="default"
                aria-label={t("leavers.outName", { name: leaver.displayName })}
                onClick={() => onChange(without(draft, leaver.name, null))}
              >
                {t("leavers.out")}
              </Button>
            </Group>
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
