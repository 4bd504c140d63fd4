import { Space } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ActionButton, IconPlus, IconUpload, Notice, PageHeader } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { Age } from "../../shared/Age.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { AddCampaignDialog } from "./AddCampaignDialog.tsx";
import { campaignsQuery } from "./api.ts";
import { CampaignProgress } from "./CampaignProgress.tsx";
import { CampaignStatePill } from "./CampaignStatePill.tsx";
import { ImagesPanel } from "./ImagesPanel.tsx";

export function CampaignsPage() {
  const { t } = useTranslation();
  const campaigns = useInfiniteQuery({ ...campaignsQuery, refetchInterval: 10_000 });
  const refusal = useRefusal("firmware:write");
  const [isAdding, { open, close }] = useDisclosure(false);
  const add = (
    <ActionButton leftSection={<IconPlus size={17} />} disabledReason={refusal} onClick={open}>
      {t("firmware.add")}
    </ActionButton>
  );
  return (
    <>
      <PageHeader title={t("firmware.title")} subtitle={t("firmware.subtitle")} actions={add} />
      <ListPanel query={campaigns} empty={<Notice icon={IconUpload} title={t("firmware.none")} text={t("firmware.noneText")} action={add} />}>
        {(items) => (
          <DataTable
            label={t("firmware.title")}
            columns={[{ label: t("firmware.name") }, { label: t("firmware.stateLabel") }, { label: t("firmware.progress") }, { label: t("firmware.created") }]}
          >
            {items.map((one) => (
              <LinkedRow key={one.id}>
                <td>
                  <Link {...paths.campaign(one.id)}>{one.name}</Link>
                </td>
                <td>
                  <CampaignStatePill state={one.state} />
                </td>
                <td style={{ minWidth: 220 }}>
                  <CampaignProgress counts={one.counts} />
                </td>
                <td>
                  <Age at={one.created_at} /> · {one.created_by}
                </td>
              </LinkedRow>
            ))}
          </DataTable>
        )}
      </ListPanel>
      <Space h="md" />
      <ImagesPanel />
      {isAdding && <AddCampaignDialog onClose={close} />}
    </>
  );
}
