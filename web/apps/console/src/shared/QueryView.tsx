import { Box, Button, Skeleton, Stack } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { ProblemError } from "@voltway/api";
import { Callout, IconAlertTriangle, Notice } from "@voltway/ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useLine } from "../live/context.ts";
import { problemText } from "./problemText.ts";

type QueryState<T> = Pick<UseQueryResult<T>, "data" | "error" | "isPending" | "isFetching" | "refetch">;

interface QueryViewProps<T> {
  query: QueryState<T>;
  children: (data: T) => ReactNode;
  /** Shown in place of the data when `isEmpty` says that there is none. */
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
  loading?: ReactNode;
}

/** One query's four faces: loading, failed, empty, data. Data that can no longer be renewed stays, marked as old. */
export function QueryView<T>({ query, children, empty, isEmpty, loading }: QueryViewProps<T>) {
  const { t } = useTranslation();
  const { lostAt } = useLine();
  // One word about a server that is away, above the page, says it for all panels.
  const isBannerUp = lostAt !== null && query.error instanceof ProblemError && query.error.isUnreachable;
  const retry = (
    <Button variant="default" size="xs" loading={query.isFetching} onClick={() => void query.refetch()}>
      {t("common.retry")}
    </Button>
  );
  if (query.data === undefined) {
    if (query.isPending) return loading ?? <Lines />;
    return (
      <Notice icon={IconAlertTriangle} role="alert" title={t("problem.load")} text={problemText(query.error)} action={retry} />
    );
  }
  return (
    <>
      {query.error && !isBannerUp && (
        <Box p="sm">
          <Callout title={t("problem.stale")}>
            <p style={{ margin: "0 0 8px" }}>{problemText(query.error)}</p>
            {retry}
          </Callout>
        </Box>
      )}
      {isEmpty?.(query.data) ? empty : children(query.data)}
    </>
  );
}

function Lines() {
  const { t } = useTranslation();
  return (
    <Stack gap="xs" p="md" role="status" aria-label={t("common.loading")}>
      <Skeleton h={18} w="70%" />
      <Skeleton h={18} w="92%" />
      <Skeleton h={18} w="81%" />
      <Skeleton h={18} w="60%" />
    </Stack>
  );
}
