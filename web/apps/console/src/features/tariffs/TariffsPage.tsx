import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Tariff } from "@voltway/api";
import { ActionButton, IconPlus, IconReceipt, Notice, PageHeader, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../shared/DataTable.tsx";
import { LoadMore } from "../../shared/LoadMore.tsx";
import { allItems } from "../../shared/pages.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { useLocationNames } from "../locations/api.ts";
import { AddTariffDialog } from "./AddTariffDialog.tsx";
import { tariffsQuery } from "./api.ts";
import { AssignTariffDialog } from "./AssignTariffDialog.tsx";

export function TariffsPage() {
  const { t } = useTranslation();
  const tariffs = useInfiniteQuery(tariffsQuery);
  const [isAdding, { open, close }] = useDisclosure(false);
  const [assigned, setAssigned] = useState<Tariff | null>(null);
  const refusal = useRefusal("tariffs:write");
  const add = (
    <ActionButton leftSection={<IconPlus size={17} />} disabledReason={refusal} onClick={open}>
      {t("tariffs.add")}
    </ActionButton>
  );
  return (
    <>
      <PageHeader title={t("tariffs.title")} subtitle={t("tariffs.subtitle")} actions={add} />
      <Panel padded={false}>
        <QueryView
          query={tariffs}
          isEmpty={(data) => allItems(data).length === 0}
          empty={<Notice icon={IconReceipt} title={t("tariffs.empty")} text={t("tariffs.emptyText")} action={add} />}
        >
          {(data) => <TariffTable tariffs={allItems(data)} onAssign={setAssigned} />}
        </QueryView>
        <LoadMore query={tariffs} />
      </Panel>
      {isAdding && <AddTariffDialog onClose={close} />}
      {assigned && (
        <AssignTariffDialog
          tariff={assigned}
          onClose={() => {
            setAssigned(null);
          }}
        />
      )}
    </>
  );
}

function TariffTable({ tariffs, onAssign }: { tariffs: Tariff[]; onAssign: (tariff: Tariff) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const refusal = useRefusal("tariffs:write");
  return (
    <DataTable
      label={t("tariffs.title")}
      columns={[
        { label: t("tariffs.name") },
        { label: t("tariffs.assigned") },
        { label: t("tariffs.startFee"), isNumeric: true },
        { label: t("tariffs.perKwh"), isNumeric: true },
        { label: t("tariffs.perMinute"), isNumeric: true },
        { label: t("tariffs.vat"), isNumeric: true },
        { label: t("common.actions"), isLabelHidden: true },
      ]}
    >
      {tariffs.map((tariff) => (
        <tr key={tariff.id}>
          <td style={{ fontWeight: 600 }}>{tariff.name}</td>
          <td data-wrap>
            <AssignmentText tariff={tariff} />
          </td>
          <td data-num>{format.rate(tariff.start_fee, tariff.currency)}</td>
          <td data-num>{format.rate(tariff.price_per_kwh, tariff.currency)}</td>
          <td data-num>{format.rate(tariff.price_per_minute, tariff.currency)}</td>
          <td data-num>{format.quantity(tariff.vat_percent)} %</td>
          <td data-num>
            <ActionButton
              size="compact-sm"
              variant="default"
              disabledReason={refusal}
              onClick={() => {
                onAssign(tariff);
              }}
            >
              {t("tariffs.assign")}
            </ActionButton>
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function AssignmentText({ tariff }: { tariff: Tariff }) {
  const { t } = useTranslation();
  const { nameOf } = useLocationNames();
  const texts = tariff.targets.map(({ kind, id }) => {
    if (kind === "operator") return t("tariffs.everywhere");
    if (kind === "location") return nameOf(id) ?? t("tariffs.kind.location");
    return t(`tariffs.kind.${kind}`);
  });
  return <>{texts.length > 0 ? [...new Set(texts)].join(", ") : t("tariffs.unassigned")}</>;
}
