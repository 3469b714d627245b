import { useTranslation } from "react-i18next";
import { PageHeader } from "~/ui/PageHeader";
import { RequirePermission } from "~/ui/RequirePermission";
import { DeliveryTable } from "./DeliveryTable";
import { MailStatus } from "./MailStatus";

/** The log of everything sent. */
export function Component() {
  const { t } = useTranslation("mail");
  return (
    <>
      <PageHeader title={t("title")} detail={t("detail")} />
      <RequirePermission permission="deliveries.read">
        <MailStatus />
        <DeliveryTable />
      </RequirePermission>
    </>
  );
}
