import { Group, Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Mail, MailState } from "@voltway/api";
import { IconMail, Notice, PageHeader, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { LoadMore } from "../../shared/LoadMore.tsx";
import { allItems } from "../../shared/pages.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { mailsQuery } from "./api.ts";
import { MailDialog } from "./MailDialog.tsx";
import { MailTable } from "./MailTable.tsx";

const STATES: MailState[] = ["queued", "sent", "failed", "dropped"];

export function MailsPage() {
  const { t } = useTranslation();
  const [state, setState] = useState<MailState | null>(null);
  const [opened, setOpened] = useState<Mail | null>(null);
  const mails = useInfiniteQuery(mailsQuery(state));
  return (
    <>
      <PageHeader title={t("mails.title")} subtitle={t("mails.subtitle")} />
      <Panel padded={false}>
        <Group p="md">
          <Select
            w={220}
            clearable
            aria-label={t("mails.filter")}
            placeholder={t("mails.filter")}
            data={STATES.map((value) => ({ value, label: t(`mails.state.${value}`) }))}
            value={state}
            onChange={(value) => {
              setState(STATES.find((one) => one === value) ?? null);
            }}
          />
        </Group>
        <QueryView
          query={mails}
          isEmpty={(data) => allItems(data).length === 0}
          empty={
            <Notice
              icon={IconMail}
              title={state ? t("common.noMatch") : t("mails.empty")}
              text={state ? t("common.noMatchText") : t("mails.emptyText")}
            />
          }
        >
          {(data) => <MailTable mails={allItems(data)} onOpen={setOpened} />}
        </QueryView>
        <LoadMore query={mails} />
      </Panel>
      {opened && (
        <MailDialog
          mail={opened}
          onClose={() => {
            setOpened(null);
          }}
        />
      )}
    </>
  );
}
