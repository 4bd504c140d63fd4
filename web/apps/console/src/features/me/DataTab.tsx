import { Button, Grid, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { Callout, IconDownload, Panel, Facts } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { download } from "../../shared/download.ts";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { consentsQuery, profileQuery, useErase, usePersonalData } from "./api.ts";

/** What is kept of oneself: the copy of it, what one agreed to, and the end of it. */
export function DataTab() {
  const { t } = useTranslation();
  const format = useFormat();
  const consents = useQuery(consentsQuery);
  const copy = usePersonalData();
  const [isErasing, setErasing] = useState(false);
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <Stack>
          <Panel title={t("me.copy")}>
            <Text size="sm" mb="md">
              {t("me.copyText")}
            </Text>
            <Button
              variant="default"
              leftSection={<IconDownload size={17} />}
              loading={copy.isPending}
              onClick={() => {
                copy.mutate(undefined, {
                  onSuccess: (data) => {
                    download("voltway-personal-data.json", JSON.stringify(data, null, 2), "application/json");
                  },
                });
              }}
            >
              {t("me.downloadCopy")}
            </Button>
          </Panel>
          <Panel title={t("me.erase")}>
            <Text size="sm" mb="md">
              {t("me.eraseText")}
            </Text>
            <Button
              color="red"
              variant="light"
              onClick={() => {
                setErasing(true);
              }}
            >
              {t("me.eraseAccount")}
            </Button>
          </Panel>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <Panel title={t("me.consents")}>
          <QueryView query={consents} isEmpty={({ current }) => current.length === 0} empty={<Text size="sm">{t("me.noConsents")}</Text>}>
            {({ current }) => (
              <Facts
                rows={current.map((one) => [
                  t(`me.consent.${one.kind}`),
                  t(one.is_given ? "me.given" : "me.takenBack", { version: one.version, at: format.dateTime(one.at) }),
                ])}
              />
            )}
          </QueryView>
        </Panel>
      </Grid.Col>
      {isErasing && (
        <EraseDialog
          onClose={() => {
            setErasing(false);
          }}
        />
      )}
    </Grid>
  );
}

function EraseDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { data: profile } = useQuery(profileQuery);
  const erase = useErase();
  const form = useForm({
    initialValues: { email: "" },
    validate: { email: (value) => (value.trim().toLowerCase() === profile?.email.toLowerCase() ? null : t("me.eraseMismatch")) },
  });
  return (
    <FormDialog
      title={t("me.eraseAccount")}
      submitLabel={t("me.eraseNow")}
      isPending={erase.isPending}
      error={erase.error}
      onClose={onClose}
      onSubmit={form.onSubmit(() => {
        erase.mutate(undefined, {
          // Nothing of this account may stay in memory.
          onSuccess: () => {
            window.location.assign("/login");
          },
        });
      })}
    >
      <Callout tone="faulted">{t("me.eraseWarning")}</Callout>
      <TextInput label={t("me.eraseType", { email: profile?.email ?? "" })} autoComplete="off" data-autofocus {...form.getInputProps("email")} />
    </FormDialog>
  );
}
