import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { usePermissions } from "~/api/session";
import { PageHeader } from "~/ui/PageHeader";
import { RequirePermission } from "~/ui/RequirePermission";
import { AuditLog } from "./AuditLog";
import { ImportForm } from "./ImportForm";
import { PeopleList } from "./PeopleList";
import { UnitTree } from "./UnitTree";
import "./admin.css";

/** Administration: units, people with their roles, import, audit log. */
export function Component() {
  const { t } = useTranslation("admin");
  const may = usePermissions();
  const [parameters, setParameters] = useSearchParams();
  const tab = parameters.get("xem") ?? "units";
  return (
    <>
      <PageHeader title={t("title")} />
      <RequirePermission permission="org.write">
        <Tabs value={tab} onChange={(next) => setParameters(next ? { xem: next } : {})} keepMounted={false}>
          <Tabs.List aria-label={t("tab.label")} mb="md">
            <Tabs.Tab value="units">{t("tab.units")}</Tabs.Tab>
            <Tabs.Tab value="people">{t("tab.people")}</Tabs.Tab>
            <Tabs.Tab value="import">{t("tab.import")}</Tabs.Tab>
            {may("audit.read") ? <Tabs.Tab value="audit">{t("tab.audit")}</Tabs.Tab> : null}
          </Tabs.List>
          <Tabs.Panel value="units">
            <UnitTree />
          </Tabs.Panel>
          <Tabs.Panel value="people">
            <PeopleList />
          </Tabs.Panel>
          <Tabs.Panel value="import">
            <ImportForm />
          </Tabs.Panel>
          <Tabs.Panel value="audit">
            <AuditLog />
          </Tabs.Panel>
        </Tabs>
      </RequirePermission>
    </>
  );
}
