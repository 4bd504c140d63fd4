import { Combobox, Group, Kbd, Loader, Modal, Text, TextInput, UnstyledButton, useCombobox } from "@mantine/core";
import { useDebouncedValue, useDisclosure, useHotkeys } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Found } from "@voltway/api";
import { IconChargingPile, IconLifebuoy, IconNfc, IconPlug, IconSearch, IconUser, type Icon } from "@voltway/ui";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { foundQuery } from "../features/desk/api.ts";
import { problemText } from "../shared/problemText.ts";
import { useFormat } from "../shared/useFormat.ts";
import classes from "./CommandPalette.module.css";
import { usePages } from "./NavLinks.tsx";
import { paths } from "./paths.ts";

const KINDS = ["station", "session", "id_token", "driver", "ticket"] as const satisfies Found["kind"][];
const ICONS: Record<Found["kind"], Icon> = { station: IconChargingPile, session: IconPlug, id_token: IconNfc, driver: IconUser, ticket: IconLifebuoy };
const STATES = ["online", "offline", "active", "inactive", "ended", "pending", "open", "waiting", "solved", "accepted", "blocked", "expired", "invalid"] as const;

/** One box for everything: stations, sessions, tokens, drivers, tickets and the pages of the console. `/` and Ctrl-K open it anywhere. */
export function CommandPalette() {
  const { t } = useTranslation();
  const [isOpen, { open, close }] = useDisclosure(false);
  useHotkeys([
    ["/", open],
    ["mod+K", open],
  ]);
  return (
    <>
      <UnstyledButton className={classes.open} onClick={open} aria-haspopup="dialog">
        <IconSearch size={16} stroke={1.8} aria-hidden="true" />
        <span>{t("palette.open")}</span>
        <Kbd size="xs" visibleFrom="sm">
          Ctrl K
        </Kbd>
      </UnstyledButton>
      {isOpen && (
        <Modal.Root opened onClose={close} size="lg" yOffset="10vh">
          <Modal.Overlay />
          <Modal.Content aria-label={t("palette.open")}>
            <Modal.Body p={0}>
              <Palette onChosen={close} />
            </Modal.Body>
          </Modal.Content>
        </Modal.Root>
      )}
    </>
  );
}

function Palette({ onChosen }: { onChosen: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [needle] = useDebouncedValue(text.trim(), 200);
  const combobox = useCombobox({ opened: true });
  const found = useQuery({ ...foundQuery(needle), placeholderData: keepPreviousData });
  const pages = usePages().filter(({ label }) => label.toLowerCase().includes(text.trim().toLowerCase()));
  const things = needle === "" ? [] : (found.data?.items ?? []);
  const { selectFirstOption } = combobox;
  useEffect(() => {
    selectFirstOption();
  }, [selectFirstOption, things.length, pages.length]);

  const choose = (value: string) => {
    const page = pages.find(({ path }) => path.to === value);
    const thing = things.find((one) => keyOf(one) === value);
    onChosen();
    if (page) void navigate(page.path);
    else if (thing) void navigate(addressOf(thing));
  };

  return (
    <Combobox store={combobox} onOptionSubmit={choose} withinPortal={false}>
      <Combobox.EventsTarget>
        <TextInput
          data-autofocus
          variant="unstyled"
          px="md"
          size="lg"
          aria-label={t("palette.open")}
          placeholder={t("palette.hint")}
          value={text}
          leftSection={found.isFetching ? <Loader size={16} /> : <IconSearch size={18} stroke={1.8} />}
          onChange={(event) => {
            setText(event.currentTarget.value);
          }}
        />
      </Combobox.EventsTarget>
      <Combobox.Options className={classes.options} aria-label={t("palette.results")}>
        {KINDS.map((kind) => {
          const mine = things.filter((one) => one.kind === kind);
          return (
            mine.length > 0 && (
              <Combobox.Group key={kind} label={t(`palette.kind.${kind}`)}>
                {mine.map((one) => (
                  <FoundOption key={one.id} found={one} />
                ))}
              </Combobox.Group>
            )
          );
        })}
        {pages.length > 0 && (
          <Combobox.Group label={t("palette.pages")}>
            {pages.map(({ label, path, icon: PageIcon }) => (
              <Combobox.Option key={path.to} value={path.to}>
                <Group gap="sm" wrap="nowrap">
                  <PageIcon size={17} stroke={1.8} aria-hidden="true" />
                  {label}
                </Group>
              </Combobox.Option>
            ))}
          </Combobox.Group>
        )}
        {pages.length === 0 && things.length === 0 && !found.isFetching && !found.error && (
          <Combobox.Empty>{t("palette.nothing", { text: needle })}</Combobox.Empty>
        )}
        {found.error && <Combobox.Empty>{problemText(found.error)}</Combobox.Empty>}
      </Combobox.Options>
    </Combobox>
  );
}

function FoundOption({ found }: { found: Found }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { kind, title, hint, state } = found;
  const KindIcon = ICONS[kind];
  const word = STATES.find((one) => one === state);
  return (
    <Combobox.Option value={keyOf(found)}>
      <Group gap="sm" wrap="nowrap">
        <KindIcon size={17} stroke={1.8} aria-hidden="true" />
        <div style={{ minWidth: 0, flex: 1 }}>
          <Text size="sm" fw={600} truncate>
            {title}
          </Text>
          {hint && (
            <Text size="xs" c="inherit" truncate>
              {kind === "session" ? format.dateTime(hint) : hint}
            </Text>
          )}
        </div>
        {state && (
          <Text size="xs" c="inherit">
            {word ? t(`palette.state.${word}`) : state}
          </Text>
        )}
      </Group>
    </Combobox.Option>
  );
}

const keyOf = ({ kind, id }: Found): string => `${kind}:${id}`;

function addressOf({ kind, id }: Found) {
  switch (kind) {
    case "station":
      return paths.station(id);
    case "session":
      return paths.session(id);
    case "ticket":
      return paths.ticket(id);
    case "driver":
      return paths.driver(id);
    case "id_token":
      return paths.idTokens();
  }
}
