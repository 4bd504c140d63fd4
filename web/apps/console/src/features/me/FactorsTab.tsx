import { Button, Grid, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { hasPasskeys } from "@voltway/api";
import { IconCheck, IconCircleDashed, IconFingerprint, IconPlus, Notice, Panel, StatusPill, ActionButton } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../shared/Age.tsx";
import { Confirm } from "../../shared/Confirm.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { SecretOnce } from "../../shared/SecretOnce.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { AddPasskeyDialog } from "./AddPasskeyDialog.tsx";
import { factorsQuery, useBeginTotp, useNewRecoveryCodes, useRemovePasskey, useRemoveTotp } from "./api.ts";
import { TotpDialog } from "./TotpDialog.tsx";

/** Passkeys, the authenticator app and recovery codes. With the first factor come the codes, shown once. */
export function FactorsTab() {
  const { t } = useTranslation();
  const format = useFormat();
  const factors = useQuery(factorsQuery);
  const removePasskey = useRemovePasskey();
  const removeTotp = useRemoveTotp();
  const renewCodes = useNewRecoveryCodes();
  const beginTotp = useBeginTotp();
  const [isAdding, setAdding] = useState(false);
  const [codes, setCodes] = useState<string[] | null>(null);
  const addPasskey = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      disabledReason={hasPasskeys() ? undefined : t("me.passkeysInsecure")}
      onClick={() => {
        setAdding(true);
      }}
    >
      {t("me.addPasskey")}
    </ActionButton>
  );
  return (
    <QueryView query={factors}>
      {({ passkeys, has_totp, recovery_codes_left }) => (
        <Stack>
          <Panel title={t("me.passkeys")} actions={passkeys.length > 0 && addPasskey} padded={false}>
            {passkeys.length === 0 ? (
              <Notice icon={IconFingerprint} title={t("me.noPasskeys")} text={t("me.passkeysText")} action={addPasskey} />
            ) : (
              <DataTable
                label={t("me.passkeys")}
                columns={[
                  { label: t("locations.name") },
                  { label: t("me.added") },
                  { label: t("me.lastUsed") },
                  { label: t("me.kept") },
                  { label: t("common.actions"), isLabelHidden: true },
                ]}
              >
                {passkeys.map((passkey) => (
                  <tr key={passkey.id}>
                    <td>{passkey.name}</td>
                    <td>{format.date(passkey.created_at)}</td>
                    <td>{passkey.last_used_at ? <Age at={passkey.last_used_at} /> : t("me.never")}</td>
                    <td>{passkey.is_synced ? t("me.synced") : t("me.oneDevice")}</td>
                    <td data-num>
                      <Confirm
                        title={t("me.removePasskey")}
                        text={t("me.removePasskeyText", { name: passkey.name })}
                        confirmLabel={t("common.remove")}
                        onConfirm={() => {
                          removePasskey.mutate(passkey.id);
                        }}
                      >
                        {(open) => (
                          <Button size="compact-sm" variant="default" aria-label={t("me.removeNamed", { name: passkey.name })} onClick={open}>
                            {t("common.remove")}
                          </Button>
                        )}
                      </Confirm>
                    </td>
                  </tr>
                ))}
              </DataTable>
            )}
          </Panel>
          <Grid>
            <Grid.Col span={{ base: 12, md: 6 }}>
              <Panel title={t("me.totp")} actions={<Mark isOn={has_totp} />} isTall>
                <Text size="sm" mb="md">
                  {t("me.totpText")}
                </Text>
                <Group>
                  <Button
                    variant="default"
                    loading={beginTotp.isPending}
                    onClick={() => {
                      beginTotp.mutate();
                    }}
                  >
                    {has_totp ? t("me.replaceTotp") : t("me.setUpTotp")}
                  </Button>
                  {has_totp && (
                    <Confirm
                      title={t("me.removeTotp")}
                      text={t("me.removeTotpText")}
                      confirmLabel={t("common.remove")}
                      onConfirm={() => {
                        removeTotp.mutate();
                      }}
                    >
                      {(open) => (
                        <Button variant="subtle" color="red" onClick={open}>
                          {t("common.remove")}
                        </Button>
                      )}
                    </Confirm>
                  )}
                </Group>
              </Panel>
            </Grid.Col>
            <Grid.Col span={{ base: 12, md: 6 }}>
              <Panel title={t("me.recovery")} isTall>
                <Text size="sm" mb="md">
                  {t("me.recoveryLeft", { count: recovery_codes_left })} {t("me.recoveryText")}
                </Text>
                <ActionButton
                  variant="default"
                  loading={renewCodes.isPending}
                  disabledReason={passkeys.length > 0 || has_totp ? undefined : t("me.factorFirst")}
                  onClick={() => {
                    renewCodes.mutate(undefined, {
                      onSuccess: (made) => {
                        setCodes(made.codes);
                      },
                    });
                  }}
                >
                  {t("me.newCodes")}
                </ActionButton>
              </Panel>
            </Grid.Col>
          </Grid>
          {isAdding && (
            <AddPasskeyDialog
              onAdded={setCodes}
              onClose={() => {
                setAdding(false);
              }}
            />
          )}
          {beginTotp.data && (
            <TotpDialog
              begun={beginTotp.data}
              onConfirmed={setCodes}
              onClose={() => {
                beginTotp.reset();
              }}
            />
          )}
          {codes && (
            <SecretOnce
              title={t("me.codesTitle")}
              text={t("me.codesText")}
              secrets={codes}
              fileName="voltway-recovery-codes.txt"
              onClose={() => {
                setCodes(null);
              }}
            />
          )}
        </Stack>
      )}
    </QueryView>
  );
}

function Mark({ isOn }: { isOn: boolean }) {
  const { t } = useTranslation();
  return (
    <StatusPill tone={isOn ? "available" : "unavailable"} icon={isOn ? IconCheck : IconCircleDashed}>
      {isOn ? t("me.on") : t("me.off")}
    </StatusPill>
  );
}
