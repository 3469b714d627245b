import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./office.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { Suspense } from "react";
import { Outlet } from "react-router";
import { cssVariables, theme } from "~/theme/mantine";

/** Brings the component kit to every office page and to signing in. */
export function Component() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} forceColorScheme="light">
      <Notifications position="top-right" autoClose={6000} />
      <Suspense fallback={null}>
        <Outlet />
      </Suspense>
    </MantineProvider>
  );
}
