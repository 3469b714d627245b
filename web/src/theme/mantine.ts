import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";
import { FONT, office, RADIUS_PX, SHADOW } from "./tokens";

/** Blends two `#rrggbb` colours; `share` of the second. */
function mix(one: string, other: string, share: number): string {
  const parts = [1, 3, 5].map((at) => {
    const from = Number.parseInt(one.slice(at, at + 2), 16);
    const to = Number.parseInt(other.slice(at, at + 2), 16);
    return Math.round(from + (to - from) * share)
      .toString(16)
      .padStart(2, "0");
  });
  return `#${parts.join("")}`;
}

/** Ten shades around one token: 0 is its tint, 7 the token itself, 8 and 9 darker for hover and press. */
function shades(tint: string, main: string, hover: string = mix(main, "#000000", 0.2)): MantineColorsTuple {
  // 1 is the ground of light buttons and badges, so it stays close to the tint.
  const between = [0.04, 0.14, 0.3, 0.48, 0.66, 0.84].map((share) => mix(tint, main, share));
  return [tint, ...between, main, hover, mix(hover, "#000000", 0.3)] as unknown as MantineColorsTuple;
}

/** Mantine dressed in the tokens. */
export const theme = createTheme({
  fontFamily: FONT,
  headings: { fontFamily: FONT, fontWeight: "700" },
  black: office.ink,
  primaryColor: "primary",
  primaryShade: 7,
  defaultRadius: RADIUS_PX,
  cursorType: "pointer",
  respectReducedMotion: true,
  colors: {
    primary: shades(office.primaryTint, office.primary, office.primaryHover),
    stop: shades(office.stopTint, office.stop),
    good: shades(office.goodTint, office.good),
    warn: shades(office.warnTint, office.warn),
  },
  shadows: { md: SHADOW },
  components: {
    Button: { defaultProps: { size: "md" } },
    TextInput: { defaultProps: { size: "md" } },
    Textarea: { defaultProps: { size: "md" } },
    Select: { defaultProps: { size: "md" } },
    NumberInput: { defaultProps: { size: "md" } },
    SegmentedControl: { defaultProps: { size: "md" } },
    Table: { defaultProps: { fz: "0.9375rem" } },
    PasswordInput: { defaultProps: { size: "md" } },
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 120 } } },
    Drawer: { defaultProps: { transitionProps: { duration: 120 } } },
    Menu: { defaultProps: { transitionProps: { duration: 100 } } },
    Tooltip: {
      defaultProps: { transitionProps: { duration: 100 }, events: { hover: true, focus: true, touch: true } },
    },
  },
});

/** Words that Mantine greys out stay readable. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": office.muted,
    "--mantine-color-placeholder": office.muted,
    "--mantine-color-error": office.stop,
    "--mantine-color-body": office.card,
    "--mantine-color-default-border": office.edge,
  },
  dark: {},
});
