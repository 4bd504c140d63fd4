import { Button, Group, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ActionButton, IconDownload, IconKey, IconNfc, IconPlus, IconSearch, IconUpload, Notice, PageHeader, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { ButtonLink } from "../../shared/links.tsx";
import { LoadMore } from "../../shared/LoadMore.tsx";
import { allItems } from "../../shared/pages.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { AddIdTokenDialog } from "./AddIdTokenDialog.tsx";
import { idTokensQuery } from "./api.ts";
import { CardCodesDialog } from "./CardCodesDialog.tsx";
import { IdTokenTable } from "./IdTokenTable.tsx";

export function IdTokensPage() {
  const { t } = useTranslation();
  const [value, setValue] = useState("");
  const [needle] = useDebouncedValue(value.trim(), 300);
  const tokens = useInfiniteQuery(idTokensQuery(needle));
  const [isAdding, { open, close }] = useDisclosure(false);
  const refusal = useRefusal("tokens:write");
  const [chosen, setChosen] = useState<string[]>([]);
  const [isMakingCodes, codes] = useDisclosure(false);
  const codesRefusal = refusal ?? (chosen.length === 0 ? t("cards.chooseFirst") : undefined);
  const add = (
    <ActionButton leftSection={<IconPlus size={17} />} disabledReason={refusal} onClick={open}>
      {t("idTokens.add")}
    </ActionButton>
  );
  const actions = (
    <>
      <Button component="a" href="/api/v1/id-tokens/export" download variant="default" leftSection={<IconDownload size={17} />}>
        {t("cards.export")}
      </Button>
      {refusal === undefined && (
        <ButtonLink {...paths.idTokenImport()} variant="default" leftSection={<IconUpload size={17} />}>
          {t("cards.import")}
        </ButtonLink>
      )}
      <ActionButton variant="default" leftSection={<IconKey size={17} />} disabledReason={codesRefusal} onClick={codes.open}>
        {t("cards.codes")}
      </ActionButton>
      {add}
    </>
  );
  return (
    <>
      <PageHeader title={t("idTokens.title")} subtitle={t("idTokens.subtitle")} actions={actions} />
      <Panel padded={false}>
        <Group p="md">
          <TextInput
            type="search"
            w={280}
            leftSection={<IconSearch size={16} stroke={1.8} />}
            aria-label={t("idTokens.filter")}
            placeholder={t("idTokens.filter")}
            value={value}
            onChange={(event) => {
              setValue(event.currentTarget.value);
            }}
          />
        </Group>
        <QueryView
          query={tokens}
          isEmpty={(data) => allItems(data).length === 0}
          empty={
            <Notice
              icon={IconNfc}
              title={needle ? t("common.noMatch") : t("idTokens.empty")}
              text={needle ? t("common.noMatchText") : t("idTokens.emptyText")}
              action={needle ? null : add}
            />
          }
        >
          {(data) => <IdTokenTable tokens={allItems(data)} chosen={chosen} onChoose={setChosen} />}
        </QueryView>
        <LoadMore query={tokens} />
      </Panel>
      {isMakingCodes && <CardCodesDialog ids={chosen} onClose={codes.close} />}
      {isAdding && <AddIdTokenDialog onClose={close} />}
    </>
  );
}
