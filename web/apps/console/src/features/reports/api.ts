import { queryOptions } from "@tanstack/react-query";
import { client, take, type Report } from "@voltway/api";
import type { ReportQuestion } from "./kinds.ts";

export function reportQuery({ kind, since, until, groupBy }: ReportQuestion) {
  return queryOptions({
    queryKey: ["reports", kind, since, until, groupBy],
    queryFn: async ({ signal }) => {
      const asked = { path: { kind }, query: { since, until, group_by: groupBy ? [groupBy] : undefined } };
      // Other formats have other types; this is the one without `format`.
      return (await take(client.GET("/api/v1/reports/{kind}", { params: asked, signal }))) as Report;
    },
  });
}

export function reportUrl({ kind, since, until, groupBy }: ReportQuestion, format: "csv" | "xlsx" | "pdf"): string {
  const query = new URLSearchParams({ since, until, format });
  if (groupBy) query.set("group_by", groupBy);
  return `/api/v1/reports/${kind}?${query.toString()}`;
}
