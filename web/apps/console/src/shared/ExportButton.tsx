import { IconDownload, ActionButton } from "@voltway/ui";
import type { Page } from "@voltway/api";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { writeCsv } from "./csv.ts";
import { download } from "./download.ts";

const ROWS_MAX = 50_000;

interface ExportButtonProps<T> {
  name: string;
  columns: Record<string, (item: T) => string | number | boolean | null | undefined>;
  /** One page of the list as it is filtered. */
  get: (cursor: string | undefined) => Promise<Page<T>>;
}

/** Saves a list as it is filtered, all of it and not only what has been scrolled to. */
export function ExportButton<T>({ name, columns, get }: ExportButtonProps<T>) {
  const { t } = useTranslation();
  const run = useMutation({
    mutationFn: async () => {
      const rows: T[] = [];
      let cursor: string | undefined;
      do {
        const page = await get(cursor);
        rows.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined && rows.length < ROWS_MAX);
      const cells = rows.map((row) => Object.values(columns).map((of) => of(row)));
      download(`${name}.csv`, writeCsv(Object.keys(columns), cells), "text/csv");
    },
  });
  return (
    <ActionButton
      variant="default"
      leftSection={<IconDownload size={17} />}
      loading={run.isPending}
      onClick={() => {
        run.mutate();
      }}
    >
      {t("common.saveCsv")}
    </ActionButton>
  );
}
