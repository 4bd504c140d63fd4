import { Alert, Button, Skeleton, Stack } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { IconAlertTriangle, Notice } from "@voltway/ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
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
      {query.error && (
        <Alert color="orange" variant="light" icon={<IconAlertTriangle size={18} />} title={t("problem.stale")} m="sm">
          {problemText(query.error)} {retry}
        </Alert>
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
