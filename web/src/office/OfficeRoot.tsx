import "~/theme/kit";
import "./office.css";
import { MantineProvider } from "@mantine/core";
import { Suspense } from "react";
import { Outlet } from "react-router";
import { cssVariables, theme } from "~/theme/mantine";
import { Toasts } from "~/ui/toasts";

/** Brings the component kit to every office page and to signing in. */
export function Component() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} forceColorScheme="light">
      <Toasts />
      <Suspense fallback={null}>
        <Outlet />
      </Suspense>
    </MantineProvider>
  );
}
