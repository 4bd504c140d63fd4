import { Button, Center } from "@mantine/core";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { IconAlertTriangle, IconSearch, Notice } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { problemText } from "../shared/problemText.ts";
import { ButtonLink } from "../shared/links.tsx";
import { paths } from "./paths.ts";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Center component="main" mih="60vh">
      <Notice
        isPage
        icon={IconSearch}
        title={t("app.notFound")}
        text={t("app.notFoundText")}
        action={
          <ButtonLink {...paths.overview()} variant="default">
            {t("app.toOverview")}
          </ButtonLink>
        }
      />
    </Center>
  );
}

export function RouteProblem({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <Center mih="60vh">
      <Notice
        icon={IconAlertTriangle}
        role="alert"
        title={t("app.pageFailed")}
        text={problemText(error)}
        action={
          <Button
            onClick={() => {
              reset();
              void router.invalidate();
            }}
          >
            {t("common.retry")}
          </Button>
        }
      />
    </Center>
  );
}
