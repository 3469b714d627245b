import "~/theme/kit";
import "./office.css";
import { MantineProvider } from "@mantine/core";
import { Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Outlet } from "react-router";
import { cssVariables, theme } from "~/theme/mantine";
import { Toasts } from "~/ui/toasts";
import { withCloseLabel } from "./closeLabel";

/** Brings the component kit to every office page and to signing in. */
export function Component() {
  const { t } = useTranslation();
  const close = t("action.close");
  const dressed = useMemo(() => withCloseLabel(theme, close), [close]);
  return (
    <MantineProvider theme={dressed} cssVariablesResolver={cssVariables} forceColorScheme="light">
      <Toasts />
      <Suspense fallback={null}>
        <Outlet />
      </Suspense>
    </MantineProvider>
  );
}
