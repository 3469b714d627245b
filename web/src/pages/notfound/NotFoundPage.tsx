import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { paths } from "~/lib/names";
import { PageHeader } from "~/ui/PageHeader";
import { EmptyState } from "~/ui/states";

/** An address without a page. */
export function Component() {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader title={t("notFound.title")} />
      <EmptyState
        title={t("notFound.title")}
        action={
          <Button component={Link} to={paths.calendar}>
            {t("state.backHome")}
          </Button>
        }
      >
        {t("notFound.text")}
      </EmptyState>
    </>
  );
}
