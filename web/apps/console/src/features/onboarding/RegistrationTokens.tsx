import { useInfiniteQuery } from "@tanstack/react-query";
import { ActionButton, IconBan, IconCheck, IconKey, IconPlus, Notice, StatusPill } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { SecretOnce } from "../../shared/SecretOnce.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useNow } from "../../shared/useNow.ts";
import { useLocationNames } from "../locations/api.ts";
import { registrationTokensQuery, useRevokeRegistrationToken } from "./api.ts";
import { TokenDialog } from "./TokenDialog.tsx";
import { tokenState } from "./tokens.ts";

/** Passwords for stations that have no record yet: a station that shows one gets a record, and then a password of its own. */
export function RegistrationTokens() {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const { nameOf } = useLocationNames();
  const tokens = useInfiniteQuery(registrationTokensQuery);
  const revoke = useRevokeRegistrationToken();
  const [isAdding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      onClick={() => {
        setAdding(true);
      }}
    >
      {t("onboarding.addToken")}
    </ActionButton>
  );
  return (
    <>
      <ListPanel
        query={tokens}
        title={t("onboarding.tokens")}
        actions={add}
        empty={<Notice icon={IconKey} title={t("onboarding.noTokens")} text={t("onboarding.noTokensText")} />}
      >
        {(items) => (
          <DataTable
            label={t("onboarding.tokens")}
            columns={[
              { label: t("locations.name") },
              { label: t("stations.column.location") },
              { label: t("onboarding.uses"), isNumeric: true },
              { label: t("idTokens.expires") },
              { label: t("idTokens.statusLabel") },
              { label: t("common.actions"), isLabelHidden: true },
            ]}
          >
            {items.map((token) => {
              const state = tokenState(token, now);
              return (
                <tr key={token.id}>
                  <td>{token.name}</td>
                  <td>{nameOf(token.location_id) ?? format.unknown}</td>
                  <td data-num>{t("onboarding.usesOf", { uses: format.number(token.uses), most: format.number(token.uses_max) })}</td>
                  <td>{format.dateTime(token.expires_at)}</td>
                  <td>
                    <StatusPill tone={state === "open" ? "available" : "unavailable"} icon={state === "open" ? IconCheck : IconBan}>
                      {t(`onboarding.state.${state}`)}
                    </StatusPill>
                  </td>
                  <td data-num>
                    {state === "open" && (
                      <ConfirmButton
                        label={t("staff.revoke")}
                        title={t("onboarding.revokeTitle", { name: token.name })}
                        text={t("onboarding.revokeText")}
                        onConfirm={() => {
                          revoke.mutate(token.id);
                        }}
                      />
                    )}
                  </td>
                </tr>
              );
            })}
          </DataTable>
        )}
      </ListPanel>
      {isAdding && (
        <TokenDialog
          onSecret={setSecret}
          onClose={() => {
            setAdding(false);
          }}
        />
      )}
      {secret !== null && (
        <SecretOnce
          title={t("onboarding.onceTitle")}
          text={t("onboarding.onceText")}
          secrets={[secret]}
          fileName="voltway-registration-token.txt"
          onClose={() => {
            setSecret(null);
          }}
        />
      )}
    </>
  );
}
