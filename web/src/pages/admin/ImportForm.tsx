import { Alert, Button, Card, FileInput, Group, Modal, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, FileSpreadsheet, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { org } from "~/api/clients";
import type { ImportProblem } from "~/gen/briefing/v1/org_pb";
import type { ImportOrgResponse } from "~/gen/briefing/v1/org_service_pb";
import { ErrorAlert } from "~/ui/states";

const LARGEST_BYTES = 5_000_000;
const IMPORT_TIMEOUT_MS = 120_000;

/** Reads a CSV file: checks all of it first, shows every bad cell, writes only when there is none. */
export function ImportForm() {
  const { t } = useTranslation("admin");
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [asking, setAsking] = useState(false);
  const run = useMutation({
    mutationFn: async (validateOnly: boolean) => {
      const content = new Uint8Array(await (file as File).arrayBuffer());
      // The number was on the screen, and asked for, before this is called to write.
      const request = { content, validateOnly, confirmMails: !validateOnly };
      const answer = await org.importOrg(request, { timeoutMs: IMPORT_TIMEOUT_MS });
      return { answer, written: !validateOnly && answer.problems.length === 0 };
    },
    onSuccess: async ({ written }) => {
      if (written) await client.invalidateQueries();
    },
  });
  const tooBig = file !== null && file.size > LARGEST_BYTES;
  const outcome = run.data;
  const good = outcome && outcome.answer.problems.length === 0;
  const mails = outcome?.answer.readdressedCount ?? 0;
  return (
    <Card withBorder>
      <Title order={2} size="h4">
        {t("import.title")}
      </Title>
      <Text c="var(--gb-muted)" mb="md">
        {t("import.text")}
      </Text>
      <Stack gap="md">
        <FileInput
          size="md"
          maw={480}
          accept=".csv,text/csv"
          clearable
          label={t("import.file")}
          placeholder={t("import.placeholder")}
          leftSection={<FileSpreadsheet size={18} aria-hidden="true" />}
          value={file}
          onChange={(next) => {
            setFile(next);
            run.reset();
          }}
          error={tooBig ? t("import.tooBig") : null}
        />
        <Group gap="xs">
          <Button
            variant={good ? "default" : "filled"}
            disabled={!file || tooBig}
            loading={run.isPending && run.variables}
            onClick={() => run.mutate(true)}
          >
            {t("import.check")}
          </Button>
          <Button
            disabled={!good || outcome.written}
            loading={run.isPending && !run.variables}
            onClick={() => (mails > 0 ? setAsking(true) : run.mutate(false))}
          >
            {t("import.run")}
          </Button>
        </Group>
        {asking ? (
          <Modal
            opened
            onClose={() => setAsking(false)}
            title={<Text fw={700}>{t("import.mailsTitle")}</Text>}
            centered
          >
            <Stack>
              <Text>{t("import.mails", { count: mails })}</Text>
              <Group justify="flex-end">
                <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
                  {t("import.mailsNo")}
                </Button>
                <Button
                  onClick={() => {
                    setAsking(false);
                    run.mutate(false);
                  }}
                >
                  {t("import.mailsYes")}
                </Button>
              </Group>
            </Stack>
          </Modal>
        ) : null}
        {run.isError ? <ErrorAlert error={run.error} /> : null}
        {outcome ? <Result answer={outcome.answer} written={outcome.written} /> : null}
      </Stack>
    </Card>
  );
}

function Result({ answer, written }: { answer: ImportOrgResponse; written: boolean }) {
  const { t } = useTranslation("admin");
  if (answer.problems.length > 0) return <Problems problems={answer.problems} />;
  const counts = { units: answer.unitCount, points: answer.pointCount, people: answer.personCount };
  return (
    <Alert
      color="good"
      icon={<CircleCheck aria-hidden="true" />}
      role="status"
      title={t(written ? "import.done" : "import.good", counts)}
    >
      {written ? null : t("import.goodNext")}
      {answer.readdressedCount > 0 ? (
        <Text mt="xs">{t("import.mails", { count: answer.readdressedCount })}</Text>
      ) : null}
    </Alert>
  );
}

function Problems({ problems }: { problems: readonly ImportProblem[] }) {
  const { t, i18n } = useTranslation("admin");
  return (
    <>
      <Alert color="stop" icon={<TriangleAlert aria-hidden="true" />} role="alert">
        {t("import.bad", { count: problems.length })}
      </Alert>
      <Card withBorder padding={0}>
        <Table verticalSpacing="xs" className="gb-table">
          <Table.Thead>
            <Table.Tr>
              {["row", "column", "value", "reason"].map((column) => (
                <Table.Th key={column}>{t(`import.column.${column}`)}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {problems.map((problem) => (
              <Table.Tr key={`${problem.row} ${problem.column} ${problem.reason} ${problem.value}`}>
                <Table.Td data-label={t("import.column.row")}>{problem.row}</Table.Td>
                <Table.Td data-label={t("import.column.column")}>{problem.column || t("import.wholeRow")}</Table.Td>
                <Table.Td data-label={t("import.column.value")}>{problem.value}</Table.Td>
                <Table.Td data-label={t("import.column.reason")}>
                  {i18n.exists(`admin:import.reason.${problem.reason}`)
                    ? t(`import.reason.${problem.reason}`)
                    : problem.message}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Card>
    </>
  );
}
