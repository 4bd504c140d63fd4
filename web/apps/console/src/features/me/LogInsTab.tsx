import { Button, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconCheck, IconDeviceDesktop, Notice, Panel, StatusPill } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { Age } from "../../shared/Age.tsx";
import { Confirm } from "../../shared/Confirm.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { devicesQuery, logInsQuery, useEndLogIn, useEndOtherLogIns, useForgetDevice } from "./api.ts";
import { browserName } from "./browserName.ts";

/** Where one is logged in, and which browsers the account knows. */
export function LogInsTab() {
  const { t } = useTranslation();
  const format = useFormat();
  const logIns = useQuery(logInsQuery);
  const devices = useQuery(devicesQuery);
  const end = useEndLogIn();
  const endOthers = useEndOtherLogIns();
  const forget = useForgetDevice();
  return (
    <Stack>
      <Panel
        title={t("me.logIns")}
        padded={false}
        actions={
          (logIns.data?.length ?? 0) > 1 && (
            <Confirm
              title={t("me.endOthers")}
              text={t("me.endOthersText")}
              confirmLabel={t("me.endOthers")}
              onConfirm={() => {
                endOthers.mutate();
              }}
            >
              {(open) => (
                <Button variant="default" size="xs" onClick={open}>
                  {t("me.endOthers")}
                </Button>
              )}
            </Confirm>
          )
        }
      >
        <QueryView query={logIns}>
          {(items) => (
            <DataTable
              label={t("me.logIns")}
              columns={[
                { label: t("me.browser") },
                { label: t("me.from") },
                { label: t("me.method") },
                { label: t("me.began") },
                { label: t("me.lastUsed") },
                { label: t("common.actions"), isLabelHidden: true },
              ]}
            >
              {items.map((one) => (
                <tr key={one.id}>
                  <td title={one.user_agent}>{browserName(one.user_agent) ?? t("me.unknownBrowser")}</td>
                  <td className="vw-mono">{one.address}</td>
                  <td>{t(`me.methods.${one.method}`, { defaultValue: one.method })}</td>
                  <td>{format.dateTime(one.created_at)}</td>
                  <td>
                    <Age at={one.last_used_at} />
                  </td>
                  <td data-num>
                    {one.is_current ? (
                      <StatusPill tone="available" icon={IconCheck}>
                        {t("me.here")}
                      </StatusPill>
                    ) : (
                      <Button
                        size="compact-sm"
                        variant="default"
                        onClick={() => {
                          end.mutate(one.id);
                        }}
                      >
                        {t("me.end")}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </DataTable>
          )}
        </QueryView>
      </Panel>
      <Panel title={t("me.devices")} padded={false}>
        <QueryView
          query={devices}
          isEmpty={(items) => items.length === 0}
          empty={<Notice icon={IconDeviceDesktop} title={t("me.noDevices")} text={t("me.devicesText")} />}
        >
          {(items) => (
            <DataTable
              label={t("me.devices")}
              columns={[
                { label: t("me.browser") },
                { label: t("me.from") },
                { label: t("me.added") },
                { label: t("me.lastUsed") },
                { label: t("common.actions"), isLabelHidden: true },
              ]}
            >
              {items.map((one) => (
                <tr key={one.id}>
                  <td title={one.user_agent}>{browserName(one.user_agent) ?? t("me.unknownBrowser")}</td>
                  <td className="vw-mono">{one.address}</td>
                  <td>{format.date(one.created_at)}</td>
                  <td>
                    <Age at={one.last_used_at} />
                  </td>
                  <td data-num>
                    <Button
                      size="compact-sm"
                      variant="default"
                      onClick={() => {
                        forget.mutate(one.id);
                      }}
                    >
                      {t("me.forget")}
                    </Button>
                  </td>
                </tr>
              ))}
            </DataTable>
          )}
        </QueryView>
      </Panel>
    </Stack>
  );
}
