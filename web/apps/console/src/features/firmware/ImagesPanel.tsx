import { Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ActionButton, IconTrash, IconUpload, Notice } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { Age } from "../../shared/Age.tsx";
import { Confirm } from "../../shared/Confirm.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { AddImageDialog } from "./AddImageDialog.tsx";
import { imagesQuery, useRemoveImage } from "./api.ts";

/** The images that campaigns and single stations can be given. */
export function ImagesPanel() {
  const { t } = useTranslation();
  const format = useFormat();
  const images = useInfiniteQuery(imagesQuery);
  const refusal = useRefusal("firmware:write");
  const remove = useRemoveImage();
  const [isAdding, { open, close }] = useDisclosure(false);
  const add = (
    <ActionButton variant="default" leftSection={<IconUpload size={17} />} disabledReason={refusal} onClick={open}>
      {t("firmware.upload")}
    </ActionButton>
  );
  return (
    <>
      <ListPanel
        query={images}
        title={t("firmware.images")}
        actions={add}
        empty={<Notice icon={IconUpload} title={t("firmware.noImagesYet")} text={t("firmware.noImagesText")} />}
      >
        {(items) => (
          <DataTable
            label={t("firmware.images")}
            columns={[
              { label: t("firmware.make") },
              { label: t("firmware.version") },
              { label: t("firmware.file") },
              { label: t("firmware.signedBy") },
              { label: t("firmware.created") },
              { label: t("common.actions"), isLabelHidden: true },
            ]}
          >
            {items.map((one) => (
              <tr key={one.id}>
                <td>
                  {one.vendor} {one.model}
                </td>
                <td>{one.version}</td>
                <td>
                  {one.file_name}
                  <Text size="xs" c="dimmed">
                    {one.size_bytes === null ? t("firmware.noContent") : t("firmware.bytes", { count: one.size_bytes, size: format.number(one.size_bytes) })}
                  </Text>
                </td>
                <td>{t(one.is_own_signature ? "firmware.signedByUs" : "firmware.signedByMaker")}</td>
                <td>
                  <Age at={one.created_at} /> · {one.created_by}
                </td>
                <td>
                  <Confirm
                    title={t("firmware.removeImage")}
                    text={t("firmware.removeImageText", { version: one.version })}
                    confirmLabel={t("firmware.removeImage")}
                    onConfirm={() => {
                      remove.mutate(one.id);
                    }}
                  >
                    {(ask) => (
                      <ActionButton
                        size="compact-sm"
                        variant="subtle"
                        color="red"
                        aria-label={t("firmware.removeNamed", { version: `${one.vendor} ${one.model} ${one.version}` })}
                        disabledReason={refusal}
                        onClick={ask}
                      >
                        <IconTrash size={16} aria-hidden="true" />
                      </ActionButton>
                    )}
                  </Confirm>
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </ListPanel>
      {isAdding && <AddImageDialog onClose={close} />}
    </>
  );
}
