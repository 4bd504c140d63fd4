import { ActionButton, IconDownload } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { writeCsv } from "./csv.ts";
import { download } from "./download.ts";

interface SaveCsvButtonProps<T> {
  name: string;
  rows: T[];
  columns: Record<string, (item: T) => string | number | boolean | null | undefined>;
}

/** Saves rows that the page has already. */
export function SaveCsvButton<T>({ name, rows, columns }: SaveCsvButtonProps<T>) {
  const { t } = useTranslation();
  return (
    <ActionButton
      variant="default"
      leftSection={<IconDownload size={17} />}
      onClick={() => {
        const cells = rows.map((row) => Object.values(columns).map((of) => of(row)));
        download(`${name}.csv`, writeCsv(Object.keys(columns), cells), "text/csv");
      }}
    >
      {t("common.saveCsv")}
    </ActionButton>
  );
}
