import { Button, Group, Select, Stack } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Certificate } from "@voltway/api";
import {
  IconBan,
  IconCertificate,
  IconCheck,
  IconClock,
  IconDownload,
  IconX,
  Notice,
  PageHeader,
  Panel,
  StatusPill,
  type Icon,
  type Tone,
} from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { download } from "../../shared/download.ts";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useNow } from "../../shared/useNow.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { authoritiesQuery, certificatesQuery, useRevokeCertificate } from "./api.ts";

const LOOK: Record<Certificate["state"], { tone: Tone; icon: Icon }> = {
  issued: { tone: "occupied", icon: IconClock },
  accepted: { tone: "available", icon: IconCheck },
  rejected: { tone: "faulted", icon: IconX },
  refused: { tone: "faulted", icon: IconX },
  revoked: { tone: "unavailable", icon: IconBan },
};
const STATES = Object.keys(LOOK) as Certificate["state"][];
const SOON_DAYS = 30;
const DAY_MS = 86_400_000;

/** The certificates of stations and the authorities that sign them: what is held, what ends soon, what was refused. */
export function CertificatesPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const [state, setState] = useState<Certificate["state"] | undefined>();
  const certificates = useInfiniteQuery(certificatesQuery(state));
  const refusal = useRefusal("security:write");
  const revoke = useRevokeCertificate();
  return (
    <>
      <PageHeader title={t("certificates.title")} subtitle={t("certificates.subtitle")} />
      <Stack>
        <ListPanel
          query={certificates}
          filters={
            <Select
              w={220}
              clearable
              aria-label={t("idTokens.statusLabel")}
              placeholder={t("idTokens.statusLabel")}
              data={STATES.map((value) => ({ value, label: t(`certificates.state.${value}`) }))}
              value={state ?? null}
              onChange={(value) => {
                setState(STATES.find((one) => one === value));
              }}
            />
          }
          empty={
            <Notice
              icon={IconCertificate}
              title={state ? t("common.noMatch") : t("certificates.empty")}
              text={state ? t("common.noMatchText") : t("certificates.emptyText")}
            />
          }
        >
          {(items) => (
            <DataTable
              label={t("certificates.title")}
              columns={[
                { label: t("certificates.station") },
                { label: t("idTokens.kind") },
                { label: t("idTokens.statusLabel") },
                { label: t("certificates.ends") },
                { label: t("certificates.serial") },
                { label: t("common.actions"), isLabelHidden: true },
              ]}
            >
              {items.map((one) => (
                <tr key={one.id}>
                  <td>
                    <Link {...paths.station(one.station_id)}>{one.station_identity}</Link>
                  </td>
                  <td>{t(`certificates.kind.${one.kind}`)}</td>
                  <td>
                    <StatusPill {...LOOK[one.state]} title={one.reason ?? undefined}>
                      {t(`certificates.state.${one.state}`)}
                    </StatusPill>
                  </td>
                  <td>
                    {one.not_after && one.state === "accepted" && Date.parse(one.not_after) - now < SOON_DAYS * DAY_MS ? (
                      <StatusPill tone="warning" icon={IconClock}>
                        {format.date(one.not_after)}
                      </StatusPill>
                    ) : (
                      format.date(one.not_after)
                    )}
                  </td>
                  <td className="vw-mono">{one.serial_number?.slice(0, 16) ?? format.unknown}</td>
                  <td data-num>
                    {(one.state === "accepted" || one.state === "issued") && (
                      <ConfirmButton
                        label={t("staff.revoke")}
                        title={t("certificates.revokeTitle")}
                        text={t("certificates.revokeText", { station: one.station_identity })}
                        refusal={refusal}
                        onConfirm={() => {
                          revoke.mutate(one.id);
                        }}
                      />
                    )}
                  </td>
                </tr>
              ))}
            </DataTable>
          )}
        </ListPanel>
        <Authorities />
      </Stack>
    </>
  );
}

function Authorities() {
  const { t } = useTranslation();
  const authorities = useQuery(authoritiesQuery);
  return (
    <Panel title={t("certificates.authorities")} padded={false}>
      <QueryView
        query={authorities}
        isEmpty={(items) => items.length === 0}
        empty={<Notice icon={IconCertificate} title={t("certificates.noAuthorities")} />}
      >
        {(items) => (
          <DataTable
            label={t("certificates.authorities")}
            columns={[{ label: t("locations.name") }, { label: t("common.actions"), isLabelHidden: true }]}
          >
            {items.map((one) => (
              <tr key={one.name}>
                <td>{one.name}</td>
                <td data-num>
                  <Group gap="xs" justify="flex-end" wrap="nowrap">
                    <Button
                      size="compact-sm"
                      variant="default"
                      leftSection={<IconDownload size={15} />}
                      onClick={() => {
                        download(`${one.name}-root.pem`, one.root_certificate, "application/x-pem-file");
                      }}
                    >
                      {t("certificates.root")}
                    </Button>
                    <Button
                      size="compact-sm"
                      variant="default"
                      leftSection={<IconDownload size={15} />}
                      onClick={() => {
                        download(`${one.name}-issuing.pem`, one.issuing_certificate, "application/x-pem-file");
                      }}
                    >
                      {t("certificates.issuing")}
                    </Button>
                  </Group>
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </QueryView>
    </Panel>
  );
}
