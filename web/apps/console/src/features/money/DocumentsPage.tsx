import { Anchor, Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { DocumentKind } from "@voltway/api";
import { IconFileInvoice, Notice, PageHeader } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { documentsQuery } from "./api.ts";

const KINDS: DocumentKind[] = ["receipt", "invoice", "credit_note", "statement"];

/** Receipts, invoices, credit notes and statements, as they were issued. */
export function DocumentsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const [kind, setKind] = useState<DocumentKind | undefined>();
  const documents = useInfiniteQuery(documentsQuery(kind));
  return (
    <>
      <PageHeader title={t("money.documents")} subtitle={t("money.documentsText")} />
      <ListPanel
        query={documents}
        filters={
          <Select
            w={220}
            clearable
            aria-label={t("money.kind")}
            placeholder={t("money.kind")}
            data={KINDS.map((value) => ({ value, label: t(`money.documentKind.${value}`) }))}
            value={kind ?? null}
            onChange={(value) => {
              setKind(KINDS.find((one) => one === value));
            }}
          />
        }
        empty={<Notice icon={IconFileInvoice} title={kind ? t("common.noMatch") : t("money.noDocuments")} text={!kind && t("money.noDocumentsText")} />}
      >
        {(items) => (
          <DataTable
            label={t("money.documents")}
            columns={[
              { label: t("money.number") },
              { label: t("money.kind") },
              { label: t("money.at") },
              { label: t("money.amount"), isNumeric: true },
              { label: t("money.session") },
              { label: t("money.paper") },
            ]}
          >
            {items.map((document) => (
              <tr key={document.id}>
                <td className="vw-mono">{document.number}</td>
                <td>{t(`money.documentKind.${document.kind}`)}</td>
                <td>{format.exact(document.issued_at)}</td>
                <td data-num>{format.money(document.incl_vat)}</td>
                <td>{document.session_id ? <Link {...paths.session(document.session_id)}>{t("money.show")}</Link> : format.unknown}</td>
                <td>
                  <Anchor href={`/api/v1/documents/${document.id}/pdf`} target="_blank" rel="noreferrer" aria-label={`PDF ${document.number}`}>
                    PDF
                  </Anchor>
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </ListPanel>
    </>
  );
}
