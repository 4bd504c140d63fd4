import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const petrol: MantineColorsTuple = [
  "#eaf7fa", "#d3ecf2", "#a5d8e4", "#73c2d5", "#45aec6", "#2597b3", "#157f9a", "#0e6a82", "#0b5568", "#08404f",
];

/** The dark scheme's surfaces: a blue-black ink rather than grey, from text (0) to the deepest background (9). */
const ink: MantineColorsTuple = [
  "#dbe4e9", "#bac7ce", "#96a7b1", "#647680", "#2f424d", "#243640", "#172730", "#0f1c24", "#0b151b", "#070e13",
];

/** For what ends or refuses something; dark enough for white text where it fills a button. */
const red: MantineColorsTuple = [
  "#fdf0ee", "#fadcd8", "#f4b8b0", "#ee9186", "#f08577", "#dd5a4b", "#c93f30", "#b3261e", "#941c15", "#77130d",
];

const systemFonts = [
  "-apple-system", '"Segoe UI Variable Text"', '"Segoe UI"', "Roboto", '"Noto Sans"', '"Liberation Sans"', "system-ui", "sans-serif",
].join(", ");

/** What lies on the page: cards, dialogs, menus (styles.css). */
const SURFACE = "var(--vw-card)";

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol, red, dark: ink },
  fontFamily: systemFonts,
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "Liberation Mono", Menlo, Consolas, monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.9375rem", lg: "1.0625rem", xl: "1.25rem" },
  headings: {
    fontFamily: systemFonts,
    fontWeight: "640",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.25" },
      h2: { fontSize: "1rem", lineHeight: "1.4" },
      h3: { fontSize: "0.9375rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "8px", lg: "12px", xl: "20px" },
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "sm" } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 200, multiline: true, maw: 320, events: { hover: true, focus: true, touch: true } } },
    Modal: {
      // Its <header> is not the page's: as a landmark it would be a second one.
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45, blur: 2 }, attributes: { header: { role: "none" } } },
      styles: { content: { background: SURFACE }, header: { background: SURFACE } },
    },
    Popover: { styles: { dropdown: { background: SURFACE, borderColor: "var(--vw-line)" } } },
    Menu: { styles: { dropdown: { background: SURFACE, borderColor: "var(--vw-line)" } } },
    Combobox: { styles: { dropdown: { background: SURFACE, borderColor: "var(--vw-line)" } } },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f3f6f7",
    "--mantine-color-text": "#14232c",
    "--mantine-color-dimmed": "#52636e",
    "--mantine-color-placeholder": "#66757f",
    "--mantine-color-default-border": "#cfd8dd",
    "--mantine-color-error": "#b3261e",
  },
  dark: {
    "--mantine-color-dimmed": "#9cadb7",
    "--mantine-color-placeholder": "#8496a0",
    "--mantine-color-error": "#ff9b85",
  },
});
