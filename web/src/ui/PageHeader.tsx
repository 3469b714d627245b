import { Group, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

interface PageHeaderProps {
  readonly title: string;
  readonly detail?: ReactNode;
  readonly children?: ReactNode;
}

/** Head of an office page: its one h1, a line of detail, its actions at the right; names the browser tab. */
export function PageHeader({ title, detail, children }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · Giao Ban`;
  }, [title]);
  return (
    <Group justify="space-between" align="flex-start" gap="sm" mb="md" className="gb-page-header">
      <div>
        <Title order={1} size="h2" lh={1.3}>
          {title}
        </Title>
        {detail ? (
          <Text c="var(--gb-muted)" component="div">
            {detail}
          </Text>
        ) : null}
      </div>
      {children ? <Group gap="xs">{children}</Group> : null}
    </Group>
  );
}
