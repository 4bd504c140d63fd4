import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconListDetails, Notice, PageHeader } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { AnchorLink } from "../../shared/links.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { bulkOrdersQuery } from "./api.ts";
import { BulkProgress } from "./BulkProgress.tsx";
import { useBulkTitle } from "./useBulkTitle.ts";

/** Orders that were given to many stations at once. */
export function BulkOrdersPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const titleOf = useBulkTitle();
  const orders = useInfiniteQuery(bulkOrdersQuery);
  return (
    <>
      <PageHeader above={<AnchorLink {...paths.stations()}>← {t("stations.title")}</AnchorLink>} title={t("bulk.title")} subtitle={t("bulk.subtitle")} />
      <ListPanel query={orders} empty={<Notice icon={IconListDetails} title={t("bulk.empty")} text={t("bulk.emptyText")} />}>
        {(items) => (
          <DataTable
            label={t("bulk.title")}
            columns={[{ label: t("bulk.what") }, { label: t("bulk.became") }, { label: t("reason.label") }, { label: t("commands.by") }, { label: t("commands.when") }]}
          >
            {items.map((order) => (
              <LinkedRow key={order.id}>
                <td>
                  <Link {...paths.bulkOrder(order.id)}>{titleOf(order)}</Link>
                </td>
                <td style={{ minWidth: 220 }}>
                  <BulkProgress counts={order.counts} />
                </td>
                <td data-wrap>{order.reason ?? ""}</td>
                <td>{order.created_by}</td>
                <td>{format.dateTime(order.created_at)}</td>
              </LinkedRow>
            ))}
          </DataTable>
        )}
      </ListPanel>
    </>
  );
}
