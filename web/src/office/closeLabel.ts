import { type MantineThemeOverride, mergeThemeOverrides } from "@mantine/core";

/** Returns the theme with the words by which the crosses of dialogs are read aloud; the kit draws them without any. */
export function withCloseLabel(theme: MantineThemeOverride, label: string): MantineThemeOverride {
  const closing = { defaultProps: { closeButtonProps: { "aria-label": label } } };
  return mergeThemeOverrides(theme, { components: { Modal: closing, Drawer: closing } });
}
