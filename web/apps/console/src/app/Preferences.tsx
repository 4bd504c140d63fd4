import { ActionIcon, Menu, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconCheck, IconLanguage, IconMoon, IconSun } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { LANGUAGES, rememberLanguage, setLanguage, type Language } from "./i18n.ts";

/** The reader's own choices: colour scheme and language, kept in this browser. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const scheme = useComputedColorScheme("light");
  const { setColorScheme } = useMantineColorScheme();
  const schemeLabel = scheme === "dark" ? t("app.toLight") : t("app.toDark");
  return (
    <>
      <Tooltip label={schemeLabel}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={schemeLabel}
          onClick={() => {
            setColorScheme(scheme === "dark" ? "light" : "dark");
          }}
        >
          {scheme === "dark" ? <IconSun size={19} stroke={1.8} /> : <IconMoon size={19} stroke={1.8} />}
        </ActionIcon>
      </Tooltip>
      <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("app.language")}>
            <IconLanguage size={19} stroke={1.8} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {(Object.keys(LANGUAGES) as Language[]).map((language) => (
            <Menu.Item
              key={language}
              lang={language}
              rightSection={i18n.language === language ? <IconCheck size={15} /> : null}
              onClick={() => {
                rememberLanguage(language);
                void setLanguage(language);
              }}
            >
              {LANGUAGES[language]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
