import { Button, Menu, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import type { SavedView, SavedViewCreate } from "@voltway/api";
import { IconBookmark, IconBookmarkFilled, IconPlus, IconTrash } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useRemoveView, useSaveView, viewsQuery, type ListName } from "./api.ts";
import { isSame, toKept } from "./search.ts";

interface SavedViewsProps {
  list: ListName;
  search: object;
  onOpen: (search: SavedView["search"]) => void;
}

/** One's own views of a list: open one, keep the present one, forget one. */
export function SavedViews({ list, search, onOpen }: SavedViewsProps) {
  const { t } = useTranslation();
  const views = useQuery(viewsQuery(list)).data?.items ?? [];
  const remove = useRemoveView();
  const [isSaving, setIsSaving] = useState(false);
  const current = views.find((view) => isSame(search, view.search));
  return (
    <>
      <Menu position="bottom-end" width={280} withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button variant="default" leftSection={current ? <IconBookmarkFilled size={16} /> : <IconBookmark size={16} />}>
            {current?.name ?? t("views.title")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.map((view) => (
            <Menu.Item
              key={view.id}
              aria-current={view === current}
              leftSection={view === current ? <IconBookmarkFilled size={15} /> : <IconBookmark size={15} />}
              onClick={() => {
                onOpen(view.search);
              }}
            >
              {view.name}
            </Menu.Item>
          ))}
          {views.length === 0 && <Menu.Item disabled>{t("views.none")}</Menu.Item>}
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconPlus size={15} />}
            onClick={() => {
              setIsSaving(true);
            }}
          >
            {t("views.save")}
          </Menu.Item>
          {current && (
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={15} />}
              onClick={() => {
                remove.mutate(current.id);
              }}
            >
              {t("views.remove", { name: current.name })}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {isSaving && (
        <SaveDialog
          list={list}
          search={toKept(search)}
          names={views.map(({ name }) => name)}
          onClose={() => {
            setIsSaving(false);
          }}
        />
      )}
    </>
  );
}

function SaveDialog({ list, search, names, onClose }: { list: ListName; search: SavedViewCreate["search"]; names: string[]; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSaveView();
  const form = useForm({ initialValues: { name: "" }, validate: { name: (value) => (value.trim() ? null : t("views.nameMissing")) } });
  const replaces = names.includes(form.values.name.trim());
  return (
    <FormDialog
      title={t("views.save")}
      submitLabel={replaces ? t("views.replace") : t("common.save")}
      isPending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name }) => {
        save.mutate({ list_name: list, name: name.trim(), search }, { onSuccess: onClose });
      })}
    >
      <Text size="sm" c="dimmed">
        {t("views.saveText")}
      </Text>
      <TextInput label={t("views.name")} required data-autofocus maxLength={60} {...form.getInputProps("name")} />
    </FormDialog>
  );
}
