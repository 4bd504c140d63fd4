import { Combobox, Group, Kbd, Loader, Text, TextInput, useCombobox } from "@mantine/core";
import { useDebouncedValue, useHotkeys } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { IconSearch } from "@voltway/ui";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { stationSearchQuery } from "../features/stations/api.ts";
import { StationStatus } from "../features/stations/StationStatus.tsx";
import { problemText } from "../shared/problemText.ts";
import { paths } from "./paths.ts";

/** Finds a station by identity, vendor, model or place; `/` leads here from anywhere. */
export function StationSearch() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [needle] = useDebouncedValue(text.trim(), 200);
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
    },
  });
  const found = useQuery({ ...stationSearchQuery(needle), enabled: needle !== "", placeholderData: keepPreviousData });
  useHotkeys([["/", () => input.current?.focus()]]);

  return (
    <Combobox
      store={combobox}
      onOptionSubmit={(stationId) => {
        setText("");
        combobox.closeDropdown();
        input.current?.blur();
        void navigate(paths.station(stationId));
      }}
    >
      <Combobox.Target>
        <TextInput
          ref={input}
          w="100%"
          maw={380}
          type="search"
          aria-label={t("app.search")}
          placeholder={t("app.search")}
          value={text}
          leftSection={<IconSearch size={16} stroke={1.8} />}
          rightSection={found.isFetching ? <Loader size={14} /> : <Kbd size="xs">/</Kbd>}
          onChange={(event) => {
            setText(event.currentTarget.value);
            combobox.openDropdown();
            combobox.selectFirstOption();
          }}
          onFocus={() => {
            combobox.openDropdown();
          }}
          onBlur={() => {
            combobox.closeDropdown();
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") input.current?.blur();
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={needle === "" || (found.isPending && !found.error)}>
        <Combobox.Options>
          {found.data?.items.map((station) => (
            <Combobox.Option key={station.id} value={station.id}>
              <Group justify="space-between" wrap="nowrap" gap="xs">
                <div style={{ minWidth: 0 }}>
                  <Text size="sm" fw={600} truncate>
                    {station.identity}
                  </Text>
                  <Text size="xs" c="dimmed" truncate>
                    {[station.vendor, station.model].filter(Boolean).join(" ")}
                  </Text>
                </div>
                <StationStatus station={station} />
              </Group>
            </Combobox.Option>
          ))}
          {found.data?.items.length === 0 && <Combobox.Empty>{t("app.searchEmpty", { text: needle })}</Combobox.Empty>}
          {found.error && <Combobox.Empty>{problemText(found.error)}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
