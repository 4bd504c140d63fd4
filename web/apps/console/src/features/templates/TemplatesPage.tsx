import { Group } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Template } from "@voltway/api";
import { ActionButton, IconAdjustments, IconPlus, Notice, PageHeader } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { useLocationNames } from "../locations/api.ts";
import { templatesQuery, useRemoveTemplate } from "./api.ts";
import { TemplateDialog } from "./TemplateDialog.tsx";

/** How stations of a make or at a place are set up; each gets the template that says most about it when it boots. */
export function TemplatesPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const templates = useInfiniteQuery(templatesQuery);
  const { nameOf } = useLocationNames();
  const refusal = useRefusal("stations:write");
  const remove = useRemoveTemplate();
  const [edited, setEdited] = useState<Template | "new" | null>(null);
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      disabledReason={refusal}
      onClick={() => {
        setEdited("new");
      }}
    >
      {t("templates.add")}
    </ActionButton>
  );
  return (
    <>
      <PageHeader title={t("templates.title")} subtitle={t("templates.subtitle")} actions={add} />
      <ListPanel query={templates} empty={<Notice icon={IconAdjustments} title={t("templates.none")} text={t("templates.noneText")} />}>
        {(items) => (
          <DataTable
            label={t("templates.title")}
            columns={[
              { label: t("templates.name") },
              { label: t("templates.for") },
              { label: t("stations.column.location") },
              { label: t("templates.steps"), isNumeric: true },
              { label: t("templates.changed") },
              { label: t("common.actions"), isLabelHidden: true },
            ]}
          >
            {items.map((one) => (
              <tr key={one.id}>
                <td style={{ fontWeight: 600 }}>{one.name}</td>
                <td>{[one.vendor, one.model].filter(Boolean).join(" ") || t("templates.anyMake")}</td>
                <td>{nameOf(one.location_id) ?? t("stations.anyLocation")}</td>
                <td data-num>{one.steps.length}</td>
                <td>{format.dateTime(one.updated_at)}</td>
                <td>
                  <Group gap={6} justify="flex-end" wrap="nowrap">
                    <ActionButton
                      size="compact-sm"
                      variant="default"
                      disabledReason={refusal}
                      onClick={() => {
                        setEdited(one);
                      }}
                    >
                      {t("common.edit")}
                    </ActionButton>
                    <ConfirmButton
                      label={t("common.remove")}
                      title={t("templates.removeTitle", { name: one.name })}
                      text={t("templates.removeText")}
                      refusal={refusal}
                      onConfirm={() => {
                        remove.mutate(one.id);
                      }}
                    />
                  </Group>
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </ListPanel>
      {edited && (
        <TemplateDialog
          template={edited === "new" ? null : edited}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
    </>
  );
}
